"""Turns drafts into outcomes: seals sensitive values, and gives each action its id."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import field
from functools import partial

from oneway.core.compare import identity
from oneway.core.dataclass import dataclass
from oneway.core.records import Missing, Value
from oneway.core.seal import Seal, Sealed
from oneway.mapping.policy import FieldRule, Policy
from oneway.mapping.rows import STATED, Cell, Missed, SourceRow, TargetRow
from oneway.mapping.short_rows import AnySourceRow, AnyTargetRow, whole, whole_target
from oneway.planning.better_matches import BetterMatch
from oneway.planning.diff import Awaited, FieldChange, comparison
from oneway.planning.draft import Draft
from oneway.planning.match import Pairs
from oneway.planning.names import held_name
from oneway.planning.plan import (
    STRANGER,
    Action,
    Awaits,
    Change,
    Claim,
    Outcome,
    Quiet,
    Reason,
    Verb,
    action_id,
)
from oneway.planning.quiet_outcomes import PassedOver
from oneway.planning.similar.same_person import (
    SEVERAL,
    is_supported,
    likeness_beside,
    likeness_of,
    repeats,
    shares_single,
)

_AT_A_TIME = 1_000
"""How many pairs have their labels unpacked at a time."""
_made: Callable[[tuple[object, ...]], Quiet] = partial(tuple.__new__, Quiet)
"""Makes an outcome from a tuple, much faster than the class does."""


@dataclass(frozen=True, slots=True)
class Assembler:
    """Turns final drafts into outcomes: seals sensitive values, and gives each action its id."""

    policy: Policy
    seal: Seal
    before: Mapping[tuple[str, str], tuple[tuple[str, str], ...]]
    near: Mapping[str, tuple[Reason, ...]] = field(default_factory=dict)
    """Why source records nearly match a target record, by source id."""
    linked: Mapping[str, str] = field(default_factory=dict)
    """The target records that earlier runs linked source records to."""
    nearer: Mapping[str, BetterMatch] = field(default_factory=dict)
    """The target records that have more of a person's values than their match, by source id."""
    sure: Collection[str] = frozenset()
    """See `BetterMatches`."""
    closer: Mapping[str, str] = field(default_factory=dict)
    """See `BetterMatches`."""
    perhaps_there: Mapping[str, Reason] = field(default_factory=dict)
    """Why new people may have a record that is deactivated as absent, by source id."""

    def outcome(self, draft: Draft) -> Outcome:
        kind, row, target, *_, has_access = draft
        actions, target_id = self._actions(draft), target[0] if target is not None else None
        if row is None:
            name = held_name(self.policy, target) if target is not None else ""
            reasons = draft.reasons
            return Outcome(kind, draft.key, name, None, target_id, reasons, actions, has_access)
        source_id, key, label, *_ = row
        return Outcome(
            kind,
            key,
            label,
            source_id,
            target_id,
            (*self._stranger(draft, row), *draft.reasons, *self.near.get(source_id, ())),
            actions,
            has_access,
            self._key_digest(row),
            self._only_by_key(row, target),
        )

    def quiet(self, pairs: Pairs) -> list[Quiet]:
        """Return the outcomes of pairs with nothing to report; their first key is shown.

        Nearly all names are the same text on both sides, which needs no comparison by rule.
        """
        made, rows_at, targets_at = _made, pairs.rows_at, pairs.targets_at
        names, held_by = pairs.source.names(rows_at), pairs.target.names(targets_at)
        return [
            made((
                each.key if each.__class__ is SourceRow else each.first.key,
                each.source_id, each.label, held.target_id,
                not (getattr(held, "place", None) == place and each.named)
                and self._only_by_key(pairs.source[place], pairs.target[at]),
            ))
            for each, held, place, at in zip(names, held_by, rows_at, targets_at, strict=True)
        ]  # fmt: skip

    def relinked(self, passed_over: PassedOver) -> Mapping[int, Quiet]:
        """Return new outcomes for the unread pairs whose links now confirm who they are."""
        return {
            at: each._replace(only_by_key=False)
            for at, each in (passed_over.doubtful() if self.linked else ())
            # The first key is shown, or the pair would not be quiet.
            if self.linked.get(each.source_id) == each.target_id
            and not repeats(each.source_id, each.key)
        }

    def _only_by_key(self, row: AnySourceRow, target: AnyTargetRow | None) -> bool:
        if target is None:
            return False
        if row[0] in self.sure:
            return False
        if row[0] in self.nearer:
            return True
        names, held, cells = self.policy.identifying, target.values, row.cells
        known = bool(cells and held)
        if known and names and _say_the_same(self.policy, cells, held):
            return False
        pair = (whole(row), whole_target(target))
        if self.linked and is_supported(self.linked, *pair):
            return False
        alike = shares_single(self.policy, *pair) or likeness_of(self.policy, *pair).beyond_the_key
        return not (known and alike)

    def _key_digest(self, row: SourceRow) -> str:
        """Return the digest of a row's match value, if the value itself must not be shown."""
        policy = self.policy
        if policy.key_shown[:1] == (True,) and row.key_values and row.key_values[0] is not None:
            return ""  # the usual case
        levels = zip(row.key_values, policy.match_paths, policy.key_shown, strict=False)
        for value, path, shown in levels:
            if value is not None:
                return "" if shown else self.seal.digest(row.source_id, path or "match", value)
        return ""

    def _stranger(self, draft: Draft, row: SourceRow) -> tuple[Reason, ...]:
        """Return why a record that is updated or leaves may belong to another person."""
        target, verb = draft.target, draft.verb
        if target is None:
            reason = self.perhaps_there.get(row.source_id)
            return (reason,) if reason is not None else ()
        leaves = draft.access is not None and draft.access.takes_access
        if verb is not Verb.UPDATE and not leaves:
            return ()
        nearer = self.nearer.get(row.source_id)
        unlike = self._unlike(draft, row, target, leaves=leaves)
        closer = self.closer.get(target.target_id, "") if leaves else ""
        if nearer is None and not (unlike or closer):
            return ()
        near = nearer.text if nearer is not None else ""
        said = "; ".join(filter(None, (unlike, near, closer)))
        text = (_UNTOLD if unlike else _PERHAPS_NOT).format(target.target_id)
        ids = nearer.ids if nearer is not None else ()
        return (Reason(STRANGER, f"{text}: {said}", None, ids, warning=True),)

    def _unlike(self, draft: Draft, row: SourceRow, target: TargetRow, *, leaves: bool) -> str:
        """Return how a pair differs if only the key says that it is one person; "" otherwise."""
        names = self.policy.identifying_paths
        changed = [each for each in draft.differences if each.rule.path in names and each.before]
        if not (changed or leaves) or shares_single(self.policy, row, target):
            return ""
        likeness = likeness_of(self.policy, row, target)
        if likeness.two_people and (likeness.whole_name or len(changed) >= SEVERAL):
            return likeness.text
        if not leaves:
            # A link remembers the name, so a lost one has been judged already.
            linked = self.linked.get(row.source_id) == target.target_id
            return likeness.text if likeness.unlike and changed and not linked else ""
        likeness = likeness_beside(self.policy, row, target)
        return likeness.text if likeness.two_people else ""

    def _actions(self, draft: Draft) -> tuple[Action, ...]:
        """Return the actions of a draft: the one on access, then the one on all other fields."""
        if draft.access is None and draft.verb is None:
            return ()
        identity, made, first = draft.identity, list[Action](), tuple[str, ...]()
        if draft.access is not None:
            id = self._id(identity, "access")
            made.append(self._action(draft, id, draft.access, draft.access_changes, ()))
            # If a guard holds a return back, nothing is written; a leaver's fields never wait.
            first = (id,) if draft.access is Verb.REACTIVATE else ()
        if draft.verb is not None:
            now, later = draft.differences, list[FieldChange]()
            makers: Sequence[tuple[str, str]] = ()
            if self.policy.awaits:
                later = [each for each in now if self._comes_later(draft, each)]
                now = tuple([each for each in now if not self._comes_later(draft, each)])
                makers = _makers(now)
            if now or draft.verb is Verb.CREATE:
                id = self._id(identity)
                before = map(self._id, (*self.before.get(identity, ()), *makers))
                made.append(self._action(draft, id, draft.verb, now, (*first, *before)))
                first = (id,)
            if later:
                made.append(self._waiting(draft, later, first))
        return tuple(made)

    def _comes_later(self, draft: Draft, change: FieldChange) -> bool:
        """Return whether a separate action writes a field, after the create that it depends on.

        A field that the target requires of a new record cannot be written later: the create waits
        for it.
        """
        needed = draft.verb is Verb.CREATE and self.policy.requires(change.rule.path)
        return isinstance(change.after, Awaited) and not needed

    def _waiting(
        self, draft: Draft, later: Sequence[FieldChange], first: tuple[str, ...]
    ) -> Action:
        """Return the action for fields whose values depend on other actions."""
        needs = dict.fromkeys((*first, *map(self._id, _makers(later))))
        id = self._id(draft.identity, "wait")
        return self._action(draft, id, Verb.UPDATE, later, tuple(needs))

    def _action(
        self, draft: Draft, id: str, verb: Verb,
        changes: Sequence[FieldChange], depends_on: tuple[str, ...],
    ) -> Action:  # fmt: skip
        row, target = draft.row, draft.target
        source_id = row[0] if row is not None else None
        target_id = target[0] if target is not None else None
        of_target = target_id or ""
        ids = (of_target if source_id is None else source_id), of_target
        missed = row.missed if row is not None else ()
        return Action(
            id,
            verb,
            source_id,
            target_id,
            tuple([self._change(ids, each, missed) for each in changes]),
            self._claims_of(draft, verb, changes),
            depends_on,
            row.why if row is not None and verb.writes_leave else "",
        )

    def _id(self, identity: tuple[str, str], part: str = "") -> str:
        return action_id(self.policy.name, *identity, part)

    def _change(self, ids: tuple[str, str], each: FieldChange, missed: Sequence[Missed]) -> Change:
        (rule, before, after), awaits = each, None
        fallback = bool(missed) and _falls_back(rule, missed)
        if isinstance(after, Awaited):
            awaits = Awaits(self._id(after.of), after.table)
            after = after.sought
        if not rule.sensitive:
            return Change(rule.path, before, after, rule.expression, rule.place, awaits, fallback)
        source, target = ids
        was = None if before is None else self._sealed(rule, target, before)
        becomes = self._sealed(rule, source, after)
        return Change(rule.path, was, becomes, rule.expression, rule.place, awaits, fallback)

    def _claims_of(
        self, draft: Draft, verb: Verb, changes: Sequence[FieldChange]
    ) -> tuple[Claim, ...]:
        """Return the values that no other record may hold when the action is applied."""
        if verb is Verb.CREATE:
            return self._claims(draft)
        reasons = draft.reasons if verb is Verb.UPDATE else ()
        if reasons and any(each.code == "rekeyed" for each in reasons):
            # The list may not show yet which record has the new key. Other values that are taken
            # are written with a warning, as in any update.
            written = {each.rule.path for each in changes} & set(self.policy.match_paths)
            return tuple(each for each in self._claims(draft) if each.path in written)
        return ()

    def _claims(self, draft: Draft) -> tuple[Claim, ...]:
        """Return the values that must still be free when the record is created."""
        row = draft.row
        assert row is not None
        keys = [
            Claim(path, value if shown else self._digest(row.source_id, path, value), compare)
            for path, value, compare, shown in zip(
                self.policy.match_paths,
                row.key_values,
                self.policy.match,
                self.policy.key_shown,
                strict=True,
            )
            if path and value is not None
        ]
        claimed = self.policy.claimed_paths
        taken = [
            Claim(
                each.rule.path,
                self._sealed(each.rule, row.source_id, each.after),
                comparison(each.rule),
            )
            for each in draft.differences
            if each.rule.path in claimed and not isinstance(each.after, Awaited)
        ]
        # A value may be a list, which is not hashable.
        return (*keys, *[claim for claim in taken if not _among(claim, keys)])

    def _sealed(self, rule: FieldRule, record: str, value: Value) -> Value | Sealed:
        if value is None or not rule.sensitive:
            return value
        return self._digest(record, rule.path, value)

    def _digest(self, record: str, field: str, value: Value) -> Sealed:
        return Sealed(self.seal.digest(record, field, value))


_UNTOLD = "nothing tells that target record {} is this person's"
_PERHAPS_NOT = "target record {} may not be this person's"


def _makers(changes: Iterable[FieldChange]) -> list[tuple[str, str]]:
    """Return the ids of the records whose creates the values of these fields wait for."""
    return [each.after.of for each in changes if isinstance(each.after, Awaited)]


def _falls_back(rule: FieldRule, missed: Sequence[Missed]) -> bool:
    """Return whether a field gets the fallback of a lookup that missed."""
    paths = [each.field for each in missed if each.instead]
    return rule.on_miss.falls_back and rule.path in paths


def _say_the_same(policy: Policy, cells: Sequence[Cell], held: Sequence[Value | Missing]) -> bool:
    """Return whether a source record states exactly the names that a target record holds."""
    for each in policy.identifying:
        value = cells[each][1]
        if value != held[each] or not isinstance(value, str) or cells[each][0] is not STATED:
            return False
        if not policy.fields[each].tells(value):
            return False
    return True


def _among(claim: Claim, claims: Iterable[Claim]) -> bool:
    """Return whether `claims` has an equal one, compared as JSON, because `1 == True`."""
    same = [each for each in claims if each.path == claim.path and each.compare is claim.compare]
    return bool(same) and identity(claim.value) in [identity(each.value) for each in same]
