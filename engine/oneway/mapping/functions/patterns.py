"""Functions over regular expressions, in time linear in the text."""

from collections.abc import Iterator

from oneway.core.linear_pattern import Linear, PatternMatch, RegexMistake, linear
from oneway.core.records import Value
from oneway.mapping.functions.function import (
    EvaluationError,
    Example,
    Function,
    Parameter,
    within_limit,
)

MAX_INPUT = 10_000
MAX_PATTERN = 200


def compiled(pattern: str) -> Linear:
    """Return a pattern ready to match; raise `EvaluationError` if it is invalid."""
    if len(pattern) > MAX_PATTERN:
        raise EvaluationError(f"a pattern is at most {MAX_PATTERN} characters long")
    try:
        return linear(pattern)
    except RegexMistake as mistake:
        raise EvaluationError(f"the pattern is not valid: {mistake}") from None


def _check_pattern(value: Value) -> None:
    if isinstance(value, str):
        compiled(value)


def _found(text: str, pattern: str) -> Iterator[PatternMatch]:
    _check_input(text)
    return compiled(pattern).finditer(text)


def _check_input(text: str) -> None:
    if len(text) > MAX_INPUT:
        raise EvaluationError(f"patterns read texts of at most {MAX_INPUT:,} characters")
    try:
        text.encode()  # RE2 reads UTF-8, in which half a surrogate pair has no place
    except UnicodeEncodeError:
        raise EvaluationError("the text is not valid Unicode") from None


def regex_match(text: str, pattern: str) -> bool:
    """Return whether the pattern is found anywhere in the text."""
    _check_input(text)
    return compiled(pattern).search(text) is not None


def regex_extract(text: str, pattern: str, group: int | None = None) -> str | None:
    """Return a group of the first match: by default the first group, or all where there is none."""
    _check_input(text)
    ready = compiled(pattern)
    number = min(ready.groups, 1) if group is None else group
    if not 0 <= number <= ready.groups:
        raise EvaluationError("the pattern has no group of that number")
    found = ready.search(text)
    return None if found is None else found.group(number)


def regex_replace(text: str, pattern: str, replacement: str) -> str:
    r"""Return the text with every match replaced; `\0` to `\9` in the replacement are groups."""
    template = _template(replacement, compiled(pattern).groups)
    parts: list[str] = []
    end = length = 0
    for found in _found(text, pattern):
        pieces = [text[end : found.start()], *_filled(template, found)]
        length += sum(map(len, pieces))
        within_limit(length)
        parts += pieces
        end = found.end()
    return "".join(parts) + text[end:]


def _template(replacement: str, groups: int) -> list[str | int]:
    pieces: list[str | int] = []
    characters = iter(replacement)
    for character in characters:
        if character != "\\":
            pieces.append(character)
            continue
        escaped = next(characters, "")
        if escaped == "\\":
            pieces.append(escaped)
        elif escaped in tuple("0123456789"[: groups + 1]):
            pieces.append(int(escaped))
        else:
            raise EvaluationError(r"after \ the replacement has a group's number, or another \ ")
    return pieces


def _filled(template: list[str | int], found: PatternMatch) -> list[str]:
    return [p if isinstance(p, str) else found.group(p) or "" for p in template]


_TEXT = Parameter("text", description="at most 10,000 characters")
_PATTERN = Parameter("pattern", description="RE2's, at most 200 characters", check=_check_pattern)

FUNCTIONS = (
    Function(
        "regex_match",
        (_TEXT, _PATTERN),
        "boolean",
        "Whether the pattern matches anywhere in the text; ^ and $ anchor it at the ends.",
        (
            Example("regex_match(code, '^[A-Z]{2}[0-9]+$')", {"code": "HR42"}, True),
            Example(
                "regex_match(email, '(?i)@example[.]com$')", {"email": "ada@Example.com"}, True
            ),
        ),
        regex_match,
    ),
    Function(
        "regex_extract",
        (_TEXT, _PATTERN, Parameter("group", ("integer",), optional=True)),
        "string or null",
        "The first group of the first match, the whole match without groups, or the group with"
        " the given number; null if nothing matches.",
        (Example("regex_extract(name, '[(](.*?)[)]')", {"name": "Elizabeth (Liz) Gray"}, "Liz"),),
        regex_extract,
    ),
    Function(
        "regex_replace",
        (_TEXT, _PATTERN, Parameter("replacement")),
        "string",
        r"The text with every match replaced; \1 to \9 in the replacement are the match's groups"
        r" and \0 is all of it.",
        (
            Example("regex_replace(code, '^0+', '')", {"code": "00042"}, "42"),
            Example(
                r"regex_replace(name, '^(.*), (.*)$', '\2 \1')",
                {"name": "Lovelace, Ada"},
                "Ada Lovelace",
            ),
        ),
        regex_replace,
    ),
)
