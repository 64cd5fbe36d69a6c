"""The page: `python dashboard.py`, and the Space's app_file. What is on it is in page/."""

import argparse
import logging
import os
import sys
import threading

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # gradio reads it while it is imported

import torch

from carmodel.photo import read_photo
from carmodel.weights import WeightsError
from explain.explainer import Explainer
from explain.networks import unpaired_networks
from explain.request import Settings, finished_maps, request
from explain.source import Source, load_all, source_options
from page import examples
from page.api.tools import speak_json
from page.gradio_patches import GradioChangedError, check
from page.page import build
from page.server import connections, logs
from page.server.hosts import Hosts
from page.server.lifetime import cannot_listen, trust_proxies, until_told_to_stop
from page.server.memory import keep_small_sessions, share_arenas
from page.server.settings import WAITING, Access, settings
from page.server.upload_folder import own_uploads
from page.server.uploads import Uploads
from page.theme import FAVICON, THEME, head

LOCALHOST = "127.0.0.1"
log = logging.getLogger(__name__)


def warm(kind: str, explainer: Explainer) -> None:
    """Explains the first example once, with the imports that this takes: no visitor has to wait for them."""
    try:
        photo = read_photo(examples.path(examples.FIRST))
        finished_maps(explainer, request(explainer, photo, Settings(kind=kind)))
    except Exception:
        log.exception("The first example could not be explained.")


def main() -> None:
    parser = argparse.ArgumentParser(description="Shows what car classifiers look at, as a web page.")
    add = parser.add_argument
    add("--host", help="address to listen on (default: GRADIO_SERVER_NAME or 127.0.0.1)")
    add("--port", type=int, help="port (default: GRADIO_SERVER_PORT or the first free one from 7860)")
    add("--share", action="store_true", help="also create a public link through gradio.live")
    own = "a function that returns a network of your own; may be given several times"
    add("--network", action="append", default=[], metavar="MODULE:BUILD", help=own)
    source_options(parser)
    name = "name under which a proxy serves the page; may be given several times"
    add("--allow-host", action="append", default=[], metavar="NAME", help=name)
    proxy = "addresses or networks of proxies, separated by commas, whose X-Forwarded-For says who asks"
    add("--proxy", metavar="ADDRESSES", help=proxy)
    options = parser.parse_args()
    with until_told_to_stop(), own_uploads() as uploads:
        serve(options, uploads)


def serve(options: argparse.Namespace, uploads: Uploads) -> None:
    """Serves the page as the command line says, for ever."""
    logs.install()
    share_arenas()
    keep_small_sessions()
    torch.set_num_threads(1)  # the networks run side by side; threads within one would wait for each other
    trust_proxies(options.proxy)
    connections.install()
    host = options.host or os.environ.get("GRADIO_SERVER_NAME") or LOCALHOST
    source = Source(options.weights, engine=options.engine, device=options.device)
    access = Access(uploads, Hosts(host, options.allow_host))
    try:
        check()
        explainers = load_all(source, options.network)
        unpaired = unpaired_networks(source, explainers.values())
        page = build(explainers, unpaired, options.weights).queue(max_size=WAITING)
        page.launch(
            server_name=host,
            server_port=options.port,
            share=options.share or None,
            prevent_thread_lock=True,
            theme=THEME,
            head=head(),
            favicon_path=FAVICON,
            footer_links=["api", "settings"],
            **settings(access, prepare=speak_json),
        )
    except (GradioChangedError, WeightsError) as error:
        sys.exit(str(error))
    except OSError:
        log.info("The page could not be served.", exc_info=True)
        sys.exit(cannot_listen(host, options.port))
    if page.share_url:
        access.hosts.allow(page.share_url)
    threading.Thread(target=warm, args=next(iter(explainers.items())), daemon=True).start()
    page.block_thread()


if __name__ == "__main__":
    main()
