"""Renders the results of `oneway test`: text, JSON, JUnit XML, GitHub annotations."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import cast

from oneway.core.diagnostics import Span
from oneway.core.phrases import count
from oneway.core.records import MISSING, Value
from oneway.core.sealed import MASK, Sealed
from oneway.mapping.expressions.steps import EvaluationStep
from oneway.render.ci_formats import ANNOTATIONS, JUnitCase, JUnitSuite, annotation, xml_page
from oneway.render.layout import clip, flow_lines, wrap
from oneway.render.places import place_text
from oneway.render.proving import case_lines
from oneway.render.sanitize import harmless, json_text, masked
from oneway.render.style import Ink, Style
from oneway.runs.mapping_tests.coverage import DecisionCoverage, HowMuch, share
from oneway.runs.mapping_tests.recording import RecordedCase
from oneway.runs.mapping_tests.results import (
    CaseResult,
    ClaimResult,
    MappingTestResult,
    Mismatch,
    UnreadResult,
)
from oneway.runs.proving.mutate import EditResult, Fate

_INKS = {HowMuch.ALL: Ink.GOOD, HowMuch.SOME: Ink.CAUTION, HowMuch.NONE: Ink.TROUBLE}
_MARKS = {HowMuch.ALL: "+", HowMuch.SOME: "~", HowMuch.NONE: "-"}


def text(result: MappingTestResult, style: Style) -> str:
    """Return the failed cases, each with its place and steps, then the counts."""
    lines: list[str] = []
    for case in result.cases:
        if case.mismatches:
            lines += _case(case, style)
    for claim in result.claims:
        if claim.against:
            lines += _claim(claim, style)
    for unread in result.unread:
        if unread.read_at:
            lines += _read(unread, style)
    said = f"{harmless(result.test.file)}: {result.passed:,} passed, {result.failed:,} failed"
    ink = Ink.TROUBLE if result.failed else Ink.GOOD
    return "\n".join([*lines, style.paint(said, ink)]) + "\n"


def _case(case: CaseResult, style: Style) -> Iterator[str]:
    yield style.paint(f"{place_text(case.case.span)}: {harmless(case.case.name)}", Ink.TROUBLE)
    for each in case.mismatches:
        yield from wrap(f"{place_text(each.place)}: {harmless(each.about)}", style, 2, 4)
        yield from wrap(f"wanted  {_wanted(each)}", style, 4, 12)
        yield from wrap(f"got     {shown(each.got)}", style, 4, 12)
        if each.expression is not None:
            yield from wrap(f"from    {place_text(each.expression)}", style, 4, 12)
        for step in each.steps:
            yield from wrap(f"{harmless(clip(step.text, 200))}  is  {_value(step)}", style, 6, 8)
    yield ""


def _claim(claim: ClaimResult, style: Style) -> Iterator[str]:
    name = harmless(claim.claim.name)
    yield style.paint(f"{place_text(claim.claim.span)}: {name}", Ink.TROUBLE)
    most = 5
    for where, outcome in claim.against[:most]:
        who = f"{outcome.key} {outcome.label}".strip()
        line = f"{harmless(who)}: {outcome.kind.value}, in {harmless(where)}"
        yield from wrap(line, style, 2, 4)
    if len(claim.against) > most:
        yield f"  and {len(claim.against) - most:,} more"
    yield ""


def _read(unread: UnreadResult, style: Style) -> Iterator[str]:
    head = f"{place_text(unread.asked.span)}: {harmless(unread.asked.field)} is read"
    yield style.paint(head, Ink.TROUBLE)
    for reader, place in unread.read_at:
        yield from wrap(f"{place_text(place)}: {harmless(reader)}", style, 2, 4)
    yield ""


def _value(step: EvaluationStep) -> str:
    if step.error:
        return f"no value: {harmless(step.error)}"
    return shown(step.value) + ("" if step.stated else ", a key that it reads is absent")


def shown(value: object) -> str:
    """Return a value on one line for people; `***` if it is sensitive."""
    if isinstance(value, Sealed):
        return MASK
    if value is MISSING:
        return "left alone"
    if isinstance(value, list | tuple):
        return "; ".join(harmless(e) if isinstance(e, str) else shown(e) for e in value) or "none"
    return harmless(clip(json.dumps(value, ensure_ascii=False, default=str), 300))


def _wanted(each: Mismatch) -> str:
    is_only = each.about == "record" and each.wanted is None
    return "one source record" if is_only else shown(each.wanted)


def coverage_text(found: Sequence[DecisionCoverage], style: Style, called: str = "decision") -> str:
    """Return the decisions covered only partly, each with the branches that no case took."""
    lines = []
    for each in found:
        if each.seen is HowMuch.ALL:
            continue
        mark = style.paint(_MARKS[each.seen], _INKS[each.seen])
        missing = f"  not seen: {', '.join(each.missing)}" if each.missing else ""
        said = (
            f"{place_text(each.decision.place)}  {harmless(clip(each.decision.about, 60))}{missing}"
        )
        first, *others = wrap(said, style, 2, 6)  # the mark replaces the indent
        lines += [f"{mark} {first[2:]}", *others]
    gone, there = share(tuple(found))
    whole = sum(each.seen is HowMuch.ALL for each in found)
    ways = f"{gone:,} of {there:,} ways, {percent(found)} %"
    lines += wrap(f"{count(len(found), called)}: {whole:,} seen whole; {ways}", style, 0, 4)
    return "\n".join(lines) + "\n"


def recorded(found: RecordedCase) -> str:
    """Return a recorded case as YAML: an item for `cases`, or a complete test if it needs one."""
    (case,) = cast("list[dict[str, Value]]", found.test["cases"])
    lines = list(_recorded_case(case))
    if found.whole:
        head = ((key, value) for key, value in found.test.items() if key != "cases")
        before = [
            line for key, value in head for line in flow_lines(f"{key}:", json_text(value), 2)
        ]
        lines = [*before, "cases:", *lines]
    return "\n".join(lines) + "\n"


def _recorded_case(case: Mapping[str, Value]) -> Iterator[str]:
    lead = "  - "
    for key, value in case.items():
        several = isinstance(value, list) and len(value) > 1 and key in ("records", "targets")
        if several:
            yield f"{lead}{key}:"
            for each in cast("list[Value]", value):
                yield from flow_lines("      -", json_text(each), 8)
        else:
            yield from flow_lines(f"{lead}{key}:", json_text(value), 6)
        lead = "    "


def percent(found: Sequence[DecisionCoverage]) -> int:
    """Return the percentage of branches that cases took, rounded down."""
    return percent_of(*share(tuple(found)))


def percent_of(part: int, whole: int) -> int:
    """Return a percentage, rounded down; 100 if the whole is 0."""
    return 100 if not whole else part * 100 // whole


def edits_text(found: Sequence[EditResult], style: Style, most: int | None = None) -> str:
    """Return the edits that no case noticed, the most harmful first, and the counts.

    Each comes with a case that was found to notice it, or a line that says why there is none.
    Edits without effect follow. `most` limits the list and omits edits without effect.
    """
    quiet = [each for each in found if each.fate in (Fate.SURVIVED, Fate.SAME)]
    quiet.sort(key=lambda each: (each.fate is Fate.SAME, each.edit.harm))
    listed = [each for each in quiet if each.fate is Fate.SURVIVED or most is None][:most]
    lines = []
    for each in listed:
        word = "not noticed" if each.fate is Fate.SURVIVED else "no effect  "
        line = f"{place_text(each.edit.place)}: {harmless(clip(each.edit.text, 160))}"
        lines += wrap(f"{word}  {line}", style, 0, 4)
        if each.fate is Fate.SURVIVED:
            lines += case_lines(each.treated.case if each.treated is not None else None)
    if len(listed) < len(quiet):
        lines.append(f"and {len(quiet) - len(listed):,} more; --all shows them")
    counts = {fate: sum(each.fate is fate for each in found) for fate in Fate}
    said = ", ".join(f"{number:,} {fate.value}" for fate, number in counts.items() if number)
    lines += wrap(f"{count(len(found), 'edit')}: {said}", style, 0, 2)
    killed, all_ = score(found)
    lines.append(
        f"{killed:,} of {all_:,} that have an effect are noticed, {percent_of(killed, all_)} %"
    )
    return "\n".join(lines) + "\n"


def score(found: Sequence[EditResult]) -> tuple[int, int]:
    """Return how many edits with an effect the cases notice, and how many there are."""
    real = [each for each in found if each.fate is not Fate.SAME]
    return sum(each.fate is not Fate.SURVIVED for each in real), len(real)


def as_json(
    result: MappingTestResult,
    covered: Sequence[DecisionCoverage] | None = None,
    edited: Sequence[EditResult] | None = None,
    new: Sequence[DecisionCoverage] | None = None,
) -> dict[str, object]:
    """Return a test's results as data.

    Keys: file, mapping, passed, failed, cases (name, place, mismatches: about, place, wanted,
    got, expression, steps), claims (name, place, spoken_of, against), not_read (field, place,
    read_at: by, place); on request, coverage and coverage_of_new (percent, decisions: place, about,
    ways, missing) and edits (place, text, fate, case: one that notices it, or null). A mismatch has
    no `wanted`, or no `got`, if that leaves the field alone.
    """
    data: dict[str, object] = {
        "file": result.test.file,
        "mapping": result.test.mapping,
        "passed": result.passed,
        "failed": result.failed,
        "cases": [
            {
                "name": each.case.name,
                "place": place_text(each.case.span),
                "mismatches": list(map(_mismatch, each.mismatches)),
            }
            for each in result.cases
        ],
        "claims": list(map(_claim_as_json, result.claims)),
        "not_read": [
            {
                "field": each.asked.field,
                "place": place_text(each.asked.span),
                "read_at": [{"by": by, "place": place_text(at)} for by, at in each.read_at],
            }
            for each in result.unread
        ],
    }
    if covered is not None:
        data["coverage"] = _coverage(covered)
    if new is not None:
        data["coverage_of_new"] = _coverage(new)
    if edited is not None:
        data["edits"] = list(map(_edit_as_json, edited))
    return data


def _edit_as_json(each: EditResult) -> dict[str, object]:
    return {
        "place": place_text(each.edit.place),
        "text": each.edit.text,
        "fate": each.fate.name.lower(),
        "case": each.treated.case if each.treated is not None else None,
    }


def _mismatch(each: Mismatch) -> dict[str, object]:
    return {
        "about": each.about,
        "place": place_text(each.place),
        **{
            key: masked(value)
            for key, value in (("wanted", each.wanted), ("got", each.got))
            if value is not MISSING
        },
        "expression": None if each.expression is None else place_text(each.expression),
        "steps": [
            {"text": s.text, "value": s.value, "stated": s.stated, "error": s.error}
            for s in each.steps
        ],
    }


def _claim_as_json(each: ClaimResult) -> dict[str, object]:
    return {
        "name": each.claim.name,
        "place": place_text(each.claim.span),
        "spoken_of": each.spoken_of,
        "against": [
            {"in": where, "record": outcome.source_id, "outcome": outcome.kind.value}
            for where, outcome in each.against
        ],
    }


def _coverage(found: Sequence[DecisionCoverage]) -> Mapping[str, object]:
    return {"percent": percent(found), "decisions": list(map(_decision, found))}


def _decision(each: DecisionCoverage) -> Mapping[str, object]:
    return {
        "place": place_text(each.decision.place),
        "about": each.decision.about,
        "ways": list(each.decision.ways),
        "missing": list(each.missing),
    }


def junit(results: Iterable[MappingTestResult]) -> str:
    """Return results as JUnit XML: a suite for each file, a test case for each case and claim."""
    return xml_page(
        JUnitSuite(
            result.test.file,
            "mismatch",
            [
                *map(_junit_case, result.cases),
                *map(_junit_claim, result.claims),
                *map(_junit_unread, result.unread),
            ],
        )
        for result in results
    )


def _junit_case(case: CaseResult) -> JUnitCase:
    said = [
        f"{place_text(e.place)}: {e.about}: wanted {_wanted(e)}, got {shown(e.got)}"
        for e in case.mismatches
    ]
    first = said[0] if said else ""
    return JUnitCase(case.case.name, Path(case.case.span.file).name, first, "\n".join(said))


def _junit_claim(claim: ClaimResult) -> JUnitCase:
    who = [f"{outcome.key}: {outcome.kind.value}, in {where}" for where, outcome in claim.against]
    first = f"{count(len(who))} against it" if who else ""
    file = Path(claim.claim.span.file).name
    return JUnitCase(claim.claim.name, file, first, "\n".join(who))


def _junit_unread(unread: UnreadResult) -> JUnitCase:
    said = [f"{place_text(place)}: {reader}" for reader, place in unread.read_at]
    first = f"read by {count(len(said), 'expression')}" if said else ""
    file = Path(unread.asked.span.file).name
    return JUnitCase(f"{unread.asked.field} is not read", file, first, "\n".join(said))


def github(results: Iterable[MappingTestResult], uncovered: Iterable[DecisionCoverage] = ()) -> str:
    """Return the first ten annotations for GitHub Actions, which shows no more for one step."""
    found = [each for result in results for each in _annotated(result)]
    for each in uncovered:
        if each.missing:
            said = f"{each.decision.about}: no case has seen: {', '.join(each.missing)}"
            found.append((each.decision.place, said))
    return "".join(annotation("error", place, said) for place, said in found[:ANNOTATIONS])


def _annotated(result: MappingTestResult) -> Iterator[tuple[Span, str]]:
    for case in result.cases:
        for each in case.mismatches:
            said = f"wanted {_wanted(each)}, got {shown(each.got)}"
            yield each.place, f"{case.case.name}: {each.about}: {said}"
    for claim in result.claims:
        if claim.against:
            said = f"{count(len(claim.against))} against it"
            yield claim.claim.span, f"{claim.claim.name}: {said}"
    for unread in result.unread:
        for reader, place in unread.read_at:
            yield place, f"{unread.asked.field} may not be read: {reader}"
