"""The links of a connection, and what else earlier runs know of the records of both systems.

A link says which target record a source record was created as, or matched with. Nearly all links
say what the match keys say. Which do not is found by sets of ids, and only of those few does
anybody want to know more.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple, TypeAlias, TypeVar, overload

from oneway.core.dataclass import dataclass
from oneway.core.instants import day
from oneway.planning.plan import Reason

REUSED = "reused:"
"""The prefix by which `--allow` lets the key of a record decide against links: `reused:00007`."""

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)
Only = dict[K, T | None]
"""The only item with each key; None if several have it."""


class Origin(StrEnum):
    """How a link was established."""

    CREATED = "created"
    MATCHED = "matched"


class Link(NamedTuple):
    """A source record and the target record that it is.

    `key` is the last known match value of the pair, `key_digest` its keyed digest if it is
    sensitive (`key` is blank then). `since` and `seen` are instants.
    """

    source_id: str
    target_id: str
    key: str
    since: str
    seen: str
    origin: Origin = Origin.MATCHED
    key_digest: str = ""

    def told(self, zone: str) -> str:
        """Return how and since when the two records are linked, in words for people in a zone."""
        since = day(self.since, zone)
        return f"{self.origin.value} on {since} as target record {self.target_id}"


Load: TypeAlias = Callable[[Sequence[str] | None], Sequence[Link]]
"""Returns the links of some source records, or all, in the order of the table."""


class Links(Sequence[Link]):
    """Links as pairs of a source id and a target id, by source; `load` returns all of each.

    The pairs may be given as JSON: it takes long to make them of it, and a comparison need not.
    """

    def __init__(self, known: Sequence[tuple[str, str]] | bytes, load: Load) -> None:
        self._known, self._load = known, load

    @classmethod
    def of(cls, links: Sequence[Link]) -> "Links":
        """Return these links, all of whose parts are known."""
        if isinstance(links, Links):
            return links

        def load(sources: Sequence[str] | None) -> Sequence[Link]:
            wanted = None if sources is None else set(sources)
            return [each for each in links if wanted is None or each.source_id in wanted]

        return cls([(each.source_id, each.target_id) for each in links], load)

    @cached_property
    def pairs(self) -> Sequence[tuple[str, str]]:
        """The ids of both records of each."""
        if not isinstance(self._known, bytes):
            return self._known
        found = pairs_of(self._known)
        if found is None:  # the store, once it is asked, says what is wrong with it
            return [(each.source_id, each.target_id) for each in self._load(None)]
        return found

    @cached_property
    def text(self) -> bytes:
        """The pairs as JSON: equal text says that all are equal. None is equal to itself alone."""
        return self._known if isinstance(self._known, bytes) else _text_of(self._known)

    @cached_property
    def targets(self) -> Mapping[str, str]:
        """The linked target records, by source record."""
        return dict(self.pairs)

    @cached_property
    def only_targets(self) -> Only[str, str]:
        """The only linked target record of each source record."""
        if len(self.targets) == len(self.pairs):
            return dict(self.targets)
        return alone([each for each, _ in self.pairs], [each for _, each in self.pairs])

    @cached_property
    def only_sources(self) -> Only[str, str]:
        """The only linked source record of each target record."""
        return alone([each for _, each in self.pairs], [each for each, _ in self.pairs])

    def sound(self, sources: Iterable[str], targets: Iterable[str]) -> Mapping[str, str]:
        """Return the links of some records, by source id, that no other link contradicts."""
        to, back = self.only_targets, self.only_sources
        wanted = {each for each in map(back.get, targets) if each is not None}
        wanted |= to.keys() & set(sources)
        found = ((each, to[each]) for each in sorted(wanted))
        return {
            each: target
            for each, target in found
            if target is not None and back.get(target) == each
        }

    def of_pairs(self, wanted: Iterable[tuple[str, str]]) -> Sequence[Link]:
        """Return some links as a whole, in the order of all."""
        pairs = set(wanted)
        if not pairs:
            return ()
        found = self._load(sorted({each for each, _ in pairs}))
        return [each for each in found if (each.source_id, each.target_id) in pairs]

    def some(self, pairs: Sequence[tuple[str, str]]) -> "Links":
        """Return some of these links."""

        def load(wanted: Sequence[str] | None) -> Sequence[Link]:
            return self.of_pairs(pairs) if wanted is None else self._load(wanted)

        return Links(pairs, load)

    def without_targets(self, shown: Iterable[str]) -> Sequence[tuple[str, str]]:
        """Return the pairs whose target records are not among those shown."""
        missing = self.only_sources.keys() - shown
        return [each for each in self.pairs if each[1] in missing] if missing else ()

    def without_sources(self, shown: Iterable[str]) -> Sequence[tuple[str, str]]:
        """Return the pairs whose source records are not among those shown."""
        missing = self.targets.keys() - shown
        return [each for each in self.pairs if each[0] in missing] if missing else ()

    @cached_property
    def _all(self) -> Sequence[Link]:
        return self._load(None)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.pairs)

    def __iter__(self) -> Iterator[Link]:
        """Yield each as a whole."""
        return iter(self._all)

    @overload
    def __getitem__(self, at: int) -> Link: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Link]: ...
    def __getitem__(self, at: int | slice) -> Link | Sequence[Link]:
        """Return one by its position, or some."""
        return self._all[at]

    def __eq__(self, other: object) -> bool:
        """Return whether others are the same links in the same order."""
        if not isinstance(other, Sequence):
            return NotImplemented
        return list(self) == list(other)

    def __hash__(self) -> int:
        """Return the same for equal links."""
        return hash(tuple(self.pairs))


def pairs_of(text: bytes | memoryview) -> Sequence[tuple[str, str]] | None:
    """Return the pairs that a text was made from; None if it was not made from pairs."""
    import msgspec  # for second nights and large tables alone

    try:
        return msgspec.json.decode(text, type=_Pairs)
    except msgspec.MsgspecError:
        return None


def _text_of(pairs: Sequence[tuple[str, str]]) -> bytes:
    import msgspec

    try:
        return msgspec.json.encode(pairs)
    except UnicodeEncodeError:  # half of a character
        return b""


_Pairs = list[tuple[str, str]]


def alone(keys: Sequence[K], each: Iterable[T]) -> Only[K, T]:
    """Return the only item with each key, or None where several have it; skips the key None."""
    found: Only[K, T] = dict(zip(keys, each, strict=True))
    if len(found) < len(keys):
        found |= {key: None for key, number in Counter(keys).items() if number > 1}
    found.pop(None, None)  # type: ignore[arg-type]  # a key may be None
    return found


def let_through(guards: Iterable[str]) -> frozenset[str]:
    """Return the keys that a person lets decide against links, of the guards of allowances."""
    return frozenset(each.removeprefix(REUSED) for each in guards if each.startswith(REUSED))


@dataclass(frozen=True, slots=True)
class LinkEvidence:
    """What is known of records beyond the two lists; part of a plan's inputs.

    Linked target records that the list lacks were looked up by id. Those found are among the
    plan's target records, and `unlisted` names them; the others are `gone`, but for those that the
    target refuses to show: `unread`, and why. `unseen` are all that nothing shows, and nothing
    proves to be gone. `late` are records created so recently that the target may not show them
    yet, and until when. `pending` are the source records with a create of unknown end, and why.
    `no_source` are the linked source records of which the source says that they are gone.
    `second_look` are those that only a second read of the source showed. `doubted` are those listed
    after the last run as leavers who can still get in, of whom nothing says that this is over; and
    why. `listed` are the target records that were listed for those whose record is gone, and for
    whom. `unheard` are those of whom the source does not say that they are back, and why: their
    accounts are not reactivated. `ended` are the target records whose access this sync ended and
    has not given back, and on which day. With `all_left`, nothing follows from what target records
    say of leaving: all do. `zone` is the time zone that people are told days in.
    """

    links: Sequence[Link] = ()
    unlisted: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()
    unread: Mapping[str, str] = field(default_factory=dict)
    unseen: frozenset[str] = frozenset()
    late: Mapping[str, str] = field(default_factory=dict)
    pending: Mapping[str, str] = field(default_factory=dict)
    no_source: frozenset[str] = frozenset()
    second_look: frozenset[str] = frozenset()
    doubted: Mapping[str, str] = field(default_factory=dict)
    listed: Mapping[str, str] = field(default_factory=dict)
    unheard: Mapping[str, Reason] = field(default_factory=dict)
    ended: Mapping[str, str] = field(default_factory=dict)
    all_left: bool = False
    zone: str = ""

    def told(self, link: Link) -> str:
        """Return how and since when two records are linked, in words."""
        return link.told(self.zone)

    @property
    def targets(self) -> Mapping[str, str]:
        """The linked target records, by source record."""
        return self.table.targets

    @property
    def table(self) -> Links:
        """The links by their ids."""
        return Links.of(self.links)

    def of(self, source_id: str | None) -> Link | None:
        """Return the link of a source record."""
        return next((each for each in self.links if each.source_id == source_id), None)


NO_LINKS = LinkEvidence()
