"""What the page of a run may hold, whatever its people are called."""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from markup import Element, parsed
from oneway.render.layout import clip
from oneway.render.report.phrases import LONGEST
from oneway.render.sanitize import harmless

from .output import painting

_TEMPLATES = ("page.html.j2", "pieces.html.j2")
_ASKED = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
_START = re.compile(r"<([a-z][a-z0-9]*)((?:\s[^<>]*)?)>")
_ATTRIBUTE = re.compile(r"([A-Za-z:-]+)=")
_PLAIN = re.compile(r"[\w .,:;#%'()/=+-]*", re.ASCII)
_SHOWN_AS_NOTHING = frozenset("\u115f\u1160\u3164\uffa0")


def wrong_page(html: str) -> Iterator[str]:
    """Yield what is in a page that its template did not write, or that acts on who reads it."""
    try:
        root = parsed(html)
    except AssertionError as error:
        yield f"no page: {error}"
        return
    for element in root.all():
        yield from _wrong_element(element)
    if [each.text.strip() for each in root.all("style")] != [_part("page.css").strip()]:
        yield "another style sheet"
    for text in _visible(root):
        if hidden := painting(text):
            yield f"the page holds {', '.join(map(ascii, sorted(hidden)))}"


def names_in(html: str) -> frozenset[str]:
    """Return the names of the people that a page names."""
    spans = parsed(html).all("span")
    return frozenset(each.text for each in spans if each.attributes.get("class") == "name")


def texts_in(html: str) -> frozenset[str]:
    """Return the texts of a page that come from elsewhere, each as it stands there."""
    return frozenset(each.text for each in parsed(html).all("bdi"))


def is_told(s: str, texts: frozenset[str]) -> bool:
    """Return whether a string is among a page's texts, as it is or made visible.

    One of which every character shows as itself must be there as it is; of a long one only
    the beginning.
    """
    wanted = s if _shows_as_itself(s) else harmless(s)
    return clip(wanted, LONGEST) in texts


def _shows_as_itself(s: str) -> bool:
    return s.isprintable() and not any(
        unicodedata.category(c)[0] == "M" or c in _SHOWN_AS_NOTHING for c in s
    )


def _wrong_element(element: Element) -> Iterator[str]:
    for name, value in element.attributes.items():
        if (element.tag, name) not in _meant():
            yield f"<{element.tag}> has {name}"
        elif not _PLAIN.fullmatch(value or ""):
            yield f"<{element.tag} {name}> is {value!a}"
        elif name == "href" and not (value or "").startswith("#"):
            yield f"a link leads to {value!a}"
    if (element.tag, "") not in _meant():
        yield f"there is <{element.tag}>"


@cache
def _meant() -> frozenset[tuple[str, str]]:
    """Return each element of the template, alone and with each of its attributes."""
    found = set()
    for name in _TEMPLATES:
        for tag, attributes in _START.findall(_ASKED.sub("", _part(name))):
            found.add((tag, ""))
            found.update((tag, each.lower()) for each in _ATTRIBUTE.findall(attributes))
    return frozenset(found)


def _part(name: str) -> str:
    return files("oneway.render.report").joinpath(name).read_text("utf-8")


def _visible(root: Element) -> Iterator[str]:
    for each in root.children:
        if isinstance(each, str):
            yield each
        elif each.tag != "style":
            yield from _visible(each)
