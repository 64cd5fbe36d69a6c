from dataclasses import replace

import torch

from carmodel.photo import Photo
from page.visit import Subject


def test_equal_photos_are_the_same_subject(subject):
    again = Photo(subject.photo.frame.clone(), subject.photo.width, subject.photo.height)
    same = replace(subject, photo=again, digest=again.digest)
    assert same == subject and hash(same) == hash(subject)
    other = Photo(torch.zeros(3, 300, 300), 300, 300)
    assert replace(subject, photo=other, digest=other.digest) != subject
    assert isinstance(subject, Subject) and replace(subject, detail="pixels") != subject
