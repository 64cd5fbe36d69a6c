"""How the page is served to strangers: what is accepted, how long it is kept, how many may wait."""

from typing import Any

from starlette.middleware import Middleware

from page.server.guard import Guard
from page.take_away.preview import APP

UPLOADS = (60, 480)  # seconds: every minute, files of more than eight minutes are deleted: none lasts ten
WAITING = 48  # requests in the queue, about a minute of work on two cores; who comes then is told so


def settings() -> dict[str, Any]:
    """What gr.Blocks.launch takes; a new table for every page, because gradio writes its own into it."""
    return {
        "max_file_size": "40mb",  # beyond it gradio refuses; from 20 MB our own sentence says what to do
        "allowed_paths": [],  # no folder of this machine is served
        "strict_cors": True,  # other websites cannot use a page that runs on a visitor's own machine
        "show_error": False,  # what went wrong is logged; a visitor gets our sentence and no trace
        "enable_monitoring": False,
        "mcp_server": True,
        "ssr_mode": False,  # Spaces turn it on; the page is tested without, and is to be the same everywhere
        "run_history": False,  # gradio would keep every photo and result in the browser
        "state_session_capacity": 200,  # visits in memory, of about a megabyte each
        "app_kwargs": APP | {"middleware": [Middleware(Guard), *APP["middleware"]]},
    }
