"""Renders the results of an apply: counts by ending, and why each action was not done."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from oneway.planning.access import StillIn
from oneway.planning.endings import DONE_BEFORE, Ending
from oneway.planning.plan import Outcome, Plan
from oneway.render.access_list import still_in_line, still_in_title
from oneway.render.layout import clip, columns, more, pad, wrap
from oneway.render.outcome_names import name
from oneway.render.sanitize import harmless
from oneway.render.style import Ink, Style
from oneway.render.vocabulary import ENDING_MEANING, ENDING_WORDS, VERBS_DONE

if TYPE_CHECKING:
    from oneway.applying.result import Result


def text(
    results: Sequence["Result"],
    style: Style,
    plan: Plan | None = None,
    still: Sequence[StillIn] = (),
    *,
    limit: int | None = 20,
) -> str:
    """Return how an apply ended; `plan` provides the names of records.

    `still` are the leavers who can still get in, which come first.
    """
    counts = Counter(result.ending for result in results)
    said = [f"{counts[ending]:,} {word}" for ending, word in ENDING_WORDS.items() if counts[ending]]
    ink = Ink.GOOD if set(counts) <= {Ending.DONE} and not still else Ink.CAUTION
    summary = f"Applied: {', '.join(said) if said else 'nothing to do'}."
    if done := done_in_words([each for each in results if not _is_done_before(each)]):
        summary += f" {done}."
    before = Counter(each.reason for each in results if _is_done_before(each))
    summary += "".join(f" {number:,} {reason}." for reason, number in before.items())
    lines = still_in(still, style)
    lines += [style.paint(line, ink) for line in wrap(summary, style)]
    names = _names(plan)
    for ending, meaning in ENDING_MEANING.items():
        found = [result for result in results if result.ending is ending]
        if found:
            lines += ["", *_heading(ending, len(found), meaning, style)]
            lines += _table(found, names, style, limit)
    return "\n".join(lines) + "\n"


def done_in_words(results: Sequence["Result"]) -> str:
    """Return what was done, such as "6 were created, 3 were marked as leavers", or ""."""
    counts = Counter(each.action.verb for each in results if each.ending is Ending.DONE)
    return ", ".join(
        f"{counts[verb]:,} {one if counts[verb] == 1 else more}"
        for verb, (one, more) in VERBS_DONE.items()
        if counts[verb]
    )


def still_in(found: Sequence[StillIn], style: Style) -> list[str]:
    """Return the leavers who can still get in, with reasons, followed by a blank line."""
    if not found:
        return []
    title = wrap(f"! {still_in_title(found)} ({len(found):,})", style, 0, 2)
    lines = [style.paint(line, Ink.TROUBLE) for line in title]
    for each in found:
        lines += wrap(still_in_line(each), style, 2, 4)
    return [*lines, ""]


def as_json(results: Sequence["Result"], still: Sequence[StillIn] = ()) -> dict[str, object]:
    """Return how an apply ended, as data.

    Keys: still_in ([{key, label, source_id, target_id, why, may_have_left, candidates}]: people
    who have left, or may have, and can still get in; `candidates` are the records of the other
    system that may be theirs), counts ({ending: actions}, with every ending) and results, a list
    of {action, verb, source_id, target_id, ending, code, reason} in the order in which they ended.
    """
    counts = Counter(result.ending for result in results)
    return {
        "still_in": [asdict(each) for each in still],
        "counts": {ending.value: counts[ending] for ending in Ending},
        "results": [
            {
                "action": each.action.id,
                "verb": each.action.verb.value,
                "source_id": each.action.source_id,
                "target_id": each.target_id,
                "ending": each.ending.value,
                "code": each.code,
                "reason": each.reason,
            }
            for each in results
        ],
    }


def _is_done_before(result: "Result") -> bool:
    return result.ending is Ending.DONE and result.reason.startswith(DONE_BEFORE)


def _heading(ending: Ending, number: int, meaning: str, style: Style) -> list[str]:
    lines = wrap(f"! {ENDING_WORDS[ending]} ({number:,}): {meaning}", style, 0, 2)
    return [style.paint(line, Ink.CAUTION) for line in lines]


def _table(
    found: Sequence["Result"], names: dict[str, Outcome], style: Style, limit: int | None
) -> list[str]:
    shown = found if limit is None else found[:limit]
    rows = [(_who(each, names), _why(each)) for each in shown]
    wide = max((columns(who) for who, _ in rows if columns(who) <= 32), default=0)
    lines = [
        line
        for who, why in rows
        for line in wrap(f"{pad(who, wide)}  {why}", style, 4, min(6 + wide, 24))
    ]
    left = len(found) - len(shown)
    return [*lines, f"    {more(left, len(shown))}"] if left else lines


def _who(result: "Result", names: dict[str, Outcome]) -> str:
    action = result.action
    outcome = names.get(action.id)
    if outcome is not None:
        return f"{action.verb.value} {name(outcome)}"
    return f"{action.verb.value} {clip(harmless(result.target_id or action.source_id or ''), 40)}"


def _why(result: "Result") -> str:
    reason = clip(harmless(result.reason), 400)
    return f"{reason} [{harmless(result.code)}]" if result.code else reason


def _names(plan: Plan | None) -> dict[str, Outcome]:
    if plan is None:
        return {}
    return {action.id: outcome for outcome in plan.notable for action in outcome.actions}
