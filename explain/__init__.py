"""Why a classifier answers as it does: maps, and evidence for them. `explain.explain` makes one map."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from explain.one_call import explain as explain


def __getattr__(name: str) -> Any:  # noqa: ANN401
    if name != "explain":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from explain.one_call import explain  # imports torch: only where it is asked for

    return explain
