"""Renders the steps of an expression, each with its value."""

from collections.abc import Sequence
from dataclasses import asdict

from oneway.mapping.expressions.steps import EvaluationStep
from oneway.render.layout import wrap
from oneway.render.sanitize import on_one_line, shown
from oneway.render.style import Ink, Style


def text(steps: Sequence[EvaluationStep], style: Style) -> str:
    """Return a line or two for each step; the whole expression comes last."""
    lines: list[str] = []
    for each in steps:
        lines += wrap(on_one_line(each.text), style, 0, 4)
        said = f"= {shown(each.value)}" if not each.error else f"! {each.error}"
        absent = "" if each.stated or each.error else "a key that it reads is not in the record"
        note = f"   ({each.reason or absent})" if each.reason or absent else ""
        painted = wrap(f"{said}{note}", style, 4, 6)
        lines += [style.paint(line, Ink.TROUBLE) for line in painted] if each.error else painted
    return "\n".join(lines) + "\n"


def as_data(steps: Sequence[EvaluationStep]) -> list[dict[str, object]]:
    """Return steps as data: text, value, stated, error, reason."""
    return [asdict(each) for each in steps]
