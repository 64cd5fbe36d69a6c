"""Where training runs: one process or several (`torchrun`), on CPU, CUDA or an Apple GPU."""

import contextlib
import os

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel


def best_device() -> torch.device:
    """The fastest kind of device that this machine has."""
    if torch.cuda.is_available():
        return torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)))
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


class Processes:
    """This process among those that train together: its rank, their count and its device.

    Under `torchrun` the environment says how many there are, and the constructor joins them.
    """

    def __init__(self, device: torch.device | None = None) -> None:
        self.device = device or best_device()
        self.rank = int(os.environ.get("RANK", 0))
        self.count = int(os.environ.get("WORLD_SIZE", 1))
        if self.count > 1:
            distributed.init_process_group("nccl" if self.device.type == "cuda" else "gloo")

    @property
    def is_first(self) -> bool:
        """Whether this process is the one that reports and writes."""
        return self.rank == 0

    def share(self, network: nn.Module) -> nn.Module:
        """`network` wrapped so that gradients are averaged over all processes."""
        return DistributedDataParallel(network) if self.count > 1 else network

    def mean(self, value: torch.Tensor) -> torch.Tensor:
        """The mean of all processes' values, the same in each."""
        if self.count > 1:
            distributed.all_reduce(value)
        return value / self.count

    def autocast(self) -> contextlib.AbstractContextManager[object]:
        """bfloat16 where it helps: GPUs, and CPUs with avx512_bf16 or amx (about twice as fast there)."""
        helps = self.device.type != "cpu" or torch.backends.cpu.get_cpu_capability().startswith("AVX512")
        return torch.autocast(self.device.type, torch.bfloat16, enabled=helps)

    def close(self) -> None:
        """Leave the group of processes."""
        if self.count > 1:
            distributed.destroy_process_group()
