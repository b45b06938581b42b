"""The links of a connection, and the other evidence of earlier runs about records of both systems.

A link says which target record a source record was created as or matched with. Nearly all links
agree with the match keys. The few that do not are found by comparing sets of ids, and only these
are loaded in full.
"""

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple, TypeAlias, TypeVar, overload

from oneway.core.dataclass import dataclass
from oneway.core.instants import day
from oneway.mapping.rows import TargetRow
from oneway.planning.plan import Reason

REUSED = "reused:"
"""The prefix by which `--allow` lets the key of a record decide against links: `reused:00007`."""

SEAL_KEY = "seal_key"
"""The allowance that lets keys decide if names cannot be compared because seal.key was replaced."""

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)
Only = dict[K, T | None]
"""The single item with each key; None if several items have it."""


class Origin(StrEnum):
    """How a link came about."""

    CREATED = "created"
    MATCHED = "matched"


class Link(NamedTuple):
    """A source record and the target record of the same person.

    `key` is the last known match value of the pair, `key_digest` its keyed digest if it is
    sensitive (`key` is blank then). `since` and `seen` are instants. `names` are keyed digests of
    the words of the person's name (`history.name_digests`); blank if not known.
    """

    source_id: str
    target_id: str
    key: str
    since: str
    seen: str
    origin: Origin = Origin.MATCHED
    key_digest: str = ""
    names: str = ""

    def words(self, zone: str) -> str:
        """Return in words how and since when the records are linked; days are in the zone."""
        since = day(self.since, zone)
        return f"{self.origin.value} on {since} as target record {self.target_id}"


Load: TypeAlias = Callable[[Sequence[str] | None], Sequence[Link]]
"""Returns the links of some source records, or all, in the order of the table."""


class Links(Sequence[Link]):
    """Links as pairs of a source id and a target id, by source; `load` returns whole links.

    The pairs may be given as JSON text: decoding takes long, and comparing texts does not need it.
    `pages` returns all links, a page at a time.
    """

    def __init__(
        self,
        known: Sequence[tuple[str, str]] | bytes,
        load: Load,
        pages: Callable[[], Iterable[Sequence[Link]]] | None = None,
    ) -> None:
        self._known, self._load, self._pages = known, load, pages

    @classmethod
    def of(cls, links: Sequence[Link]) -> "Links":
        """Return whole links as `Links`."""
        if isinstance(links, Links):
            return links
        if not links:
            return _NONE

        def load(sources: Sequence[str] | None) -> Sequence[Link]:
            wanted = None if sources is None else set(sources)
            return [each for each in links if wanted is None or each.source_id in wanted]

        return cls([(each.source_id, each.target_id) for each in links], load)

    @cached_property
    def pairs(self) -> Sequence[tuple[str, str]]:
        """The ids of both records of each link."""
        if not isinstance(self._known, bytes):
            return self._known
        found = pairs_of(self._known)
        if found is None:  # the store, once it is asked, says what is wrong with it
            return [(each.source_id, each.target_id) for each in self._load(None)]
        return found

    @cached_property
    def text(self) -> bytes:
        """The pairs as JSON; equal texts mean equal pairs. Empty if the pairs cannot be encoded."""
        return self._known if isinstance(self._known, bytes) else _text_of(self._known)

    @cached_property
    def targets(self) -> Mapping[str, str]:
        """The linked target records, by source record."""
        return dict(self.pairs)

    @cached_property
    def only_targets(self) -> Only[str, str]:
        """The single target record linked to each source record; None if several are."""
        if len(self.targets) == len(self.pairs):
            return dict(self.targets)
        return alone([each for each, _ in self.pairs], [each for _, each in self.pairs])

    @cached_property
    def only_sources(self) -> Only[str, str]:
        """The single source record linked to each target record; None if several are."""
        return alone([each for _, each in self.pairs], [each for each, _ in self.pairs])

    def sound(self, sources: Iterable[str], targets: Iterable[str]) -> Mapping[str, str]:
        """Return the links of these records that no other link contradicts, by source id."""
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
        """Return the whole links of these pairs, in the order of the table."""
        pairs = set(wanted)
        if not pairs:
            return ()
        found = self._load(sorted({each for each, _ in pairs}))
        return [each for each in found if (each.source_id, each.target_id) in pairs]

    def some(self, pairs: Sequence[tuple[str, str]]) -> "Links":
        """Return the links of these pairs."""

        def load(wanted: Sequence[str] | None) -> Sequence[Link]:
            return self.of_pairs(pairs) if wanted is None else self._load(wanted)

        return Links(pairs, load)

    def in_pages(self) -> Iterable[Sequence[Link]]:
        """Return all links without keeping them, a page at a time if the store can do that."""
        return (self._load(None),) if self._pages is None else self._pages()

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
        return len(self.pairs)

    def __iter__(self) -> Iterator[Link]:
        return iter(self._all)

    @overload
    def __getitem__(self, at: int) -> Link: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Link]: ...
    def __getitem__(self, at: int | slice) -> Link | Sequence[Link]:
        return self._all[at]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return list(self) == list(other)

    def __hash__(self) -> int:
        return hash(tuple(self.pairs))


_NONE = Links((), lambda _: ())


def pairs_of(text: bytes | memoryview) -> Sequence[tuple[str, str]] | None:
    """Return the pairs that a text was made from; None if it was not made from pairs."""
    import msgspec  # needed only on second nights, and for large tables

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
    """Return the single item with each key; None if several items have it. Skips the key None."""
    found: Only[K, T] = dict(zip(keys, each, strict=True))
    if len(found) < len(keys):
        found |= {key: None for key, number in Counter(keys).items() if number > 1}
    found.pop(None, None)  # type: ignore[arg-type]  # a key may be None
    return found


def let_through(guards: Iterable[str]) -> frozenset[str]:
    """Return the keys that allowances let decide against links, by their guards' names."""
    return frozenset(each.removeprefix(REUSED) for each in guards if each.startswith(REUSED))


class Expected(NamedTuple):
    """Somebody whom the source no longer has and a pending create may let in, and why."""

    key: str
    label: str
    why: str


@dataclass(frozen=True, slots=True)
class LinkEvidence:
    """What is known about records besides the two lists; part of a plan's inputs.

    Linked target records that the list lacks are looked up by id:

    - `unlisted` were found, and are among the plan's target records;
    - `gone` were not found;
    - `unread` are records that the target refuses to show, and why;
    - `unseen` are all records that were not shown, are not proven to be gone and may give access;
    - `closed` gave no access when the target last showed them, or when a leave was written since;
    - `late` were created so recently that the target may not show them yet, and until when.

    About source records:

    - `pending` have a create whose end is unknown, and why;
    - `claimed` would write values of another record's pending create, and why, by field;
    - `expected` have a pending create, and are no longer in the source;
    - `no_source` are linked, and the source says that they are gone;
    - `second_look` were shown only by a second read of the source;
    - `doubted` were listed after the last run as leavers who can still get in, and nothing says
      that this is over; and why;
    - `inconclusive` are not clearly back according to the source, and why: their accounts are
      not reactivated.

    About target records that another connection has linked to people of its own, in words that name
    it (`shared_records`):

    - `elsewhere` were matched with somebody else by this plan, or listed as open;
    - `stays` are those of `elsewhere` whose access that connection decides, because its source
      still has the person;
    - `employed` belong to somebody whom that source still has, while our person has left or no
      source record of ours matches;
    - `lapsed` are the same for a connection without a recent good run, which keeps nobody in;
    - `overdue` are those of `employed` whose connection has missed a run, so that it is unknown
      whether it still employs the person;
    - `looked_after` belong to people of ours, and that connection looks after the values: the
      fields that we write as well, each with the reason in words.

    About who can still get in:

    - `returning` are target records that a pending return may still let somebody in by, and why;
    - `before` are target records that earlier runs listed and no run has seen to end, each with the
      source records that it may belong to;
    - `unasked` are source records whose answers do not end that;
    - `open_again` are target records that were closed when an earlier run saw their person leave;
    - `listed` are target records that were listed for people whose source record is gone or is one
      of `passed_on`, each with that source record;
    - `passed_on` are source records that seem to be other people than were listed under their ids;
    - `ended` are target records whose access this sync ended and has not given back, and the day.

    With `source_unclear`, no answer of this run's source ends a listing. With `all_left`,
    `leavers.left` holds of every target record, and proves nothing. `zone` is the time zone in
    which people are shown days.
    """

    links: Sequence[Link] = ()
    unlisted: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()
    unread: Mapping[str, str] = field(default_factory=dict)
    unseen: frozenset[str] = frozenset()
    closed: frozenset[str] = frozenset()
    late: Mapping[str, str] = field(default_factory=dict)
    pending: Mapping[str, str] = field(default_factory=dict)
    claimed: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    expected: Mapping[str, Expected] = field(default_factory=dict)
    returning: Mapping[str, str] = field(default_factory=dict)
    no_source: frozenset[str] = frozenset()
    second_look: frozenset[str] = frozenset()
    doubted: Mapping[str, str] = field(default_factory=dict)
    listed: Mapping[str, str] = field(default_factory=dict)
    before: Mapping[str, frozenset[str]] = field(default_factory=dict)
    unasked: frozenset[str] = frozenset()
    open_again: frozenset[str] = frozenset()
    source_unclear: bool = False
    passed_on: frozenset[str] = frozenset()
    inconclusive: Mapping[str, Reason] = field(default_factory=dict)
    ended: Mapping[str, str] = field(default_factory=dict)
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    stays: frozenset[str] = frozenset()
    employed: Mapping[str, str] = field(default_factory=dict)
    lapsed: Mapping[str, str] = field(default_factory=dict)
    overdue: frozenset[str] = frozenset()
    looked_after: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    all_left: bool = False
    zone: str = ""

    @property
    def others(self) -> frozenset[str]:
        """The target records about which another connection decides."""
        return self.stays.union(self.employed, self.looked_after)

    def words_of(self, link: Link) -> str:
        """Return in words how and since when two records are linked."""
        return link.words(self.zone)

    @property
    def targets(self) -> Mapping[str, str]:
        """The linked target records, by source record."""
        return self.table.targets

    @property
    def table(self) -> Links:
        """The links by their ids."""
        return Links.of(self.links)

    def hidden(self, targets: Iterable[TargetRow]) -> tuple[str, ...]:
        """Return the target records that a list should have shown but did not.

        Leaves out leavers and new records: many systems hide leavers, and show a new record with
        delay.
        """
        return tuple(
            each.target_id
            for each in (targets if self.unlisted else ())
            if each.target_id in self.unlisted and each.target_id not in self.late and not each.left
        )

    def linked_among(self, targets: Iterable[TargetRow]) -> dict[str, str]:
        """Return the linked target record of each source record, by source id.

        Leaves out links that contradict each other, and links to records that are not in `targets`.
        """
        there = {each.target_id for each in targets}
        sound = self.table.sound((), there)
        return {id: target for id, target in sound.items() if target in there}

    def pairs_of(self, sources: Collection[str]) -> Iterator[tuple[str, str]]:
        """Yield these source records, each with the target records that are or may be theirs."""
        yield from (each for each in self.table.pairs if each[0] in sources)
        for target, whose in self.before.items():
            yield from ((each, target) for each in whose if each in sources)

    def of(self, source_id: str | None) -> Link | None:
        """Return the link of a source record."""
        return next((each for each in self.links if each.source_id == source_id), None)


NO_LINKS = LinkEvidence()
