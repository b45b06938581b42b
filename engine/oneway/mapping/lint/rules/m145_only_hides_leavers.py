"""`only` leaves out every leaver, or all leavers by one side of `leavers.when`."""

from collections.abc import Iterator
from dataclasses import replace

from oneway.core.diagnostics import Severity
from oneway.mapping.expressions import Expression, parse
from oneway.mapping.expressions.steps import text_of
from oneway.mapping.expressions.syntax import Node
from oneway.mapping.lint.reach import answers, decidable
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject
from oneway.mapping.spec import OutOfScope


def check(subject: Subject) -> Iterator[LintFinding]:
    leaver, only = subject.code.leaver, subject.code.only
    if leaver is None or not only or subject.spec.out_of_scope is OutOfScope.LEAVE:
        return
    scope = [part for each in only for part in _conjuncts(each.tree)]
    ways = list(_parts(leaver.tree, "or_expression"))
    if _never(scope, subject):
        return  # nobody is in scope
    for way in ways:
        leaves = _conjuncts(way)
        if _never([*scope, *leaves], subject) and not _never(leaves, subject):
            who = "everyone who leaves" if len(ways) == 1 else f"everyone with {text_of(way)}"
            summary = f"`only` leaves out {who}: they keep their access, and no list names them"
            yield LintFinding(leaver.span, summary, _HELP)


_HELP = (
    "include leavers in `only`; or set `out_of_scope: leave`, if everyone who is out of scope has "
    "to leave"
)


def _conjuncts(condition: Node) -> list[Node]:
    """Return the parts that must all hold for a condition to hold, if decidable here."""
    return [each for each in _parts(condition, "and_expression") if decidable(each)]


def _parts(node: Node, kind: str) -> Iterator[Node]:
    if node["type"] == kind:
        for each in node["children"]:
            yield from _parts(each, kind)
    else:
        yield node


def _never(parts: list[Node], subject: Subject) -> bool:
    """Return whether no record that the record schema allows meets all of these conditions."""
    if not parts:
        return False
    leaver = subject.code.leaver
    assert leaver is not None
    text = " && ".join(f"({text_of(each)})" for each in parts)
    together: Expression = replace(parse(text, leaver.span, leaver.shown), reading=leaver.reading)
    found = answers(together, subject.source, subject.spec)
    return found is not None and not found.holds


RULE = LintRule(
    code="M145",
    severity=Severity.ERROR,
    title="`only` leaves out leavers",
    advice=(
        "A leaver who is out of scope keeps access, and no list names them. Include leavers in "
        "`only`, or set `out_of_scope: leave`."
    ),
    check=check,
    failing="""\
only:
  - {id: current, when: status == 'Current', otherwise: Does not work here}
leavers:
  when: status == 'Former'
  set: {leaveDate: employmentDetails.leaverDetails.leaveDate}
  left: is_past(leaveDate)
""",
    passing="""\
only:
  - {id: not-upcoming, when: status != 'Upcoming', otherwise: Has not started yet}
leavers:
  when: status == 'Former'
  set: {leaveDate: employmentDetails.leaverDetails.leaveDate}
  left: is_past(leaveDate)
""",
)
