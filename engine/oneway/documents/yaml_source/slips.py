"""Finds the slip that misled a YAML parser, which often stops some lines below it.

A quote that is never closed takes the next lines into the value, and `name:value` without a space
becomes one word. Only texts that are not valid YAML are searched.
"""

import re
from collections.abc import Iterator, Sequence

from oneway.core.dataclass import dataclass
from oneway.documents.yaml_source.wording import MistakeWords, bang_words


@dataclass(frozen=True, slots=True)
class Slip:
    """Where a slip is, the first line and column being 0, and the words for it."""

    row: int
    column: int
    length: int
    words: MistakeWords


def slip_before(lines: Sequence[str], row: int) -> Slip | None:
    """Return the slip that made a parser stop on a row; None if this module does not know it."""
    found = list(_structural(lines[: row + 1]))
    for each in found:
        if isinstance(each, Slip):
            return each
    known = [each for each in found if not isinstance(each, Slip)]
    for at, line in known:
        if hard := _HARD_INDENT.match(line):
            return Slip(at, hard.start("at"), len(hard["at"]), _HARD_SPACES)
    for at, line in reversed(known[-2:]):  # the row itself, and the one above it
        if (slip := _in_line(at, line)) is not None:
            return slip
    return _out_of_line(known, row) or _unindented(known, row) or _below_a_value(known, row)


def _structural(lines: Sequence[str]) -> Iterator[tuple[int, str] | Slip]:
    """Yield the lines that hold keys and items, and the first quote that is never closed.

    Comments, the lines of texts after `>-`, and those within closed quotes are left out.
    """
    block, waiting = -1, ""
    for row, line in enumerate(lines):
        indent = len(line) - len(line.lstrip(" "))
        if waiting:
            waiting = "" if waiting in line else waiting
            continue
        if not line.strip() or line.lstrip().startswith("#") or 0 <= block < indent:
            continue
        block = indent if _BLOCK.search(line) else -1
        opened = _open_quote(line)
        if opened is None:
            yield row, line
        elif any(_KEY.match(each) for each in lines[row + 1 :]) or row == len(lines) - 1:
            yield Slip(row, opened, 1, _UNCLOSED)
            return
        else:  # a text on several lines
            waiting = line[opened]


_BLOCK = re.compile(r"(?:^|[:-]\s+)[|>][-+0-9]*\s*(?:#.*)?$")
_KEY = re.compile(r"\s*(?:- +)?[\w.\"' -]+:(?:\s|$)|\s*- ")


def _open_quote(line: str) -> int | None:
    """Return where a quote opens that is not closed on its line."""
    at, quote, begun, depth, before = 0, "", 0, 0, "-"
    indent = len(line) - len(line.lstrip())
    while at < len(line):
        sign = line[at]
        if quote:
            pair = line[at : at + 2]
            if (quote == "'" and pair == "''") or (quote == '"' and sign == "\\"):
                at += 1
            elif sign == quote:
                quote = ""
        elif sign in "'\"" and before and (before in "-:[{" or (before == "," and depth)):
            quote, begun = sign, at
        elif sign == "#" and line[at - 1 : at] in ("", " "):
            break
        depth += (sign in "[{") - (sign in "]}") if not quote else 0
        # A value begins after a colon or a dash with a space, and after a bracket at once.
        spaced = sign == " " and (before if at and line[at - 1] == " " else line[at - 1 : at])
        before = sign if sign in "[{," else spaced or ""
        if sign == " " and at <= indent:
            before = "-"
        at += 1
    return begun if quote else None


_UNCLOSED = MistakeWords(
    "a^",
    "Y110",
    "the text that begins with a quote here is not closed on its line",
    "close it with the same quote where the value ends",
)


def _in_line(row: int, line: str) -> Slip | None:
    for pattern, words in _IN_LINE:
        found = pattern.search(line)
        if found is not None:
            length = max(found.end("at") - found.start("at"), 1)
            return Slip(row, found.start("at"), length, words)
    if found := _BANG.search(line):
        return Slip(row, found.start("value"), len(found["value"]), bang_words(found["value"]))
    return None


_NAME = r"^\s*(?:- +)?(?:\"[^\"]*\"|'[^']*'|[A-Za-z_][\w.-]*)"
_BANG = re.compile(rf"{_NAME}:\s+(?P<value>![\w(\"'].*?)\s*$")
_HARD_INDENT = re.compile(r" *(?P<at>\u00a0+)")
_HARD_SPACES = MistakeWords(
    "a^",
    "Y107",
    "a no-break space is used for indentation",
    "type the spaces again, with the space bar",
)
_IN_LINE = (
    (
        re.compile(rf"{_NAME}:(?P<at>\u00a0)"),
        MistakeWords(
            "a^",
            "Y106",
            "the space after this colon is a no-break space",
            "type it again, with the space bar",
        ),
    ),
    (
        re.compile(rf"{_NAME}(?P<at>:)(?=[^\s/:])(?!.*:\s)"),
        MistakeWords(
            "a^", "Y106", "a colon needs a space after it", "write 'key: value', with the space"
        ),
    ),
    (
        re.compile(r"^\s*(?P<at>-)(?=[A-Za-z_\"'{])[^:]*:(?:\s|$)"),
        MistakeWords(
            "a^", "Y106", "a dash needs a space after it", "write '- key: value', with the space"
        ),
    ),
    (
        re.compile(r"""(?:^|[:-] +)(?:"[^"]*"|'(?:[^']|'')*')(?P<at>["'])"""),
        MistakeWords(
            "a^",
            "Y106",
            "a value that begins with a quote ends with it, and more follows here",
            "take this quote out, or put the other one of its kind before the value",
        ),
    ),
)


def _out_of_line(known: Sequence[tuple[int, str]], row: int) -> Slip | None:
    """Return the slip of a key among list items, or of an item that is not aligned with them."""
    if len(known) < _TWO or known[-1][0] != row or not _KEY.match(known[-1][1]):
        return None
    (_, above), (_, line) = known[-2:]
    indent, is_item = _indent(line), line.lstrip().startswith("- ")
    if is_item and above.lstrip().startswith("- ") and _indent(above) != indent:
        return Slip(row, indent, 1, _CROOKED)
    beside = next((each for _, each in reversed(known[:-1]) if _indent(each) <= indent), "")
    if not is_item and _indent(beside) == indent and beside.lstrip().startswith("- "):
        return Slip(row, indent, 1, _AMONG_ITEMS)
    return None


_TWO = 2


def _unindented(known: Sequence[tuple[int, str]], row: int) -> Slip | None:
    """Return the slip of a line that is not indented below its key, unlike those after it."""
    if len(known) <= _TWO or known[-1][0] != row:
        return None
    (_, key), (at, child), (_, line) = known[-3:]
    if not _KEY_ALONE.match(key) or not _indent(key) == _indent(child) < _indent(line):
        return None
    return Slip(at, _indent(child), 1, _NOT_INDENTED) if _KEY.match(child) else None


def _below_a_value(known: Sequence[tuple[int, str]], row: int) -> Slip | None:
    """Return the slip of a key below another key that already has its value."""
    if len(known) < _TWO or known[-1][0] != row or not _KEY.match(known[-1][1]):
        return None
    (_, above), (_, line) = known[-2:]
    if _indent(above) < _indent(line) and _WITH_VALUE.match(above):
        return Slip(row, _indent(line), 1, _BELOW_A_VALUE)
    return None


_WITH_VALUE = re.compile(r"\s*[\w.\"' -]+: +[^\s|>&{\[#][^:]*$")
_KEY_ALONE = re.compile(r"\s*[\w.\"' -]+:\s*(?:#.*)?$")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


_AMONG_ITEMS = MistakeWords(
    "a^",
    "Y106",
    "a key is among list items",
    "put '- ' before it as well, or take the '- ' away from the lines above",
)
_BELOW_A_VALUE = MistakeWords(
    "a^",
    "Y106",
    "the key on the line above has a value already, so nothing can be below it",
    "indent it like the line above; or put that value below its key as well, as 'from: ...'",
)
_NOT_INDENTED = MistakeWords(
    "a^",
    "Y106",
    "this line is not indented, and those below it are",
    "indent it like them, if it belongs to the key above it",
)
_CROOKED = MistakeWords(
    "a^",
    "Y106",
    "this list item is not in line with the one above it",
    "begin both with the same number of spaces",
)
