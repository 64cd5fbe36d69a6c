"""What docs/your-own-network.md shows does work."""

import re
import sys
from pathlib import Path

from carmodel.architectures import own_network
from explain.command import main

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "docs" / "your-own-network.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


def test_from_python_and_from_the_command_line(tmp_path, monkeypatch):
    call, module = PYTHON
    (tmp_path / "my_network.py").write_text(module)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    network = own_network("my_network:build")
    names = {"my_module": network.module}
    exec(call, names)
    assert names["map"].map.shape == (300, 300)
    assert names["map"].gap <= 0.02
    [arguments] = re.findall(r"python -m explain (examples.*)", TEXT)
    assert main([*arguments.split(), "--methods", "gradcam,shap"]) == 0
    assert (tmp_path / "explained" / "shap_64.png").exists()
    sys.modules.pop("my_network")
