"""Tests of an operand in generated code: whether it holds, is blank, or equals another."""

from oneway.core.records import holds, is_blank
from oneway.mapping.generated.unknowns import Operand


def holding(operand: Operand) -> str:
    """Return a test whether a condition holds."""
    if operand.known:
        return repr(holds(operand.value))
    if operand.kind in ("boolean", "text"):
        return operand.text if operand.kind == "boolean" else "True"
    text = operand.text
    found = f"({filled(text)} if {text}.__class__ is str else holds({text}))"
    if not operand.said:  # it may well be a boolean, or null
        return f"({text} is True or {text} is not False and {text} is not None and {found})"
    return f"({operand.said} or {found})"


def blank(operand: Operand) -> str:
    """Return a test whether a value is blank."""
    if operand.known:
        return repr(is_blank(operand.value))
    if operand.kind in ("boolean", "text"):
        return "False"
    text = operand.text
    no_text = f"not {filled(text)} if {text}.__class__ is str else is_blank({text})"
    found = f"({text} is None or ({no_text}))"
    return f"(not {operand.said} and {found})" if operand.said else found


def filled(text: str) -> str:
    """Return a test whether text is not blank; beyond ASCII, letters may show nothing."""
    return f"({text}.strip() != '' and ({text}.isascii() or not is_blank({text})))"


def is_text(operand: Operand) -> str:
    """Return a test that a value is text; it may fail for blank text."""
    return operand.said or f"{operand.text}.__class__ is str"


def equality(left: Operand, right: Operand) -> str:
    """Return a test whether two values are equal; `1` and `true` are not."""
    if left.known and not right.known:
        left, right = right, left
    if right.known and (right.value is None or isinstance(right.value, bool)):
        return f"{left.text} is {right.text}"
    if right.known and isinstance(right.value, str):
        return f"{left.text} == {right.text}"
    return f"equal({left.text}, {right.text})"
