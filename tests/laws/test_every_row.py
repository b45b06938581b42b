"""Laws of `records`: a row is never left out because something in it is null or absent.

JMESPath leaves out what a projection does not find. A person whose item lacks `user` would count as
absent, and would be deactivated or created a second time. Only a filter leaves rows out.
"""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneway.core.connector_errors import ReadError
from oneway.core.records import Snapshot
from unit.rest_world import altered, opened, reply

AT_ONCE = altered(
    "{type: page, param: page, start: 1, size_param: size, size: 2}", "{type: none, total: total}"
)


def _flat(people: list[Any]) -> Any:
    return [{"user": each} for each in people]


def _grouped(people: list[Any]) -> Any:
    return [{"team": n, "users": [{"account": each}]} for n, each in enumerate(people)]


SHAPES: dict[str, Any] = {
    "data[].user": _flat,
    "data[*].user": _flat,
    "data[0:].user": _flat,
    "data | [].user": _flat,
    "map(&user, data)": _flat,
    "reverse(data)[].user": _flat,
    "people || data[].user": _flat,
    "data[].user.{id: id, tags: tags[].name}": _flat,
    "[data[0:1].user, data[1:].user][]": _flat,
    "data[?user || !user].user": _flat,
    "data.*": lambda people: {f"k{n}": each for n, each in enumerate(people)},
    "data.*.user": lambda people: {f"k{n}": {"user": each} for n, each in enumerate(people)},
    "data.edges[].node": lambda people: {"edges": [{"node": each} for each in people]},
    "data[].users[].account": _grouped,
    "map(&users[].account, data)[]": _grouped,
    "data[]": list,
    "data": list,
}


def read(rows: Any, records: str, total: int) -> Snapshot:
    manifest = altered("records: data", f'records: "{records}"', AT_ONCE)
    answer = reply({"data": rows, "total": total})
    return opened(answer, manifest=manifest)[0].reader("people").read()


def places(data: Any) -> list[tuple[Any, Any]]:
    """Return each object or list within an answer, with a key or place in it."""
    found: list[tuple[Any, Any]] = []
    if isinstance(data, dict | list):
        for key, each in data.items() if isinstance(data, dict) else enumerate(data):
            found += [(data, key), *places(each)]
    return found


@pytest.mark.parametrize("records", SHAPES)
@given(data=st.data())
def test_every_row_is_a_record_or_the_error_of_one(records: str, data: st.DataObject) -> None:
    ids = data.draw(st.lists(st.integers(1, 99), min_size=1, max_size=5, unique=True))
    rows = SHAPES[records]([{"id": str(each), "tags": [{}, {"name": "a"}]} for each in ids])
    assert [each.problem for each in read(rows, records, len(ids)).records] == [""] * len(ids)
    index = data.draw(st.integers(0, len(places(rows)) - 1))
    holder, key = places(rows)[index]
    if isinstance(holder, dict) and holder is not rows and data.draw(st.booleans()):
        del holder[key]
    else:
        holder[key] = None
    try:
        snapshot = read(rows, records, len(ids))
    except ReadError:
        return  # the whole list is gone
    sound = {each.id for each in snapshot.records if not each.problem}
    unread = [each for each in snapshot.records if each.problem]
    assert len(sound) + len(unread) == len(ids)


@given(st.lists(st.booleans(), min_size=1, max_size=6))
def test_a_filter_leaves_out_what_it_says(shown: list[bool]) -> None:
    rows = [{"user": {"id": str(n)}} if each else {} for n, each in enumerate(shown)]
    snapshot = read(rows, "data[?user].user", len(shown))
    assert [each.id for each in snapshot.records] == [
        str(n) for n, each in enumerate(shown) if each
    ]
    assert snapshot.complete


@pytest.mark.parametrize(
    ("records", "rows", "remedy"),
    [
        ("data[].user", [{}, {"user": {"id": "1"}}], "data[?user].user"),
        ("data", [None, {"id": "1"}], "data[?@]"),
        ("data[].jobs[]", [{"jobs": None}, {"jobs": [{"id": "1"}]}], "data[?jobs].jobs[]"),
        ("data.*.user", {"count": 5, "a": {"user": {"id": "1"}}}, "values(data)[?user].user"),
        (
            "data[].user.who",
            [{"user": None}, {"user": {"who": {"id": "1"}}}],
            "data[?user].user.who",
        ),
    ],
)
def test_the_error_names_a_remedy_that_works(records: str, rows: Any, remedy: str) -> None:
    (unread, _) = read(rows, records, 2).records
    assert unread.problem.endswith(f"leave such rows out by a filter, as in {remedy}")
    (record,) = read(rows, remedy, 2).records
    assert (record.id, record.problem) == ("1", "")
