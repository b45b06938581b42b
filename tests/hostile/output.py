"""What a command may print, whatever it was given."""

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping

from markdown_it import MarkdownIt

_APOLOGY = re.compile(r"Traceback|bug in this program|most recent call last")
_CODES = frozenset({0, 1, 2, 3, 4, 5})
_TAGS = frozenset({"p", "h1", "h2", "h3", "h4", "ul", "ol", "li", "code", "em", "strong", "br"})
_TAGS |= {"table", "thead", "tbody", "tr", "th", "td", "details", "summary", "hr", "pre", "sup"}
_BARE = re.compile(r"</?([a-z0-9]+)>")
_ALIGNED = re.compile(r'<(t[hd]) style="text-align:(?:left|right|center)">')


def wrong_in_run(code: int, out: str, err: str) -> Iterator[str]:
    """Yield what is wrong with how any command ended: an apology, or what paints a terminal."""
    if code not in _CODES:
        yield f"ended with {code}"
    for name, text in (("stdout", out), ("stderr", err)):
        if apology := _APOLOGY.search(text):
            yield f"{name} says {apology[0]!r}"
        if hidden := painting(text):
            yield f"{name} holds {', '.join(map(ascii, sorted(hidden)))}"


def painting(text: str) -> set[str]:
    """Return the characters that act on a terminal, or hide: all but new lines and tabs."""
    return {
        c
        for c in set(text) - set("\n\t")
        if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
    }


def wrong_json(text: str) -> Iterator[str]:
    """Yield what is wrong with text that is to be JSON, in ASCII and strict."""
    if not text.isascii():
        yield "JSON beyond ASCII"
    try:
        json.loads(text, object_pairs_hook=_once, parse_constant=_refuse)
    except ValueError as error:
        yield f"no JSON: {error}"


def wrong_markdown(text: str) -> Iterator[str]:
    """Yield what a reader of GitHub's Markdown would see that is no table, heading or code."""
    html = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(text)
    bare = _ALIGNED.sub(r"<\1>", html)
    for tag in re.findall(r"<[^>]*>", bare):
        found = _BARE.fullmatch(tag)
        if not ((found and found[1] in _TAGS) or tag in ("<br />", "<hr />", "<details>")):
            yield f"Markdown makes {tag[:80]!a}"


def _once(pairs: list[tuple[str, object]]) -> Mapping[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key appears twice in one object")
    return found


def _refuse(word: str) -> object:
    raise ValueError(f"{word} is no JSON")
