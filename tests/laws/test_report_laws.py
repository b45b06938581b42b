"""The report of a run, over generated worlds and over plans of any content at all."""

import re
import unicodedata
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from any_plans import FINITE, PLANS, TEXTS
from markup import Element, parsed
from oneway.core.diagnostics import Diagnostic, Severity, Span
from oneway.core.seal import Sealed
from oneway.history.journal import End
from oneway.history.journal.rows import Breached, Why
from oneway.history.memory import NOTHING
from oneway.mapping.spec import GuardsSpec
from oneway.planning.endings import Ending
from oneway.planning.guards import judge
from oneway.planning.names import named, names_of
from oneway.planning.plan import Kind, Outcome, Plan, Reason, Verb
from oneway.planning.plan_inputs import Read
from oneway.planning.similar.near_misses import NEAR_MISS
from oneway.render.plans import FORMATS
from oneway.render.report import html, page
from oneway.render.report.actions import report_actions
from oneway.render.report.page import Page, ReportSection
from oneway.render.report.planned import planned_page
from oneway.render.sanitize import harmless, quoted
from oneway.render.style import Style
from oneway.runs.past.past_run import PastRun
from reported import earlier, told
from strategies import worlds
from worlds import planned

ONE_IN_FIVE = st.sampled_from([False, False, False, False, True])
ACTIONS_TOLD = (
    "created",
    "changed",
    "left",
    "corrected",
    "back",
    "deactivated",
    "refused",
    "unknown",
)
"""The sections that name what a run did, or tried to do; beside those that wait."""
WAITING = ("held", "waiting", "postponed")
PROBLEMS = st.builds(
    Diagnostic, st.builds(Span, TEXTS), st.just(Severity.ERROR), st.just("R160"), TEXTS, TEXTS
)
PAGE_TAGS = "html head meta title style body main header nav section footer h1 h2 h3 h4 p a div"
TEXT_TAGS = "span strong bdi del ins code pre ul li dl dt dd time details summary"
TABLE_TAGS = "table caption thead tbody tr th td"
DRAWN_TAGS = "figure figcaption svg circle path rect defs pattern text"
TAGS = set(f"{PAGE_TAGS} {TEXT_TAGS} {TABLE_TAGS} {DRAWN_TAGS}".split(" "))


@st.composite
def runs_of(draw: st.DrawFn, plans: st.SearchStrategy[Plan]) -> PastRun:
    """Draw a run of a plan: each action with an end or none, guards, problems."""
    made = draw(plans)
    ids = sorted(each.id for each in made.actions)
    held = draw(st.sets(st.sampled_from(ids)) if ids else st.just(set()))
    guards = st.sampled_from(["leavers", "source_shrink", "field_changes.email"]) | TEXTS
    breaches = [
        Breached(name, draw(TEXTS), f"--allow {name}={len(held)}", tuple(sorted(held)))
        for name in draw(st.lists(guards, max_size=2))
    ]
    ended = draw(st.none() | st.just("2026-11-22T05:00:00Z") | TEXTS)
    refused = draw(st.lists(PROBLEMS, min_size=1, max_size=2)) if draw(ONE_IN_FIVE) else ()
    endings = [each for each in Ending if breaches or each is not Ending.HELD]
    ends = st.builds(End, st.sampled_from(endings), st.none() | TEXTS, TEXTS, TEXTS)
    found = told(
        None if refused else made,
        {id: draw(ends if ended is not None else st.none() | ends) for id in ids},
        breaches=breaches,
        problems=refused,
        ended=ended,
        why=draw(st.sampled_from(Why)),
        by=draw(TEXTS),
        connection=draw(TEXTS),
        host=draw(TEXTS),
    )
    found = replace(found, earlier=earlier(found.run, draw(st.integers(0, 40)))[:30])
    return replace(found, plan=draw(st.sampled_from([found.plan, found.plan, None])))


ANY_RUN = runs_of(PLANS)
WORLDLY = runs_of(worlds().map(planned))


def sections(found: Page) -> dict[str, ReportSection]:
    return {section.id: section for part in found.parts for section in part.sections}


def visible(root: Element) -> list[str]:
    """Return all text but that of the style sheet."""
    if root.tag == "style":
        return []
    return [
        text
        for each in root.children
        for text in ([each] if isinstance(each, str) else visible(each))
    ]


@given(ANY_RUN)
def test_every_run_makes_a_page_that_is_well_made_and_harmless(found: PastRun) -> None:
    text = html(page(found))
    assert html(page(found)) == text, "a page is a function of its run"
    root = parsed(text)
    holds_known_elements_alone(root)
    leads_nowhere_else(root)
    has_its_headings_in_order(root)
    hides_no_character(root)
    assert "0" * 64 not in text, "the digest of a sensitive value"
    assert "url(" not in re.sub(r"url\(#\w+\)", "", text), "the address of something to fetch"


def holds_known_elements_alone(root: Element) -> None:
    assert {each.tag for each in root.all()} <= TAGS
    for element in root.all():
        names = element.attributes.keys()
        assert not {name for name in names if name.startswith("on")}
        assert not names & {"src", "style", "srcset", "action", "formaction", "xlink:href"}


def leads_nowhere_else(root: Element) -> None:
    ids = [each.attributes["id"] for each in root.all() if "id" in each.attributes]
    assert len(ids) == len(set(ids))
    for element in root.all():
        assert (element.attributes.get("href") or "#report").removeprefix("#") in ids
        assert (element.attributes.get("aria-labelledby") or "report") in ids


def has_its_headings_in_order(root: Element) -> None:
    levels = [int(each.tag[1]) for each in root.all("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def hides_no_character(root: Element) -> None:
    for text in visible(root):
        found = {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl")}
        assert found <= {"\n"}


@given(WORLDLY)
def test_every_action_of_a_run_that_ended_is_in_one_section(found: PastRun) -> None:
    if found.run.ended is None:
        return
    shown = sections(page(found))
    told_of = sum(shown[id].number for id in (*ACTIONS_TOLD, *WAITING) if id in shown)
    assert told_of == len(report_actions(found))


IDS = st.sampled_from(["1", "2", "3", ""])


@given(st.lists(st.tuples(IDS, IDS, IDS), max_size=4))
def test_a_name_beside_an_id_is_that_of_every_record_with_this_id(ids: list[Any]) -> None:
    """Also if the id of one of them is its key, which says it already."""
    people = [
        Outcome(Kind.UNCHANGED, key, f"name {n}", source or None, target or None, (), ())
        for n, (source, target, key) in enumerate(ids)
    ]
    for id, name in names_of(people).items():
        holders = [each for each in people if id in (each.source_id, each.target_id)]
        assert {f"{each.key} {each.label}" for each in holders} == {name}


@given(WORLDLY)
def test_everybody_who_does_not_sync_is_named_with_every_reason(found: PastRun) -> None:
    if found.plan is None:
        return
    shown = sections(page(found))
    names = names_of(found.plan.outcomes)
    for id, kind in (
        ("missing", Kind.INELIGIBLE),
        ("conflicts", Kind.CONFLICT),
        ("errors", Kind.ERROR),
    ):
        these = [each for each in found.plan.outcomes if each.kind is kind]
        assert (shown[id].number if id in shown else 0) == len(these)
        rows = shown[id].blocks[0].table.rows if id in shown else ()
        said = Counter(line for _, why, *_ in rows for line in why.lines)
        # Records that are like somebody have a section of their own, but where they conflict.
        told = [r for each in these for r in each.reasons if kind is Kind.CONFLICT or not _near(r)]
        assert said == Counter(harmless(named(r, names)) for r in told)
    near = [r for each in found.plan.notable for r in each.reasons if _near(r)]
    rows = shown["near"].blocks[0].table.rows if "near" in shown else ()
    assert Counter(line for _, why in rows for line in why.lines) == Counter(
        harmless(r.text) for r in near
    )


def _near(reason: Reason) -> bool:
    return reason.code == NEAR_MISS


@given(WORLDLY)
def test_every_value_that_was_written_is_on_the_page_as_harmless_text(found: PastRun) -> None:
    """Each of `before` and `after`, in order, as the parser of HTML gives it back."""
    shown = sections(page(found))
    root = parsed(html(page(found)))
    cards = {
        each.attributes.get("aria-labelledby"): each
        for each in root.all("section")
        if "card" in (each.attributes.get("class") or "")
    }
    ids = {Verb.CREATE: "created", Verb.UPDATE: "changed", Verb.LEAVE: "left"}
    for verb, id in (ids | {Verb.CORRECT: "corrected"}).items():
        done = [d for d in report_actions(found) if d.verb is verb and d.ending is Ending.DONE]
        if not done:
            assert id not in shown
            continue
        wanted = [
            text
            for action in done
            for change in action.changes
            for text in said(change.before, change.after, creating=verb is Verb.CREATE)
        ]
        values = [dd.all("bdi") for div in cards[id].all("div") for dd in div.all("dd")]
        assert [bdi.text for each in values for bdi in each] == wanted


def said(before: object, after: object, *, creating: bool) -> list[str]:
    if isinstance(before, Sealed) or isinstance(after, Sealed):
        what = "taken away" if after is None else "set" if before is None else "changed"
        return [f"{what} (not shown)"]
    pair = [after] if creating and before is None else [before, after]
    return [plainly(each) for each in pair]


def plainly(value: object) -> str:
    match value:
        case None:
            return "nothing"
        case str():
            return harmless(value) if value and value == value.strip() else quoted(value)
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value)
        case list():
            items = (quoted(each) if isinstance(each, str) else plainly(each) for each in value)
            return f"[{', '.join(items)}]"
    return "{}"


@given(FINITE)
def test_a_value_of_any_kind_can_be_shown(value: object) -> None:
    from oneway.render.report.phrases import value as shown

    assert "\n" not in shown(value).text


READS = (Read("source", 0, complete=True), Read("target", 0, complete=True))


@given(PLANS)
def test_every_plan_makes_a_page_before_it_is_applied(found: Plan) -> None:
    found = replace(found, reads=READS)  # every plan is of a source and a target
    verdict = judge(found, GuardsSpec())
    root = parsed(FORMATS["html"](found, verdict, NOTHING, Style(), None))
    holds_known_elements_alone(root)
    leads_nowhere_else(root)
    has_its_headings_in_order(root)
    hides_no_character(root)


@given(worlds().map(planned))
def test_the_page_of_a_plan_has_each_action_in_one_section(found: Plan) -> None:
    verdict = judge(found, GuardsSpec())
    shown = sections(planned_page(found, verdict, NOTHING))
    numbers = Counter(a.verb for a in found.actions if a.id not in verdict.blocked)
    assert {id: s.number for id, s in shown.items() if id.startswith("to-")} == {
        f"to-{verb.value}": number for verb, number in numbers.items()
    }
    assert ("held" in shown) is verdict.fired
    assert not verdict.fired or shown["held"].number == len(verdict.blocked)
