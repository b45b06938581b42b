"""Lists leavers who can still get in, in the same way for all forms of a plan and a run."""

from collections.abc import Sequence

from oneway.history.memory import Memory
from oneway.planning.access import StillIn, still_in
from oneway.planning.breach import Verdict
from oneway.planning.plan import Plan
from oneway.render.layout import clip
from oneway.render.sanitize import harmless


def access(plan: Plan, verdict: Verdict, memory: Memory) -> tuple[StillIn, ...]:
    """Return the leavers who can still get in once a plan is applied."""
    ends = {**memory.postponed, **verdict.ends()}
    return still_in(plan, ends, undone=memory.reverted, planned=True)


def still_in_title(found: Sequence[StillIn]) -> str:
    """Return the title of the list."""
    return f"Have {who_left(found).removesuffix(',')}, and can still get in"


def who_left(found: Sequence[StillIn]) -> str:
    """Return "left", qualified if that is uncertain."""
    unknown = sum(each.may_have_left for each in found)
    if unknown == len(found):
        return "perhaps left"
    return "left, or may have," if unknown else "left"


def still_in_line(each: StillIn) -> str:
    """Return who can still get in, and why."""
    key, label = clip(harmless(each.key), 40), clip(harmless(each.label), 40)
    name = f"{key} {label}".strip() if label != key else key
    id = each.target_id if each.target_id != each.key else None
    record = f" (record {clip(harmless(id), 40)})" if id else ""
    return f"{name}{record}: {clip(harmless(each.why), 400)}"
