"""Renders the result of `oneway check`."""

from collections import Counter
from collections.abc import Sequence

from oneway.core.phrases import count
from oneway.inspect.checks import CheckResult, CheckState
from oneway.render.layout import clip, wrap
from oneway.render.sanitize import harmless
from oneway.render.style import Ink, Style

_INKS = {
    CheckState.OK: Ink.GOOD,
    CheckState.WARNING: Ink.CAUTION,
    CheckState.FAILED: Ink.TROUBLE,
    CheckState.UNTESTED: Ink.FAINT,
}


def text(results: Sequence[CheckResult], style: Style) -> str:
    """Return checks as text: the state, title and findings of each, then the counts."""
    lines = []
    for each in results:
        title = clip(harmless(each.title), max(style.width - 11, 20))
        lines.append(f"{style.paint(f'{each.state.value:<9}', _INKS[each.state])} {title}")
        lines += [
            line for said in each.lines for line in wrap(clip(harmless(said), 400), style, 10, 12)
        ]
    counts = Counter(each.state for each in results)
    said = ", ".join(_counted(state, counts[state]) for state in CheckState if counts[state])
    return "\n".join([*lines, "", *wrap(f"Checked: {said or 'nothing'}.", style)]) + "\n"


def _counted(state: CheckState, number: int) -> str:
    if state is CheckState.WARNING:
        return count(number, "warning")
    return f"{number:,} {state.value}"


def as_json(results: Sequence[CheckResult]) -> list[dict[str, object]]:
    """Return checks as data: a list of {title, state, lines}."""
    return [
        {"title": each.title, "state": each.state.value, "lines": list(each.lines)}
        for each in results
    ]
