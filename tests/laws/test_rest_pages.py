"""Laws of answers that are decoded by a fast parser: they say what the strict one says."""

import json
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from oneway.core.nesting import DEEPEST
from oneway_connectors.rest import responses
from oneway_connectors.rest.responses import AnswerJson, Unreadable, flaw_in, parsed, search
from unit.test_fast_json import FLAWED, OBJECTS, STYLES

PAGES = st.fixed_dictionaries(
    {"items": st.lists(OBJECTS, max_size=5)}, optional={"at": st.just({"items": [{"id": 1}]})}
)
PIECES = [b"", b'"', b":", b"\\", b"{", b'"a":1,', b'"a" :1,', b'"a"\n:1,', b" ", b"\xff", b'\\":']
PATHS = ["@", "items", "at.items", "at", "items.a", "no.no", "items[0]", "[]", '"items"']


def flaws(value: Any) -> list[str]:
    """Return the flaws of the objects and lists within a value."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [flaw for each in (value, *inner) if (flaw := flaw_in(each))]


def strictly(body: bytes) -> str:
    """Return what the strict parser says of an answer, or why it is refused."""
    try:
        return repr(responses._strictly(body, None))
    except Unreadable as error:
        return str(error)


def compare(body: bytes) -> AnswerJson | None:
    """Compare what the two parsers say of an answer; return what the fast one says, if it does."""
    with patch.object(responses, "FAST_FROM", 0):
        try:
            found = parsed(body)
        except Unreadable as error:
            found = AnswerJson(str(error))
    assert strictly(body) in (repr(found.value), found.value)
    if not found.sound:
        return None
    assert flaws(found.value) == []
    for path in PATHS:
        part = found.part(path)
        assert repr(part.value) == repr(search(path, found.value))
        assert not part.sound or flaws(part.value) == []
    return found


@given(PAGES | st.lists(OBJECTS), st.sampled_from([*STYLES, (",\n", "\n:")]), st.booleans())
@settings(max_examples=100)
def test_an_answer_is_the_same_whichever_parser_reads_it(
    data: Any, style: tuple[str, str], indented: bool
) -> None:
    text = json.dumps(data, separators=style, indent=1 if indented else None, ensure_ascii=False)
    compare(text.encode(errors="surrogatepass"))


@given(PAGES, st.sampled_from(STYLES), st.data())
@settings(max_examples=100)
def test_a_broken_answer_is_refused_or_flawed_as_before(
    data: Any, style: tuple[str, str], chance: st.DataObject
) -> None:
    raw = json.dumps(data, separators=style).encode()
    at = chance.draw(st.integers(0, len(raw) - 1))
    piece = chance.draw(st.sampled_from(PIECES))
    compare(raw[:at] + piece + raw[at + chance.draw(st.integers(0, 2)) :])


@given(st.sampled_from([*FLAWED, b'{"a":"\\u0000cut off"}', b'{"\\u0000cut off":1}']))
@example(b'{"a":' + b"[" * DEEPEST + b"]" * DEEPEST + b"}")
@example(b'{"a":1,"t":"\\u003a","a":2}')
@example(b'{"a":":b","a":1}')
def test_a_flawed_record_is_found_among_others(raw: bytes) -> None:
    compare(b'{"items":[{"id":1,"t":"12:30"},' + raw + b"]}")


@pytest.mark.parametrize("style", STYLES[:2])
def test_usual_pages_are_decoded_fast(style: tuple[str, str]) -> None:
    """Otherwise these laws would hold of nothing."""
    people = [{"id": n, "t": "12:30:00", "in": {"u": "http://x"}, "n": 'a "b"'} for n in range(9)]
    for data in (people, {"items": people, "total": 9}):
        found = compare(json.dumps(data, separators=style).encode())
        assert found is not None
        assert found.part("items").sound
