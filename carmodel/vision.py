"""The one door to torchvision: augmentation (`v2`), image folders (`ImageFolder`) and networks (`models`).

A CPU-only torch beside the CUDA-linked torchvision of PyPI cannot load torchvision's compiled operators,
and `import torchvision` then stops at the missing schema of `torchvision::nms`. Declaring the two schemas
first lets everything written in Python work; only `nms`, `qnms` and the image decoders, which the project
does not use, stay without an implementation.
"""

import torch

_SCHEMAS = {
    "nms": "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms": "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
}

try:
    import torchvision  # noqa: F401
except (RuntimeError, OSError):
    # Kept for the life of the process: the schemas vanish with the object that declared them.
    _library = torch.library.Library("torchvision", "FRAGMENT")
    for name, schema in _SCHEMAS.items():
        if not hasattr(torch.ops.torchvision, name):
            _library.define(schema)

from torchvision import models  # noqa: E402
from torchvision.datasets import ImageFolder  # noqa: E402
from torchvision.transforms import v2  # noqa: E402

__all__ = ["ImageFolder", "models", "v2"]
