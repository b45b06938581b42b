"""Gaps: keys that an answer depends on and that a record lacks, or whose values cannot decide."""

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias, cast

from oneway.core.dataclass import dataclass
from oneway.core.paths import ItemPath, item_text
from oneway.core.records import Value
from oneway.mapping.expressions.item_places import At, by_keys, is_within
from oneway.mapping.expressions.syntax import Node


class Gap(NamedTuple):
    """A key that an answer depends on: absent (`wrong` is "" then), or unfit to decide.

    `held`: the record has a value there that is not blank. `chooses`: a condition that selects
    items depends on it, as in `jobs[?status == 'Former']`. `named`: a field that is left alone
    because of it names it, as an item of a list lacks a key or a value is nearly a compared word.
    """

    path: str
    wrong: str = ""
    held: bool = False
    chooses: bool = False
    named: bool = False

    @property
    def text(self) -> str:
        """The gap in words."""
        return f"{self.path}: {self.wrong}" if self.wrong else f"{self.path} is not given"


Gaps: TypeAlias = tuple[Gap, ...]


def texts(gaps: Gaps) -> str:
    """Return the gaps in words, each key once."""
    first = {gap.path: gap.text for gap in reversed(gaps)}
    return "; ".join(first[path] for path in dict.fromkeys(gap.path for gap in gaps))


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The value of an expression on one record, and the gaps that each question depends on.

    `stated` is False if any key that was read is absent, even if the value does not depend on it.
    """

    value: Value
    stated: bool = True
    exact: Gaps = ()
    truth: Gaps = ()
    written: Gaps = ()


NO_GAPS: Gaps = ()


class ProjectedItem(NamedTuple):
    """The result of a projection for an item, and the gaps of the condition that selects it."""

    found: Evaluation
    chosen: Gaps

    @property
    def value(self) -> Value:
        return self.found.value

    @property
    def is_there(self) -> bool:
        """Whether the list certainly has this value."""
        return self.value is not None and not (self.chosen or self.found.exact)


def list_gaps(items: Sequence[ProjectedItem], pick: int | None, *, written: bool = False) -> Gaps:
    """Return what a list depends on, or only its first (0) or last (-1) item.

    The items after that one make no difference.
    """
    found: list[Gap] = []
    for each in reversed(items) if pick == -1 else items:
        found += (*each.chosen, *(each.found.written if written else each.found.exact))
        if pick is not None and each.value is not None:
            break
    return tuple(dict.fromkeys(found))


def joined(gaps: Gaps, more: Gaps) -> Gaps:
    """Return gaps and further ones without repetition; a long list may have one for each item."""
    new = tuple(gap for gap in more if gap not in gaps)
    return (*gaps, *new) if new else gaps


def written_place(known: Sequence[At]) -> ItemPath:
    """Return the place as the expression writes it, with a list wherever it iterates over one."""
    return max((by_keys(each.path) for each in known), key=len)


def gap_at(node: Node, value: Any) -> Gap:
    """Return the gap of a key that a node has looked up in a value."""
    notes = cast(dict[str, Any], node)
    named = is_within(node)
    known: Sequence[At] = notes.get("items", ())
    *lists, path = written_place(known) if known else (notes.get("path") or (str(node["value"]),),)
    if isinstance(value, dict):
        return Gap(item_text((*lists, path)), named=named)
    text = item_text((*lists, path[:-1])) if lists or path[1:] else "a part of it"
    return Gap(text, "it is not an object", named=named)


def choosing(gaps: Gaps) -> Gaps:
    """Return the gaps of a condition that selects items."""
    return tuple(gap._replace(chooses=True) for gap in gaps)


def left_open(gaps: Gaps) -> Gaps:
    """Return the gaps that leave open even whether a value exists."""
    return tuple(gap for gap in gaps if gap.chooses)
