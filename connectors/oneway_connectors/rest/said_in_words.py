"""Recognises sentences beside a list that say that it is incomplete: "Row limit reached".

A sentence counts only if it is about this answer: not if it denies ("no limit was reached") or
is about another day ("requests will be throttled").

Beside records, a whole sentence has to refuse: "Access denied". Longer ones are notices: "Access
denied events are logged". They count only if no records came.
"""

import re
from collections.abc import Iterator
from itertools import chain, dropwhile

from oneway.core.records import Value
from oneway_connectors.rest import page_words as words


def sentences(value: Value, depth: int = 2) -> Iterator[str]:
    """Yield the sentences in a text, a list of texts, or objects that contain a message."""
    return chain.from_iterable(_texts(value, depth))


def _texts(value: Value, depth: int = 2) -> Iterator[list[str]]:
    if isinstance(value, str) and len(value) <= _LONGEST:
        yield [each for each in map(_plain, _CLAUSE.split(value)) if each]
    elif isinstance(value, list) and depth:
        for each in value[:_MOST]:
            yield from _texts(each, depth - 1)
    elif isinstance(value, dict) and depth:
        for name, each in value.items():
            if words.MESSAGE.fullmatch(words.plain(name)):
                yield from _texts(each, depth - 1)


def tells_failure(value: Value) -> bool:
    """Return whether a text says that something failed or took too long, or is a refusal."""
    said = any(_holds(_FAILED, each) or _limit_of(each) == "requests" for each in sentences(value))
    return said or refuses(value)


def refuses(value: Value) -> bool:
    """Return whether a text is a refusal, and no more than that."""
    return any(map(_begins_to_refuse, _texts(value)))


def refusals_in(value: Value) -> Iterator[str]:
    """Yield the sentences that may refuse if no records came with them."""
    for said in _texts(value):
        if not _has_day(said):
            yield from (
                each
                for each, after in zip(said, [*said[1:], ""], strict=False)
                if _holds(_REFUSED, each) and not (_NOTICE.search(each) or after in _NONE)
            )


def _begins_to_refuse(said: list[str]) -> bool:
    """Return whether a text begins with a sentence that refuses, perhaps after "Error 401:"."""
    own = list(dropwhile(_LEADS.fullmatch, said))
    counted = len(own) > 1 and own[1] in _NONE
    return bool(own) and bool(_REFUSAL.fullmatch(own[0])) and not (counted or _has_day(said))


def _has_day(said: list[str]) -> bool:
    """Return whether a text names a day, as one about maintenance does."""
    return any(map(_DAY.search, said))


def tells_more(value: Value, came: int | None) -> bool:
    """Return whether a sentence says that there are more rows than came with it.

    "3 of 9 shown" says so if 3 came, and so does a limit of 3. Fewer rows do not reach a limit.
    """
    return any(
        _holds(_MORE, each)
        or _limit_of(each) == "rows"
        or (_holds(_FIRST, each) and not _is_above(came, _FIRST.search(each)))
        or _counts_more(each, came)
        for each in sentences(value)
    )


def _is_above(came: int | None, limit: re.Match[str] | None) -> bool:
    """Return whether a limit in a sentence is above what came."""
    return came is not None and limit is not None and int(limit[1] or limit[2]) > came


def _counts_more(sentence: str, came: int | None) -> bool:
    """Return whether a sentence counts the rows that came as a part of more."""
    counts = _COUNTS.search(sentence)
    if counts is None or int(counts[1]) != came or int(counts[2]) <= came:
        return False
    return bool(_SHOWN.search(sentence) or counts[0] == sentence) and _holds(_COUNTS, sentence)


def _limit_of(sentence: str) -> str:
    """Return what a sentence says there were too many of: rows, requests, or ""."""
    if not any(_holds(each, sentence) for each in _LIMITS):
        return ""
    return "requests" if _REQUESTS.search(sentence) else "rows"


def _holds(pattern: re.Pattern[str], sentence: str) -> bool:
    """Return whether a sentence matches a pattern and does not deny it."""
    if _LATER.search(sentence):
        return False
    for found in pattern.finditer(sentence):
        around = sentence[: found.start()].split()[-_BEFORE:]
        if pattern is _REFUSED:
            around += _NOT_PROVIDED.sub("", found[0]).split()
        if found[0] == "truncated" and _OF_A_VALUE.search(sentence):
            continue
        if pattern in _LIMITS:
            around += found[0].split()
        if not _DENYING.intersection(around):
            return True
    return False


def _plain(text: str) -> str:
    spaced = _CAMEL.sub(" ", _THOUSANDS.sub("", text.replace("'", "").replace("\u2019", "")))
    return " ".join(_NO_WORD.sub(" ", spaced).lower().split())


_LONGEST = 2_000
_MOST = 20
_CLAUSE = re.compile(r"[.,;:!?\n](?:\s|$)")
_CAMEL = re.compile("(?<=[a-z])(?=[A-Z])")
_THOUSANDS = re.compile("(?<=[0-9])[,.](?=[0-9]{3}(?![0-9]))")
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
    rf"\bthere (?:are|is) more (?:{_ROWS})\b"
)
_FIRST = re.compile(
    rf"\bonly (?:the )?first (\d{{1,18}})\b|"
    rf"\blimited to (?:the )?(?:first )?(\d{{1,18}}) (?:{_ROWS})\b"
)
_COUNTS = re.compile(
    rf"\b(\d{{1,18}}) (?:(?:{_ROWS}) )?(?:out )?of (?:(?:a )?total (?:of )?)?(\d{{1,18}})\b"
    rf"(?: (?:{_ROWS}))?"
)
_SHOWN = re.compile(
    r"\b(?:show(?:s|n|ing)?|display(?:s|ed|ing)?|return(?:s|ed|ing)?|list(?:s|ed|ing)|"
    r"view(?:ing)?|loaded|fetched|retrieved|(?:record|row|result|item|entrie)s \d+ (?:to )?\d+ of"
    r")\b"
)
_OF_A_VALUE = re.compile(
    r"\b(?:fields?|columns?|values?|attributes?|propert(?:y|ies)|strings?|texts?|characters?|"
    r"chars?|letters?|digits?|decimals?)\b"
)
_OUT = "excluded|omitted|skipped|hidden|withheld|filtered out"
_LEAD = (
    r"(?:(?:sorry|http|error|status|code|[45]\d\d|your|the|this|an?|current|provided|supplied|given|"
    "access|api|auth|bearer|user|security|web|refresh|jwt) )*"
)
_LEADS = re.compile(
    r"sorry|(?:(?:api|http|server) )?(?:error|status|code|fault|failure)(?: code)?(?: [45]\d\d)?|"
    r"(?:http )?[45]\d\d|error|warning"
)
"""What may precede a sentence that refuses."""
_HAS = "(?:(?:is|are|was|were|has|have|been|already|currently|temporarily|now) )*"
_REFUSAL = re.compile(
    rf"{_LEAD}(?:"
    rf"(?:(?:access|permission|request|login|user|client|you|resource|operation) )?{_HAS}"
    "(?:unauthori[sz]ed|forbidden|denied)(?: (?:access|request|user|client))?|"
    rf"(?:session|token|login|credentials) {_HAS}(?:expired|invalid|revoked|missing)|"
    r"(?:invalid|expired|missing)(?: or (?:invalid|expired|missing))? (?:\w+ )?"
    r"(?:session|token|credentials)|"
    rf"(?:authentication )?credentials {_HAS}(?:not (?:provided|given)|required)|"
    rf"(?:authentication|login) {_HAS}(?:required|failed|missing)|"
    r"(?:(?:service|server|system|backend|database|gateway|shard|node|index|cluster|partition|"
    rf"replica|region|upstream|directory)(?: \d+)? )?{_HAS}unavailable"
    r")(?: (?:error|or (?:expired|invalid|revoked|missing)|please .*|"
    "(?:and )?you (?:must|need|have) .*|(?:log|sign) in.*))?"
)
"""A whole sentence that refuses."""
_DAY = re.compile(
    r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b|\b(?:scheduled|planned|upcoming)\b|"
    r"\b(?:from|until|since|on) (?:\d{4}|\d{1,2} \d{2}|january|february|march|april|may|june|july|"
    r"august|september|october|november|december)\b"
)
_NONE = {"0", "no", "none", "null", "never", "n a"}
"""What follows a label that counts nothing: "Access denied: 0"."""
_NOTICE = re.compile(
    r"\bunauthori[sz]ed (?!(?:to|for|by|because|due|as|since|requests?|user|client|error)\b)\w+|"
    r"\b(?:to|by) unauthori[sz]ed\b|\bforbidden \w+s\b|\b(?:renewed|refreshed|prohibited|logged)\b"
)
"""A sentence about others, or about what has been done already."""
_NOT_PROVIDED = re.compile(r"\bnot (?=provided)")
_REFUSED = re.compile(
    r"\b(?:unavailable|unauthori[sz]ed|forbidden)\b|\b(?:access|permission) denied\b|"
    r"\b(?:session|token|login)s?(?: \w+){0,2}? expired\b|\b(?:invalid|expired) (?:\w+ )?token\b|"
    r"\b(?:credentials|authentication)(?: \w+){0,2}? (?:not provided|required|failed|missing)\b"
)
"""What a sentence that refuses contains."""
_FAILED = re.compile(
    rf"\b(?:some|[1-9]\d{{0,17}}) (?:\w+ )?(?:{_ROWS})(?: \w+){{0,3}}? (?:{_OUT})\b|"
    rf"\b(?:{_ROWS}|[1-9]\d{{0,17}})(?: \w+){{0,2}}? (?:{_OUT})(?: \w+){{0,4}}? "
    r"(?:permissions?|authori[sz]ation|access|rights|privileges)\b|"
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
