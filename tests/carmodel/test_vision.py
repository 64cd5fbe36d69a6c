import subprocess
import sys

import torch

from carmodel.vision import v2


def test_transforms_and_folders_work_in_a_fresh_process():
    code = (
        "from carmodel.vision import ImageFolder, v2; v2.RandomHorizontalFlip(); print(ImageFolder.__name__)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "ImageFolder"


def test_blur_keeps_a_constant_picture():
    grey = torch.full((1, 3, 30, 30), 0.25)
    assert torch.allclose(v2.functional.gaussian_blur(grey, [9, 9], [2.0, 2.0]), grey)
