"""Applies the plan that was approved, and nothing else; the only caller of `Writer`.

For each action, in order: is it held back, and were the actions before it done? Does the
source still say what the plan sealed, and does the target still hold what the plan saw?
Then it is journalled as intended, sent, and its end journalled. One record's failure never
stops the others.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from oneway.connector import (
    NotSent,
    Progress,
    Reader,
    ReadError,
    Rejected,
    Unknown,
    WriteError,
    Writer,
    silent,
)
from oneway.diagnostics import refusal
from oneway.plan import Action, Change, Claim, Plan, Seal, Sealed, Verb
from oneway.plan_file import fingerprint
from oneway.program import Program, Row
from oneway.records import MISSING, Compare, Missing, Record, Value, at, path_of, same, with_value


class Ending(Enum):
    """How one action ended."""

    DONE = "done"
    STALE = "stale"
    """The source or the target is no longer as the plan saw it; nothing was written."""
    REJECTED = "rejected"
    NOT_SENT = "not_sent"
    UNKNOWN = "unknown"
    """It was sent, and nobody knows whether it happened."""
    HELD = "held"
    """A guard holds it back."""
    NOT_ATTEMPTED = "not_attempted"
    """An action that must go before it was not done."""


@dataclass(frozen=True, slots=True)
class Result:
    """How one action ended, and why; `target_id` is that of a record just created, too."""

    action: Action
    ending: Ending
    target_id: str | None = None
    code: str = ""
    reason: str = ""


class Log(Protocol):
    """Where each step is written down before the next one is taken."""

    def intended(self, action: Action, token: str) -> None:
        """The action is about to be sent."""

    def ended(self, result: Result) -> None:
        """The action has ended."""


@dataclass(frozen=True, slots=True)
class Systems:
    """What an apply reads and writes."""

    source: Reader
    target: Reader
    writer: Writer


def apply(
    plan: Plan,
    *,
    approved: str,
    held: frozenset[str],
    program: Program,
    systems: Systems,
    seal: Seal,
    log: Log,
    progress: Progress = silent,
) -> Iterator[Result]:
    """Apply an approved plan and yield how each action ended, in the order of the plan's needs.

    `approved` is the fingerprint that a person or a run approved; it is compared, never
    merely present. `held` are the actions that guards hold back. Raises `Refused` before
    any write where the plan is not the approved one.
    """
    own = fingerprint(plan)
    if approved != own:
        help = "plan again, review the new plan, and apply that"
        summary = f"approved is {approved[:12]}, but this plan is {own[:12]}"
        raise refusal("P106", plan.mapping, summary, help)
    attempt = _Attempt(program, systems, seal, own)
    done: set[str] = set()
    waiting: list[Result] = []
    actions = ordered(plan.actions)
    for count, action in enumerate(actions, 1):
        if action.id in held:
            result = Result(action, Ending.HELD, action.target_id)
        elif not done.issuperset(action.after):
            reason = "an action that must go before it was not done"
            result = Result(action, Ending.NOT_ATTEMPTED, action.target_id, reason=reason)
        else:
            result = attempt.one(action, log)
        waiting.append(result)
        if result.ending is Ending.DONE:
            done.add(action.id)
        if len(waiting) >= systems.writer.batch or count == len(actions):
            for ended in _flushed(systems.writer, waiting, log):
                if ended.ending is not Ending.DONE:
                    done.discard(ended.action.id)
                yield ended
            waiting.clear()
        progress("applying", count, len(actions))


def ordered(actions: Sequence[Action]) -> tuple[Action, ...]:
    """Return the actions so that each comes after those it names, otherwise as they were."""
    by_id = {action.id: action for action in actions}
    placed: dict[str, Action] = {}
    for action in actions:
        todo = [action]
        while todo:
            needs = [by_id[id] for id in todo[-1].after if id in by_id and id not in placed]
            if needs:
                todo.extend(needs)
            else:
                placed.setdefault(todo[-1].id, todo.pop())
    return tuple(placed.values())


def token_of(action: Action, plan_fingerprint: str) -> str:
    """Return the token that goes with every try of this action of this plan: 32 hex digits."""
    return hashlib.sha256(f"{plan_fingerprint}:{action.id}".encode("ascii")).hexdigest()[:32]


class _Stale(Exception):
    """The world is no longer as the plan saw it."""


@dataclass(frozen=True, slots=True)
class _Attempt:
    """Tries one action at a time."""

    program: Program
    systems: Systems
    seal: Seal
    fingerprint: str

    def one(self, action: Action, log: Log) -> Result:
        try:
            values = self.values(action)
            self.unchanged(action) if action.target_id is not None else self.still_free(action)
        except _Stale as stale:
            return self.ended(
                log, Result(action, Ending.STALE, action.target_id, "W101", str(stale))
            )
        except ReadError as error:
            reason = f"could not be checked before writing: {error.summary}"
            return self.ended(
                log, Result(action, Ending.NOT_SENT, action.target_id, error.code, reason)
            )
        token = token_of(action, self.fingerprint)
        log.intended(action, token)
        try:
            target_id = self.write(action, values, token)
        except WriteError as error:
            return self.ended(log, _failed(action, error))
        return Result(action, Ending.DONE, target_id)

    def ended(self, log: Log, result: Result) -> Result:
        log.ended(result)
        return result

    def write(self, action: Action, values: Mapping[str, Value], token: str) -> str:
        writer = self.systems.writer
        if action.verb is Verb.CREATE:
            return writer.create(values, token)
        assert action.target_id is not None
        if action.verb in (Verb.LEAVE, Verb.DEACTIVATE):
            writer.leave(action.target_id, values, token)
        else:
            writer.update(action.target_id, values, token)
        return action.target_id

    def values(self, action: Action) -> dict[str, Value]:
        """Return what is to be written, nested; sealed values are read again and compared."""
        nested: dict[str, Value] = {}
        opened = self.opened(action)
        for change in action.changes:
            value = opened[change.field] if isinstance(change.after, Sealed) else change.after
            nested = with_value(nested, path_of(change.field), value)
        return nested

    def opened(self, action: Action) -> dict[str, Value]:
        """Return the sealed values of an action, read from the source again."""
        sealed = {
            each.field: each.after for each in action.changes if isinstance(each.after, Sealed)
        }
        claimed = {
            each.path: each.value for each in action.claims if isinstance(each.value, Sealed)
        }
        if not sealed and not claimed:
            return {}
        row = self.row(action)
        said = self.said(row)
        for field, seal in (sealed | claimed).items():
            value = said.get(field)
            digest = self.seal.digest(action.source_id or "", field, value)
            if value is None or Sealed(digest) != seal:
                raise _Stale(
                    f"the source's value for {field} is no longer the one that was planned"
                )
        return said

    def row(self, action: Action) -> Row:
        record = self.systems.source.get(action.source_id) if action.source_id is not None else None
        if record is None:
            raise _Stale("the source record is gone")
        row = self.program.row(record)
        if row.failure is not None:
            raise _Stale(f"the source record can no longer be evaluated: {row.failure.text}")
        return row

    def said(self, row: Row) -> dict[str, Value]:
        """Return what a row says of each target field."""
        policy = self.program.policy
        said = dict(zip(policy.match_paths, row.key_values, strict=True))
        for rule, cell in zip(policy.fields, row.cells, strict=True):
            said[rule.path] = cell.value if cell.value is not None else cell.initial
        for rule, cell in zip(policy.leaving, row.leaving, strict=False):
            said[rule.path] = cell.value if cell.value is not None else cell.initial
        return said

    def unchanged(self, action: Action) -> None:
        """Raise `_Stale` unless every field still holds the value that the plan saw."""
        assert action.target_id is not None
        record = self.systems.target.get(action.target_id)
        if record is None:
            raise _Stale("the target record is gone")
        moved = [each.field for each in action.changes if not self.holds(record, action, each)]
        if moved:
            raise _Stale(f"changed in the target since the plan: {', '.join(moved)}")

    def holds(self, record: Record, action: Action, change: Change) -> bool:
        now = at(record.data, path_of(change.field))
        if isinstance(change.before, Sealed):
            value = None if isinstance(now, Missing) else now
            digest = self.seal.digest(action.target_id or "", change.field, value)
            return Sealed(digest) == change.before
        return same(now, change.before, Compare.EXACT)

    def still_free(self, action: Action) -> None:
        """Raise `_Stale` if a target record by now holds a value that must be nobody's."""
        opened = self.opened(action)
        for claim in action.claims:
            value = opened[claim.path] if isinstance(claim.value, Sealed) else claim.value
            holder = self.holder(claim, value)
            if holder is not None:
                text = f"{claim.path} by now belongs to target record {holder.id}"
                raise _Stale(text)

    def holder(self, claim: Claim, value: Value) -> Record | None:
        # Systems ignore filters they do not know and answer with everybody: look again.
        path = path_of(claim.path)
        found = self.systems.target.find(claim.path, value)
        return next(
            (each for each in found if _is(at(each.data, path), value, claim.compare)), None
        )


def _is(now: Value | Missing, value: Value, compare: Compare) -> bool:
    return now is not MISSING and same(now, value, compare)


def _flushed(writer: Writer, results: Sequence[Result], log: Log) -> Iterator[Result]:
    """Make what was written durable, and only then call it done."""
    failed: WriteError | None = None
    try:
        writer.flush()
    except WriteError as error:
        failed = error
    for result in results:
        if result.ending is Ending.DONE:
            ended = result if failed is None else _failed(result.action, failed)
            log.ended(ended)
            yield ended
        else:
            yield result


def _failed(action: Action, error: WriteError) -> Result:
    ending = _ENDINGS.get(type(error), Ending.UNKNOWN)
    return Result(action, ending, action.target_id, error.code, error.summary)


_ENDINGS: Mapping[type[WriteError], Ending] = {
    Rejected: Ending.REJECTED,
    NotSent: Ending.NOT_SENT,
    Unknown: Ending.UNKNOWN,
}
