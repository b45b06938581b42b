"""Functions for people's names, email addresses and user names.

None of them depends on a locale. Case follows Unicode's own rules, as Python has them.
"""

import re
import unicodedata

from oneway.core.unicode import normal
from oneway.mapping.functions.function import Example, Function, Parameter

_WORD = r"[^\W\d_]+(?:['’][^\W\d_]+)*"
_NO_DECOMPOSITION = str.maketrans({
    "ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O",
    "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th",
    "ħ": "h", "Ħ": "H", "ı": "i", "ŋ": "n", "Ŋ": "N", "ŧ": "t", "Ŧ": "T",
})  # fmt: skip
"""Letters that Unicode does not take apart into a base letter and a mark."""


def title_case(text: str) -> str:
    """Return the text with each word capitalised the way names are."""
    # Composed, so that a letter with its mark is one letter and no end of a word.
    composed = normal(text, "NFC")
    return re.sub(_WORD, lambda found: _capitalised(found.group()), composed)


def _capitalised(word: str) -> str:
    head, *rest = re.split(r"(['’])", word)
    tail = "".join(rest).lower()
    # O'Brien and D'Arcy, but not It'S: only a single letter is a prefix of a name.
    if len(head) == 1 and len(tail) > 2:
        tail = tail[0] + tail[1:].capitalize()
    if len(head) > 3 and head[:2].lower() == "mc":
        return "Mc" + head[2:].capitalize() + tail
    return head.capitalize() + tail


def strip_diacritics(text: str) -> str:
    """Return the text in plain letters: é is e, ø is o, ß is ss."""
    parts = normal(text.translate(_NO_DECOMPOSITION), "NFD")
    kept = "".join(c for c in parts if unicodedata.category(c) != "Mn")
    return normal(kept, "NFC")


def initials(text: str) -> str:
    """Return the first letter of each word, in upper case."""
    return "".join(word[0].upper() for word in text.split())


def slug(text: str, separator: str = "-") -> str:
    """Return the text in a to z and 0 to 9, everything else between them as one separator."""
    return separator.join(re.findall(r"[a-z0-9]+", strip_diacritics(text).lower()))


def email_local(text: str) -> str | None:
    """Return the text before the last @, or null without one."""
    local, found, _ = text.strip().rpartition("@")
    return local if found else None


def email_domain(text: str) -> str | None:
    """Return the text after the last @, in lower case, or null without one."""
    _, found, domain = text.strip().rpartition("@")
    return domain.lower() if found else None


_TEXT = Parameter("text")
_EMAIL = Parameter("email")

FUNCTIONS = (
    Function(
        "title_case",
        (_TEXT,),
        "string",
        "Each word with a capital: also after O' and D', after a hyphen, and in Mc names."
        " Mac names and particles (van, de) are treated as any word.",
        (
            Example(
                "title_case(name)", {"name": "SIOBHAN O'BRIEN-MCDONALD"}, "Siobhan O'Brien-McDonald"
            ),
            Example("title_case(name)", {"name": "élodie van der berg"}, "Élodie Van Der Berg"),
        ),
        title_case,
    ),
    Function(
        "strip_diacritics",
        (_TEXT,),
        "string",
        "The text in plain letters: é is e, ø is o, ß is ss.",
        (Example("strip_diacritics(name)", {"name": "Zoë Łukasz Weiß"}, "Zoe Lukasz Weiss"),),
        strip_diacritics,
    ),
    Function(
        "initials",
        (_TEXT,),
        "string",
        "The first letter of each word, in upper case.",
        (Example("initials(name)", {"name": "Ada mary Lovelace"}, "AML"),),
        initials,
    ),
    Function(
        "slug",
        (_TEXT, Parameter("separator", optional=True)),
        "string",
        "The text as in a user name or address: a to z, 0 to 9 and one separator between.",
        (
            Example("slug(title)", {"title": "Señor Developer (UK)"}, "senor-developer-uk"),
            Example("slug(name, '.')", {"name": "Zoë O'Hara"}, "zoe.o.hara"),
        ),
        slug,
    ),
    Function(
        "email_local",
        (_EMAIL,),
        "string or null",
        "The part before the @ of an email address; null without one.",
        (Example("email_local(email)", {"email": "ada@example.com"}, "ada"),),
        email_local,
    ),
    Function(
        "email_domain",
        (_EMAIL,),
        "string or null",
        "The part after the @ of an email address, in lower case; null without one.",
        (Example("email_domain(email)", {"email": "ada@Example.com"}, "example.com"),),
        email_domain,
    ),
)
