"""The small parts that several fragments share."""

from collections.abc import Sequence

from markupsafe import Markup

from explain.report.markup import CELL, COLUMN_HEAD, doubt, picture, repeated

__all__ = [
    "CELL",
    "COLUMN_HEAD",
    "SORRY",
    "doubt",
    "finding",
    "going_on",
    "kept_together",
    "legend_bar",
    "notice",
    "picture",
    "repeated",
    "status",
    "untested",
]

SORRY = "Something went wrong on our side; please try again, or use another photo."


def legend_bar(background: str, labels: Sequence[str]) -> Markup:
    """A colour bar of a legend, `background` being its value in CSS, with what to write below it."""
    return Markup('<div class="bar"><i style="background:{}"></i><div>{}</div></div>').format(
        background, repeated(Markup("<span>{}</span>"), labels)
    )


def notice(sentence: str) -> Markup:
    """What went wrong and what to do, in one sentence; read out by screen readers when it appears."""
    return Markup('<p class="notice" role="alert">{}</p>').format(sentence)


def status(sentence: str) -> Markup:
    """How something is going; read out by screen readers when they have nothing else to say."""
    return Markup('<p role="status">{}</p>').format(sentence)


def going_on(sentence: str) -> Markup:
    """What is being computed, read out likewise; the place is kept when that is nothing."""
    return Markup('<p class="progress" role="status">{}</p>').format(sentence)


def finding(sentence: str) -> Markup:
    """What a test found, in words; nothing without a sentence."""
    if not sentence:
        return Markup()
    whole = Markup.escape(sentence)
    for unit in ("%", "px"):
        whole = whole.replace(f" {unit}", kept_together(f" {unit}"))
    return Markup('<p class="finding">{}</p>').format(whole)


def kept_together(text: str) -> Markup:
    """A text whose words stay on one line, such as a figure and its unit."""
    return Markup("&nbsp;").join(text.split(" "))


def untested(sentence: str) -> Markup:
    """What stands where there is nothing to show yet, or never will be."""
    return Markup('<p class="untested">{}</p>').format(sentence)
