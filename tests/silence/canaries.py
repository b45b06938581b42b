"""What must be nowhere: canaries, and the search for them in every form."""

import base64
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import re2

from .forms import FORMS

_SETS = 6
"""So many people's bank details differ; the others share theirs."""
_BEGINNING = 10
"""So much of the beginning of a long canary is one as well."""


@dataclass(frozen=True)
class Canary:
    """A text that must be nowhere; `what` is what it is of."""

    what: str
    text: str


@dataclass(frozen=True)
class Hit:
    """A canary that was found: of what, in which form, and where."""

    canary: Canary
    form: str
    where: str


def bank(number: int) -> dict[str, str]:
    """Return somebody's bank details, all of them canaries; sort codes are of no bank."""
    each = number % _SETS
    return {
        "accountName": f"Zoë Canary-Quill & Söhne {chr(65 + each) * 3}x{7391 + each}",
        "accountNumber": f"0000{7391 + 101 * each}",
        "sortCode": f"00-00-{91 + each}",
        "bankName": f"Canary Bank of Nowhere {7391 + each}",
    }


def private(number: int) -> dict[str, str]:
    """Return what else payroll knows of somebody that is nobody's business."""
    each = number % _SETS
    return {
        "niNumber": f"QQ7391{each}0C",
        "passportNumber": f"CANARYPASS{7391 + each}",
        "dateOfBirth": f"1901-03-1{each}",
    }


def people_canaries() -> list[Canary]:
    """Return the canaries of everybody's bank details and other sensitive fields."""
    found = []
    for each in range(_SETS):
        for name, text in {**bank(each), **private(each)}.items():
            found.append(Canary(name, text.replace("-", "") if name == "sortCode" else text))
    return found


class Search:
    """Looks for canaries in bytes; `bytes` and `places` count what was searched."""

    def __init__(self, canaries: Iterable[Canary]) -> None:
        self.canaries = tuple(canaries)
        self.bytes = self.places = 0
        self._patterns = [
            (canary, form, pattern)
            for canary in self.canaries
            for form, pattern in _patterns(canary)
        ]
        self.forms = len(self._patterns)
        options = re2.Options()
        options.case_sensitive = False
        options.encoding = re2.Options.Encoding.LATIN1
        options.max_mem = 512 << 20
        # One automaton says whether there is any; which one is asked where there is.
        self._any = re2.compile(b"|".join(loose for *_, (loose, _) in self._patterns), options)

    def hits(self, data: bytes, where: str) -> Iterator[Hit]:
        """Yield what is found in bytes that stand somewhere."""
        self.bytes += len(data)
        self.places += 1
        if not self._any.search(data):
            return
        for canary, form, (_, exact) in self._patterns:
            if re.search(exact, data, re.IGNORECASE):
                yield Hit(canary, form, where)


def _patterns(canary: Canary) -> Iterator[tuple[str, tuple[bytes, bytes]]]:
    """Yield a pattern for each form: a loose one, and one that nothing else fits."""
    text = canary.text
    if text.isdigit():
        # Other numbers and digests may hold a few digits; a number that stands alone is one.
        # A fraction is another number: statements are logged to have taken 0.00091s.
        parted = rb"[ .\-/]?".join(re.escape(c.encode()) for c in text)
        yield "digits", (parted, rb"(?<![0-9a-f.])(?!0\.\d)" + parted + rb"(?![0-9a-f])")
    for form, data in _written(text):
        plain = re.escape(data)
        yield form, (plain, plain)


def _written(text: str) -> Iterator[tuple[str, bytes]]:
    seen = set[bytes]()
    for form, data in _all_written(text):
        if data.lower() not in seen and not (text.isdigit() and data == text.encode()):
            seen.add(data.lower())
            yield form, data


def _all_written(text: str) -> Iterator[tuple[str, bytes]]:
    for form, write in FORMS.items():
        if not form.startswith("base64"):
            yield form, write(text).encode()
    data = text.encode()
    yield "utf-16", text.encode("utf-16-le")
    for before in range(3):
        whole = base64.b64encode(bytes(before) + data)
        core = whole[(0, 2, 3)[before] : (before + len(data)) * 8 // 6]
        yield f"base64, {before}", core
        yield f"base64 for a URL, {before}", core.translate(bytes.maketrans(b"+/", b"-_"))
    if len(text) > _BEGINNING + 4 and not text.startswith("Canary Bank"):
        yield "beginning", text[:_BEGINNING].encode()
