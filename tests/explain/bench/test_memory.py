from PIL import Image

from explain.bench import memory as module
from explain.bench.memory import memory


def test_most_is_in_megabytes():
    before = module._most()
    held = bytearray(int(before) * 2**20)  # more than ever before, and touched
    assert module._most() - before > 0.5 * before
    del held


def test_memory_of_a_page(random_weights, tmp_path, photo):
    file = tmp_path / "photo.png"
    Image.fromarray((photo.frame.permute(1, 2, 0) * 255).byte().numpy()).save(file)
    assert 0 < memory("ours", random_weights, file, "mean") < 300
