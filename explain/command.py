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
from carmodel.photo import Photo, read_photo
from carmodel.weights import WEIGHTS
from explain.door import METHODS, REFERENCES, TOLERANCE
from explain.explainer import Classification, Explainer
from explain.report.files import contents
from explain.report.report import Report, row
from explain.report.text import METHOD_NAMES
from explain.smoothing import DETAILS
from explain.target import Target

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
    try:
        photo = read_photo(options.photo)
        explainer = Explainer(options.weights, options.networks)
        classification = explainer.classify(photo)
        verdict = classification.predictions[options.mode].verdict
        target = Target(options.target or verdict, options.and_not)
    except ValueError as error:  # a PhotoError, a WeightsError, or a class against itself: one sentence each
        return _refuse(str(error))
    try:
        _write(options, photo, explainer, classification, target)
    except OSError as error:
        if wants_memory(error):
            raise
        reason = "it is a file" if isinstance(error, FileExistsError) else error.strerror or error
        return _refuse(f"Cannot write into {options.out}: {reason}. Please choose another folder with --out.")
    return 0


def _write(
    options: argparse.Namespace,
    photo: Photo,
    explainer: Explainer,
    classification: Classification,
    target: Target,
) -> None:
    """Makes the maps and writes all files: together at the end, the report as the last of them, or none."""
    decision = classification.predictions[options.mode]
    with (
        whole_file(options.out / REPORT) as report_file,
        tqdm(total=len(options.methods) + 1) as bar,
        ExitStack() as others,
    ):
        rows = {}
        for method in options.methods:
            bar.set_description(METHOD_NAMES[method])
            for maps in explainer.refine(photo, method, target, options.reference, options.tolerance):
                steps = max(each.steps for each in maps.values())
                bar.set_postfix_str(f"{steps} steps" if steps > 1 else "")
            rows[method] = row(maps, options.mode, decision.decided_by)
            bar.update()
        bar.set_description("Pictures")
        report = Report(
            name=shown(Path(options.photo).name),
            photo=photo,
            cards=explainer.cards,
            classification=classification,
            mode=options.mode,
            target=target,
            tolerance=options.tolerance,
            rows=rows,
            detail=options.detail,
        )
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
        choices=("average", "priority"),
        default="average",
        help="ensemble of both networks: their average, or priority, where a rule says which one decides "
        "(default: average)",
    )
    add(
        "--methods",
        metavar="LIST",
        type=_methods,
        default=METHODS,
        help=f"methods to use, separated by commas, of {', '.join(METHODS)} (default: all)",
    )
    add(
        "--reference",
        choices=REFERENCES,
        default=REFERENCES[0],
        help="what Integrated Gradients compares the photo with: the blurred photo, its mean colour, "
        "or a black picture (default: blur)",
    )
    add(
        "--tolerance",
        type=float,
        choices=(0.02, 0.01, 0.005),
        default=TOLERANCE,
        help="gap at which Integrated Gradients stops; smaller takes longer (default: 0.02, that is 2 %%)",
    )
    add(
        "--detail",
        choices=DETAILS,
        default=DETAILS[0],
        help="show Integrated Gradients and SHAP net of each neighbourhood, or pixel by pixel; maps.npz "
        "always holds every pixel (default: regions)",
    )
    add(
        "--networks",
        choices=("final", "baseline"),
        default="final",
        help="networks with batch normalisation or without (default: final)",
    )
    add(
        "--weights",
        metavar="DIR",
        type=Path,
        default=WEIGHTS,
        help="folder of weights (default: the project's)",
    )
    return parser


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
