"""Classifies the keys beside a list by what their names say about it.

Names are compared by their letters: case, digits, `_`, `-`, `@` and `.` do not matter. A name
counts if all of it is words about lists, such as `has_more_records`; `nextReview` does not.
"""

import re
from functools import lru_cache

_SMALL = "odata|has|have|is|are|there|the|of|on|to|indicator"
_THINGS = (
    "records?|items?|results?|rows?|entry|entries|elements?|objects?|hits?|resources?|documents?|"
    "docs?|data|lists?|sets?|nodes?|collections?"
)
_ABOUT = f"{_SMALL}|{_THINGS}|pages?|paging|pagination"
_NUMBER = "count|num|number|size|filtered|matching"
_LEFT = "available|exists?|in|left|follows?|remaining|remains?"
_WHERE = (
    "links?|urls?|uri|href|path|tokens?|cursors?|offset|skip|start|starting|after|index|marker|key|"
    "number|continuation|state|range|partition"
)
_LONGEST = 40
"""The most letters of a name that is about a list."""


MORE = re.compile(f"(?:{_ABOUT})*(?:more|next|truncated)(?:{_ABOUT}|{_LEFT})*")
"""Yes or no: whether more follows."""
FLAG = re.compile("(?:has|is|are).*|.*(?:more|truncated).*")
"""Those of these names whose value may also be 1 or 0, or how many more there are."""
LAST = re.compile(
    f"(?:{_ABOUT})*(?:last|end|ended|eof|final|exhausted)(?:{_ABOUT}|stream|reached)*"
)
"""Yes or no: whether this is the end."""
DONE = re.compile(f"(?:{_ABOUT})*(?:done|completed?|finished)(?:{_ABOUT})*")
"""Yes or no: whether all is done. A yes may be about something else."""
NEXT = re.compile(f"(?:{_ABOUT}|continuation)*next(?:{_ABOUT}|{_WHERE})*|next(?:cursor|page)id")
"""Where a next page is."""
MARK = re.compile(
    f"(?:{_ABOUT})*(?:continuation|marker|cursor|startingafter|after(?:cursor|url)|"
    "(?:continuation|pagination|paging|page|skip|resumption)token)|additionalresultsurl|"
    "lastevaluatedkey|exclusivestartkey"
)
"""Where a next page is, by names that most systems use only if there is one."""
WITHIN = re.compile(f"(?:pages?|{_WHERE})+")
"""A key of an object that says where a next page is."""
TOTAL = re.compile(
    f"(?:{_SMALL}|{_THINGS}|{_NUMBER}|paging|pagination)*totals?(?:{_SMALL}|{_THINGS}|{_NUMBER})*|"
    f"odatacount|(?:{_THINGS})filtered|full(?:{_THINGS}|{_NUMBER})+|"
    f"(?:{_THINGS}|{_NUMBER}|totals?)+(?:matched|found|available)(?:count)?|"
    f"totals?(?:matched|found|available)"
)
"""How many records there are."""
COUNT = re.compile(
    f"(?:{_SMALL}|{_THINGS}|{_NUMBER})*(?:{_THINGS})(?:of)?count|"
    f"(?:count|num|number)(?:{_SMALL}|{_THINGS})+|count|hits|matche[sd]|"
    "(?:records|rows|items|results|entries|elements)"
)
"""How many records there are, or how many this page has."""
LEFT = re.compile(
    f"(?:{_THINGS})+(?:remaining|left)|(?:{_NUMBER})*remaining(?:{_THINGS}|{_NUMBER})*"
)
"""How many records follow."""
PAGES = re.compile(
    f"(?:{_SMALL}|total|last|{_NUMBER})+pages?|"
    f"(?:{_THINGS}|paging|pagination)*pages(?:total|count)?|pagecount"
)
"""How many pages there are."""
ONE_WORD = {
    "continuation", "cursor", "end", "ended", "exhausted", "final", "last", "limit", "marker",
    "more", "next", "pages", "remaining", "take", "total", "truncated",
}  # fmt: skip
"""Names that may be about anything, unless their surroundings say that they are about the list."""
LIMIT = re.compile(
    f"(?:page|paging|pagination)?limit|(?:max)?pagesize|(?:{_THINGS})?perpage|max(?:{_THINGS})+|take"
)
"""How many records a page has at most."""
ASKED = re.compile(f"{LIMIT.pattern}|count|first|max|size|top")
"""The same in a request; some of these words may be about anything in an answer."""
FAULT = re.compile(
    "(?:has|is|are|partial|api|field|request|response|validation)*"
    "(?:errors?|err|failures?|failed|faults?|exceptions?|problems?)"
    "(?:codes?|counts?|data|descriptions?|details?|info|lists?|messages?|msgs?|summary|types?)*"
    "|[a-z]*(?:user|record)errors"
)
"""What went wrong; also `userErrors`, by which GraphQL services report mistakes of the caller."""
_OUT = (
    "failed|skipped|excluded|omitted|dropped|rejected|withheld|unauthori[sz]ed|forbidden|"
    "inaccessible|unreadable|hidden"
)
LEFT_OUT = re.compile(
    f"(?:{_THINGS})*(?:{_OUT})(?:{_THINGS}|{_NUMBER})*|(?:{_NUMBER})*(?:{_OUT})|overflow(?:ed)?"
)
"""Which records a list does not show, or how many."""
RANGE = re.compile(f"(?:content|{_THINGS}|paging|pagination|pages?)*range")
"""Which records these are, perhaps with their total: `1-19/20`."""
_USED_UP = f"{_ABOUT}|limit|quota|transfer|rate|time|requests?|calls?|query|memory|size"
PART = re.compile(
    f"(?:{_ABOUT})*(?:partial|incomplete)(?:{_ABOUT})*|timedout|(?:is|was)*throttled|"
    f"(?:{_USED_UP})*exceeded(?:{_USED_UP})*|(?:is)?(?:overlimit|limitreached)|"
    f"(?:{_USED_UP})*(?:rate|time|requests?|calls?|quota)limitreached|"
    "(?:cursor|token|session)s?(?:is)?(?:invalid|expired)|(?:invalid|expired)(?:cursor|token|session)"
)
"""Yes or no: whether this is only a part."""
_BOUND = f"{_ABOUT}|size|limit|transfer|max|maximum|count|number|total"
LIMITED = re.compile(
    "(?=.*(?:size|row|record|result|item|entr|transfer|page|max))"
    f"(?:{_BOUND})*(?:reached|exceeded|hit|capped|limited)(?:{_BOUND})*|partialcontent"
)
"""Yes or no: whether rows were left out at a limit, as they are from every page but the last."""
MESSAGE = re.compile(
    "(?:error|api|response|request|result|user|additional|service|status)*"
    "(?:messages?|msgs?|warnings?|warn|notices?|notes?|hints?|info|information|details?|reasons?|"
    "texts?|alerts?|diagnostics?)+"
)
"""A message in a sentence."""
TITLE = re.compile("(?:error|api|response|request|result|service|status|problem)*titles?")
"""A heading: of a report, or of a refusal (RFC 9457)."""
GRAVITY = re.compile("(?:message|log)*(?:level|severity|type)")
"""Beside a sentence: its severity."""
POSITION = re.compile("(?:current)?pages?(?:number|no|num|index)?|number|current|index")
"""Beside a number of pages: which of them this is."""
SUCCESS = re.compile("(?:is|was)*(?:success|successful|succeeded|ok)")
"""Yes or no: whether the request succeeded."""
OUTCOME = re.compile(
    "(?:api|http|operation|request|response|result|ret|return|service)*"
    "(?:ack|code|outcome|response|result|shards|stat|status)+"
)
"""How the request ended: a word, a number, or an object."""
BAD_END = re.compile(
    "(?!no|un(?!a))(?:[a-z]*(?:error|exception|failed|failure|expired|denied|unavailable|timeout|timedout|"
    "unauthori[sz]ed|forbidden|aborted|throttled|throttling)s?|fail|invalid[a-z]*(?:token|session|"
    "credentials?|cursor)|ko|ng)|notok|nok|partiallyfailed|partialsuccess|partiallysucceeded|"
    "conflict|(?:[a-z]*already)?taken|[a-z]*alreadyexists"
)
"""A word by which a request ended badly: `TOKEN_EXPIRED`, `NG`."""
WRONG_TYPE = re.compile(
    "(?:.*[a-z])?(?:Errors?|Failure|Exception|Conflict|NotFound|Forbidden|Denied)|"
    "(?:.*[a-z])?(?:Already|Code|Email|Login|[Nn]ame|User)Taken"
)
"""Under `__typename`: the type of a refusal in a union, in GraphQL."""
STATE = re.compile(
    f"{OUTCOME.pattern}|(?:export|job|query|report|request|response|result|search)?(?:state|status)"
)
"""Whether the answer is ready: a word. `state` may also be a part of a country."""
UNREADY = re.compile(
    "(?:is|still)*(?:pending|preparing|processing|generating|building|queued|running|inprogress|"
    "notready|notstarted|loading|indexing|busy|(?:in|under)?maintenance(?:mode)?)"
)
"""A word for an answer that is yet to come; as a name, yes or no."""
LOGIN = re.compile("(?:re)?(?:log|sign)in(?:is)?required|re(?:auth|authentication)required")
"""Yes or no: whether to sign in, perhaps again."""
RETRY = re.compile("retry(?:after|in)(?:s|ms|sec|seconds)?")
"""In how many seconds to ask again."""
READY = re.compile(f"(?:is|are)?(?:{_THINGS})*(?:ready|prepared)")
"""Yes or no: whether the answer is ready."""
PAGING = re.compile(
    "(?:result|response|search|list|collection|page)*(?:links?|cursors?|meta|metadata|pages?|paging|"
    "pagination|pager|info|information|navigation|pagecontext|resultset|headers?)+"
)
"""The name of an object that is about a list."""

CORE = re.compile(
    "more|next|trunc|last|end|final|exhaust|done|complete|finish|token|continu|marker|cursor|start|"
    "after|additional|offset|total|count|num|filtered|full|pag|limit|max|take|remain|left|err|fail|"
    "fault|excep|problem|partial|timedout|exceed|throttl|succe|ok|link|stat|result|response|shards|outcome|"
    "code|hits|record|rows|items|results|entries|elements|match|found|availab|reached|hit|cap|"
    "pend|prepar|process|generat|build|queue|running|progress|ready|started|state|load|index|busy|mainten|required|retry|session|expire|invalid|hid|titl|ack|ret|of|eof|rang|skip|exclu|omit|drop|reject|withh|authori|typename|forbid|inaccess|unread|overflow|messag|head|msg|warn|notice|note|hint|info|detail|reason|text|alert|diagnos"
)
"""A part of every name that says anything about a list; faster than the patterns above."""


@lru_cache(maxsize=1024)
def of_header(name: str) -> str:
    """Return the letters of a header's name, without a vendor's prefix; "" if not about a list.

    A prefix ends at a word about lists: `X-RateLimit-Limit` is about something else. After one, or
    alone, most single words may be about anything.
    """
    parts = name.lower().removeprefix("x-").split("-")
    for at, part in enumerate(parts):
        letters = plain("".join(parts[at:]))
        if letters and any(each.fullmatch(letters) for each in _IN_HEADERS):
            return "" if letters in (_NOT_ALONE if at == 0 else _NOT_AFTER_A_PREFIX) else letters
        if _MEASURE.fullmatch(part) or (CORE.search(part) and not _OF_LISTS.fullmatch(part)):
            return ""
    return ""


@lru_cache(maxsize=1024)
def plain(name: str, own: str = "") -> str:
    """Return the letters of a name, with `record` for what the list itself is called.

    Blank for a name that is too long to be about a list.
    """
    if name == "__count":  # of OData 2
        return "totalcount"
    letters = _NO_LETTER.sub("", _PREFIX.sub("", name)).lower()
    stem = _NO_LETTER.sub("", own).lower().removesuffix("s")
    if len(stem) >= _SHORTEST and not _GENERIC.fullmatch(stem):
        letters = letters.replace(stem, "record")
    return letters if len(letters) <= _LONGEST else ""


_IN_HEADERS = (
    MORE, LAST, DONE, NEXT, MARK, TOTAL, COUNT, LEFT, PAGES, LIMIT, PART, LIMITED, PAGING, MESSAGE,
)  # fmt: skip
_NOT_ALONE = {"count", "limit", "take"}
_NOT_AFTER_A_PREFIX = {*ONE_WORD, "count", "hits", "items"} - {
    "continuation",
    "more",
    "pages",
    "total",
    "truncated",
}
_OF_LISTS = re.compile(_ABOUT)
_MEASURE = re.compile(
    "rate|ratelimit|limits?|quota|cache|time|timing|runtime|duration|elapsed|bytes|cost|credits?|"
    "memory|cpu|db|database|sql|query|queries|requests?|calls?|content|usage"
)
"""What else may have a total in a header."""
_SHORTEST = 4
"""The fewest letters of a list's name that are unlikely to be part of another word by chance."""
_GENERIC = re.compile(_THINGS)
_PREFIX = re.compile(r"^[A-Za-z]\w*::?(?=\w)|^@(?!odata\.)(?:[A-Za-z]\w*\.)+(?=\w)")
"""The prefix of a namespace, as in `ia::meta` or `@Acme.Staff.hasMore`."""
_NO_LETTER = re.compile("[^A-Za-z]")
