from pathlib import Path

import pytest

from carmodel.options import photo_options


def test_photos_and_their_cache():
    parser = photo_options("evaluate", "How good.")
    options = parser.parse_args(["--data", "photos"])
    assert (options.data, options.cache) == (Path("photos"), Path("runs/frames"))
    assert parser.prog == "python -m carmodel.evaluate"


def test_photos_must_be_named(capsys):
    with pytest.raises(SystemExit) as stopped:
        photo_options("evaluate", "How good.").parse_args([])
    assert stopped.value.code == 2
    assert "--data" in capsys.readouterr().err
