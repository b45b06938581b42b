"""Renders the result of a replay: the same plan, or the differences."""

from collections.abc import Sequence

from oneway.core.phrases import count
from oneway.core.records import Value
from oneway.core.sealed import MASK, Sealed
from oneway.planning.compare import PlanDifference
from oneway.render.differences import apart
from oneway.render.layout import clip, more, wrap
from oneway.render.sanitize import harmless, masked, shown
from oneway.render.style import Ink, Style
from oneway.runs.compare.replay import Replay


def text(replay: Replay, style: Style, *, limit: int | None = 20) -> str:
    """Return the result of a replay, with at most `limit` differences."""
    fingerprint = harmless(replay.fingerprint[:12])
    lines = []
    if replay.same:
        how = ", byte for byte" if replay.derived == replay.fingerprint else " in all it says"
        said = f"The same: plan {fingerprint} was derived again{how}."
        lines.append(style.paint(said, Ink.GOOD))
    else:
        found = replay.differences
        said = f"Not the same: {count(len(found), 'difference')}."
        lines.append(style.paint(said, Ink.CAUTION))
    for remark in replay.remarks:
        lines += wrap(harmless(remark), style, 2, 4)
    if replay.differences:
        lines.append("")
        lines += _differences(replay.differences, style, limit)
    return "\n".join(lines) + "\n"


def as_json(replay: Replay) -> dict[str, object]:
    """Return the result of a replay, as data.

    Keys: run, same, fingerprint (the run's), derived (the new one, null without a plan), version,
    remarks, and differences, a list of {record, on_target, name, what, before, after}. Sensitive
    values are `***`.
    """
    return {
        "run": replay.run,
        "same": replay.same,
        "fingerprint": replay.fingerprint,
        "derived": replay.derived or None,
        "version": replay.version,
        "remarks": list(replay.remarks),
        "differences": [
            {
                "record": each.record or None,
                "on_target": each.on_target,
                "name": each.name,
                "what": each.what,
                "before": masked(each.before),
                "after": masked(each.after),
            }
            for each in replay.differences
        ],
    }


def _differences(found: Sequence[PlanDifference], style: Style, limit: int | None) -> list[str]:
    lines: list[str] = []
    last: tuple[bool, str] | None = None
    few = found if limit is None else found[:limit]
    for each in few:
        if (each.on_target, each.record) != last:
            lines += wrap(_who(each), style, 0, 2)
            last = (each.on_target, each.record)
        values = " -> ".join(apart(_value(each.before), _value(each.after), 200))
        lines += wrap(f"{harmless(each.what)}: {values}", style, 4, 6)
    if len(few) < len(found):
        lines.append(more(len(found) - len(few), len(few)))
    return lines


def _who(each: PlanDifference) -> str:
    if not each.record:
        return "the plan as a whole"
    kind = "target record" if each.on_target else "source record"
    name = f" ({clip(harmless(each.name), 40)})" if each.name else ""
    return f"{kind} {clip(harmless(each.record), 60)}{name}"


def _value(value: Value | Sealed) -> str:
    if isinstance(value, Sealed):
        return f"{MASK} ({harmless(value.digest[:12]) or 'not kept'})"
    return shown(value)
