"""Names of records and wordings of reasons, for people. All are harmless."""

from collections.abc import Mapping
from dataclasses import replace

from oneway.planning.names import named as with_names
from oneway.planning.plan import Kind, Outcome, Reason
from oneway.render.layout import clip
from oneway.render.sanitize import harmless

LEFT_OUT = frozenset({Kind.INELIGIBLE, Kind.IGNORED})


def who(outcome: Outcome) -> str:
    """Return the full name of a record: its key, label, and id in the target."""
    key, label = clip(harmless(outcome.key)), clip(harmless(outcome.label))
    name = f"{key} {label}" if label and label != key else key
    if outcome.target_id is None or outcome.target_id == outcome.key:
        return name
    return f"{name} (record {clip(harmless(outcome.target_id))})"


def name(outcome: Outcome) -> str:
    """Return the short name of a record, for lists."""
    key, label = clip(harmless(outcome.key), 40), clip(harmless(outcome.label), 40)
    return f"{key} {label}" if label and label != key else key


def named(outcome: Outcome) -> str:
    """Return the short name of a record, with the values that its reasons concern."""
    values = "; ".join(clip(harmless(each.value), 120) for each in outcome.reasons if each.value)
    record = _record(outcome)
    return f"{name(outcome)}{record} ({values})" if values else f"{name(outcome)}{record}"


def _record(outcome: Outcome) -> str:
    """Return the target record of an excluded person, if a reader would not expect one."""
    if outcome.kind not in LEFT_OUT or outcome.target_id in (None, outcome.key):
        return ""
    return f" (record {clip(harmless(outcome.target_id or ''), 40)})"


def sentence(reason: Reason, names: Mapping[str, str] = {}) -> str:
    """Return a reason's text, with ids replaced by names."""
    return clip(harmless(with_names(replace(reason, value=""), names)), 400)
