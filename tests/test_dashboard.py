import os
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

import gradio as gr
import pytest

from carmodel.photo import read_photo
from dashboard import main, warm
from explain.methods.registry import METHODS
from explain.networks import unpaired_networks
from explain.request import Settings, request
from explain.source import Source, load_kinds
from page import examples
from page.api import answers
from page.gradio_patches import GradioChangedError
from page.page import build

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples" / "suv_1.jpg"


@pytest.fixture(scope="module")
def explainers(random_weights):
    return load_kinds(Source(random_weights))


@pytest.fixture
def folder_of(random_weights, tmp_path):
    """Makes a folder that holds only these of the networks."""

    def copy(*names):
        for file in [f"{name}.{ending}" for name in names for ending in ("json", "safetensors")]:
            shutil.copy(random_weights / file, tmp_path)
        shutil.copy(random_weights / "references.safetensors", tmp_path)
        return tmp_path

    return copy


def networks_of(explainers):
    return [card.name for explainer in explainers for card in explainer.cards.values()]


def test_kinds_of_several_networks_are_offered_before_single_ones(random_weights, folder_of):
    assert list(load_kinds(Source(random_weights))) == ["final", "baseline"]
    folder = folder_of("final-75", "final-100", "baseline-75")
    explainers = load_kinds(Source(folder))
    assert list(explainers) == ["final"]
    assert networks_of(unpaired_networks(Source(folder), explainers.values()).explainers) == ["baseline-75"]


@pytest.mark.parametrize("names", [["final-75"], ["baseline-75"], ["final-75", "baseline-100"]])
def test_single_networks_are_offered_where_there_is_nothing_else(folder_of, names):
    explainers = load_kinds(Source(folder_of(*names)))
    assert list(explainers) == [name.split("-")[0] for name in names]
    assert networks_of(explainers.values()) == names


def test_kind_that_cannot_be_used_is_left_out(folder_of, caplog):
    folder = folder_of("final-75", "final-100", "baseline-75", "baseline-100")
    (folder / "baseline-75.safetensors").write_bytes(b"damaged")
    assert list(load_kinds(Source(folder))) == ["final"]
    assert "Left out: baseline-75.safetensors is damaged" in caplog.text


def test_everything_shares_one_budget_and_answers_stay_the_same(random_weights):
    explainers = load_kinds(Source(random_weights))
    cache = explainers["final"].cache
    alone = unpaired_networks(Source(random_weights), [explainers["final"]]).explainers
    handlers = [getattr(event.fn, "__wrapped__", None) for event in build(explainers).fns.values()]
    owners = [handler.__self__ for handler in handlers if hasattr(handler, "__self__")]
    evidences = [owner.evidences for owner in owners if hasattr(owner, "evidences")]
    assert len(alone) == 2 and evidences
    assert {id(owner.cache) for owner in (*explainers.values(), *alone, *evidences)} == {id(cache)}
    cache.budget = 30_000_000  # bytes: what the references cause in one kind's networks, and little else

    def answer(example, kind):
        settings = Settings("average", "suv", kind=kind, tolerance=0.3)
        table = answers.explain(explainers[kind], example.name, read_photo(example), settings)
        over.append(cache.bytes > cache.budget)
        return {name: {**figures, "seconds": 0} for name, figures in table["maps"].items()}

    over = []
    questions = [(file, kind) for file in sorted(EXAMPLE.parent.glob("suv*.jpg"))[:3] for kind in explainers]
    first = [answer(*question) for question in questions]
    before = sum(explainer.computations for explainer in explainers.values())
    assert [answer(*question) for question in questions] == first
    assert sum(explainer.computations for explainer in explainers.values()) > before  # some were forgotten
    assert not any(over)


def test_first_example_is_explained_before_anybody_asks(random_weights):
    explainer = load_kinds(Source(random_weights))["final"]
    warm("final", explainer)
    asked = request(explainer, read_photo(examples.path(examples.FIRST)), Settings())
    for method in METHODS:
        assert explainer.finished(asked.photo, method, asked.target).keys() == {"75", "100"}


def test_no_networks_are_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["dashboard.py", "--weights", str(tmp_path)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == f"{tmp_path} holds no network such as final-75."


def test_another_gradio_is_a_sentence(monkeypatch):
    def check():
        raise GradioChangedError("Please install gradio 6.")

    monkeypatch.setattr("dashboard.check", check)
    monkeypatch.setattr(sys, "argv", ["dashboard.py"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == "Please install gradio 6."


def test_help_names_every_option(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["dashboard.py", "--help"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    printed = capsys.readouterr().out
    assert all(option in printed for option in ("--host", "--port", "--share", "--weights", "--allow-host"))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], ("127.0.0.1", None, None)),  # gradio's own variables and defaults hold
        (["--host", "0.0.0.0", "--port", "8000", "--share"], ("0.0.0.0", 8000, True)),
    ],
)
def test_options_reach_gradio(explainers, monkeypatch, options, expected):
    launched = {}
    monkeypatch.setattr(sys, "argv", ["dashboard.py", *options])
    monkeypatch.setattr("dashboard.load_all", lambda source, own: explainers)
    monkeypatch.setattr("dashboard.warm", lambda kind, explainer: None)
    monkeypatch.setattr(gr.Blocks, "launch", lambda page, **settings: launched.update(settings))
    monkeypatch.setattr(gr.Blocks, "block_thread", lambda page: None)
    main()
    assert tuple(launched[name] for name in ("server_name", "server_port", "share")) == expected
    assert not launched.get("show_error")  # traces and paths stay in the log


def test_nothing_is_reported_or_kept(explainers):
    page = build(explainers)
    assert os.environ["GRADIO_ANALYTICS_ENABLED"] == "False" and not page.analytics_enabled
    assert page.delete_cache is None  # page.server.uploads deletes them, and nothing else


def test_nothing_slow_is_imported_before_it_is_needed():
    code = (
        "import sys, dashboard; "
        "print(*sorted({name.split('.')[0] for name in sys.modules} & set(sys.argv[1:])))"
    )
    slow = ("shap", "matplotlib", "captum", "scipy", "sklearn", "torchvision")
    printed = subprocess.run(
        [sys.executable, "-c", code, *slow, "gradio"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert printed.stdout.split() == ["gradio"]


def test_page_has_our_title_and_icon(page_url):
    html = urllib.request.urlopen(page_url, timeout=30).read().decode()
    assert "What car classifiers look at" in html
    icon = urllib.request.urlopen(f"{page_url}favicon.ico", timeout=30).read()
    assert icon == (ROOT / "page" / "favicon.png").read_bytes()
