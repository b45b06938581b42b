"""Classifies the keys beside a list by what they say of it, whatever a system calls them.

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
    "number|continuation|state"
)
_LONGEST = 40
"""The most letters of a name that is about a list."""


MORE = re.compile(f"(?:{_ABOUT})*(?:more|next|truncated)(?:{_ABOUT}|{_LEFT})*")
"""Yes or no: whether more follows."""
FLAG = re.compile("(?:has|is|are).*|.*(?:more|truncated).*")
"""Those of these names whose value may also be 1 or 0, or how many more there are."""
LAST = re.compile(f"(?:{_ABOUT})*(?:last|end|ended|final|exhausted)(?:{_ABOUT}|stream|reached)*")
"""Yes or no: whether this is the end."""
DONE = re.compile(f"(?:{_ABOUT})*(?:done|completed?|finished)(?:{_ABOUT})*")
"""Yes or no: whether all is done. If it is, that may be about something else."""
NEXT = re.compile(f"(?:{_ABOUT})*next(?:{_ABOUT}|{_WHERE})*|next(?:cursor|page)id")
"""Where a next page is."""
MARK = re.compile(
    f"(?:{_ABOUT})*(?:continuation|marker|cursor|startingafter|after(?:cursor|url)|"
    "(?:continuation|pagination|paging|page|skip|resumption)token)|additionalresultsurl|"
    "lastevaluatedkey|exclusivestartkey"
)
"""Where a next page is, by names under which most systems say so only if there is one."""
WITHIN = re.compile(f"(?:pages?|{_WHERE})+")
"""A key of an object that says where a next page is."""
TOTAL = re.compile(
    f"(?:{_SMALL}|{_THINGS}|{_NUMBER}|paging|pagination)*totals?(?:{_SMALL}|{_THINGS}|{_NUMBER})*|"
    f"odatacount|(?:{_THINGS})filtered|full(?:{_THINGS}|{_NUMBER})+"
)
"""How many records there are."""
COUNT = re.compile(
    f"(?:{_SMALL}|{_THINGS}|{_NUMBER})*(?:{_THINGS})(?:of)?count|"
    f"(?:count|num|number)(?:{_SMALL}|{_THINGS})+|numfound|count|hits"
)
"""How many records there are, or how many this page has."""
LEFT = re.compile(
    f"(?:{_THINGS})+(?:remaining|left)|(?:{_NUMBER})*remaining(?:{_THINGS}|{_NUMBER})+"
)
"""How many records follow."""
PAGES = re.compile(
    f"(?:{_SMALL}|total|last|{_NUMBER})+pages?|(?:{_THINGS})*pages(?:total|count)?|pagecount"
)
"""How many pages there are."""
LIMIT = re.compile(
    f"(?:page|paging)?limit|(?:max)?pagesize|(?:{_THINGS})?perpage|max(?:{_THINGS})+|take"
)
"""How many records a page has at most."""
ASKED = re.compile(f"{LIMIT.pattern}|count|first|max|size|top")
"""The same in a request; some of these words may be about anything in an answer."""
FAULT = re.compile(
    "(?:has|is|are|partial|api|field|request|response|validation)*"
    "(?:errors?|err|failures?|failed|fault|exception|problems?)"
    "(?:codes?|counts?|data|descriptions?|details?|info|lists?|messages?|msgs?|summary|types?)*"
)
"""What went wrong."""
PART = re.compile(
    f"(?:{_ABOUT})*(?:partial|incomplete)(?:{_ABOUT})*|timedout|"
    f"(?:{_ABOUT}|limit|quota|transfer)*exceeded(?:{_ABOUT}|limit|quota|transfer)*|"
    "(?:is)?(?:overlimit|limitreached)"
)
"""Yes or no: whether this is only a part."""
SUCCESS = re.compile("(?:is|was)*(?:success|successful|succeeded|ok)")
"""Yes or no: whether all went well."""
OUTCOME = re.compile(
    "(?:api|http|operation|request|response|result|service)*"
    "(?:code|outcome|response|result|shards|stat|status)+"
)
"""How the request ended: in a word, by a number, or in an object."""
PAGING = re.compile(
    "(?:result|response|search|list|collection|page)*(?:links?|cursors?|meta|metadata|pages?|paging|"
    "pagination|pager|info|information)+"
)
"""The name of an object that is about a list."""

CORE = re.compile(
    "more|next|trunc|last|end|final|exhaust|done|complete|finish|token|continu|marker|cursor|start|"
    "after|additional|offset|total|count|num|filtered|full|pag|limit|max|take|remain|left|err|fail|"
    "fault|excep|problem|partial|timedout|exceed|succe|ok|link|stat|result|response|shards|outcome|"
    "code|hits"
)
"""Part of every name that says anything of a list; the patterns above are slower."""


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


_SHORTEST = 4
"""The fewest letters of a list's name that are not by chance within another word."""
_GENERIC = re.compile(_THINGS)
_PREFIX = re.compile(r"^[A-Za-z]\w*::?(?=\w)")
"""That of a namespace, as in `ia::meta`."""
_NO_LETTER = re.compile("[^A-Za-z]")
