from dataclasses import replace

import torch

from carmodel.photo import Photo
from page.session import Session


def test_requests_about_equal_photos_are_the_same(asked):
    again = Photo(asked.photo.frame.clone(), asked.photo.width, asked.photo.height)
    same = replace(asked, photo=again, digest=again.digest)
    assert same == asked and hash(same) == hash(asked)
    other = Photo(torch.zeros(3, 300, 300), 300, 300)
    assert replace(asked, photo=other, digest=other.digest) != asked
    assert replace(asked, smoothing="pixels") != asked
    assert replace(asked, ensemble="priority", decided_by="100") == asked  # the networks' maps are the same


def test_a_visit_that_forgets_holds_no_photo(asked):
    session = Session(asked.photo, other=asked.photo, asked=asked, drawn={"compare": (asked, "shap")})
    run = session.requests.start("photo")
    session.forget()
    assert session == Session(forgotten=True, requests=session.requests)
    assert session.requests.newest == run.number  # the order of events goes on
    empty = Session()
    empty.forget()
    assert not empty.forgotten  # there was nothing to forget
