"""`oneway plan`."""

from pathlib import Path

import click
from click.core import ParameterSource

from oneway.cli.clock import now
from oneway.cli.console import Console
from oneway.cli.exits import Exit, worst
from oneway.cli.options import (
    allowing,
    consoled,
    formatted,
    limited,
    remembering,
    requesting,
    retrying,
    state_of,
    user,
)
from oneway.cli.printing import introduce, print_plan, refuse_errors
from oneway.cli.quoting import quoted
from oneway.core.dataclass import dataclass
from oneway.planning.breach import Verdict
from oneway.planning.plan import Plan
from oneway.planning.plan_file import fingerprint, save
from oneway.render.access_list import access
from oneway.render.plan_content import split
from oneway.render.plans import FORMATS
from oneway.render.sanitize import harmless
from oneway.runs.open_questions import is_open
from oneway.runs.prepare.preparation import prepare_run
from oneway.runs.prepare.request import RunRequest
from oneway.runs.preview import preview
from oneway.runs.proof import prove
from oneway.runs.session import Operator, RunSession

_EXIT_CODE = (
    "End with 3 where changes are pending, and with 5 where people who have left, or may have, can "
    "still get in once the plan is applied."
)


@click.command("plan")
@requesting
@allowing
@retrying
@remembering
@click.option("--out", type=click.Path(path_type=Path), metavar="PLAN", help="Save the plan.")
@formatted(*FORMATS)
@click.option("--exit-code", is_flag=True, help=_EXIT_CODE)
@limited
@consoled
def command(
    *,
    console: Console,
    request: RunRequest,
    retry_now: bool,
    state: Path,
    out: Path | None,
    format: str,
    exit_code: bool,
    limit: int | None,
) -> Exit:
    """Show what a sync would change, and why; write nothing.

    Reads both systems (or files in their place), and prints the changes with the expression
    and place that each value comes from, who does not sync and why, and what the guards say.

    \b
    Example:
      oneway plan mapping.yaml --out plan.json
      oneway plan mapping.yaml --source other-people.csv --limit 5
    """
    prepared = prepare_run(request)
    introduce(console, prepared)
    folder = state_of(state)
    with RunSession(prepared, Operator(user(), folder, now), looks=True) as session:
        with session.systems, console.progress() as progress:
            shown = preview(session, progress, retry_now=retry_now)
        refuse_errors(console, shown.findings)
        plan, verdict, memory = shown.plan, shown.verdict, shown.memory
    if out is not None:
        save(plan, out, prove(plan, folder, now()))
    print_plan(console, plan, verdict, memory, format, limit=limit)
    _NextSteps(console, request, plan, verdict, out, retry_now).print()
    return worst(
        Exit.BLOCKED if verdict.fired else Exit.DONE,
        Exit.FAILED if exit_code and access(plan, verdict, memory) else Exit.DONE,
        Exit.PENDING if exit_code and plan.actions else Exit.DONE,
    )


@dataclass(frozen=True, slots=True)
class _NextSteps:
    """The commands after a plan; `out` is the saved plan, if any."""

    console: Console
    request: RunRequest
    plan: Plan
    verdict: Verdict
    out: Path | None
    retry_now: bool

    def print(self) -> None:
        """Print the command that applies the plan, and the one that allows what guards hold."""
        if self.plan.actions and not is_open(self.plan):
            self._to_apply()
        if self.verdict.fired:
            title = "only if it is right, to let through what the guards hold back:"
            self.console.advise(title, self._again())

    def _to_apply(self) -> None:
        plan, request = self.plan, self.request
        held = [each for each in plan.actions if each.id in self.verdict.blocked]
        if len(held) == len(plan.actions):
            self.console.note("all of it is held back by guards: there is nothing to apply")
            return
        if self.out is None:
            self.console.note("to apply it, save it first: give --out plan.json")
            return
        options = "".join(f" --option {quoted(f'{k}={v}')}" for k, v in request.options.items())
        approve = f" --approve {fingerprint(plan)[:12]}{' --retry-now' if self.retry_now else ''}"
        without = f", without the {split(held)} that guards hold back," if held else ""
        command = f"oneway apply {quoted(self.out)}{approve}{options}"
        self.console.advise(f"saved; apply it{without} with:", command)

    def _again(self) -> str:
        """Return this command with options that allow everything that guards hold back."""
        request, verdict, out = self.request, self.verdict, self.out
        given = click.get_current_context().get_parameter_source
        typed = {name for name in ("as_of", "state") if given(name) is ParameterSource.COMMANDLINE}
        words = ["oneway", "plan", quoted(request.name)]
        named = {"source": request.source, "target": request.target}
        if "as_of" in typed:
            named["as-of"] = request.as_of.isoformat()
        if "state" in typed:
            named["state"] = str(click.get_current_context().params["state"])
        words += [f"--{name} {quoted(text)}" for name, text in named.items() if text is not None]
        pairs = {
            "reference": request.references,
            "set": request.settings,
            "option": request.options,
        }
        words += [
            f"--{name} {quoted(f'{k}={v}')}"
            for name, held in pairs.items()
            for k, v in held.items()
        ]
        words += ["--retry-now"] if self.retry_now else []
        fired = {each.name for each in verdict.breaches}
        words += [
            f"--allow {quoted(each.guard if ':' in each.guard else f'{each.guard}={each.ceiling}')}"
            for each in request.allowed
            if each.guard not in fired
        ]
        words += dict.fromkeys(harmless(each.allow) for each in verdict.breaches)
        return " ".join([*words, *([f"--out {quoted(out)}"] if out is not None else [])])
