"""Reads only what has changed since a connection's last run, and stores what the next run needs.

A pair of a source line and a target line is skipped, not parsed, if both lines are byte for byte as
they were and the last run had nothing to do for them. The plan is the same as with a full read.
This requires that everything else that an evaluation depends on is the same, and that no record
that is read can affect the pair (`oneway.planning.similar.handles`); if one can, the pair is read
as well. If anything about the inputs is unusual, such as a record that cannot be read, a full run
follows.
"""

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import replace
from datetime import date
from hashlib import sha256
from itertools import accumulate, chain, pairwise

from oneway import __version__
from oneway.core.connector_errors import ReadError
from oneway.core.diagnostics import Refused
from oneway.core.progress import Progress, silent
from oneway.core.seal import canonical
from oneway.history.baseline.links import BaselineLinks
from oneway.history.baseline.pairs import (
    Baseline,
    BaselinePair,
    Digests,
    FieldValues,
    columns,
    load_baseline,
    store_baseline,
)
from oneway.mapping.expressions import Context, EvaluationError, Expression
from oneway.mapping.interpreter import Interpreted
from oneway.mapping.packed_rows import RowsAt, SourceRows, TargetRows, ids_of
from oneway.mapping.profile.new_ids import is_number
from oneway.mapping.profile.read_keys import tallies_of
from oneway.mapping.rows import TargetRow
from oneway.mapping.short_rows import AnyTargetRow, whole_target
from oneway.planning.assemble import Assembler
from oneway.planning.links import Links
from oneway.planning.match import Pairs
from oneway.planning.plan import Plan, Quiet
from oneway.planning.plan_file.codec import to_data
from oneway.planning.similar.handles import Handles, Unhandled
from oneway.planning.similar.lookalikes import LOOKED_AT, held_value, kinds_of, telling
from oneway.runs.evidence.remembered import NOTHING_REMEMBERED, Remembered
from oneway.runs.incremental.changed_lines import ByLine, ChangedLines, PartSystems
from oneway.runs.incremental.clean_inputs import SIDES, is_clean, untyped_of, words_of
from oneway.runs.incremental.unchanged_links import UnchangedLinks
from oneway.runs.prepare.prepared import PreparedRun
from oneway.runs.read import EvaluatedInputs, evaluate_inputs, table_digest
from oneway.runs.session import RunSession

_SPARE = 20
"""How many target records are stored beyond those needed, as the first ones that fill a field."""
_SAYING = 200
"""This many pairs say about as much as all records do about words and types."""
_WORTH_IT = 50
"""New pairs are stored if they are 1/50 of all: for fewer, reading is faster than writing."""
_ROUNDS = 10
"""How many rounds of further reading there may be before everything is read."""


class IncrementalRead:
    """One run that reads what has changed, and stores what the next run needs."""

    def __init__(self, session: RunSession) -> None:
        self.session = session
        self.prepared = session.prepared
        self.digests = Digests(session.seal, session.name)
        self.before: Baseline | None = None
        self.read: set[int] = set()
        """The pairs that are read again, by position in `before`; all others are skipped."""
        self.kinds: Mapping[int, str] | None = None
        """What each field holds across all target records; None if what was read decides."""
        self.sides: dict[str, ChangedLines] = {}
        self.remembered = NOTHING_REMEMBERED
        """What is remembered that may affect the records that were read."""
        self._links: UnchangedLinks | None = None
        self._all_links = Links.of(())

    def evaluated(
        self, remembered: Remembered, progress: Progress = silent
    ) -> EvaluatedInputs | None:
        """Return what the mapping makes of the changed records; None if a full read is needed."""
        self.remembered = remembered
        if not _can_be_read_in_part(self.prepared):
            return None
        self.before = load_baseline(self.session.state, self.session.name)
        self._all_links = Links.of(remembered.links)
        found = self._tried(remembered, progress)
        if found is None and self.before is not None:
            self.before = None
            found = self._tried(remembered, progress)
        return found

    def keep(self, found: EvaluatedInputs, plan: Plan) -> None:
        """Store the pairs that the next run may skip, from a plan of what `evaluated` returned."""
        baseline = self._baseline(found, plan)
        if baseline is not None:
            store_baseline(self.session.state, self.session.name, baseline)

    def _tried(self, remembered: Remembered, progress: Progress) -> EvaluatedInputs | None:
        self.read, self.kinds = set(), None
        try:
            self.sides = self._opened()
            if not self.sides:
                return None
            if self.before is None:
                found = self._evaluated(progress)
                return found if is_clean(found, None) else None
            return self._changed(self.before, remembered, progress)
        except (ReadError, Refused):  # a full read meets it again and reports it
            return None

    def _opened(self) -> dict[str, ChangedLines]:
        found = {}
        tallies = tallies_of(self.prepared.compiled.code, self.prepared.spec)
        for role in SIDES:
            reader = self.session.systems.reader(self.prepared.inputs[role])
            if not (isinstance(reader, ByLine) and reader.by_line):
                return {}
            counted = sorted(tallies[role].blank)
            groups = sorted(tallies[role].groups, key=lambda each: each.name)
            found[role] = ChangedLines(reader, self.digests.of_lines(role), counted, groups)
        return found

    def _evaluated(self, progress: Progress) -> EvaluatedInputs:
        parts = {self.prepared.inputs[role]: side for role, side in self.sides.items()}
        systems, listed = PartSystems(self.session.systems, parts), self.remembered.asked
        return evaluate_inputs(self.prepared, systems, progress, listed=listed)

    def _changed(
        self, before: Baseline, remembered: Remembered, progress: Progress
    ) -> EvaluatedInputs | None:
        """Return what the mapping makes of the records to read; None if that is uncertain."""
        if not self._compared(before, remembered):
            return None
        for _ in range(_ROUNDS):
            found = self._evaluated(progress)
            usual = is_clean(found, before)
            unsure = self._unsure(found, before, usual=usual)
            if not unsure and not (
                usual
                and before.context == self._context(found)
                and self._are_distinguished_as_before(found, before)
            ):
                return None
            touched = unsure or self._touched(found, before)
            if touched is None:
                return None
            if not touched:
                return self._with_passed(found, before)
            if not self._take(touched):
                return None
        return None

    def _compared(self, before: Baseline, remembered: Remembered) -> bool:
        """Read everything except the pairs whose two lines are unchanged.

        Returns False if a stored line occurs twice, or has changed meanwhile.
        """
        for role, kept in (("source", before.source), ("target", before.target)):
            if not self.sides[role].compare(kept, self.read):
                return False
            self.read |= self.sides[role].lost
        target, first = self.sides["target"], before.held.first
        few = len(self.read) < _SAYING
        if few or target.is_any_alone_lost or not target.lost.isdisjoint(first):
            self.read.update(first)
        else:
            self.kinds = before.held.kinds
        self._links = UnchangedLinks(before, remembered)
        return self._take(self.read | self._links.bearing(self.read, self.digests))

    def _take(self, pairs: set[int]) -> bool:
        """Also read these pairs; return whether their lines are still the same."""
        self.read |= pairs
        return all(side.take(pairs) for side in self.sides.values())

    def _unsure(self, found: EvaluatedInputs, before: Baseline, *, usual: bool) -> set[int]:
        """Return the skipped pairs that show what fields hold, if others may show it now.

        They are also read if the inputs are not `usual`: too little may have been read.
        """
        if self.kinds is None or (usual and not self._is_any_early(found, before.held)):
            return set()
        self.kinds = None
        return set(before.held.first) - self.read

    def _is_any_early(self, found: EvaluatedInputs, held: FieldValues) -> bool:
        """Return whether a new target record is among the first that fill a field."""
        target, last = self.sides["target"], held.last
        highest = max(last.values(), default="") if len(last) == len(held.kinds) else None
        for each in found.target.items:
            id = each.target_id
            if (highest is None or id <= highest) and target.is_new(id):
                early = (at for at in held.kinds if at not in last or id <= last[at])
                if any(held_value(each, at) is not None for at in early):
                    return True
        return False

    def _are_distinguished_as_before(self, found: EvaluatedInputs, before: Baseline) -> bool:
        """Return whether records are distinguished by the same fields as before."""
        if self.kinds is not None:
            return True
        policy, held = found.program.policy, before.held
        targets = _in_order(found, range(len(found.target.items)))
        kinds = kinds_of(found.target.items, policy)
        for position in kinds:
            ids = _holding(targets, position, LOOKED_AT)
            lowest = held.lowest.get(position)
            if lowest is not None and (len(ids) < LOOKED_AT or ids[-1] >= lowest):
                return False  # a skipped record may be among the first
        return telling(policy, kinds) == telling(policy, held.kinds)

    def _context(self, found: EvaluatedInputs) -> str:
        """Return the digest of everything except records that an evaluation depends on."""
        prepared, seal = self.prepared, self.session.seal
        said = [
            __version__,
            prepared.spec.digest,
            dict(prepared.settings),
            {role: to_data(each) for role, each in prepared.plan_inputs.items()},
            {name: table_digest(name, table, seal) for name, table in found.tables.items()},
        ]
        return sha256(canonical(said).encode("ascii")).hexdigest()

    def _touched(self, found: EvaluatedInputs, before: Baseline) -> set[int] | None:
        """Return the skipped pairs that the records read may affect; None if unknown."""
        policy, source, target = found.program.policy, self.sides["source"], self.sides["target"]
        handles = Handles(policy, telling(policy, before.held.kinds))
        # Unchanged lines have the handles that were stored with their pairs.
        rows = [each for each in found.source.items if not source.is_of_pair(each[0])]
        targets = [each for each in found.target.items if not target.is_of_pair(each[0])]
        try:
            named = handles.of_all(rows, targets)
        except Unhandled:
            return None
        return before.handled.sharing(self.digests.of_handles(named), self.read)

    def _with_passed(self, found: EvaluatedInputs, before: Baseline) -> EvaluatedInputs:
        """Return what was read, with the skipped pairs added."""
        assert self._links is not None, "not compared"
        passed, self.remembered = self._links.passed(self.read, self.kinds)
        blanks = before.blanks
        counts = Counter(dict(zip(blanks.kinds, blanks.counts, strict=True)))
        counts.subtract(blanks.kinds[blanks.of_pairs[each]] for each in self.read)
        numbers = sum(is_number(each.target_id) for each in passed.left_out)
        for side, role in enumerate(SIDES):
            tally = found.tallies[role]
            tally.records += len(passed)
            tally.whole += len(passed)  # as for all records of a usual read
            if tally.ids is not None:
                tally.ids.note_counts(len(passed), before.numbers - numbers)
            counted, groups = self.sides[role].counted, self.sides[role].groups
            blank = [
                sum(n for bits, n in counts.items() if bits[side] >> bit & 1)
                for bit in range(len(counted) + len(groups))
            ]
            for path, number in zip(counted, blank, strict=False):
                tally.blank[path] += number
            for group, number in zip(groups, blank[len(counted) :], strict=True):
                tally.groups[group] += number
        return replace(found, passed_over=passed)

    def _baseline(self, found: EvaluatedInputs, plan: Plan) -> Baseline | None:
        """Return the state to store; None if too little is new."""
        policy, before = found.program.policy, self.before
        read = plan.runs if found.passed_over else plan.parts
        quiet = [each for each in read if isinstance(each, Quiet)]
        if self._is_little(quiet):
            return self._links.anew() if self._links is not None else None
        held, early = self._held(found)
        handles = Handles(policy, telling(policy, held.kinds))
        pairs = list(self._pairs(found, quiet, handles))
        made = {pair.quiet.target_id for pair in pairs} - early
        if self._is_little(made):
            return None
        ids = ids_of(found.target.items)
        targets = _in_order(found, [place for place, id in enumerate(ids) if id in made])
        lowest = dict(before.held.lowest) if before is not None else {}
        for at in held.kinds:
            for id in _holding(targets, at, 1):
                lowest[at] = min(id, lowest.get(at, id))
        if before is not None:
            pairs += before.pairs(without=self.read)
            pairs.sort(key=lambda pair: pair.quiet[:2])
        first = array("I", (at for at, each in enumerate(pairs) if each.quiet.target_id in early))
        held = held._replace(lowest=lowest, first=first)
        words, untyped, context = words_of(found, before), untyped_of(found), self._context(found)
        source = self.sides["source"].kept({each.source: at for at, each in enumerate(pairs)})
        target = self.sides["target"].kept({each.target: at for at, each in enumerate(pairs)})
        if source is None or target is None:
            return None
        links = BaselineLinks.of(
            self._all_links,
            [pair.quiet.source_id for pair in pairs],
            [pair.quiet.target_id for pair in pairs],
        )
        return Baseline(context, held, words, untyped, source, target, *columns(pairs), links)

    def _held(self, found: EvaluatedInputs) -> tuple[FieldValues, set[str]]:
        """Return what each field holds, and the ids of the target records that show it."""
        policy, before = found.program.policy, self.before
        if self.kinds is not None and before is not None:
            return before.held, {each.target_id for each in before.quiet.some(before.held.first)}
        targets = _in_order(found, range(len(found.target.items)))
        kinds = kinds_of(found.target.items, policy)
        firsts = {at: _holding(targets, at, LOOKED_AT + _SPARE) for at in kinds}
        last = {at: ids[LOOKED_AT - 1] for at, ids in firsts.items() if len(ids) >= LOOKED_AT}
        return FieldValues(kinds, last, {}, array("I")), set(chain.from_iterable(firsts.values()))

    def _is_little(self, new: Sized) -> bool:
        """Return whether so few pairs are new that what is stored still serves."""
        before = self.before
        return before is not None and len(new) * _WORTH_IT < len(before.quiet) - len(self.read)

    def _pairs(
        self, found: EvaluatedInputs, quiet: Iterable[Quiet], handles: Handles
    ) -> Iterator[BaselinePair]:
        """Yield the pairs that were read and that need nothing on any day."""
        rows = SourceRows.of(found.source.items)
        held_by = TargetRows.of(found.target.items, rows)
        row_of = {id: place for place, id in enumerate(rows.ids())}
        target_of = {id: place for place, id in enumerate(held_by.ids())}
        ageless = _Ageless(found.program)
        places = [
            (row, held)
            for each in quiet
            if (row := row_of.get(each.source_id)) is not None
            and (held := target_of.get(each.target_id)) is not None
            and (ageless.always or ageless.says(held_by, held))
        ]
        read = Pairs(rows, held_by, [row for row, _ in places], [held for _, held in places])
        both = zip(places, handles.of_pairs(read), strict=True)
        known = [(pair, named) for pair, named in both if named is not None]
        pairs = Pairs(
            rows, held_by, [row for (row, _), _ in known], [held for (_, held), _ in known]
        )
        names = [named for _, named in known]
        made = self.digests.of_handles(chain.from_iterable(names))
        ends = accumulate(map(len, names), initial=0)
        source, target = self.sides["source"], self.sides["target"]
        source_ids, target_ids = pairs.ids()
        shown = Assembler(found.program.policy, self.session.seal, {})  # without links
        yield from map(
            BaselinePair,
            source.digests_of(source_ids),
            target.digests_of(target_ids),
            shown.quiet(pairs),
            zip(source.blanks_of(source_ids), target.blanks_of(target_ids), strict=True),
            (made[first:end] for first, end in pairwise(ends)),
        )


def _can_be_read_in_part(prepared: PreparedRun) -> bool:
    """Return whether a mapping evaluates each record by itself, with the same result every day.

    The condition that a target record has left may read the day: it is checked for each record.
    """
    code, inputs = prepared.compiled.code, prepared.inputs
    others = [each for role, each in inputs.items() if role not in SIDES]
    asked: list[Expression | None] = [
        *(typed.expression for typed in code.match_source),
        *code.match_target,
        *code.only,
        *code.rules,
        code.leaver,
        code.label,
        *(each for field in code.fields for each in field.expressions),
        *(each for table in code.references for each in table.read),
    ]
    return (
        not prepared.request.allowed
        and code.one_per is None
        and not any(table.own for table in code.references)
        and not any(inputs[role] in others for role in SIDES)
        and not any(each is not None and each.uses_today for each in asked)
    )


def _in_order(found: EvaluatedInputs, places: Sequence[int]) -> Sequence[AnyTargetRow]:
    """Return the target records at these places, by id."""
    ids = ids_of(found.target.items)
    rows = TargetRows.of(found.target.items, SourceRows.of(found.source.items))
    return RowsAt(rows, sorted(places, key=ids.__getitem__))


def _holding(targets: Iterable[AnyTargetRow], position: int, number: int) -> list[str]:
    """Return the ids of the first `number` target records that fill a field."""
    found: list[str] = []
    for each in targets:
        if len(found) == number:
            break
        if held_value(each, position) is not None:
            found.append(each.target_id)
    return found


class _DayAsked(Exception):
    """An expression reads the day of the run."""


class _NoDay(Context):
    @property
    def today(self) -> date:
        raise _DayAsked


class _Ageless:
    """Finds the target records for which `left` has the same answer on every day."""

    def __init__(self, program: Interpreted) -> None:
        conditions = (program.code.left, program.code.scheduled)
        self._asked = [each for each in conditions if each is not None and each.uses_today]
        self._program = program
        whole = program.context
        self._context = _NoDay(whole.as_of, whole.settings, whole.zone, whole.strict)
        self._known: dict[str, bool] = {}
        self._last: tuple[object, bool] = (None, False)

    @property
    def always(self) -> bool:
        """Whether the answers never depend on the day."""
        return not self._asked

    def says(self, rows: TargetRows, place: int) -> bool:
        """Return whether the answer for a record does not depend on the day."""
        if not rows.is_packed(place):
            return self._is_known(whole_target(rows[place]))
        beside = rows.shared_at(place)
        if beside is not self._last[0]:  # nearly all rows share one object
            self._last = beside, self._is_known(whole_target(rows[place]))
        return self._last[1]

    def _is_known(self, row: TargetRow) -> bool:
        values = repr((row.condition_values, row.leaving))
        if values not in self._known:
            if len(self._known) > _MOST_CACHED:
                self._known.clear()
            self._known[values] = self._needs_no_day(row)
        return self._known[values]

    def _needs_no_day(self, target: TargetRow) -> bool:
        data = self._program.read_by_conditions(target)
        try:
            for each in self._asked:
                each.decide(data, self._context)
        except (_DayAsked, EvaluationError):
            return False
        return True


_MOST_CACHED = 10_000
"""The most different records whose answer is cached."""
