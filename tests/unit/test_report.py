"""What the report of a run shows: sentences, sections, and what is left out."""

from dataclasses import replace

import pytest

from markup import parsed
from oneway.history.discrepancies import discrepancies_of as stories_told
from oneway.history.journal import End
from oneway.history.journal.rows import Breached, Why
from oneway.planning.endings import Ending
from oneway.planning.plan import Kind, Reason, Verb
from oneway.planning.plan_inputs import Read
from oneway.render.report import html, page
from oneway.render.report.phrases import day, duration, field_name, moment, value
from oneway.runs.past.stoppage import Stoppage
from reported import (
    CANARY,
    a_full_night,
    a_quiet_night,
    a_refused_night,
    breached,
    change,
    conflict,
    earlier,
    ineligible,
    joiner,
    leaver,
    mover,
    person,
    plan,
    rehire,
    sealed,
    told,
    undone,
)


def sections(found):
    return {section.id: section for part in page(found).parts for section in part.sections}


def text_of(found):
    return " ".join(parsed(html(page(found))).text.split())


def test_the_heading_says_what_became_of_everybody():
    made = plan(*map(joiner, range(12)), *map(mover, (20, 21, 22)), leaver(30))
    assert (
        page(told(made)).heading
        == "12 people were created, 3 were changed and 1 was marked as a leaver"
    )
    some = plan(joiner(1), ineligible(50, "Email is missing"), ineligible(51, "Email is missing"))
    assert page(told(some)).heading == "1 person was created; 2 did not sync"


def test_the_heading_says_it_where_nothing_was_written():
    assert page(a_quiet_night()).heading == "Everybody is up to date: nothing had to be written"
    staying = plan(ineligible(50, "Email is missing"))
    assert page(told(staying)).heading == "Nothing had to be written; 1 person did not sync"
    leaving = [leaver(n) for n in range(4)]
    guard = breached("leavers", leaving, "leavers: 4 now")
    found = told(plan(*leaving), breaches=[guard])
    assert page(found).heading == (
        "4 people who left can still get in. Nothing was written; 4 people are held back"
    )


@pytest.mark.parametrize(
    ("made", "endings", "said"),
    [
        (plan(rehire(50)), {}, "Nothing had to be written; 1 person did not sync"),
        (
            plan(conflict(50, "near_duplicate", "perhaps twice"), rehire(51)),
            {},
            "Nothing had to be written; 2 people did not sync",
        ),
        (
            plan(person(50, Kind.ERROR, reasons=[Reason("failed", "not a date")])),
            {},
            "Nothing had to be written; 1 person did not sync",
        ),
        (
            plan(ineligible(50, "Email is missing", warning=True)),
            {},
            "1 person who left can still get in. Nothing had to be written; 1 person did not sync",
        ),
        (
            plan(mover(1)),
            {f"{1:016x}": End(Ending.POSTPONED)},
            "Nothing was written; 1 person refused before was not sent again yet",
        ),
        (
            plan(mover(1), rehire(50)),
            {f"{1:016x}": End(Ending.HELD, guards=("clears",))},
            "Nothing was written; 1 person did not sync and 1 is held back",
        ),
        (
            plan(reads=(Read("source", 4, False, ("page 2 was cut off",)),)),
            {},
            "Nothing had to be written",
        ),
    ],
)
def test_nobody_is_up_to_date_where_somebody_needs_a_person(made, endings, said):
    guards = [breached("clears", [], "clears: 1 now")] if "held" in said else []
    found = page(told(made, endings, breaches=guards))
    assert found.heading == said
    assert found.tone.value != "good"


def test_a_run_without_a_plan_says_of_nobody_that_they_are_up_to_date():
    found = replace(told(plan()), plan=None)
    assert page(found).heading == "Nothing was written"
    waits = stories_told(plan(rehire(50)), {}, {})
    assert page(replace(found, discrepancies=waits)).heading == (
        "Nothing had to be written; 1 person did not sync"
    )


def test_a_rehire_that_waits_is_a_figure_and_a_section_and_one_that_came_back_is_not():
    waits, back = rehire(50), person(51, Kind.REHIRE, verb=Verb.REACTIVATE, target="51")
    made = page(told(plan(waits, back)))
    assert made.heading == "1 person came back; 1 did not sync"
    (figure,) = [each for each in made.figures if each.noun == "did not sync"]
    assert (figure.number, figure.section) == (1, "rehires")
    assert sections(told(plan(waits, back)))["rehires"].number == 1


def test_a_refused_run_says_what_stopped_it_and_what_to_do():
    found = page(a_refused_night())
    assert found.heading == "The run was stopped: nothing was written"
    text = text_of(a_refused_night())
    assert "the source has no records, and had 312 at the last good run" in text
    assert "For the operator:" in text
    assert "See in the source whether its people are there." in text
    assert "R160" in text


def test_a_run_that_has_not_ended_says_whether_it_goes_on():
    died = told(plan(joiner(1), joiner(2)), {f"{2:016x}": None}, ended=None)
    lives = replace(died, run=replace(died.run, lives=True))
    ended = "The run was interrupted, and did not finish; before that, 1 person was created"
    assert page(died).heading == f"{ended}; 1 person may have been written"
    assert page(lives).heading == "The run has not ended yet; so far, 1 person was created"
    assert [sections(each)["unknown"].number for each in (died, lives)] == [1, 1]
    assert "interrupted" in sections(died)
    assert "interrupted" not in sections(lives)


def test_what_was_in_flight_when_a_run_died_is_a_figure_and_counted_in_the_chart():
    found = told(plan(joiner(1)), {f"{1:016x}": None}, ended=None)
    found = replace(found, earlier=earlier(found.run, 2))
    assert page(found).heading.endswith(
        "nothing is known to have been written; 1 person may have been written"
    )
    (figure,) = [each for each in page(found).figures if each.noun == "not known"]
    assert (figure.number, figure.section) == (1, "unknown")
    chart = page(found).chart
    assert chart.kinds[-1] == ("unknown", "Not known")
    assert chart.bars[-1].counts == (0, 0, 0, 1)
    assert chart.summary.endswith("; 3 runs interrupted.")
    said = text_of(found)
    assert "For the operator: 1. Nothing for the data" in said
    assert "`oneway runs show acme`" in said
    died = replace(found, entries=(), earlier=earlier(found.run, 2))
    assert page(died).chart.bars[-1].stopped, "no dot that says that there was nothing to do"


def test_a_leave_that_was_refused_is_not_for_payroll_and_comes_first():
    made = plan(leaver(1), mover(2))
    refusal = End(Ending.REJECTED, None, "W105", "the user has open claims")
    found = told(made, {f"{n:016x}": refusal for n in (1, 2)})
    about = sections(found)["refused"].about
    first, second = about.index("Block them by hand in expensein users"), about.index("For payroll")
    assert first < second
    alone = sections(told(plan(leaver(1)), {f"{1:016x}": refusal}))["refused"].about
    assert "For payroll" not in alone


def test_who_was_refused_before_is_to_be_looked_at_with_the_steps():
    end = End(Ending.POSTPONED, None, "W105", "refused 4 times", until="2026-12-09")
    found = page(told(plan(mover(1)), {f"{1:016x}": end}))
    (part, *_) = found.parts
    assert (part.id, [each.id for each in part.sections]) == ("attention", ["postponed"])
    assert "For payroll:" in part.sections[0].about
    assert ("refused before", 1) in [(each.noun, each.number) for each in found.figures]


def test_a_target_without_its_people_is_the_headline_and_allowing_it_allows_everything():
    gone = person(50, Kind.ERROR, reasons=[Reason("gone", "is not there")], target="7")
    breaches = [breached("target_shrink", [joiner(1)], "expensein users: 1 before, 0 now")]
    reads = (Read("source", 2, True), Read("target", 0, True))
    made = plan(gone, joiner(1))
    found = told(replace(made, reads=reads), breaches=breaches)
    assert page(found).heading.startswith(
        "The list of expensein users came back empty: the 1 person known there is gone. "
        "Nothing was written"
    )
    some = page(told(made, breaches=breaches)).heading
    assert some.startswith("1 person known in expensein users is gone from its list. ")
    (block,) = sections(found)["held"].blocks
    assert (
        "carry out the whole plan, once; it is refused if more is missing by then" in block.advice
    )
    none = page(told(plan(joiner(1)), breaches=breaches)).heading
    assert none.startswith("Far fewer people than before are matched in expensein users. ")


def test_a_quiet_night_has_no_section_and_says_who_is_as_they_should_be():
    found = page(a_quiet_night())
    assert not found.parts
    assert found.lead == "12 people were already as the source has them."
    assert found.tone.value == "good"


def test_each_guard_has_its_command_and_all_of_them_one():
    found = sections(a_full_night())["held"]
    commands = [block.command for block in found.blocks if block.command]
    assert commands == [
        "oneway sync acme --allow leavers=3",
        "oneway sync acme --allow clears=2",
        "oneway sync acme --allow leavers=3 --allow clears=2",
    ]
    assert [block.title for block in found.blocks] == [
        "3 people would leave",
        "2 people would lose a value",
        "All of it at once",
    ]


def test_the_command_names_the_mapping_where_there_is_no_connection_and_the_state_folder():
    made = plan(leaver(1), connection=None, mapping_file="my mappings/it's.yaml")
    allow = "--allow 'field_changes.a b=1'"
    guard = Breached("field_changes.a b", "said", allow, (f"{1:016x}",))
    found = replace(told(made, breaches=[guard]), options="--state /srv/x")
    (command,) = [block.command for block in sections(found)["held"].blocks]
    assert command == (
        "oneway sync 'my mappings/it'\"'\"'s.yaml' --allow 'field_changes.a b=1' --state /srv/x"
    )


def test_a_guard_that_stops_the_whole_plan_names_the_others_too():
    leaving, other = leaver(1), joiner(2)
    guard = breached("leavers", [leaving], "leavers: 1 now")
    found = told(plan(leaving, other), {other.actions[0].id: End(Ending.HELD)}, breaches=[guard])
    titles = [block.title for block in sections(found)["held"].blocks]
    assert titles == ["1 person would leave", "1 person more, as the whole plan waits"]


def test_a_source_that_shrank_is_said_in_words():
    guard = breached("source_shrink", [leaver(1)], "source_shrink: 40 now")
    (block,) = sections(told(plan(leaver(1)), breaches=[guard]))["held"].blocks
    assert block.title == "Fewer people could be read from the source than at the last good run"


def test_a_failure_tells_what_was_sent_and_the_reason_of_the_target():
    end = End(Ending.REJECTED, None, "W101", "email: already in use")
    section = sections(told(plan(joiner(1)), {f"{1:016x}": end}))["refused"]
    ((who, meant, why),) = section.blocks[0].table.rows
    assert who.key == "00001"
    assert [each.name for each in meant.items][:2] == ["Reference", "First name"]
    assert (why.lines, why.code) == (("email: already in use",), "W101")


def test_who_does_not_sync_is_named_with_all_that_is_missing():
    made = plan(ineligible(1, "Email is missing", "Name (Last) is missing"))
    ((_, why),) = sections(told(made))["missing"].blocks[0].table.rows
    assert why.lines == ("Email is missing", "Name (Last) is missing")


def test_nothing_is_said_to_be_missing_of_whom_a_rule_leaves_out():
    section = sections(told(plan(ineligible(1, "Type is not Permanent"))))["missing"]
    assert section.title == "Did not sync: left out by a rule"
    assert "Fill in" not in section.about
    assert "there is nothing to do" in section.about


def test_a_leaver_who_keeps_the_access_is_a_section_of_its_own():
    found = sections(told(plan(ineligible(1, "Email is missing", warning=True))))
    assert found["access"].tone.value == "trouble"
    assert found["missing"].number == 1


def test_codes_without_a_reference_say_what_to_do():
    rows = sections(a_full_night())["codes"].blocks[0].table.rows
    assert [row[0].text for row in rows] == ["<b>HR</b>", "OPS"]
    assert [row[2].lines[0] for row in rows] == ["not at all", "2 times"]
    assert "reference" in rows[0][3].lines[0]


def test_what_never_began_is_told_apart_by_what_is_known_of_it():
    late, waits = mover(1), mover(2)
    endings = {
        late.actions[0].id: End(Ending.POSTPONED),
        waits.actions[0].id: End(Ending.NOT_ATTEMPTED),
    }
    found = sections(told(plan(late, waits), endings))
    assert found["postponed"].blocks[0].table.rows[0][0].key == "00001"
    assert found["waiting"].blocks[0].table.rows[0][0].key == "00002"
    (_, _, why) = found["waiting"].blocks[0].table.rows[0]
    assert why.lines == ("It was not tried.", "an action that must go before it was not done")


def test_a_change_that_is_undone_every_time_is_told():
    sticks, other = mover(1), mover(2)
    section = sections(told(plan(sticks, other), undone=undone(sticks)))["sticking"]
    assert [row[0].key for row in section.blocks[0].table.rows] == ["00001"]
    assert "sticking" not in sections(told(plan(sticks, other)))


def test_a_read_that_may_lack_records_is_told():
    reads = (Read("source", 4, True), Read("target", 3, False, ("page 2 was cut off",)))
    assert sections(told(plan(reads=reads)))["not-read-whole"].number == 1


def test_a_gap_in_a_list_that_was_read_whole_is_not_called_a_part_of_it():
    reads = (Read("source", 4, True), Read("target", 3, True, ("1 record has no key",)))
    found = sections(told(plan(reads=reads)))
    assert found["gaps-in-lists"].number == 1
    assert "not-read-whole" not in found


def test_a_run_whose_plan_is_kept_no_longer_shows_what_the_journal_knows():
    found = replace(told(plan(joiner(1), leaver(2))), plan=None)
    assert page(found).heading == "1 person was created and 1 was marked as a leaver"
    (row,) = sections(found)["left"].blocks[0].table.rows
    assert row[0].name == "s2"


def test_who_was_created_is_named_with_the_new_record():
    found = told(plan(joiner(1)), {f"{1:016x}": End(Ending.DONE, "2001")})
    assert sections(found)["created"].blocks[0].table.rows[0][0].record == "2001"


@pytest.mark.parametrize(
    ("why", "said"),
    [
        (Why.HAND, "by ann, by hand"),
        (Why.SCHEDULE, "by the schedule"),
        (Why.CONNECT, "by ann, while connecting"),
    ],
)
def test_it_says_who_started_it(why, said):
    facts = {fact.name: fact.text for fact in page(told(plan(), why=why)).facts}
    assert facts["Started"] == said
    assert facts["When"] == "22 November 2026, 04:00 UTC"
    assert facts["Took"] == "39 seconds"


def test_sensitive_values_are_never_shown_only_that_they_changed():
    pairs = [(None, sealed()), (sealed(), None), (sealed(1), sealed(2))]
    changes = [change(f"f{n}", *pair) for n, pair in enumerate(pairs)]
    made = plan(person(1, Kind.UPDATE, changes, verb=Verb.UPDATE, target="9"))
    text = text_of(told(made))
    for said in ("set (not shown)", "taken away (not shown)", "changed (not shown)"):
        assert said in text
    assert CANARY[2:] not in html(page(told(made)))


def test_the_chart_has_the_last_thirty_runs_oldest_first_and_the_same_as_a_table():
    found = a_full_night()
    found = replace(found, earlier=earlier(found.run))
    chart = page(found).chart
    assert len(chart.bars) == 30
    assert [bar.run for bar in chart.bars] == sorted(bar.run for bar in chart.bars)
    assert [bar.run for bar in chart.bars if bar.this] == [71]
    assert sum(bar.stopped for bar in chart.bars) == 1
    assert all(piece.y >= 0 for bar in chart.bars for piece in bar.pieces)
    rows = parsed(html(page(found))).all("table")[-1].all("tbody")[0].all("tr")
    assert len(rows) == 30
    assert "run 71, this one" in rows[0].text


def test_one_run_alone_makes_no_chart():
    only = told(plan(joiner(1)))
    assert page(replace(only, earlier=earlier(only.run, 0))).chart is None


def test_long_lists_open_at_a_click():
    root = parsed(html(page(told(plan(*map(joiner, range(20)))))))
    (details,) = root.all("details")
    assert details.all("summary")[0].text == "Show the other 8"
    assert len(details.all("tbody")[0].all("tr")) == 8


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("lastName", "Last name"),
        ("bankDetails.sortCode", "Bank details: sort code"),
        ("given_name", "Given name"),
        ("user_id.IBAN", "User id: IBAN"),
        ("departmentID", "Department ID"),
        ("urn:x:y", "urn:x:y"),
        ("a b", "a b"),
        ("emails[0].value", "emails[0].value"),
    ],
)
def test_fields_are_said_in_words_where_they_are_words(path, said):
    assert field_name(path) == said


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("plain", "plain"),
        (" spaces ", '" spaces "'),
        ("", '""'),
        (None, "nothing"),
        (True, "true"),
        (["a", 1], '["a", 1]'),
        ("a\nb\u202e", "a\\nb\\u202e"),
    ],
)
def test_values_are_said_without_quotes_where_they_are_plain(given, said):
    assert value(given).text == said


def test_moments_and_durations():
    assert moment("2026-01-02T23:30:00-02:00", "") == "3 January 2026, 01:30 UTC"
    assert moment("2026-07-02T23:30:00Z", "Europe/London") == "3 July 2026, 00:30 BST"
    assert day("2026-07-02T23:30:00Z", "Europe/London") == "3 July 2026"
    assert day("2026-07-02", "America/New_York") == "2 July 2026"  # no instant, but a day
    assert moment("soon", "") == day("soon", "") == "soon"
    assert duration("2026-01-02T04:00:00Z", "2026-01-02T05:02:03Z") == "1 hour 2 minutes"
    assert duration("2026-01-02T04:00:00Z", "2026-01-02T04:00:00Z") == "less than a second"
    assert duration("2026-01-02T04:00:01Z", "2026-01-02T04:00:00Z") == ""


def test_the_page_says_what_it_may_do_before_anything_else():
    text = html(page(a_quiet_night()))
    assert text.startswith('<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n')
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in text
    assert text.index("Content-Security-Policy") < text.index("<title>")


def test_a_page_of_a_good_run_says_first_what_has_stopped_its_connection_since() -> None:
    told = replace(a_quiet_night(), stoppage=Stoppage(("F112",), silent=True, is_last=True))
    found = page(told)
    assert found.heading.startswith("This is the last run that finished, of ")
    assert found.heading.endswith("Since then nothing runs: the journal cannot be written (F112)")
    assert found.status == "Nothing runs now"
    assert "While this lasts nobody's access is ended" in found.lead
    assert page(a_quiet_night()).status == "All is well"


def test_a_page_of_an_earlier_run_says_since_when_nothing_runs_and_what_to_do() -> None:
    both = ("connections/acme.yaml", "connections/copy.yaml")
    stands = Stoppage(("C136",), True, True, "2026-11-23T04:00:07Z", {"C136": both})
    told = replace(a_quiet_night(), stoppage=stands)
    assert page(told).heading.endswith("(C136), as found on 23 November 2026, 04:00 UTC")
    assert next(iter(sections(told))) == "standing"
    said = text_of(told)
    for each in (*both, "For the operator: 1. Remove the file that is a copy", "`oneway validate`"):
        assert each in said
