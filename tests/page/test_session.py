from dataclasses import replace

import torch

from carmodel.photo import Photo
from page.session import Session, Subject


def test_equal_photos_are_the_same_subject(subject):
    again = Photo(subject.photo.frame.clone(), subject.photo.width, subject.photo.height)
    same = replace(subject, photo=again, digest=again.digest)
    assert same == subject and hash(same) == hash(subject)
    other = Photo(torch.zeros(3, 300, 300), 300, 300)
    assert replace(subject, photo=other, digest=other.digest) != subject
    assert isinstance(subject, Subject) and replace(subject, detail="pixels") != subject


def test_a_visit_that_forgets_holds_no_photo(subject):
    session = Session(
        subject.photo, other=subject.photo, subject=subject, compared=(subject, "shap"), newest=3
    )
    session.forget()
    assert session == Session(forgotten=True, newest=3)
    empty = Session()
    empty.forget()
    assert not empty.forgotten  # there was nothing to forget
