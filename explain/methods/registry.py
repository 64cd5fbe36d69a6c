"""The methods there are, in the order in which they are made and shown."""

from explain.methods.gradcam import GRADCAM
from explain.methods.integrated_gradients import INTEGRATED_GRADIENTS
from explain.methods.method import Method
from explain.methods.shap import SHAP

METHODS: dict[str, Method] = {method.name: method for method in (GRADCAM, INTEGRATED_GRADIENTS, SHAP)}


def method_named(name: str) -> Method:
    """The method of this name. Raises ValueError, with a sentence, where there is none."""
    if name not in METHODS:
        raise ValueError(f"There is no method {name!r}; the methods are {', '.join(METHODS)}.")
    return METHODS[name]


def quickest_complete() -> str:
    """The last method that adds up and has nothing to refine, or else the first of all."""
    names = [name for name, method in METHODS.items() if method.complete and not method.refines]
    return names[-1] if names else next(iter(METHODS))
