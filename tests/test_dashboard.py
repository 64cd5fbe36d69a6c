import inspect
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from collections import defaultdict
from pathlib import Path

import gradio as gr
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from carmodel.network import CLASSES
from carmodel.photo import read_photo
from dashboard import load_explainers, main
from explain.explainer import Explainer
from explain.networks import unpaired_networks
from explain.request import Settings
from page.api import answers
from page.page import build

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples" / "suv_1.jpg"


@pytest.fixture(scope="module")
def explainers(random_weights):
    return load_explainers(random_weights)


@pytest.fixture(scope="module")
def client(page_url):
    client = Client(page_url, verbose=False, analytics_enabled=False)
    yield client
    client.close()


def test_kinds_of_several_networks_are_offered_before_single_ones(random_weights, tmp_path):
    assert list(load_explainers(random_weights)) == ["final", "baseline"]
    for name in ("final-75", "final-100", "baseline-75"):
        for ending in ("json", "safetensors"):
            shutil.copy(random_weights / f"{name}.{ending}", tmp_path)
    shutil.copy(random_weights / "references.safetensors", tmp_path)
    assert list(load_explainers(tmp_path)) == ["final"]
    for path in tmp_path.glob("final-*"):
        path.unlink()
    assert list(load_explainers(tmp_path)) == ["baseline"]  # of one network, as there is nothing else


def test_everything_shares_one_budget_and_answers_stay_the_same(random_weights):
    explainers = load_explainers(random_weights)
    cache = explainers["final"].cache
    alone = unpaired_networks(random_weights, [Explainer.load(random_weights, cache=cache)]).explainers
    page = build(explainers)
    functions = (inspect.unwrap(each.fn) for each in page.fns.values() if each.fn)
    handlers = {getattr(function, "__self__", None) for function in functions}
    evidences = next(each.evidences for each in handlers if hasattr(each, "evidences"))
    assert {id(each.cache) for each in (*explainers.values(), *alone, evidences)} == {id(cache)}
    cache.budget = 30_000_000  # bytes: what the references cause in one kind's networks, and little else

    def answer(example, kind):
        settings = Settings("average", "suv", kind=kind, tolerance=0.3)
        table = answers.explain(explainers[kind], example.name, read_photo(example), settings)
        over.append(cache.bytes > cache.budget)
        return {name: {**each, "seconds": 0} for name, each in table["maps"].items()}

    over = []
    asked = [(file, kind) for file in sorted(EXAMPLE.parent.glob("suv*.jpg"))[:3] for kind in explainers]
    first = [answer(*each) for each in asked]
    before = sum(each.computations for each in explainers.values())
    assert [answer(*each) for each in asked] == first
    assert sum(each.computations for each in explainers.values()) > before  # some were forgotten
    assert not any(over)


@pytest.mark.parametrize("kinds", [["final", "baseline"], ["baseline"]])
def test_networks_are_hidden_when_there_is_no_choice(explainers, kinds):
    page = build({kind: explainers[kind] for kind in kinds})
    networks = next(each for each in page.blocks.values() if getattr(each, "label", None) == "Networks")
    assert [value for _, value in networks.choices] == kinds
    assert networks.value == kinds[0]
    assert networks.visible == (len(kinds) > 1)


def test_no_networks_are_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["dashboard.py", "--weights", str(tmp_path)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == f"{tmp_path} holds no network such as final-75."


def test_help_names_every_option(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["dashboard.py", "--help"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert all(option in shown for option in ("--host", "--port", "--share", "--weights", "--allow-host"))


@pytest.mark.parametrize(
    ("options", "given"),
    [
        ([], ("127.0.0.1", None, None)),  # gradio's own variables and defaults hold
        (["--host", "0.0.0.0", "--port", "8000", "--share"], ("0.0.0.0", 8000, True)),
    ],
)
def test_options_reach_gradio(explainers, monkeypatch, options, given):
    launched = {}
    monkeypatch.setattr(sys, "argv", ["dashboard.py", *options])
    monkeypatch.setattr("dashboard.load_explainers", lambda folder: explainers)
    monkeypatch.setattr("dashboard.warm", lambda kind, explainer: None)
    monkeypatch.setattr(gr.Blocks, "launch", lambda page, **settings: launched.update(settings))
    monkeypatch.setattr(gr.Blocks, "block_thread", lambda page: None)
    main()
    assert tuple(launched[name] for name in ("server_name", "server_port", "share")) == given
    assert not launched.get("show_error")  # traces and paths stay in the log


def test_nothing_is_reported_or_kept(explainers):
    page = build(explainers)
    assert os.environ["GRADIO_ANALYTICS_ENABLED"] == "False" and not page.analytics_enabled
    assert page.delete_cache is None  # page.server.uploads deletes them, and nothing else


def test_maps_and_their_tests_have_a_queue_each(explainers):
    queues = defaultdict(set)
    for function in build(explainers).fns.values():
        if function.fn is not None:
            queues[function.name].add((function.concurrency_id, function.concurrency_limit))
    for name in ("on_maps", "on_sanity", "on_stability"):
        assert queues.pop(name) == {("tests", 16)}
    assert queues.pop("on_pack") == {("packing", 2)}
    assert queues.pop("on_link") == queues.pop("came_to_front") == {("light", 16)}
    assert queues.pop("run") == {("explain", 4), ("tests", 16)}  # the refresh of tabs, Trust's being tests
    assert set().union(*queues.values()) == {("explain", 4)}


def test_only_endpoints_with_a_meaning_are_public(client):
    endpoints = client.view_api(return_format="dict")["named_endpoints"]
    assert endpoints.keys() == {"/classify", "/explain", "/compare", "/evidence", "/what_if"}


def test_classify_endpoint(client):
    answer = client.predict(handle_file(EXAMPLE), api_name="/classify")
    assert answer["photo"] == {"file": "suv_1.jpg", "width": 720, "height": 480} | answer["photo"]
    for name in ("75", "100", "average", "priority"):
        prediction = answer["predictions"][name]
        assert sum(prediction["probabilities"].values()) == pytest.approx(1)
        assert prediction["confidence"] == prediction["probabilities"][prediction["verdict"]]
    assert answer["predictions"]["average"]["verdict"] in CLASSES
    assert re.match(r"(Sedan|Coupe|SUV|Truck), [>\d ]+ %: ", answer["sentence"])


def test_explain_endpoint(client):
    answer = client.predict(
        photo=handle_file(EXAMPLE),
        ensemble="average",
        toward="suv",
        against="sedan",
        reference="mean",
        tolerance=0.05,
        api_name="/explain",
    )
    assert answer["target"] == "suv − sedan"
    maps = answer["maps"]
    assert len(maps) == 12
    for name in ("75", "100", "average"):
        assert maps[f"gradcam_{name}"]["gap"] is None
        gradients = maps[f"integrated_gradients_{name}"]
        assert gradients["reference"] == "mean" and gradients["gap"] <= 0.05 and gradients["steps"] >= 8
        assert maps[f"shap_{name}"]["gap"] < 0.001


def test_compare_endpoint(client):
    answer = client.predict(handle_file(EXAMPLE), method="gradcam", api_name="/compare")
    names = list(answer["networks"])
    assert names[:2] == ["final-75", "final-100"]
    for each in answer["networks"].values():
        assert sum(each["probabilities"].values()) == pytest.approx(1)
        assert each["map"]["target"] == answer["target"] and "Grad-CAM, " in each["map"]["description"]
    assert all(answer["agreement"][name].keys() == set(names) - {name} for name in names)
    assert set(answer["differ_most"]["networks"]) <= set(names)


def test_what_if_endpoint(client):
    plain = client.predict(photo=handle_file(EXAMPLE), api_name="/what_if")
    assert plain["sentence"] == "Nothing is changed yet: draw on the photo, or choose an edit."
    assert plain["edited"] == plain["photo"]["frame_sha256"] and plain["shares"] == {}
    answer = client.predict(
        photo=handle_file(EXAMPLE),
        edits=["border", "grey"],
        box=[0.4, 0.4, 0.6, 0.6],
        fill="mean",
        api_name="/what_if",
    )
    assert answer["area"] == pytest.approx((300**2 - 228**2 + 60**2) / 300**2)
    for changes in answer["predictions"].values():
        for name in ("75", "100", "average", "priority"):
            change = changes[name]
            before, after = (change[when]["probabilities"] for when in ("before", "after"))
            assert change["points"] == {
                label: pytest.approx(100 * (after[label] - before[label])) for label in CLASSES
            }
    assert answer["shares"].keys() == {"gradcam_75", "gradcam_100"}
    with pytest.raises(AppError, match="A box needs left below right"):
        client.predict(photo=handle_file(EXAMPLE), box=[0.6, 0, 0.4, 1], api_name="/what_if")


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [({"photo": None}, "There is no photo"), ({"toward": "suv", "against": "suv"}, "“And not” is SUV")],
)
def test_endpoints_answer_errors_in_a_sentence(client, settings, sentence):
    with pytest.raises(AppError, match=sentence):
        client.predict(**{"photo": handle_file(EXAMPLE), **settings}, api_name="/explain")


def test_broken_photo_is_answered_in_a_sentence(client, tmp_path):
    broken = tmp_path / "car.jpg"
    broken.write_bytes(b"no picture")
    with pytest.raises(AppError, match="please use JPEG, PNG") as raised:
        client.predict(handle_file(broken), api_name="/classify")
    assert str(tmp_path) not in str(raised.value)


def test_photo_is_read_as_it_was_uploaded(client, tmp_path):
    """16-bit grey, which gradio's own decoding would turn white."""
    path = tmp_path / "grey.png"
    Image.linear_gradient("L").convert("I").point(lambda value: value * 257).convert("I;16").save(path)
    eight = tmp_path / "eight.png"
    Image.linear_gradient("L").save(eight)
    frames = [
        client.predict(handle_file(each), api_name="/classify")["photo"]["frame_sha256"]
        for each in (path, eight)
    ]
    assert frames[0] == frames[1]


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
