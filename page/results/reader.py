"""What was measured of the networks, read from the folder of weights.

A table that is not there, or cannot be read, is a Missing with a sentence that says what to do; the page
shows it in place of the section and starts all the same.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from carmodel.calibration import Bin
from carmodel.card import CARNET, Card, WeightsError, read_card, read_table
from carmodel.metrics import Disagreement, Scores
from carmodel.network import CLASSES
from carmodel.weights import ENSEMBLE, LEARNING_RATES, available
from page.results.measured import (
    Averages,
    Disturbed,
    Epoch,
    Evaluation,
    Flagged,
    Measured,
    Missing,
    Novelty,
    Published,
    Robustness,
    Stage,
    Trial,
)
from page.results.naming import ordered
from page.results.surveyed import FILE as SURVEY
from page.results.surveyed import MAPS, Survey, read_survey

T = TypeVar("T")
EVALUATIONS = {"test.json": "test", "validation.json": "val"}  # the first that is there counts
ROBUSTNESS, NOVELTY, PUBLISHED = "robustness.json", "novelty.json", "published.json"
MADE_BY = {
    "test.json": "python -m carmodel.measure.evaluate --data DIR --json > weights/test.json",
    ROBUSTNESS: "python -m carmodel.measure.robustness --data DIR --out weights/robustness.json",
    NOVELTY: "python -m carmodel.measure.fit_ood --data DIR --others DIR",
    LEARNING_RATES: "python -m carmodel.measure.lr_search --data DIR --size 75",
    SURVEY: "python -m explain.survey --data DIR --out OUT, then copies of OUT/survey.json and OUT/maps.npz "
    f"as weights/{SURVEY} and weights/{MAPS}",
}  # file -> what makes it


def read(folder: Path) -> Measured:
    """What is known about the networks in a folder of weights; never raises for what the files hold."""
    evaluated = next((name for name in EVALUATIONS if (folder / name).exists()), "test.json")
    return Measured(
        evaluation=_table(folder, evaluated, partial(_evaluation, EVALUATIONS[evaluated])),
        published=_table(folder, PUBLISHED, _published),
        robustness=_table(folder, ROBUSTNESS, _robustness),
        novelty=_table(folder, NOVELTY, _novelty),
        training=_training(folder),
        rates=_table(folder, LEARNING_RATES, _rates),
        survey=_table(folder, SURVEY, partial(_survey, folder)),
        licences=_licences(folder),
        averages=_table(folder, ENSEMBLE, _averages),
        architectures={
            card.name: card.architecture for card in _cards(folder) if card.architecture != CARNET
        },
    )


def _table(folder: Path, name: str, parse: Callable[[dict[str, Any]], T]) -> T | Missing:
    """What `parse` makes of the table in a file, or why there is nothing."""
    if not (folder / name).exists():
        return Missing(f"Not measured yet. What makes it: {MADE_BY[name]}" if name in MADE_BY else "")
    try:
        return parse(read_table(folder / name))
    except WeightsError as error:
        return Missing(str(error))
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        made = f" What makes a new one: {MADE_BY[name]}" if name in MADE_BY else ""
        return Missing(f"{name} does not hold what it should.{made}")


def _evaluation(split: str, table: dict[str, Any]) -> Evaluation:
    def scores(row: dict[str, Any]) -> Scores:
        _check(row["recall"].keys() == row["precision"].keys() == set(CLASSES))
        bins = tuple(Bin(**entry) for entry in row.get("bins", ()))
        return Scores(**{**row, "ci95": tuple(row["ci95"]), "bins": bins})

    rows = {**table["networks"], **table.get("ensembles", {})}
    _check(_alike(rows.values()))
    return Evaluation(
        split,
        {name: {source: scores(row) for source, row in sources.items()} for name, sources in rows.items()},
        {source: Disagreement(**row) for source, row in table.get("disagreement", {}).items()},
        **({"compared": tuple(table["compared"])} if "compared" in table else {}),  # since there may be more
    )


def _averages(table: dict[str, Any]) -> Averages:
    validation = table["validation"]
    right = {tuple(row["sizes"]): int(row["right"]) for row in validation["average"]}
    chosen = tuple(table["average"])
    _check(chosen in right)
    return Averages(int(validation["photos"]), chosen, right)


def _published(table: dict[str, Any]) -> Published:
    return Published(int(table["photos"]), {name: float(value) for name, value in table["accuracy"].items()})


def _robustness(table: dict[str, Any]) -> Robustness:
    rows = {
        name: {source: Disturbed(**row) for source, row in sources.items()}
        for name, sources in {**table["networks"], **table.get("ensembles", {})}.items()
    }
    every = [row for sources in rows.values() for row in sources.values()]
    _check(_alike(rows.values()) and _alike(row.change for row in every))
    _check(all(set(row.accuracy) > set(row.change) for row in every))
    return Robustness(table["split"], rows)


def _novelty(table: dict[str, Any]) -> Novelty:
    table = table["results"]
    cars, others = (
        {name: Flagged(row["n"], row["flagged"], row.get("auroc", {})) for name, row in table[group].items()}
        for group in ("cars", "others")
    )
    _check("all" in others and _alike([cars, others["all"].auroc]))
    return Novelty(table["split"], cars, others)


def _rates(table: dict[str, Any]) -> dict[str, tuple[Trial, ...]]:
    rates = {
        name: tuple(Trial(float(row["rate"]), _epochs(row["history"])) for row in rows)
        for name, rows in table.items()
    }
    _check(all(trials and _alike(t.epochs[0].validation for t in trials) for trials in rates.values()))
    return rates


def _survey(folder: Path, table: dict[str, Any]) -> Survey:
    survey = read_survey(folder, _cards(folder), table)
    _check(survey.is_whole)
    return survey


def _training(folder: Path) -> dict[str, tuple[Stage, ...]] | Missing:
    training = {}
    for card in _cards(folder):
        stages: list[Stage] = []
        run: Any = card.training
        try:
            while run:
                epochs = _epochs(run["history"])
                best = int(run["best epoch"])
                _check(1 <= best <= len(epochs))
                stages.insert(0, Stage(dict(run["recipe"]), best, float(run["hours"]), epochs))
                run = run.get("before")
            _check(_alike(stage.epochs[0].validation for stage in stages))
        except (AttributeError, KeyError, TypeError, ValueError):
            continue  # a card's account of its training is free, and need not be of carmodel.train
        if stages:
            training[card.name] = tuple(stages)
    return training or Missing("No card in the folder of weights tells how its network was trained.")


def _epochs(history: list[dict[str, Any]]) -> tuple[Epoch, ...]:
    epochs = tuple(
        Epoch(
            float(row["loss"]), {name: float(row["validation"][name]) for name in ordered(row["validation"])}
        )
        for row in history
    )
    _check(bool(epochs) and _alike(epoch.validation for epoch in epochs))
    return epochs


def _alike(rows: Iterable[Mapping[str, Any]]) -> bool:
    """Whether all rows have the same columns, and some."""
    columns = {frozenset(row) for row in rows}
    return len(columns) == 1 and columns != {frozenset()}


def _check(holds: bool) -> None:
    if not holds:
        raise ValueError("A table's parts do not fit each other.")


def _licences(folder: Path) -> dict[str, tuple[str, ...]]:
    licences: dict[str, tuple[str, ...]] = {}
    for card in _cards(folder):
        if card.licence:
            licences[card.licence] = (*licences.get(card.licence, ()), card.name)
    return licences


def _cards(folder: Path) -> tuple[Card, ...]:
    """The cards that can be read; the others are told of where networks are loaded."""
    cards = []
    for name in available(folder):
        try:
            cards.append(read_card(folder / f"{name}.json"))
        except WeightsError:
            continue
    return tuple(cards)
