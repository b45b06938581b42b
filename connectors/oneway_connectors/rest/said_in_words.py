"""Tells by a sentence beside the rows of a list whether they are all: "Row limit reached".

A sentence counts for what it says of this answer: one that denies it ("no limit was reached") or
speaks of another day ("requests will be throttled") says nothing.
"""

import re
from collections.abc import Iterator

from oneway.core.records import Value
from oneway_connectors.rest import page_words as words


def sentences(value: Value, depth: int = 2) -> Iterator[str]:
    """Yield the sentences in a text, a list of texts, or objects that hold a message."""
    if isinstance(value, str) and len(value) <= _LONGEST:
        yield from (each for each in map(_plain, _CLAUSE.split(value)) if each)
    elif isinstance(value, list) and depth:
        for each in value[:_MOST]:
            yield from sentences(each, depth - 1)
    elif isinstance(value, dict) and depth:
        for name, each in value.items():
            if words.MESSAGE.fullmatch(words.plain(name)):
                yield from sentences(each, depth - 1)


def tells_failure(value: Value) -> bool:
    """Return whether a sentence says that something could not be had, or took too long."""
    return any(_holds(_FAILED, each) or _limit_of(each) == "requests" for each in sentences(value))


def tells_more(value: Value) -> bool:
    """Return whether a sentence says that there are more rows than it came with."""
    return any(_holds(_MORE, each) or _limit_of(each) == "rows" for each in sentences(value))


def _limit_of(sentence: str) -> str:
    """Return what a sentence says that there were too many of: rows, requests, or "" if none."""
    if not any(_holds(each, sentence) for each in _LIMITS):
        return ""
    return "requests" if _REQUESTS.search(sentence) else "rows"


def _holds(pattern: re.Pattern[str], sentence: str) -> bool:
    """Return whether a sentence says what a pattern finds, and does not deny it."""
    if _LATER.search(sentence):
        return False
    for found in pattern.finditer(sentence):
        around = sentence[: found.start()].split()[-_BEFORE:]
        if pattern in _LIMITS:
            around += found[0].split()
        if not _DENYING.intersection(around):
            return True
    return False


def _plain(text: str) -> str:
    spaced = _CAMEL.sub(" ", text.replace("'", "").replace("\u2019", ""))
    return " ".join(_NO_WORD.sub(" ", spaced).lower().split())


_LONGEST = 2_000
_MOST = 20
_CLAUSE = re.compile(r"[.,;:!?\n](?:\s|$)")
_CAMEL = re.compile("(?<=[a-z])(?=[A-Z])")
_NO_WORD = re.compile("[^A-Za-z0-9]")
_ROWS = "records|rows|items|results|entries|matches|users|employees|people|data|pages"
_GET = "load|read|retrieve|fetch|return|reach|contact"
_BOUND = "limit|quota|maximum|max|cap|threshold"
_LIMITS = (
    re.compile(rf"\b(?:{_BOUND})s?(?: \w+){{0,4}}? (?:exceeded|reached|hit)\b"),
    re.compile(rf"\b(?:exceed(?:s|ed|ing)?|reached|hit|over)(?: \w+){{0,3}}? (?:{_BOUND})s?\b"),
    re.compile(rf"\btoo many (?:\w+ )?(?:{_ROWS}|requests|calls)\b"),
)
_REQUESTS = re.compile(r"\b(?:rate|requests?|calls?|quota|time|api|query|throttl\w+)\b")
_MORE = re.compile(
    rf"\btruncated\b|\bmore (?:{_ROWS})(?: are| is)?(?: available| exist| follow| remain)\b|"
    rf"\bthere (?:are|is) more (?:{_ROWS})\b|"
    rf"\bonly (?:the )?first \d+\b|\blimited to (?:the )?(?:first )?\d+ (?:{_ROWS})\b"
)
_FAILED = re.compile(
    rf"\bthrottled\b|\btimed? ?out\b|\bincomplete\b|\bpartial(?:ly)?(?: {_ROWS}| result| content| "
    "response| list| success| failure)|"
    rf"\b(?:not|cannot|cant|couldnt) (?:be )?(?:{_GET})(?:ed|d)?\b|\bfailed to (?:{_GET}|get)\b"
)
_DENYING = {
    "arent", "avoid", "hasnt", "if", "isnt", "never", "no", "not", "unless", "until", "wasnt",
    "werent", "when", "without",
}  # fmt: skip
_LATER = re.compile(r"\b(?:will|would|shall)\b")
_BEFORE = 4
