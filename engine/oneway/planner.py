"""A program and two snapshots become a plan: a pure function.

rows, held   what the mapping makes of each record
match        who is whom
draft        what each would do, alone
settle       who gets a value that only one may hold
finish       outcomes, sealed and sorted
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from oneway.changes import Difference, at_create, at_update, drift, present, refuses
from oneway.claims import comparison, settle
from oneway.drafts import Draft
from oneway.matching import Match, Matches, match
from oneway.plan import (
    Action,
    Allowance,
    Change,
    Claim,
    Kind,
    Miss,
    Outcome,
    Plan,
    Read,
    Reason,
    Seal,
    Sealed,
    Verb,
    action_id,
)
from oneway.program import FieldRule, Held, Policy, Program, Row
from oneway.records import Collected, Snapshot, Value, identity, same
from oneway.spec import Absent, Category, Rehires


@dataclass(frozen=True, slots=True)
class Header:
    """All of a plan that is not found by looking at records."""

    mapping_file: str
    mapping_digest: str
    as_of: str
    settings: Mapping[str, Value]
    inputs: Mapping[str, str]
    references: tuple[Read, ...] = ()
    allowed: tuple[Allowance, ...] = ()


def plan(
    program: Program, source: Snapshot, target: Snapshot, *, seal: Seal, header: Header
) -> Plan:
    """Return what has to be done so that the target says what the source says.

    The ids within each snapshot must be unique. The order of records makes no difference,
    and the same arguments give an equal plan.
    """
    rows = Collected(tuple(map(program.row, source.records)), source.complete, source.problems)
    held = Collected(tuple(map(program.held, target.records)), target.complete, target.problems)
    return plan_rows(program, rows, held, seal=seal, header=header)


def plan_rows(
    program: Program,
    source: Collected[Row],
    target: Collected[Held],
    *,
    seal: Seal,
    header: Header,
) -> Plan:
    """Return the plan, as `plan` does, of records that were evaluated while they were read."""
    policy = program.policy
    rows = sorted(source.items, key=lambda row: (row.key, row.source_id))
    held = sorted(target.items, key=lambda each: each.target_id)
    matches = match(rows, held, len(policy.match))
    unseen = _unseen(target, held)
    drafter = _Drafter(policy, unseen, _contested(policy, matches))
    drafts = [drafter.draft(row, matches.of(row)) for row in rows]
    drafts += _absent(program, held, matches, source, rows)
    settled = settle(drafts, held, policy)
    finisher = _Finisher(policy, seal, settled.before)
    return Plan(
        mapping=policy.name,
        mapping_file=header.mapping_file,
        mapping_digest=header.mapping_digest,
        as_of=header.as_of,
        settings=header.settings,
        inputs=header.inputs,
        reads=(
            Read("source", len(rows), source.complete, source.problems),
            Read("target", len(held), not unseen, (*target.problems, *unseen)),
            *header.references,
        ),
        managed=sum(1 for row in rows if matches.of(row).held is not None),
        outcomes=tuple(map(finisher.outcome, settled.drafts)),
        misses=_misses(rows),
        allowed=header.allowed,
    )


def _unseen(target: Collected[Held], held: Iterable[Held]) -> tuple[str, ...]:
    """Return why a target record may exist that no key can find; nothing where none may."""
    why = () if target.complete else ("the list of target records may not be complete",)
    unknown = [each.target_id for each in held if not each.keys_known]
    if not unknown:
        return why
    return (
        *why,
        f"the match keys of {len(unknown)} target records are not known: {_some(unknown)}",
    )


def _some(ids: Sequence[str]) -> str:
    shown = ", ".join(ids[:5])
    return f"{shown} and {len(ids) - 5} more" if len(ids) > 5 else shown


@dataclass(frozen=True, slots=True)
class _Drafter:
    """Says what one row would do, were it alone."""

    policy: Policy
    unseen: tuple[str, ...]
    contested: Mapping[tuple[str, str], Sequence[str]]

    def draft(self, row: Row, found: Match) -> Draft:
        held = found.held
        if row.failure is not None:
            reason = Reason("failed", _failure_text(row), row.failure.place)
            return Draft(Kind.ERROR, row, held, reasons=(reason,))
        if found.conflict is not None:
            return Draft(Kind.CONFLICT, row, None, reasons=(found.conflict,))
        if held is not None and held.failure is not None:
            text = f"target record {held.target_id}: {held.failure.text}"
            return Draft(
                Kind.ERROR, row, held, reasons=(Reason("failed", text, held.failure.place),)
            )
        unfit = self._unfit(row, held)
        if held is None and row.leaver:
            return self._unmatched_leaver(row, unfit)
        if unfit:
            return Draft(Kind.INELIGIBLE, row, held, reasons=unfit)
        if held is None:
            return self._joiner(row)
        return self._leaver(row, held) if row.leaver else self._employed(row, held)

    def _unfit(self, row: Row, held: Held | None) -> tuple[Reason, ...]:
        """Return every reason why the row does not sync; a leaver's keep somebody's access."""
        category = _category(row, held)
        warning = category is Category.LEAVERS
        rules = (self.policy.rules[position] for position in row.failed)
        failed = [
            Reason(rule.id, rule.otherwise, rule.place, warning=warning)
            for rule in rules
            if category in rule.categories
        ]
        fields = list(zip(self.policy.fields, row.cells, strict=True))
        if row.leaver:
            fields += zip(self.policy.leaving, row.leaving, strict=True)
        failed += [
            Reason(f"field:{rule.path}", f"no value for {rule.path}", rule.place, warning=warning)
            for rule, cell in fields
            if refuses(rule, cell, creating=held is None)
        ]
        return tuple(failed)

    def _unmatched_leaver(self, row: Row, unfit: tuple[Reason, ...]) -> Draft:
        if unfit and all(key is None for key in row.keys):
            # Without a key nobody can say that this leaver has no access left.
            return Draft(Kind.INELIGIBLE, row, None, reasons=unfit)
        text = "has left, and no target record matches; leavers are never created"
        return Draft(Kind.IGNORED, row, None, reasons=(Reason("leaver_unmatched", text),))

    def _joiner(self, row: Row) -> Draft:
        if not self.policy.create:
            text = "matches no target record, and this mapping creates none (joiners.create)"
            return Draft(Kind.IGNORED, row, None, reasons=(Reason("joiners_off", text),))
        if self.unseen:
            text = f"not created: {'; '.join(self.unseen)}"
            return Draft(Kind.ERROR, row, None, reasons=(Reason("unproven", text, warning=True),))
        carried = zip(row.keys, self.policy.carried, strict=True)
        if not any(key is not None and on for key, on in carried):
            text = "has no match key that a new record would carry; it would be created every run"
            return Draft(Kind.INELIGIBLE, row, None, reasons=(Reason("keyless", text),))
        differences = at_create(self.policy.fields, row.cells)
        return Draft(Kind.CREATE, row, None, Verb.CREATE, differences)

    def _employed(self, row: Row, held: Held) -> Draft:
        gone = self.policy.has_leavers and (held.left or held.scheduled)
        if gone and self.policy.rehires is not Rehires.IGNORE:
            return self._rehire(row, held)
        return self._mover(row, held)

    def _rehire(self, row: Row, held: Held) -> Draft:
        state = "has left" if held.left else "is due to leave"
        mover = self._mover(row, held)
        if self.policy.rehires is Rehires.REPORT:
            text = f"employed in the source; target record {held.target_id} {state}"
            reason = Reason("rehire", f"{text}: a person decides (rehires: report)", warning=True)
            return replace(mover, kind=Kind.REHIRE, reasons=(reason, *mover.reasons))
        back = self._reactivation(held)
        reason = Reason("rehire", f"employed in the source; target record {held.target_id} {state}")
        return replace(
            mover,
            kind=Kind.REHIRE,
            verb=Verb.REACTIVATE if back else mover.verb,
            differences=(*mover.differences, *back),
            reasons=(reason, *mover.reasons),
        )

    def _reactivation(self, held: Held) -> tuple[Difference, ...]:
        """Return what undoes leaving: by default what was set is cleared."""
        wanted = dict(self.policy.reactivating)
        return tuple(
            Difference(rule, before, wanted.get(position))
            for position, rule in enumerate(self.policy.leaving)
            if not same(before := present(held.leaving[position]), wanted.get(position))
        )

    def _mover(self, row: Row, held: Held) -> Draft:
        found = at_update(self.policy.fields, row.cells, held.values)
        differences = tuple(d for d in found if not self._rivals(held, d))
        reasons = (*self._drift(row, held), *self._left_to_a_person(held, found))
        if differences:
            return Draft(Kind.UPDATE, row, held, Verb.UPDATE, differences, reasons)
        return Draft(Kind.UNCHANGED, row, held, reasons=reasons)

    def _leaver(self, row: Row, held: Held) -> Draft:
        mover = self._mover(row, held)
        leaving = at_update(self.policy.leaving, row.leaving, held.leaving)
        if held.left:
            # Who has left has left; only what was written as `write: overwrite` is kept equal.
            leaving = tuple(each for each in leaving if "write" in each.rule.written)
        if not leaving:
            return mover
        differences = (*mover.differences, *leaving)
        if held.left:
            return replace(mover, kind=Kind.UPDATE, verb=Verb.UPDATE, differences=differences)
        return replace(mover, kind=Kind.LEAVE, verb=Verb.LEAVE, differences=differences)

    def _rivals(self, held: Held, difference: Difference) -> Sequence[str]:
        return self.contested.get((held.target_id, difference.rule.path), ())

    def _left_to_a_person(self, held: Held, found: Iterable[Difference]) -> tuple[Reason, ...]:
        return tuple(
            Reason(
                "key_contested",
                f"{each.rule.path} is left alone: other source records are matched by it: "
                f"{_some(rivals)}",
                each.rule.place,
                tuple(rivals),
                warning=True,
            )
            for each in found
            if (rivals := self._rivals(held, each))
        )

    def _drift(self, row: Row, held: Held) -> tuple[Reason, ...]:
        return tuple(
            Reason(
                "drift",
                f"{each.rule.path} differs and is left alone (write: never)",
                each.rule.place,
                warning=True,
            )
            for each in drift(self.policy.fields, row.cells, held.values)
        )


def _contested(policy: Policy, matches: Matches) -> Mapping[tuple[str, str], Sequence[str]]:
    """Return the target fields, by record and path, that keep some source record in conflict.

    Were such a field written, the conflict would be gone at the next run, and a record that
    a person was asked about would be created, or matched with somebody else.
    """
    contested: dict[tuple[str, str], list[str]] = {}
    for source_id, found in sorted(matches.by_source.items()):
        if found.conflict is None or found.level is None or found.conflict.code == "duplicate":
            continue
        for target_id in found.conflict.candidates:
            field = (target_id, policy.match_paths[found.level])
            contested.setdefault(field, []).append(source_id)
    return contested


def _failure_text(row: Row) -> str:
    assert row.failure is not None
    expression = f" in {row.failure.expression}" if row.failure.expression else ""
    return f"{row.failure.text}{expression}"


def _category(row: Row, held: Held | None) -> Category:
    if row.leaver:
        return Category.LEAVERS
    return Category.JOINERS if held is None else Category.MOVERS


def _absent(
    program: Program,
    held: Iterable[Held],
    matches: Matches,
    source: Collected[Row],
    rows: Iterable[Row],
) -> list[Draft]:
    """Return the outcome of every target record that no source record matched."""
    matched = {each.held.target_id for each in matches.by_source.values() if each.held is not None}
    unknown = [row.source_id for row in rows if not row.keys_known]
    blocked = "" if source.complete else "the list of source records may not be complete"
    if unknown:
        blocked = f"the match keys of {len(unknown)} source records are not known"
    cells = program.departed()
    drafts = []
    for each in held:
        if each.target_id in matched:
            continue
        draft = Draft(
            Kind.ABSENT, None, each, reasons=(_why_absent(program.policy, each, matches),)
        )
        if program.policy.absent is Absent.DEACTIVATE and draft.reasons[0].code == "absent":
            differences = at_update(program.policy.leaving, cells, each.leaving) if cells else ()
            if blocked:
                reason = Reason("unproven", f"not deactivated: {blocked}", warning=True)
                draft = replace(draft, reasons=(reason,))
            elif differences:
                draft = replace(draft, verb=Verb.DEACTIVATE, differences=differences)
        drafts.append(draft)
    return drafts


def _why_absent(policy: Policy, held: Held, matches: Matches) -> Reason:
    if held.failure is not None:
        return Reason("failed", held.failure.text, held.failure.place, warning=True)
    if held.target_id in matches.spoken:
        return Reason("in_conflict", "source records speak of it, and none of them for certain")
    if held.left:
        return Reason("left", "no source record matches; it has left already")
    if all(key is None for key in held.keys):
        return Reason("keyless", "has no match key, so that no source record could match it")
    warning = policy.absent is not Absent.IGNORE
    return Reason("absent", "no source record matches", warning=warning)


def _misses(rows: Iterable[Row]) -> tuple[Miss, ...]:
    counted = Counter(missed for row in rows for missed in row.missed)
    misses = (
        Miss(missed.reference, missed.value, missed.found, records, missed.field)
        for missed, records in counted.items()
    )
    return tuple(sorted(misses, key=lambda each: (each.reference, each.field, each.value)))


@dataclass(frozen=True, slots=True)
class _Finisher:
    """Turns settled drafts into outcomes: seals what is sensitive, names each action."""

    policy: Policy
    seal: Seal
    before: Mapping[tuple[str, str], tuple[tuple[str, str], ...]]

    def outcome(self, draft: Draft) -> Outcome:
        return Outcome(
            kind=draft.kind,
            key=draft.key,
            label=draft.row.label if draft.row is not None else "",
            source_id=draft.row.source_id if draft.row is not None else None,
            target_id=draft.held.target_id if draft.held is not None else None,
            reasons=draft.reasons,
            action=self._action(draft) if draft.verb is not None else None,
        )

    def _action(self, draft: Draft) -> Action:
        assert draft.verb is not None
        return Action(
            id=self._id(draft.identity),
            verb=draft.verb,
            source_id=draft.row.source_id if draft.row is not None else None,
            target_id=draft.held.target_id if draft.held is not None else None,
            changes=tuple(self._change(draft, each) for each in draft.differences),
            claims=self._claims(draft) if draft.verb is Verb.CREATE else (),
            after=tuple(map(self._id, self.before.get(draft.identity, ()))),
        )

    def _id(self, identity: tuple[str, str]) -> str:
        return action_id(self.policy.name, *identity)

    def _change(self, draft: Draft, each: Difference) -> Change:
        source, target = _ids(draft)
        return Change(
            field=each.rule.path,
            before=self._sealed(each.rule, target, each.before),
            after=self._sealed(each.rule, source, each.after),
            expression=each.rule.expression,
            place=each.rule.place,
        )

    def _claims(self, draft: Draft) -> tuple[Claim, ...]:
        """Return what must still be nobody's when the record is created."""
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
        unless_taken = {self.policy.fields[i].path for i in self.policy.unless_taken}
        taken = [
            Claim(
                each.rule.path,
                self._sealed(each.rule, row.source_id, each.after),
                comparison(each.rule),
            )
            for each in draft.differences
            if each.rule.path in unless_taken
        ]
        # A value may be a list, which no hash can tell apart.
        return (*keys, *(claim for claim in taken if not _among(claim, keys)))

    def _sealed(self, rule: FieldRule, record: str, value: Value) -> Value | Sealed:
        if value is None or not rule.sensitive:
            return value
        return self._digest(record, rule.path, value)

    def _digest(self, record: str, field: str, value: Value) -> Sealed:
        return Sealed(self.seal.digest(record, field, value))


def _among(claim: Claim, claims: Iterable[Claim]) -> bool:
    """Return whether the same is claimed already: `1 == True`, so values are compared as JSON."""
    return any(
        (claim.path, claim.compare, identity(claim.value))
        == (other.path, other.compare, identity(other.value))
        for other in claims
    )


def _ids(draft: Draft) -> tuple[str, str]:
    target = draft.held.target_id if draft.held is not None else ""
    source = draft.row.source_id if draft.row is not None else target
    return source, target
