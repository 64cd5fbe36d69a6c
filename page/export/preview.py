"""What other sites show when somebody shares the page: its title, a sentence and a picture, all our own.

gradio's own HTML names gradio there, and a picture on a server elsewhere. Sites that show previews run no
scripts, so the tags have to be in the HTML that is sent, and the picture's address has to be absolute: it is
that of the request itself.
"""

import re
from pathlib import Path
from typing import Any

from markupsafe import Markup
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from page.gradio_patches import get_root_url
from page.theme import TITLE

PICTURE = Path(__file__).with_name("preview.jpg")  # 1200 × 630, the size that sites ask for
ADDRESS = "/preview.jpg"
DESCRIPTION = (
    "Give a photo of a car and see which parts of it two small networks relied on, why they disagree, "
    "and how far the maps can be trusted."
)
ALT = "A car beside maps of what made two networks call it a coupe"
THEIRS = re.compile(r'<meta\s+(?:property="og:|name="twitter:)[^>]*>\s*')


def tags(root: str) -> Markup:
    """The title and meta tags of the page at an address without a slash at its end."""
    named = {
        "og:type": "website",
        "og:url": f"{root}/",
        "og:title": TITLE,
        "og:description": DESCRIPTION,
        "og:image": f"{root}{ADDRESS}",
        "og:image:width": "1200",
        "og:image:height": "630",
        "og:image:alt": ALT,
        "twitter:card": "summary_large_image",
        "twitter:title": TITLE,
        "twitter:description": DESCRIPTION,
        "twitter:image": f"{root}{ADDRESS}",
        "description": DESCRIPTION,
    }
    return Markup("<title>{}</title>\n{}").format(
        TITLE,
        Markup().join(
            Markup('<meta {}="{}" content="{}">\n').format(
                "property" if name.startswith("og:") else "name", name, content
            )
            for name, content in named.items()
        ),
    )


class OwnTags:
    """Middleware that puts our tags where gradio's are, in the page itself and in nothing else."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or (scope["method"], scope["path"]) != ("GET", "/"):
            await self.app(scope, receive, send)  # streams above all: they must not be held up
            return
        began: Message = {}
        sent = b""

        async def rewrite(message: Message) -> None:
            nonlocal began, sent
            if message["type"] == "http.response.start":
                began = message
                return
            sent += message.get("body", b"")
            if message.get("more_body"):
                return
            root = get_root_url(Request(scope), "/", scope.get("root_path") or None)
            html = THEIRS.sub("", sent.decode()).replace("</head>", f"{tags(root)}</head>", 1)
            body = html.encode()
            MutableHeaders(scope=began)["content-length"] = str(len(body))
            await send(began)
            await send({"type": "http.response.body", "body": body})

        await self.app(scope, receive, rewrite)


async def _picture(_: Request) -> FileResponse:
    return FileResponse(PICTURE, headers={"Cache-Control": "max-age=86400"})


# For launch(): routes come before gradio's own.
APP: dict[str, Any] = {
    "routes": [Route(ADDRESS, _picture, methods=["GET", "HEAD"])],
    "middleware": [Middleware(OwnTags)],
}
