"""`oneway.core.dataclass` makes what the standard library makes: each test is asked of both."""

import copy
import dataclasses
import pickle
from dataclasses import FrozenInstanceError, asdict, astuple, field, fields, replace
from functools import cached_property
from inspect import signature
from typing import Any, ClassVar, Generic, TypeVar

import pytest

from oneway.core.dataclass import quick

MAKERS = {"theirs": dataclasses.dataclass, "ours": quick}
T = TypeVar("T")


def classes(dataclass: Any) -> dict[str, Any]:
    """Return classes of all kinds that the product has, made by one of the two."""

    @dataclass(frozen=True, slots=True)
    class Point:
        """A point."""

        kind: ClassVar[str] = "point"
        x: int
        y: "int | str" = 2
        tags: list[str] = field(default_factory=list)
        note: str = field(default="", compare=False, repr=False)

        @property
        def both(self) -> tuple[int, "int | str"]:
            return self.x, self.y

    @dataclass(frozen=True, slots=True)
    class Solid(Point):
        """A point with a third side."""

        z: int = 3

    @dataclass(frozen=True, slots=True)
    class One:
        only: object

    @dataclass(frozen=True, slots=True)
    class Nothing:
        pass

    @dataclass(slots=True)
    class Open:
        name: str
        items: dict[str, int] = field(default_factory=dict)
        count: int = field(init=False, default=7)
        made: set[int] = field(init=False, default_factory=set)
        later: int = field(init=False, compare=False)

    @dataclass(frozen=True, slots=True)
    class Finished:
        side: int
        area: int = field(init=False)

        def __post_init__(self) -> None:
            object.__setattr__(self, "area", self.side**2)

    @dataclass(frozen=True, slots=True, repr=False)
    class Hidden:
        secret: str

        def __repr__(self) -> str:
            return "***"

    @dataclass(slots=True, eq=False)
    class Itself:
        name: str

    @dataclass(frozen=True, slots=True)
    class Box(Generic[T]):
        held: T
        more: int = 0

    @dataclass(frozen=True, slots=True, order=True)
    class Ordered:
        rank: int

    @dataclass(frozen=True, kw_only=True)
    class Named(Point):
        name: str
        more: list[int] = field(default_factory=list)
        last: int = 2

    @dataclass(frozen=True)
    class Cached:
        name: str
        more: int = 0

        @cached_property
        def long(self) -> str:
            return self.name * 3

    found = {name: each for name, each in locals().items() if isinstance(each, type)}
    for name, each in found.items():
        each.__qualname__ = name
        each.__module__ = __name__
    return found


BOTH = {name: classes(maker) for name, maker in MAKERS.items()}
CALLS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("Point", (1,), {}),
    ("Point", (1, 5, ["a"], "noted"), {}),
    ("Point", (), {"y": 3, "x": 4}),
    ("Point", (), {}),
    ("Point", (1,), {"x": 1}),
    ("Point", (1, 2, [], "", 5), {}),
    ("Point", (1,), {"other": 1}),
    ("Solid", (1, 2), {"z": 9}),
    ("One", (None,), {}),
    ("One", ([],), {}),
    ("Nothing", (), {}),
    ("Open", ("a",), {}),
    ("Open", ("a", {"b": 1}), {}),
    ("Open", ("a",), {"count": 1}),
    ("Finished", (3,), {}),
    ("Hidden", ("s",), {}),
    ("Itself", ("n",), {}),
    ("Box", ("n",), {}),
    ("Ordered", (1,), {}),
    ("Named", (1,), {"name": "n"}),
    ("Named", (1,), {"name": "n", "more": [1], "y": 4}),
    ("Named", (1,), {}),
    ("Named", (1, 2, [], "", "n"), {}),
    ("Cached", ("n",), {}),
]


def answer(ask: Any) -> object:
    """Return an answer, or the error in its place, without a place in memory."""
    try:
        return ask()
    except Exception as error:
        return type(error), str(error).replace("classes.<locals>.", "")


@pytest.mark.parametrize(("name", "args", "given"), CALLS)
def test_objects_are_made_shown_and_compared_alike(
    name: str, args: tuple[Any, ...], given: dict[str, Any]
) -> None:
    theirs, ours = (answer(lambda each=each: each[name](*args, **given)) for each in BOTH.values())
    if isinstance(theirs, tuple):
        assert ours == theirs
        return
    asked = [
        lambda each: repr(each) if name != "Itself" else "",
        lambda each: [getattr(each, one.name, "unset") for one in fields(each)],
        lambda each: each == type(each)(*args, **given),
        lambda each: each == replace(each, **{fields(each)[0].name: "other"}),
        lambda each: each == 1,
        lambda each: hash(each) if name != "Itself" else 0,
        lambda each: hasattr(each, "__dict__"),
        lambda each: each.long,
        lambda each: each.__match_args__,
        lambda each: asdict(each),
        lambda each: astuple(each),
        lambda each: repr(copy.copy(each)) if name != "Itself" else "",
        lambda each: repr(copy.deepcopy(each)) if name != "Itself" else "",
        lambda each: setattr(each, fields(each)[0].name, 1),
        lambda each: delattr(each, fields(each)[0].name),
        lambda each: str(signature(type(each))),
        lambda each: [(one.name, one.type, one.init, one.compare) for one in fields(each)],
    ]
    assert [answer(lambda ask=ask: ask(ours)) for ask in asked] == [
        answer(lambda ask=ask: ask(theirs)) for ask in asked
    ]


@pytest.mark.parametrize("made", BOTH.values(), ids=BOTH)
def test_fields_that_are_not_compared_are_in_neither_equality_nor_hash(made: Any) -> None:
    one, other = made["Ordered"](1), made["Point"](1, 2, (), "a")
    assert other == made["Point"](1, 2, (), "b")
    assert hash(other) == hash(made["Point"](1, 2, (), "b")) == hash((1, 2, ()))
    assert other != made["Solid"](1, 2, (), "a")
    assert one < made["Ordered"](2)


@pytest.mark.parametrize("made", BOTH.values(), ids=BOTH)
def test_a_made_default_is_made_for_each(made: Any) -> None:
    assert made["Open"]("a").items is not made["Open"]("a").items
    assert made["Point"](1).tags is not made["Point"](1).tags


@pytest.mark.parametrize("made", BOTH.values(), ids=BOTH)
def test_a_frozen_object_is_pickled(made: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, cls in made.items():
        monkeypatch.setitem(globals(), name, cls)
    for each in (made["Point"](1, 5, ["a"], "noted"), made["Finished"](3), made["Open"]("a")):
        if type(each).__name__ == "Open":
            each.later = 4
        assert pickle.loads(pickle.dumps(each)) == each
        assert repr(pickle.loads(pickle.dumps(each))) == repr(each)


@pytest.mark.parametrize("made", BOTH.values(), ids=BOTH)
def test_an_object_that_holds_itself_is_shown(made: Any) -> None:
    held: list[object] = []
    held.append(made["One"](held))
    assert repr(held[0]) == "One(only=[...])"


@pytest.mark.parametrize("made", BOTH.values(), ids=BOTH)
def test_positions_are_matched_and_nothing_is_set_on_a_frozen_object(made: Any) -> None:
    match made["Point"](1, 5):
        case object(x=1, y=found):
            assert found == 5
    with pytest.raises(FrozenInstanceError):
        made["Point"](1).x = 2
    with pytest.raises((FrozenInstanceError, TypeError)):  # theirs does not find its own class
        made["Point"](1).no_field = 2


@pytest.mark.parametrize("dataclass", MAKERS.values(), ids=MAKERS)
def test_a_field_without_default_must_not_follow_one_with_a_default(dataclass: Any) -> None:
    with pytest.raises(TypeError, match="default"):

        @dataclass(slots=True)
        class _Wrong:
            one: int = 1
            two: int


@pytest.mark.parametrize("dataclass", MAKERS.values(), ids=MAKERS)
def test_a_list_is_no_default(dataclass: Any) -> None:
    with pytest.raises(ValueError, match="mutable default"):

        @dataclass(slots=True)
        class _Wrong:
            one: list[int] = []  # noqa: RUF012


@pytest.mark.parametrize("dataclass", MAKERS.values(), ids=MAKERS)
@pytest.mark.parametrize("base", MAKERS.values(), ids=MAKERS)
def test_what_derives_from_a_frozen_class_is_frozen_and_nothing_else_is(
    base: Any, dataclass: Any
) -> None:
    made = classes(base)

    @dataclass(frozen=True, slots=True)
    class _More(made["Point"]):  # type: ignore[misc]
        more: int = 0

    assert repr(_More(1, more=5)).endswith("_More(x=1, y=2, tags=[], more=5)")
    with pytest.raises(FrozenInstanceError):
        _More(1).more = 2
    with pytest.raises(TypeError, match="cannot inherit non-frozen"):

        @dataclass(slots=True)
        class _Open(made["Point"]):  # type: ignore[misc]
            more: int = 0

    with pytest.raises(TypeError, match="cannot inherit frozen"):

        @dataclass(frozen=True, slots=True)
        class _Frozen(made["Open"]):  # type: ignore[misc]
            more: int = 0
