"""The report in a real Chromium: on wide and small screens, light and dark, and on paper."""

import json
from dataclasses import replace

import pytest

from oneway.planning.plan_inputs import PlanInput
from oneway.render.report import html, page
from reported import (
    NAMES,
    a_full_night,
    a_quiet_night,
    a_refused_night,
    breached,
    joiner,
    leaver,
    plan,
    told,
)

AXE = pytest.importorskip("axe_playwright_python.base", reason="pip install axe-playwright-python")
NIGHTS = {"full": a_full_night, "quiet": a_quiet_night, "refused": a_refused_night}
SCREENS = [
    ("full", 1280, "light"),
    ("full", 400, "dark"),
    ("quiet", 1280, "dark"),
    ("quiet", 400, "light"),
    ("refused", 400, "dark"),
]
HOSTILE = ("<script>alert('Robert')</script>", "{{ 7 * 7 }} {% raw %}", 'O\'Brien & Sons "Ltd"')
LONG = "x" * 300


@pytest.fixture
def shown(browser, tmp_path):
    """Show a run on a screen; what the page asked for stands in `asked`."""
    contexts = []

    def show(found, width=1280, scheme="light"):
        file = tmp_path / "report.html"
        file.write_text(html(page(found)), encoding="utf-8")
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
        )
        contexts.append(context)
        view = context.new_page()
        view.asked = []
        view.said = []
        view.on("request", lambda request: view.asked.append(request.url))
        view.on("console", lambda message: view.said.append(message.text))
        view.on("dialog", lambda dialog: view.said.append(dialog.message))
        view.on("pageerror", lambda error: view.said.append(str(error)))
        view.goto(file.as_uri())
        return view

    yield show
    for each in contexts:
        each.close()


def violations(view):
    """Return what axe-core finds, every part of the page open."""
    view.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    view.evaluate(AXE.AXE_SCRIPT)
    found = view.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
    return [(each["id"], each["impact"], each["nodes"][0]["html"][:200]) for each in found]


@pytest.mark.parametrize(("night", "width", "scheme"), SCREENS)
def test_nothing_is_in_the_way_of_anybody(shown, night, width, scheme):
    assert violations(shown(NIGHTS[night](), width, scheme)) == []


def test_axe_would_find_what_is_in_the_way(shown):
    view = shown(a_quiet_night())
    view.evaluate("document.documentElement.removeAttribute('lang')")
    view.evaluate("document.querySelector('h1').style.color = '#eee'")
    assert {"html-has-lang", "color-contrast"} <= {id for id, _, _ in violations(view)}


@pytest.mark.parametrize("width", [320, 400, 768, 1280])
def test_no_page_is_wider_than_its_screen(shown, width):
    view = shown(unbroken(), width)
    view.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    wide = view.evaluate("document.documentElement.scrollWidth")
    assert wide <= width
    outside = view.evaluate(
        """width => [...document.querySelectorAll('main *, footer *')]
            .filter(each => each.getBoundingClientRect().right > width + 1 &&
                            getComputedStyle(each).clipPath === 'none')
            .map(each => each.outerHTML.slice(0, 120))""",
        width,
    )
    assert outside == []


def test_names_that_are_html_arrive_as_text(shown):
    view = shown(a_full_night())
    names = view.evaluate("[...document.querySelectorAll('.name bdi')].map(e => e.textContent)")
    for name in (
        "<script>alert('Robert')</script>",
        "{{ 7 * 7 }} {% raw %}",
        'O\'Brien & Sons "Ltd"',
    ):
        assert name in NAMES
        assert name in names
    assert view.evaluate("document.querySelectorAll('script, img, iframe, object').length") == 0
    codes = view.evaluate(
        "[...document.querySelectorAll('td code, th code')].map(e => e.textContent)"
    )
    assert "<b>HR</b>" in codes
    assert view.said == []


def test_a_name_that_reads_from_the_right_moves_nothing_beside_it(shown):
    """Each name is an island: the key below it stays where every key is."""
    view = shown(told(plan(joiner(4), joiner(0), joiner(11))))
    keys = view.evaluate(
        "[...document.querySelectorAll('#created ~ table .key')]"
        ".map(e => [e.textContent, e.getBoundingClientRect().left])"
    )
    created = [f"{key}, record 2001" for key in ("00004", "00000", "00011")]
    assert [text for text, _ in keys] == created
    assert len({left for _, left in keys}) == 1


def test_no_request_leaves_the_page(shown):
    view = shown(a_full_night())
    view.wait_for_load_state("networkidle")
    assert [each for each in view.asked if not each.startswith("file:")] == []
    assert len(view.asked) == 1


def test_no_script_could_run_and_nothing_could_be_fetched(shown):
    """Were a name to become markup after all, the page's own policy would stop it."""
    view = shown(a_quiet_night())
    view.evaluate(
        """() => {
            const script = document.createElement('script');
            script.textContent = 'document.title = "ran"';
            document.body.append(script);
            const image = new Image();
            image.src = 'https://example.com/x.png';
            document.body.append(image);
        }"""
    )
    assert view.title() != "ran"
    assert any("Content Security Policy" in text for text in view.said)


def test_all_of_it_is_on_paper_and_paper_is_white(shown):
    view = shown(a_full_night(), scheme="dark")
    assert view.evaluate("document.querySelectorAll('details[open]').length") == 0
    view.emulate_media(media="print", color_scheme="dark")
    view.wait_for_function(
        """() => [...document.querySelectorAll('details td, details tbody th')]
            .filter(each => !each.checkVisibility({contentVisibilityAuto: true})
                            || each.getBoundingClientRect().height === 0).length === 0"""
    )
    assert view.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    made = view.pdf(format="A4")
    assert made.startswith(b"%PDF-")
    assert len(made) > 20_000


def test_on_paper_no_heading_is_parted_from_its_table(shown):
    """Each asks for the room of the first row as well: Chromium breaks after it otherwise."""
    view = shown(a_full_night())
    view.emulate_media(media="print")
    rooms = view.evaluate(
        """() => [...document.querySelectorAll('.card h3')].map(each => {
            const after = getComputedStyle(each, '::after');
            const row = each.parentElement.querySelector('tbody tr, figcaption, .command');
            const needed = row ? row.getBoundingClientRect().top : 0;
            const end = each.getBoundingClientRect().bottom + parseFloat(after.height);
            return [getComputedStyle(each).breakInside, end > needed];
        })"""
    )
    assert len(rooms) > 10
    assert [each for each in rooms if each != ["avoid", True]] == []


def test_the_keyboard_goes_to_the_report_first(shown):
    view = shown(a_full_night())
    view.keyboard.press("Tab")
    assert view.evaluate("document.activeElement.textContent") == "Skip to the report"
    assert view.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
    view.keyboard.press("Enter")
    assert view.evaluate("document.activeElement.id") == "report"
    view.keyboard.press("Tab")
    view.keyboard.press("Enter")
    opened = view.evaluate("document.activeElement.parentElement.open")
    assert opened is True, "a long list opens by the keyboard"


def test_cards_keep_their_meaning_as_tables(shown):
    """What a small screen shows as cards is a table still, to whoever hears it."""
    view = shown(a_full_night(), 400)
    heard = json.dumps(view.locator("#created ~ table").first.aria_snapshot())
    assert "rowheader" in heard
    assert "columnheader" in heard


def unbroken():
    """Return a run of words that have no place to break."""
    leaving = leaver(1)
    named = replace(plan(joiner(10), leaving).outcomes[0], label=LONG, key=LONG[:200])
    guard = breached("leavers", [leaving], f"leavers: {LONG}")
    made = plan(
        named,
        leaving,
        mapping_file=LONG,
        inputs={role: PlanInput(LONG, LONG, {}) for role in ("source", "target")},
    )
    found = told(made, breaches=[guard], host=LONG, by=LONG)
    return replace(found, earlier=a_full_night().earlier)
