"""`oneway eval`."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import click

from oneway.cli.console import Console
from oneway.cli.exits import Exit
from oneway.cli.options import consoled, formatted, instant, pairs, request_of
from oneway.core.diagnostics import Diagnostic, Refused, Severity, Span, refusal
from oneway.core.records import Value
from oneway.core.sealed import MASK
from oneway.mapping.expressions import Context, Expression, ExpressionSyntax, parse
from oneway.mapping.expressions.steps import EvaluationStep, steps_of
from oneway.mapping.named_expressions import NamedExpressions
from oneway.mapping.spec import Text
from oneway.render import steps
from oneway.runs.find_record import context_for, find_record, reads_sensitive
from oneway.runs.prepare.preparation import prepare_run

_WHERE = "the expression"


@click.command("eval")
@click.argument("expression")
@click.option("--value", metavar="JSON", help="The record, as JSON.")
@click.option("--mapping", type=click.Path(), metavar="MAPPING", help="Read a record by it.")
@click.option("--record", metavar="KEY", help="The record: its id or a match value.")
@click.option(
    "--side",
    type=click.Choice(["source", "target"]),
    default="source",
    show_default=True,
    help="Which side's record it is.",
)
@click.option("--source", type=click.Path(), metavar="FILE", help="Read this file as the source.")
@click.option("--target", type=click.Path(), metavar="FILE", help="Read this file as the target.")
@click.option(
    "--set", "settings", multiple=True, metavar="NAME=VALUE", callback=pairs,
    help="Set one of the mapping's settings.",
)  # fmt: skip
@click.option("--as-of", metavar="INSTANT", callback=instant, help="The present, for today().")
@formatted("text", "json")
@consoled
def command(  # click's
    *,
    console: Console,
    expression: str,
    value: str | None,
    mapping: str | None,
    record: str | None,
    side: str,
    source: str | None,
    target: str | None,
    settings: Mapping[str, str],
    as_of: datetime,
    format: str,
) -> Exit:
    """Evaluate an expression on one record, and show the value of each step.

    The record is given as JSON, or read as a mapping or a connection reads it. Nothing is
    written. Without either, the record is empty.

    \b
    Example:
      oneway eval "upper(trim(name))" --value '{"name": " ann "}'
      oneway eval "parse_date(day, 'dd/MM/yyyy')" --value '{"day": "31/12/2025"}'
      oneway eval '"First Name"' --mapping mapping.yaml --record 01003
    """
    parsed = _parsed(expression)
    if mapping is None:
        if record is not None:
            raise click.UsageError("--record needs the --mapping that it is read by.")
        hidden = False
        data, context = _given(value), Context(as_of=as_of, settings=dict(settings))
    else:
        request = request_of(mapping, as_of=as_of, source=source, target=target, settings=settings)
        prepared = prepare_run(request)
        data = _given(value) if record is None else find_record(prepared, side, record)
        parsed = _parsed(expression, prepared.compiled.named)
        context = context_for(prepared, parsed)
        hidden = record is not None and reads_sensitive(prepared, side, parsed, data)
    found = steps_of(parsed, data, context)
    if not found:
        found = (_whole(parsed, data, context),)
    if hidden:
        found = tuple(replace(each, value=MASK, error=each.error and MASK) for each in found)
    if format == "json":
        console.json(steps.as_data(found))
    else:
        console.out(steps.text(found, console.style))
    return Exit.ERROR if found and found[-1].error else Exit.DONE


def _parsed(text: str, named: NamedExpressions | None = None) -> Expression:
    span = Span(_WHERE, 1, 1, len(text) + 1)
    try:
        return parse(text, span) if named is None else named.parsed(Text(text, span))
    except ExpressionSyntax as error:
        span = Span(_WHERE, 1, error.offset + 1, error.offset + 1 + error.length)
        found = Diagnostic(span, Severity.ERROR, "M103", error.summary, error.help, text)
        raise Refused([found]) from None


def _whole(expression: Expression, data: Value, context: Context) -> EvaluationStep:
    """Return an expression without parts, such as `@` or a constant, as one step."""
    value, stated = expression.evaluate(data, context)
    return EvaluationStep(expression.shown, value, stated)


def _given(text: str | None) -> Value:
    if text is None:
        return {}
    try:
        data: Value = json.loads(text)
    except (ValueError, RecursionError):
        help = """write an object: --value '{"name": "Ann"}'"""
        raise refusal("U151", "--value", "this is not JSON", help) from None
    return data
