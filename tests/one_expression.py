"""One expression as a function of a record, beside what the interpreter answers."""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple, cast

from oneway.core.records import Value
from oneway.mapping.expressions import Expression
from oneway.mapping.expressions.evaluation import evaluated
from oneway.mapping.expressions.gaps import Evaluation
from oneway.mapping.functions import Context
from oneway.mapping.generated.cells import DATA, Cells
from oneway.mapping.generated.limits import limits_of
from oneway.mapping.generated.nodes import Nodes
from oneway.mapping.generated.paths import Paths
from oneway.mapping.generated.runtime import names_for, sorts_of
from oneway.mapping.generated.source import CodeText
from oneway.mapping.generated.text import compiled
from oneway.mapping.generated.unknowns import Notes, Operand, Unknowns


class Evaluated(NamedTuple):
    """The value of an expression, and whether its gaps are of the sorts 1 (absent), 2 (wrong)."""

    value: Value
    stated: bool
    exact: int
    truth: int
    written: bool


def found_of(answer: Evaluation) -> Evaluated:
    """Return what the interpreter answers, as generated code does."""
    exact, truth = sorts_of(answer.exact), sorts_of(answer.truth)
    return Evaluated(answer.value, answer.stated, exact, truth, bool(answer.written))


def function_of(
    expression: Expression, context: Context, *, deciding: bool = True, usual: bool = False
) -> tuple[Callable[[Value], Evaluated], str]:
    """Return an expression as a function of a record's data, and its text.

    With `usual`, it looks up all keys at its start, and leaves a record that lacks one to the
    interpreter, as most functions of a mapping do. The function raises `EvaluationError` as the
    interpreter does.
    """
    source = CodeText()
    nodes = Nodes(source, Notes(source), context, expression.reading, deciding)
    nodes.limits = limits_of(expression.tree)
    _write(source, nodes, expression, usual=usual)

    def interpreted(data: Value) -> Evaluated:
        tree, reading = expression.tree, expression.reading
        return found_of(evaluated(tree, data, context, reading, deciding=deciding))

    own = {"interpreted": interpreted, "Evaluated": Evaluated}
    names: dict[str, object] = {**names_for(context), **source.bound, **own}
    exec(compiled(source.text), names)
    return cast(Callable[[Value], Evaluated], names["found"]), source.text


def _write(source: CodeText, nodes: Nodes, expression: Expression, *, usual: bool) -> None:
    notes = nodes.notes
    with source.block("def found(data):"):
        if usual:
            with source.block("if data.__class__ is not dict:"):
                source.line("return interpreted(data)")
        with source.block("try:"):
            at = source.line("# All keys, each once")
            if usual:
                nodes.paths = Paths(source, expression.reading, at, usual)
            stated, line = notes.variable("stated", "True")
            asked = nodes.asked(
                expression.tree,
                DATA if usual else Operand("data"),
                Unknowns(written="written", stated=stated),
            )
            line.kept = stated in notes
            value = nodes.named(asked.operand)
            kind = replace(value, kind=asked.operand.kind)
            Cells.json_only(Cells(source, notes, None, None), kind)  # type: ignore[arg-type]
            said = (stated if stated in notes else "True", asked.exact or "0", asked.truth or "0")
            written = f"bool({asked.written})" if asked.written else "False"
            source.line(f"return Evaluated({value.text}, {', '.join(said)}, {written})")
            if nodes.paths is not None:
                nodes.paths.write()
        with source.block("except Leaves:"):
            source.line("return interpreted(data)")
