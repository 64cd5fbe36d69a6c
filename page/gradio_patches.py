"""What the page uses of gradio beyond what gradio documents: all of it named here, and checked at start.

gradio changes such parts without notice. `page.server` and `page.api` build on them: a queue that lasts,
sessions that stay small, requests that are checked, tools that speak JSON. Everything is imported from here,
so that a new version of gradio has one file to be held against.
"""

import importlib
import inspect
from contextvars import ContextVar
from importlib.metadata import version
from typing import Any

from gradio.block_function import BlockFunction
from gradio.data_classes import ImageData, PredictBodyInternal
from gradio.exceptions import InvalidPathError
from gradio.queueing import Event, Queue
from gradio.route_utils import get_root_url
from gradio.routes import App
from gradio.server_messages import EventMessage, ProcessCompletedMessage
from gradio.state_holder import SessionState
from gradio.utils import get_upload_folder
from gradio_client.utils import is_file_obj_with_meta, strip_invalid_filename_characters

__all__ = [
    "BlockFunction",
    "Event",
    "EventMessage",
    "ImageData",
    "InvalidPathError",
    "PredictBodyInternal",
    "ProcessCompletedMessage",
    "Queue",
    "SessionState",
    "check",
    "describe_api_anew",
    "get_root_url",
    "get_upload_folder",
    "is_file_obj_with_meta",
    "keep_sessions_as",
    "strip_invalid_filename_characters",
]

TESTED = "6.31.0"  # the version of gradio that all of this was tested with

# Function of gradio that is overridden or called -> the parameters that it was tested with.
USED = {
    "gradio.blocks:Blocks.preprocess_data": "self block_fn inputs state explicit_call",
    "gradio.blocks:Blocks.call_function": "self block_fn processed_input iterator requests event_id "
    "event_data in_event_listener state oauth_token",
    "gradio.blocks:Blocks.postprocess_data": "self block_fn predictions state",
    "gradio.blocks:Blocks.handle_streaming_diffs": "self block_fn data session_hash run final simple_format",
    "gradio.queueing:Queue.start_processing": "self",
    "gradio.queueing:Queue.start_progress_updates": "self",
    "gradio.queueing:Queue.notify_clients": "self",
    "gradio.queueing:Queue.push": "self body request username",
    "gradio.queueing:Queue.process_events": "self events batch begin_time fn",
    "gradio.queueing:Queue.send_message": "self event event_message",
    "gradio.queueing:Queue.clean_events": "self session_hash event_id",
    "gradio.queueing:Queue._cancel_asyncio_tasks": "self",
    "gradio.state_holder:SessionState._update_config": "self key",
    "gradio.state_holder:SessionState._update_value_in_config": "self key value",
    "gradio.mcp:GradioMCPServer._prepare_tool_call_args": "self name arguments",
    "gradio.mcp:GradioMCPServer.convert_strings_to_filedata": "self value filedata_positions",
    "gradio.mcp:GradioMCPServer.postprocess_output_data": "self data root_url",
    "gradio.mcp:GradioMCPServer._get_or_create_client": "self",
}


class GradioChangedError(RuntimeError):
    """gradio is not as the page needs it; the message is a sentence that says what to do."""


def check() -> None:
    """Raises GradioChangedError, with a sentence, on a gradio whose internals are others."""
    for name, parameters in USED.items():
        if (takes := _parameters(name)) != parameters.split():
            place = name.replace(":", ".")
            was = "is gone" if takes is None else f"takes {', '.join(takes)}"
            raise GradioChangedError(
                f"gradio {version('gradio')} is not gradio {TESTED}, which the page was tested with: {place} "
                f"{was}. Please install gradio {TESTED}, as requirements.txt says."
            )


class _OfOneRequest:
    """An attribute that lasts for one request: what is kept for all depends on nobody who asks."""

    def __init__(self, name: str) -> None:
        self._value: ContextVar[Any] = ContextVar(name, default=None)

    def __get__(self, app: Any, kind: type) -> Any:  # noqa: ANN401
        return self._value.get()

    def __set__(self, app: Any, value: Any) -> None:  # noqa: ANN401
        self._value.set(value)


def describe_api_anew() -> None:
    """Has gradio describe the API to each who asks: it keeps the first one's, with the address asked at."""
    setattr(App, "api_info", _OfOneRequest("api_info"))  # noqa: B010 - mypy knows it as an attribute of each


def keep_sessions_as(kind: type[SessionState]) -> None:
    """Has gradio hold its visitors' sessions as this kind of them."""
    importlib.import_module("gradio.state_holder").SessionState = kind  # type: ignore[attr-defined]


def _parameters(name: str) -> list[str] | None:
    """The parameters of a function of gradio's, named as in USED; None if there is none."""
    module, _, path = name.partition(":")
    value: Any = importlib.import_module(module)
    for part in path.split("."):
        value = getattr(value, part, None)
    return list(inspect.signature(value).parameters) if callable(value) else None
