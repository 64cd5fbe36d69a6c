"""A page that checks what comes in, and sends whole what goes out.

What is wrong with the data of a request is said in one sentence, with what would be right: gradio names types
of Python instead, or says nothing at all.
"""

import inspect
import logging
from collections.abc import Sequence
from typing import Any

import gradio as gr

from carmodel.photo import PhotoError
from page.gradio_patches import BlockFunction, InvalidPathError, SessionState, is_file_obj_with_meta
from page.markup import SORRY
from page.photo_input import PhotoInput
from page.server.paths import check_paths
from page.server.queue import LastingQueue
from page.server.refusals import NO_ROOM, NOT_UNDERSTOOD, NOT_UPLOADED

log = logging.getLogger(__name__)


class CheckedBlocks(gr.Blocks):
    """gr.Blocks that checks what its public endpoints are given (see `wrong`) and sends values whole."""

    def queue(self, *arguments: Any, **named: Any) -> gr.Blocks:  # noqa: ANN401
        """Has the page answer through a queue that lasts."""
        super().queue(*arguments, **named)
        plain = self._queue
        self._queue = LastingQueue(
            live_updates=plain.live_updates,
            concurrency_count=plain.max_thread_count,
            update_intervals=plain.update_intervals,
            max_size=plain.max_size,
            blocks=self,
            default_concurrency_limit=plain.default_concurrency_limit,
        )
        return self

    def get_config_file(self, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401
        """What the browser is told of the page; without where functions lie in this machine's memory."""
        config = super().get_config_file(*arguments, **named)
        for component in config["components"]:
            component["props"].pop("delete_callback", None)
        return config

    async def preprocess_data(
        self,
        block_fn: BlockFunction,
        inputs: list[Any],
        state: SessionState | None,
        explicit_call: bool = False,
    ) -> list[Any]:
        """What the function of an event is given. Raises gr.Error with a sentence."""
        if block_fn.api_visibility == "public":
            inputs = [*inputs, *_left_out(block_fn, len(inputs))]
            if sentence := wrong(block_fn, inputs):
                raise gr.Error(sentence, print_exception=False)
        try:
            check_paths(inputs)
            return await super().preprocess_data(block_fn, inputs, state, explicit_call)
        except PhotoError as error:
            sentence = str(error)
        except InvalidPathError:
            sentence = NOT_UPLOADED
        except OSError:
            log.exception("A request failed.")
            sentence = NO_ROOM
        except Exception:  # gradio's, whatever it stumbled over: the page itself sends nothing like that
            log.info("A request was refused.", exc_info=True)
            sentence = NOT_UNDERSTOOD
        raise gr.Error(sentence, print_exception=False)

    async def call_function(self, *arguments: Any, **named: Any) -> dict[str, Any]:  # noqa: ANN401
        """What the function of an event answers. Raises gr.Error with a sentence."""
        try:
            return await super().call_function(*arguments, **named)
        except gr.Error as error:
            if not error.print_exception:  # ours; gradio's own names paths
                raise
            log.info("A request was refused.", exc_info=True)
            sentence = NOT_UNDERSTOOD
        except Exception:
            log.exception("A request failed.")
            sentence = SORRY
        raise gr.Error(sentence, print_exception=False)

    async def postprocess_data(self, *arguments: Any, **named: Any) -> list[Any]:  # noqa: ANN401
        """What the page is sent of an answer. Raises gr.Error with a sentence."""
        try:
            return await super().postprocess_data(*arguments, **named)
        except Exception:
            log.exception("An answer could not be sent.")
        raise gr.Error(SORRY, print_exception=False)

    def handle_streaming_diffs(
        self,
        block_fn: BlockFunction,
        data: list[Any],
        session_hash: str | None,
        run: str | None,
        final: bool,
        simple_format: bool = False,
    ) -> list[Any]:
        """What a step of a generator sends: of values that are not text, the whole in place of what is new.

        gradio's part in the browser works what is new about an object into the very object that the step
        before it brought, which may still wait to be shown, or be a control's value by now: what it said
        would be lost, and a photo would turn into an update of itself.
        """
        values = list(data)
        first = session_hash is None or run not in self.pending_diff_streams[session_hash]
        sent = super().handle_streaming_diffs(block_fn, data, session_hash, run, final, simple_format)
        if first or final or simple_format:
            return sent
        return [
            [["replace", [], value]] if edits and not isinstance(value, str) else edits
            for value, edits in zip(values, sent, strict=True)
        ]


def _left_out(block_fn: BlockFunction, count: int) -> list[Any]:
    """The values of an endpoint's last parameters after so many, where its function has them too."""
    parameters = list(inspect.signature(block_fn.fn).parameters.values()) if block_fn.fn else []
    left = parameters[count:]
    optional = left and all(parameter.default is not parameter.empty for parameter in left)
    return [parameter.default for parameter in left] if optional else []


def wrong(block_fn: BlockFunction, inputs: Sequence[Any]) -> str:
    """What an endpoint cannot take, and what it can, as a sentence; "" if all is well."""
    names = list(inspect.signature(block_fn.fn).parameters) if block_fn.fn else []
    if len(inputs) < len(names):
        return f"This endpoint takes a list of {len(names)}: {', '.join(names)}."
    return next(filter(None, map(_wrong, names, block_fn.inputs, inputs)), "")


def _wrong(name: str, component: Any, value: Any) -> str:  # noqa: ANN401
    """The sentence for one value, from what the component offers."""
    if isinstance(component, gr.Number):
        low, high = float(component.minimum or 0), float(component.maximum or 0)  # ours have both
        number = isinstance(value, int | float) and low <= value <= high
        return "" if number else f"“{name}” must be a number from {low:g} to {high:g}."
    if isinstance(component, PhotoInput):
        described = isinstance(value, dict) and isinstance(value.get("meta"), dict)
        photo = value is None or (described and is_file_obj_with_meta(value))
        return "" if photo else f"“{name}” must be a file that was uploaded before."
    if not hasattr(component, "choices"):
        return ""
    choices = [choice for _, choice in component.choices]
    if isinstance(component, gr.CheckboxGroup):
        several = isinstance(value, list) and all(choice in choices for choice in value)
        return "" if several else f"“{name}” must be a list of any of {', '.join(choices)}."
    return "" if value in choices else f"“{name}” must be one of {', '.join(choices)}."
