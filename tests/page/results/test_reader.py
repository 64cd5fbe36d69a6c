import json
import shutil

import pytest

from carmodel.weights import WEIGHTS
from page.results.measured import Missing
from page.results.reader import read


@pytest.fixture
def folder(tmp_path):
    """The shipped tables and cards; of the weights, names alone, since nothing else of them is read."""
    for path in WEIGHTS.iterdir():
        if path.suffix == ".json":
            shutil.copy(path, tmp_path)
        elif path.with_suffix(".json").exists():
            (tmp_path / path.name).touch()
    return tmp_path


def change(path, edit):
    table = json.loads(path.read_text())
    edit(table)
    path.write_text(json.dumps(table))


def test_shipped_tables_are_read(folder):
    measured = read(folder)
    table = json.loads((folder / "validation.json").read_text())
    (folder / "test.json").unlink(missing_ok=True)
    evaluation = read(folder).evaluation
    assert evaluation.split == "val" and evaluation.sources == ("truecar", "stanford")
    row = evaluation.scores["average"]["truecar"]
    assert row.accuracy == table["ensembles"]["average"]["truecar"]["accuracy"]
    assert sum(bin.count for bin in row.bins) == row.n == 600
    assert measured.published.accuracy["priority"] == 0.9718
    assert {"final-75", "final-100"} <= measured.training.keys()
    assert measured.novelty.others["all"].n > 100


def test_what_is_known_of_a_third_network(folder):
    """Its architecture from its card, what Average gains by it, and whose disagreement is told."""
    card = json.loads((folder / "final-75.json").read_text())
    facts = {"size": 128, "architecture": "torchvision/mnasnet0_5", "input": {"size": 128}}
    (folder / "final-128.json").write_text(json.dumps(card | facts | {"name": "final-128"}))
    (folder / "final-128.safetensors").touch()
    for name in ("test.json", "validation.json"):
        change(folder / name, lambda table: table.update(compared=["final-100", "final-128"]))
    pair, three = [75, 100], [75, 100, 128]
    change(folder / "ensemble.json", lambda table: table.update(average=three))
    change(folder / "ensemble.json", lambda table: table["validation"].pop("average", None))
    assert isinstance(read(folder).averages, Missing)
    rows = [{"sizes": pair, "right": 833, "loss": 0.2}, {"sizes": three, "right": 840, "loss": 0.2}]
    change(folder / "ensemble.json", lambda table: table["validation"].update(average=rows))
    measured = read(folder)
    assert measured.architectures == {"final-128": "torchvision/mnasnet0_5"}
    assert measured.averages.chosen == (75, 100, 128)
    assert measured.averages.right == {(75, 100): 833, (75, 100, 128): 840}
    assert measured.evaluation.compared == ("final-100", "final-128")


def test_stages_are_in_the_order_of_training(folder):
    stages = read(folder).training["final-75"]
    card = json.loads((folder / "final-75.json").read_text())["training"]
    epochs = []
    while card:
        epochs.insert(0, len(card["history"]))
        card = card.get("before")
    assert len(epochs) > 2 and [len(stage.epochs) for stage in stages] == epochs


def test_test_photos_count_more_than_validation_photos(folder):
    shutil.copy(folder / "validation.json", folder / "test.json")
    assert read(folder).evaluation.split == "test"


def test_empty_folder_says_what_makes_the_tables(tmp_path):
    measured = read(tmp_path)
    for part, command in (
        (measured.evaluation, "carmodel.measure.evaluate"),
        (measured.robustness, "carmodel.measure.robustness"),
        (measured.novelty, "carmodel.measure.fit_ood"),
        (measured.rates, "carmodel.measure.lr_search"),
        (measured.survey, "explain.survey"),
    ):
        assert isinstance(part, Missing) and command in part.sentence
    assert isinstance(measured.training, Missing) and isinstance(measured.published, Missing)


@pytest.mark.parametrize(
    ("name", "part", "edit"),
    [
        ("validation.json", "evaluation", lambda table: table["networks"]["final-75"].pop("truecar")),
        ("validation.json", "evaluation", lambda table: table.pop("networks")),
        (
            "validation.json",
            "evaluation",
            lambda table: table["networks"]["final-75"]["truecar"]["recall"].update(van=1.0),
        ),
        ("survey.json", "survey", lambda table: table["networks"]["average"]["all"].pop("all")),
        ("survey.json", "survey", lambda table: table["seconds"].pop("map, shap")),
        ("robustness.json", "robustness", lambda table: table["networks"].update(x={})),
        ("novelty.json", "novelty", lambda table: table["results"]["others"].pop("all")),
        ("learning-rates.json", "rates", lambda table: table.update({"x": [{"rate": 1, "history": []}]})),
        ("published.json", "published", lambda table: table.update(accuracy=3)),
    ],
)
def test_table_of_another_shape_is_told(folder, name, part, edit):
    (folder / "test.json").unlink(missing_ok=True)
    change(folder / name, edit)
    measured = getattr(read(folder), part)
    assert isinstance(measured, Missing) and measured.sentence.startswith(
        f"{name} does not hold what it should"
    )


def test_damaged_table_is_told(folder):
    (folder / "robustness.json").write_text("{")
    assert "robustness.json is damaged" in read(folder).robustness.sentence


def test_card_of_another_training_is_left_out(folder):
    change(folder / "final-75.json", lambda card: card.update(training={"how": "by hand"}))
    assert "final-75" not in read(folder).training
