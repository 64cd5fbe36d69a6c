"""requirements.lock holds what the readable lists name, and nothing of the machine that it was made on."""

import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
HERE = {"python_version": "3.11", "sys_platform": "linux", "platform_machine": "x86_64"}  # as the lock is for
# Package -> its version and the checksums of its files.
LOCKED = {
    name: (Version(version), re.findall(r"--hash=sha256:[0-9a-f]{64}\b", rest))
    for name, version, rest in re.findall(r"^([a-z0-9-]+)==(\S+) \\\n((?:    .*\n?)*)", LOCK, re.MULTILINE)
}


def pins(file):
    lines = (
        line.partition(" #")[0].strip() for line in (ROOT / file).read_text(encoding="utf-8").splitlines()
    )
    return [Requirement(line) for line in lines if line and not line.startswith(("#", "-r "))]


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_every_pin_is_locked(file):
    assert pins(file)
    for pin in pins(file):
        if pin.marker is None or pin.marker.evaluate(HERE):
            version, _ = LOCKED[canonicalize_name(pin.name)]
            assert str(pin.specifier) == f"=={version.public}", pin


def test_every_package_has_checksums():
    assert len(LOCKED) > 50 and "-r requirements-dev.txt" in LOCK
    assert len(LOCKED) == len(re.findall("^[^# ]", LOCK, re.MULTILINE))
    assert all(checksums for _, checksums in LOCKED.values())


def test_torch_is_the_build_for_processors():
    assert LOCKED["torch"][0].local == "cpu"
    assert not [name for name in LOCKED if name.startswith(("nvidia", "cuda", "triton"))]


def test_no_address_and_no_place_of_a_machine():
    assert not re.search(r"://|--(extra-)?index|--find-links|file:|^#.*(?<![.\w-])/\w", LOCK, re.MULTILINE)


def test_the_lock_is_what_gets_installed():
    assert "pip install --quiet --require-hashes -r requirements.lock" in (ROOT / ".ci" / "run").read_text()
