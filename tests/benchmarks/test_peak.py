from PIL import Image

from benchmarks import peak as module
from benchmarks.peak import memory


def test_most_is_in_megabytes(tmp_path, monkeypatch):
    assert 50 < module._most() < 100_000  # of this process
    status = tmp_path / "status"
    status.write_text("VmPeak:\t 9216 kB\nVmHWM:\t 3072 kB\nVmRSS:\t 1024 kB\n")  # as proc(5) has it
    monkeypatch.setattr(module, "Path", lambda _: status)
    assert module._most() == 3


def test_memory_of_a_page(random_weights, tmp_path, photo):
    file = tmp_path / "photo.png"
    Image.fromarray((photo.frame.permute(1, 2, 0) * 255).byte().numpy()).save(file)
    assert 0 < memory("fast", random_weights, file, "mean") < 300
