"""The methods there are, in the order in which they are made and shown."""

from explain.methods.gradcam import GRADCAM
from explain.methods.integrated_gradients import INTEGRATED_GRADIENTS
from explain.methods.method import Method
from explain.methods.shap import SHAP
from explain.references import REFERENCES

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


def check(method: str, reference: str, tolerance: float) -> None:
    """Raises ValueError, with a sentence, for what no map can be made with."""
    method_named(method)
    if reference not in REFERENCES:
        raise ValueError(f"There is no reference {reference!r}; the references are {', '.join(REFERENCES)}.")
    if not 0 < tolerance < 1:
        raise ValueError(f"The tolerance is a fraction between 0 and 1, not {tolerance}.")
