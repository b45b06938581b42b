"""Reports the steps of a run to watchers, as they begin and end.

Unless a command switches it on, there is no watcher, and a step costs next to nothing. A step has
names, numbers and codes: never a value, a name of a person, or text from a system.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import field
from typing import Protocol, TypeAlias

from oneway.core.dataclass import dataclass

Attribute: TypeAlias = str | int | bool


class Watched(Protocol):
    """A step as a watcher sees it."""

    def end(self, error: str) -> None:
        """See the step end; `error` is the kind of error that ended it early, or ""."""


class Watcher(Protocol):
    """Sees steps begin and end."""

    def begin(
        self, name: str, attributes: Mapping[str, Attribute], within: "Watched | None"
    ) -> Watched:
        """See a step begin, within another one of this watcher's.

        Later notes are added to the same `attributes`.
        """


@dataclass(slots=True)
class OpenStep:
    """A step in progress; the watcher sees its notes at its end."""

    name: str
    within: "OpenStep | None" = None
    attributes: dict[str, Attribute] = field(default_factory=dict)
    seen: tuple[Watched, ...] = ()

    def note(self, **attributes: Attribute) -> None:
        """Add further attributes."""
        self.attributes.update(attributes)

    def end(self, error: str = "") -> None:
        """End it."""
        for each in self.seen:
            each.end(error)


class _Unseen(OpenStep):
    """A step without a watcher."""

    __slots__ = ()

    def note(self, **attributes: Attribute) -> None:
        """Note nothing."""

    def end(self, error: str = "") -> None:
        """End nothing."""


_UNSEEN = _Unseen("")


@dataclass(slots=True)
class _Watch:
    watchers: Sequence[Watcher] = ()
    open: OpenStep | None = None
    """The innermost step in progress."""


_WATCH: ContextVar[_Watch | None] = ContextVar("oneway_watch", default=None)


@contextmanager
def watching(*watchers: Watcher) -> Iterator[None]:
    """Let watchers see the steps of a block."""
    token = _WATCH.set(_Watch(watchers) if watchers else None)
    try:
        yield
    finally:
        _WATCH.reset(token)


def begin(name: str, **attributes: Attribute) -> OpenStep:
    """Return a step that begins within the innermost one, and that the caller ends."""
    watch = _WATCH.get()
    if watch is None:
        return _UNSEEN
    within = watch.open.seen if watch.open is not None else (None,) * len(watch.watchers)
    pairs = zip(watch.watchers, within, strict=True)
    seen = tuple(each.begin(name, attributes, outer) for each, outer in pairs)
    return OpenStep(name, watch.open, attributes, seen)


@contextmanager
def step(name: str, **attributes: Attribute) -> Iterator[OpenStep]:
    """Give a step that lasts as long as a block; steps that begin in the block are within it."""
    watch = _WATCH.get()
    if watch is None:
        yield _UNSEEN
        return
    found = begin(name, **attributes)
    watch.open, error = found, ""
    try:
        yield found
    except BaseException as raised:
        error = kind_of(raised)
        raise
    finally:
        watch.open = found.within
        found.end(error)


def note(name: str, **attributes: Attribute) -> None:
    """Add attributes to the innermost step of that name in progress, if any."""
    watch = _WATCH.get()
    found = watch.open if watch is not None else None
    while found is not None and found.name != name:
        found = found.within
    if found is not None:
        found.note(**attributes)


def innermost(*names: str) -> dict[str, Attribute]:
    """Return these attributes of the innermost steps in progress that have them."""
    found: dict[str, Attribute] = {}
    watch = _WATCH.get()
    each = watch.open if watch is not None else None
    while each is not None:
        found = {key: each.attributes[key] for key in names if key in each.attributes} | found
        each = each.within
    return found


def kind_of(error: BaseException) -> str:
    """Return the code of an error, or its kind: never its message, which may quote any value."""
    diagnostics = getattr(error, "diagnostics", ())
    code = diagnostics[0].code if diagnostics else getattr(error, "code", "")
    return code if isinstance(code, str) and code else type(error).__name__
