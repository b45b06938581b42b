"""Lets the user choose from a list, by number, id, or part of a name."""

from collections import Counter
from collections.abc import Sequence

from oneway.cli.prompts import Asking
from oneway.core.connector import Choice
from oneway.core.dataclass import dataclass
from oneway.core.phrases import count
from oneway.render.layout import clip
from oneway.render.sanitize import harmless

MOST = 20
"""The longest list to show; for a longer one, the user types a part of the name."""


@dataclass(frozen=True, slots=True)
class Picked:
    """The meaning of an answer: one choice, or those that remain."""

    choice: Choice | None
    left: tuple[Choice, ...] = ()


def chosen(asking: Asking, noun: str, choices: Sequence[Choice]) -> Choice:
    """Ask for one of the choices; `noun` says what they are, such as "employer"."""
    every = shown = tuple(choices)
    while True:
        numbered = shown if len(shown) <= MOST else ()
        _list(asking, numbered, every, noun, len(shown))
        ask = "Number, id, or part of the name" if numbered else "Part of the name, or the id"
        answer = asking.text(ask, "1" if len(numbered) == 1 else "")
        found = picked(answer, numbered, every)
        if found.choice is not None:
            return found.choice
        if not found.left:
            asking.say(f"No {noun} is called like that.")
        shown = found.left or every


def picked(answer: str, numbered: Sequence[Choice], every: Sequence[Choice]) -> Picked:
    """Return the choices that an answer means, as a list number, an id, or a part of names."""
    if answer.isascii() and answer.isdigit() and 0 < int(answer[:9]) <= len(numbered):
        return Picked(numbered[int(answer) - 1])
    for choice in every:
        if answer == choice.value:
            return Picked(choice)
    part = answer.casefold()
    return Picked(None, tuple(c for c in every if part in c.label.casefold()))


def named(choice: Choice) -> str:
    """Return a choice's name and id, harmless to print."""
    label, value = clip(harmless(choice.label), 50), clip(harmless(choice.value), 50)
    return label if label == value else f"{label} ({value})"


def _list(
    asking: Asking, numbered: Sequence[Choice], every: Sequence[Choice], noun: str, left: int
) -> None:
    if not numbered:
        asking.say(f"There are {count(left, noun)} to choose from.")
        return
    labels = Counter(choice.label for choice in every)
    asking.say(f"{count(left, noun)} to choose from:")
    for number, choice in enumerate(numbered, 1):
        alone = labels[choice.label] == 1
        text = clip(harmless(choice.label), 60) if alone else named(choice)
        asking.say(f"{number:>3}. {text}", 0)
