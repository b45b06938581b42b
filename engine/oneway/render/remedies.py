"""What to do about a problem, and who does it, worded as in its notice."""

from collections.abc import Iterable, Iterator

from oneway.core.diagnostics import Diagnostic
from oneway.notices.remedies import REMEDIES, remedy_of
from oneway.notices.remedy import Remedy
from oneway.render.sanitize import harmless


def for_code(
    code: str, connection: str, system: str = "", mapping: str = "", *, leaving: bool = False
) -> str:
    """Return a paragraph: who does what about a code or guard; `leaving`: only leaves ended so."""
    remedy = remedy_of(code, system, narrower=leaving)
    return " ".join((f"For {remedy.by}:", *_numbered(remedy, connection, system, mapping)))


def first_step(code: str, connection: str, mapping: str) -> str:
    """Return the first step for a code, and who takes it, or "" if there are no steps."""
    remedy = REMEDIES.get(code)
    if remedy is None:
        return ""
    step = harmless(remedy.steps_for(connection, mapping=mapping)[0])
    return f"for {remedy.by}: {step[:1].lower()}{step[1:].rstrip('.')}"


def for_problems(found: Iterable[Diagnostic], connection: str, mapping: str) -> Iterator[str]:
    """Yield a paragraph for each kind of problem that stopped a run."""
    by_code = {each.code: each for each in found}
    for code, each in by_code.items():
        who = remedy_of(code, each.span.file).by
        yield " ".join((f"For {who}:", *steps_for(each, connection, mapping)))


def steps_for(problem: Diagnostic, connection: str, mapping: str = "") -> tuple[str, ...]:
    """Return the steps against a problem, numbered if there are several."""
    remedy = remedy_of(problem.code, problem.span.file)
    if problem.code not in REMEDIES:
        return (harmless(problem.help) or harmless(remedy.steps[0]),)
    read = problem.code.startswith("R") and not problem.span.line
    return _numbered(remedy, connection, problem.span.file if read else "", mapping)


def _numbered(remedy: Remedy, connection: str, system: str, mapping: str) -> tuple[str, ...]:
    steps = tuple(map(harmless, remedy.steps_for(connection, system, mapping)))
    return steps if len(steps) < 2 else tuple(f"{n}. {each}" for n, each in enumerate(steps, 1))
