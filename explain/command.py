"""Explain one photo from the command line: python -m explain PHOTO --out DIR."""

import argparse
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import torch
from tqdm import tqdm

from carmodel.files import shown, whole_file
from carmodel.memory import wants_memory
from carmodel.network import CLASSES
from carmodel.photo import read_photo
from explain.classification import AVERAGE, PRIORITY
from explain.explainer import TOLERANCE, Explainer
from explain.methods.method import Method
from explain.methods.registry import METHODS
from explain.references import REFERENCES
from explain.report.files import contents
from explain.report.report import report_of
from explain.request import NO_CLASS, PREDICTED, ExplanationRequest, Settings, explained, request
from explain.smoothing import SMOOTHINGS
from explain.source import kind_options, source_of

REPORT = "report.json"
DESCRIPTION = (
    "Show which parts of a photo two car classifiers and their ensemble rely on, and how far to trust it."
)
EPILOG = """Files in DIR:
  report.json        probabilities, verdicts, and each map's scores, gap and steps
  maps.npz           every map as an array of 300 x 300 logits per pixel of the square frame
  METHOD_WHERE.png   a picture of each map, such as shap_75.png or shap_75-100.png
  contact_sheet.png  everything on one page
  report.html        the same to read, send and print: one file that opens without a network connection
  photo.png          the photo as the networks were given it

Exit code 2 means that the photo, the weights or DIR cannot be used, or that memory is short."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns its exit code: 0, or 2 with one sentence on stderr."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(1)  # the networks run side by side; threads within one would wait for each other
    source = source_of(options)
    settings = Settings(
        ensemble=options.mode,
        toward=options.target or PREDICTED,
        against=options.and_not or NO_CLASS,
        kind=source.kind,
        reference=options.reference,
        tolerance=options.tolerance,
        smoothing=options.detail,
    )
    try:
        photo = read_photo(options.photo)
        explainer = source.load()
        asked = request(explainer, photo, settings)
    except ValueError as error:  # a PhotoError, a WeightsError, or a RequestError: one sentence each
        return _refuse(str(error))
    try:
        _write(options, explainer, asked)
    except OSError as error:
        if wants_memory(error):
            raise
        reason = "it is a file" if isinstance(error, FileExistsError) else error.strerror or error
        return _refuse(f"Cannot write into {options.out}: {reason}. Please choose another folder with --out.")
    return 0


def _write(options: argparse.Namespace, explainer: Explainer, asked: ExplanationRequest) -> None:
    """Makes the maps and writes all files: together at the end, the report as the last of them, or none."""
    with (
        whole_file(options.out / REPORT) as report_file,
        tqdm(total=len(options.methods) + 1) as bar,
        ExitStack() as others,
    ):
        rows = {}
        for row in explained(explainer, asked, options.methods):
            if row.error:
                raise row.error
            steps = max((attribution.steps for attribution in row.maps.values()), default=0)
            bar.set_description(row.method.title)
            bar.set_postfix_str(f"{steps} steps" if row.method.refines else "")
            if row.finished:
                rows[row.method.name] = row
                bar.update()
                for reason in row.missing.values():
                    bar.write(reason, file=sys.stderr)
        bar.set_description("Pictures")
        report = report_of(explainer, shown(Path(options.photo).name), asked, rows)
        for name, content in contents(report):
            place = options.out / name
            file = report_file if name == REPORT else others.enter_context(whole_file(place))
            file.write(content)
            bar.set_postfix_str(name)
        bar.update()
        (options.out / REPORT).unlink(missing_ok=True)  # so that where it is, the other files are its own


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m explain",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    chosen, refined, fine = (
        [method for method in METHODS.values() if asked(method)]
        for asked in (
            lambda method: method.takes_reference,
            lambda method: method.refines,
            lambda method: not method.coarse,
        )
    )
    add = parser.add_argument
    add("photo", metavar="PHOTO", help="picture of a car: JPEG, PNG, WebP, BMP, GIF, TIFF or AVIF")
    add(
        "--out",
        metavar="DIR",
        type=Path,
        required=True,
        help="folder to write into; made if it does not exist",
    )
    add("--target", choices=CLASSES, help="class to explain (default: the one that the ensemble predicts)")
    add(
        "--and-not",
        choices=CLASSES,
        help="explain why the target and not this class (default: the target alone)",
    )
    add(
        "--mode",
        choices=(AVERAGE, PRIORITY),
        default=AVERAGE,
        help="ensemble of the networks: their average, or priority, where a rule says which of two decides "
        "(default: average)",
    )
    add(
        "--methods",
        metavar="LIST",
        type=_methods,
        default=tuple(METHODS),
        help=f"methods to use, separated by commas, of {', '.join(METHODS)} (default: all)",
    )
    add(
        "--reference",
        choices=REFERENCES,
        default=next(iter(REFERENCES)),
        help=f"what {_titles(chosen)} compares the photo with: "
        f"{', '.join(reference.phrase for reference in REFERENCES.values())} (default: %(default)s)",
    )
    add(
        "--tolerance",
        type=float,
        choices=(0.02, 0.01, 0.005),
        default=TOLERANCE,
        help=f"gap at which {_titles(refined)} stops; smaller takes longer (default: 0.02, that is 2 %%)",
    )
    add(
        "--detail",
        choices=SMOOTHINGS,
        default=SMOOTHINGS[0],
        help=f"show {_titles(fine)} net of each neighbourhood, or pixel by pixel; maps.npz "
        "always holds every pixel (default: %(default)s)",
    )
    kind_options(parser)
    return parser


def _titles(methods: Sequence[Method]) -> str:
    return " and ".join(method.title for method in methods)


def _methods(text: str) -> tuple[str, ...]:
    methods = tuple(dict.fromkeys(text.split(",")))
    if unknown := [method for method in methods if method not in METHODS]:
        raise argparse.ArgumentTypeError(
            f"there is no method {unknown[0]!r}; choose from {', '.join(METHODS)}"
        )
    return methods


def _refuse(sentence: str) -> int:
    print(shown(sentence), file=sys.stderr)
    return 2
