"""The recipe of everything in weights/, as a table of steps.

A step is a command of the project, or copies of files, with what it reads and what it makes. In both {work}
stands for the folder of work and {cars} for the first data folder, by which everything is measured ({name} is
its name); {data} and {others} are all folders of photos and of other pictures.
"""

from dataclasses import dataclass

WEIGHTS = "{work}/weights"
CACHE = ("--cache", "{work}/frames")
DATA = ("--data", "{data}", *CACHE)
CARS = ("--data", "{cars}", *CACHE)
FOUND = ("--weights", WEIGHTS)
LABELS = ("--share", "{name}=0.75", "--leave-out", "chinese10:sedan")  # of what learns labels alone
TAUGHT = ("--share", "{name}=0.5", "--leave-out", "chinese10:sedan")  # of what learns teachers' answers
LICENCE = (
    "For research and teaching, not for commercial use: the weights were made from used-car listing photos "
    "(a published sample) and Stanford Cars, a data set for non-commercial research. Nothing is warranted "
    "about the rights in these photos."
)
# Milliseconds for a picture, to train on or to answer, measured on one core with AVX2 alone and two in use.
COSTS = {
    "lite0": 93.0,
    "lite2": 113.0,
    "lite0 answers": 17.0,
    "lite2 answers": 19.0,
    "75 px": 22.0,
    "100 px": 50.0,
    "128 px": 22.0,  # of the third architecture
}


@dataclass(frozen=True)
class Step:
    """One step: what it does, the command `python -m …` or files to copy, and what it reads and makes.

    `pictures` says how many pictures of which kind in COSTS it takes, with those of all photos under "photos"
    of a kind: (kind, pictures, photos) is pictures + photos × the number of training photos.
    """

    name: str
    what: str
    command: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    makes: tuple[str, ...] = ()
    copies: tuple[tuple[str, str], ...] = ()
    cost: tuple[tuple[str, float, float], ...] = ()
    final: bool = False  # looks at the test photos: once, at the end


def _teacher(kind: str, seed: int, epochs: int, earlier: tuple[str, ...] = ()) -> Step:
    made = f"{{work}}/teachers/{kind}-{seed}.pt"
    more = ("--earlier", *earlier) if earlier else ()
    options = ("--kind", kind, "--seed", str(seed), "--epochs", str(epochs), "--checkpoint", made)
    answered = tuple((f"{path.split('/')[-1][:5]} answers", 0.0, 2.0) for path in earlier)
    return Step(
        f"teacher {kind}-{seed}",
        "a large network, fine-tuned" + (" with labels of the earlier ones" if earlier else ""),
        ("carmodel.train.teacher", *DATA, *LABELS, *options, *more),
        ("{data}", *earlier),
        (made,),
        cost=((kind, epochs * 200.0 * 48, 0.0), *answered),
    )


def _student(size: int, epochs: int, rate: str, *architecture: str) -> Step:
    return Step(
        f"final-{size}",
        "from random weights, taught, with labels as a tenth of the loss"
        + (f": {architecture[1]}" if architecture else ""),
        (
            *("carmodel.train", *DATA, *TAUGHT, "--size", str(size), "--epochs", str(epochs)),
            *("--learning-rate", rate, "--soft-targets", "{work}/soft", "--licence", LICENCE),
            *("--out", WEIGHTS, "--checkpoint", f"{{work}}/final-{size}.pt"),
            *architecture,
        ),
        ("{data}", "{work}/soft"),
        (*_network(f"final-{size}"), f"{{work}}/final-{size}.pt"),
        cost=((f"{size} px", 0.0, float(epochs)),),
    )


def _baseline(size: int, epochs: int, rate: str, trunk: bool) -> Step:
    more = ("--trunk", WEIGHTS) if trunk else ()
    return Step(
        f"baseline-{size}",
        "without batch normalisation, labels alone"
        + (", with the other one's convolutions" if trunk else ""),
        (
            *("carmodel.train", *DATA, *LABELS, "--size", str(size), "--baseline", "--epochs", str(epochs)),
            *("--learning-rate", rate, "--zoom-out", "0", "--licence", LICENCE, *more),
            *("--out", WEIGHTS, "--checkpoint", f"{{work}}/baseline-{size}.pt"),
        ),
        ("{data}", *(_network("baseline-75") if trunk else ())),
        (*_network(f"baseline-{size}"), f"{{work}}/baseline-{size}.pt"),
        cost=((f"{size} px", 0.0, float(epochs)),),
    )


def _network(name: str) -> tuple[str, str]:
    return f"{WEIGHTS}/{name}.safetensors", f"{WEIGHTS}/{name}.json"


TAUGHT_BY = tuple(f"{{work}}/teachers/{name}.pt" for name in ("lite0-1", "lite2-2", "lite2-3"))
CARNETS = (*_network("final-75"), *_network("final-100"))
FINALS = (*CARNETS, *_network("final-128"))
NETWORKS = (*FINALS, *_network("baseline-75"), *_network("baseline-100"))
RATES = f"{WEIGHTS}/learning-rates.json"
OWNERS = f"{WEIGHTS}/ensemble.json"
REFERENCES = f"{WEIGHTS}/references.safetensors"
OOD = (f"{WEIGHTS}/novelty.json", f"{WEIGHTS}/novelty-distances.safetensors")


def _measures(split: str, final: bool) -> tuple[Step, ...]:
    """What is measured of all networks on the photos of a split."""
    table = "test.json" if final else "validation.json"
    after = " on the test photos" if final else ""
    read = ("{cars}", *NETWORKS, OWNERS)
    measure = (*CARS, *FOUND, "--split", split)
    out = f"{WEIGHTS}/{table}", f"{WEIGHTS}/robustness.json"
    return (
        Step(
            f"evaluate{after}",
            "accuracy, calibration, views, makes",
            ("carmodel.measure.evaluate", *measure, "--out", out[0]),
            read,
            out[:1],
            final=final,
        ),
        Step(
            f"robustness{after}",
            "what disturbances cost",
            ("carmodel.measure.robustness", *measure, "--out", out[1]),
            read,
            out[1:],
            final=final,
        ),
        Step(
            f"ood{after}",
            "is it a car at all?",
            ("carmodel.measure.fit_ood", *measure, "--out", WEIGHTS, "--others", "{others}"),
            ("{cars}", "{others}", *CARNETS),
            OOD,
            final=final,
        ),
        Step(
            f"survey{after}",
            "the evidence over 400 photos",
            (
                *("explain.survey", "--data", "{cars}", *FOUND, "--split", split, "--photos", "400"),
                *("--sanity-photos", "20", "--stability-photos", "20", "--out", f"{{work}}/survey-{split}"),
            ),
            (*read, REFERENCES),
            (f"{{work}}/survey-{split}/survey.json", f"{{work}}/survey-{split}/maps.npz"),
            final=final,
        ),
        Step(
            f"survey{after}, kept",
            "its table and its mean maps",
            reads=(f"{{work}}/survey-{split}/survey.json", f"{{work}}/survey-{split}/maps.npz"),
            makes=(f"{WEIGHTS}/survey.json", f"{WEIGHTS}/survey-maps.npz"),
            copies=(
                (f"{{work}}/survey-{split}/survey.json", f"{WEIGHTS}/survey.json"),
                (f"{{work}}/survey-{split}/maps.npz", f"{WEIGHTS}/survey-maps.npz"),
            ),
            final=final,
        ),
    )


STEPS: tuple[Step, ...] = (
    _teacher("lite0", 1, 10),
    _teacher("lite2", 2, 7),
    _teacher("lite2", 3, 10, TAUGHT_BY[:2]),
    Step(
        "answers",
        "what the teachers say of 12 views of every photo, half of them mixed",
        (
            *("carmodel.train.answers", *DATA, *TAUGHT, "--teachers", *TAUGHT_BY),
            *("--views", "12", "--out", "{work}/soft"),
        ),
        ("{data}", *TAUGHT_BY),
        ("{work}/soft",),
        cost=(("lite0 answers", 0.0, 18.0), ("lite2 answers", 0.0, 36.0)),
    ),
    _student(75, 30, "0.05"),
    _student(100, 20, "0.05"),
    _student(128, 12, "0.002", "--architecture", "torchvision/mnasnet0_75", "--optimiser", "adamw"),
    Step(
        "rates",
        "short runs of the baseline at three rates",
        (
            *("carmodel.measure.lr_search", *DATA, *LABELS, "--size", "75", "--baseline", "--epochs", "3"),
            *("--epoch-steps", "150", "--runs", "{work}/rates", "--out", RATES),
        ),
        ("{data}",),
        (RATES, "{work}/rates"),
        cost=(("75 px", 3 * 3 * 150 * 64.0, 0.0),),
    ),
    _baseline(75, 12, "0.001", False),
    _baseline(100, 6, "0.0003", True),
    Step(
        "owners",
        "which network Priority trusts with which class, and which Average is of",
        ("carmodel.measure.owners", *CARS, *FOUND),
        ("{cars}", *FINALS),
        (OWNERS,),
    ),
    Step(
        "references",
        "SHAP's references",
        ("carmodel.measure.references", *CARS, "--out", WEIGHTS),
        ("{cars}",),
        (REFERENCES,),
    ),
    *_measures("val", final=False),
    *_measures("test", final=True),
    Step(
        "overlap",
        "which cars of the test no training photo shows",
        (
            *("carmodel.measure.overlap", *DATA, *FOUND, "--teacher", TAUGHT_BY[1]),
            *("--out", "{work}/overlap.json"),
        ),
        ("{data}", *NETWORKS, OWNERS, TAUGHT_BY[1]),
        ("{work}/overlap.json",),
        cost=(("lite2 answers", 1426.0, 2.0),),
        final=True,
    ),
)
