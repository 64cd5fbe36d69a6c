"""Teaching networks: photos, augmentation, the loop, distillation; `python -m carmodel.train`."""
