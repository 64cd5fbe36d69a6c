import torch
from torch import nn

from carmodel.train.distributed import Processes


def test_one_process(monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    processes = Processes(torch.device("cpu"))
    layer = nn.Linear(2, 2)
    assert processes.is_first
    assert processes.share(layer) is layer
    with processes.autocast():
        assert layer(torch.rand(1, 2)).dtype in (torch.bfloat16, torch.float32)
    processes.close()
