"""Notices: what they say, how they are signed and sent, and what becomes of those that fail."""

import json
import os
import re
import shutil
import smtplib
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from standardwebhooks.webhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError

from listener import Answer, listening, status
from notified import EVERYTHING, MONDAY, after, connection, died, ended, hook, mailbox, refused
from oneway.connections.connection import (
    Connection,
    Email,
    NoticeFolder,
    Occasion,
    Schedule,
    Security,
    Webhook,
)
from oneway.connections.secrets.refs import SecretKind, SecretRef
from oneway.core.access import Secret
from oneway.core.deadline import within
from oneway.core.diagnostics import Refused, Span
from oneway.core.seal import canonical
from oneway.documents.schema_check import schema_text
from oneway.history.journal import Breached, Journal, RunState, Why
from oneway.history.journal.future import forget_future
from oneway.history.journal.incidents import (
    delivered,
    forget_notices,
    open_incidents,
    take_notice,
    take_week,
    undelivered,
    waiting,
)
from oneway.history.journal.schedule_claims import first_seen, take
from oneway.mapping.lint.codes import CODES
from oneway.mapping.lint.codes import CODES as ALL_CODES
from oneway.mapping.spec import GuardKind
from oneway.notices import texts
from oneway.notices.bodies import cause_of, sample_body
from oneway.notices.causes import holding, run_problems
from oneway.notices.channels import channel_name, channel_words, channels
from oneway.notices.delivery import PATIENCE, PAUSES, deliver, send
from oneway.notices.email import message_of
from oneway.notices.instants import instant_of, instant_text, week_of
from oneway.notices.queueing import after_run, weekly
from oneway.notices.remedies import REMEDIES, remedy_of
from oneway.notices.remedy import TroubleKind
from oneway.notices.signing import BadSecret, signature
from oneway.notices.texts import subject_of, text_of
from oneway.notices.undelivered import Undelivered
from oneway.notices.webhook import Trust
from oneway.notices.weekly import not_syncing, summary
from oneway.planning.access import StillIn
from oneway.planning.endings import Ending
from oneway.planning.plan import Kind, Verb
from oneway.render.report import pages

ROOT = Path(__file__).resolve().parents[2]

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SCHEMA = json.loads(schema_text("notice"))
CANARY = "Hastings-Canary"
"""Somebody's name, in every place where a run may say one."""


def _outcome(kind: str, *reasons: tuple[str, bool]) -> str:
    """Return a line of a plan file, as `plan_file.dump` writes one."""
    found = [
        {"candidates": [], "code": code, "place": None, "text": CANARY, "warning": warning}
        for code, warning in reasons
    ]
    outcome = {"actions": [], "key": "1", "kind": kind, "label": CANARY, "reasons": found}
    return canonical(outcome | {"source_id": "s1", "target_id": None})


PLAN = (
    "{\n"
    + '"outcomes": [\n'
    + ",\n".join(
        (
            _outcome("ineligible", ("email", False)),
            _outcome("ineligible", ("email", False), ("late", True)),
            _outcome("conflict", ("ambiguous", False)),
            _outcome("unchanged"),
        )
    )
    + "\n]\n}\n"
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Journal]:
    tmp_path.chmod(0o700)
    with Journal.open(tmp_path / "journal.db") as journal:
        yield journal


def bodies(store: Journal) -> list[dict[str, Any]]:
    return [json.loads(each.draft.body) for each in undelivered(store)]


def kinds(store: Journal) -> list[str]:
    return [each["type"].removeprefix("connection.") for each in bodies(store)]


# What is told.


def test_a_failure_is_told_once_and_its_end_too(store: Journal) -> None:
    customer = connection(hook())
    for days in range(3):
        after_run(customer, refused(store, "R102", after(days)), store, after(days))
    after_run(customer, ended(store, after(3)), store, after(3))
    failure, recovery = bodies(store)
    (cause,) = failure["data"]["causes"]
    assert cause["code"] == "R102"
    assert (cause["title"], cause["advice"]) == (CODES["R102"].title, CODES["R102"].advice)
    assert (cause["records"], cause["who"], cause["kind"]) == (0, "the operator", "credentials")
    assert cause["page"] == "docs/reference/codes/R102.md"
    assert "`oneway check acme` says whether it is right again." in cause["steps"]
    assert failure["data"]["run"]["state"] == "refused"
    assert [each["about"] for each in recovery["data"]["ended"]] == [["R102"]]
    assert recovery["data"]["still"] == []
    assert recovery["data"]["incident"] == failure["data"]["incident"]
    assert open_incidents(store, "acme") == ()


@pytest.mark.parametrize("ending", [each for each in Ending if each.withheld])
def test_a_failure_of_writing_stays_open_while_nothing_is_sent(
    store: Journal, ending: Ending
) -> None:
    """Also where a guard holds everything back: nobody knows whether writes work again."""
    customer = connection(hook())
    failed = {"a": (Ending.NOT_SENT, "W101")}
    after_run(customer, ended(store, after(0), failed), store, after(0))
    withheld = {"a": (ending, ""), "b": (ending, "")}
    guards = ("leavers",) if ending is Ending.HELD else ()
    after_run(customer, ended(store, after(1), withheld, guards=guards), store, after(1))
    assert "recovery" not in kinds(store)
    assert ("W101",) in [each.about for each in open_incidents(store, "acme")]
    done = {"a": (ending, ""), "b": (Ending.DONE, "")}
    after_run(customer, ended(store, after(2), done, guards=guards), store, after(2))
    assert kinds(store).count("recovery") == 1


def test_another_failure_is_told_as_well_and_what_goes_on_is_named_at_the_end(
    store: Journal,
) -> None:
    customer = connection(hook())
    ends = {"a": (Ending.NOT_SENT, "W101")}
    after_run(customer, ended(store, after(0), ends, guards=("leavers",)), store, after(0))
    after_run(customer, refused(store, "R101", after(1)), store, after(1))
    after_run(customer, ended(store, after(2), guards=("leavers",)), store, after(2))
    assert kinds(store) == ["failure", "guard", "failure", "recovery"]
    (last,) = bodies(store)[-1:]
    assert [each["about"] for each in last["data"]["ended"]] == [["W101"], ["R101"]]
    assert last["data"]["still"][0]["about"] == ["leavers"]


def test_all_that_is_over_after_one_run_is_one_notice_of_each_channel(store: Journal) -> None:
    """Three nights with three failures ended with three mails that the connection had recovered."""
    quiet = frozenset({Occasion.GUARD, Occasion.RECOVERY})
    every, guards = hook(), hook("https://guards.example.com/x", quiet)
    customer = connection(every, guards)
    held = {"a": (Ending.HELD, ""), "b": (Ending.DONE, "")}
    after_run(customer, ended(store, after(0), held, guards=("leavers",)), store, after(0))
    after_run(customer, refused(store, "R102", after(1)), store, after(1))
    after_run(customer, refused(store, "R105", after(2)), store, after(2))
    opened = [each.id for each in open_incidents(store, "acme")]
    after_run(customer, ended(store, after(3)), store, after(3))
    found = [each for each in undelivered(store) if each.draft.kind is Occasion.RECOVERY]
    told = {each.draft.channel: json.loads(each.draft.body)["data"] for each in found}
    assert len(found) == len(told) == 2
    whole, part = (told[channel_name(each)]["ended"] for each in (every, guards))
    assert [each["incident"] for each in whole] == opened
    assert [each["about"] for each in whole] == [["leavers"], ["R102"], ["R105"]]
    assert [each["about"] for each in part] == [["leavers"]]
    body = json.dumps({"type": "connection.recovery", "data": told[channel_name(every)]})
    assert subject_of(body) == "[oneway] acme: recovered (leavers, R102, R105)"
    assert "many people would leave (leavers), since 23 November" in text_of(body)
    assert all(f"({code}), since" in text_of(body) for code in ("R102", "R105"))


def test_what_the_target_refused_and_waits_for_another_day_is_not_over(store: Journal) -> None:
    customer = connection(hook())
    ends = {"a": (Ending.REJECTED, "W105"), "b": (Ending.DONE, "")}
    after_run(customer, ended(store, after(0), ends), store, after(0))
    _keep_refusal(store)
    later = {"a": (Ending.POSTPONED, ""), "b": (Ending.DONE, "")}
    after_run(customer, ended(store, after(1), later), store, after(1))
    assert kinds(store) == ["failure"]


def _keep_refusal(store: Journal, action: str = "a") -> None:
    from oneway.history.journal.tables import failure

    values = {"connection": "acme", "action": action, "digest": "d", "code": "W105", "reason": "no"}
    at = instant_text(after(0))
    store.change(store.insert(failure).values(**values, first=at, last=at, times=1))


def test_what_is_stale_is_no_failure_and_of_a_target_that_is_down_the_cause_is_told(
    store: Journal,
) -> None:
    customer = connection(hook())
    after_run(customer, ended(store, after(0), {"a": (Ending.STALE, "W160")}), store, after(0))
    assert kinds(store) == []
    ends = {"a": (Ending.NOT_SENT, "W101"), "b": (Ending.NOT_ATTEMPTED, "W112")}
    after_run(customer, ended(store, after(1), ends), store, after(1))
    assert [each["code"] for each in bodies(store)[0]["data"]["causes"]] == ["W101"]


def test_a_run_that_died_is_told(store: Journal) -> None:
    after_run(connection(hook()), died(store, after(0)), store, after(0))
    assert bodies(store)[0]["data"]["causes"][0]["code"] == "died"


def test_each_channel_is_told_of_what_it_asks_for(store: Journal) -> None:
    guards = hook("https://a.example.com", frozenset({Occasion.GUARD, Occasion.RECOVERY}))
    failures = hook("https://b.example.com", frozenset({Occasion.FAILURE}))
    customer = connection(guards, failures)
    after_run(customer, refused(store, "R102", after(0)), store, after(0))
    after_run(customer, ended(store, after(1)), store, after(1))
    assert [each.draft.channel.split()[1] for each in waiting(store)] == ["b.example.com"]


def test_an_unknown_run_is_a_mistake_of_the_program(store: Journal) -> None:
    with pytest.raises(LookupError):
        after_run(connection(hook()), 99, store, MONDAY)


# What stands in a notice, and what does not.


def every_kind(store: Journal, *, plan: str = PLAN) -> Connection:
    """Let a connection have one notice of each kind, with somebody's name in all that it met."""
    customer = connection(hook("https://hooks.example.com/s3cr3t-path"))
    ends = {"a": (Ending.REJECTED, "W105"), "b": (Ending.HELD, ""), "c": (Ending.DONE, "")}
    weekly([customer], store, after(-7))
    run = ended(store, after(0), ends, guards=("leavers",), plan=plan, reason=CANARY)
    after_run(customer, run, store, after(0))
    after_run(customer, refused(store, "R105", after(1), text=CANARY), store, after(1))
    after_run(customer, ended(store, after(2), plan=plan), store, after(2))
    weekly([customer], store, after(3))
    return customer


def test_every_notice_has_the_form_that_its_schema_says(store: Journal) -> None:
    customer = every_kind(store)
    found = [*bodies(store), json.loads(sample_body(customer, MONDAY))]
    kinds = SCHEMA["properties"]["type"]["enum"]  # those of folders: test_folder_notices.py
    assert {each["type"] for each in found} == {e for e in kinds if e.startswith("connection.")}
    for each in found:
        Draft202012Validator(SCHEMA).validate(each)


def test_a_notice_tells_of_how_many_it_is_not_known_whether_they_have_left(store: Journal) -> None:
    customer = connection(hook("https://hooks.example.com/s3cr3t-path"))
    found = (StillIn("1", "A", "1", "7", "held"), StillIn("2", "B", "2", "8", "torn", True))
    weekly([customer], store, after(-7))
    after_run(customer, ended(store, after(0), still_in=found), store, after(0))
    after_run(customer, ended(store, after(1), still_in=found[1:]), store, after(1))
    weekly([customer], store, after(3))
    told = [each["data"].get("run", each["data"]) for each in bodies(store)]
    numbers = [(each["still_in"], each.get("may_have_left", 0)) for each in told]
    assert numbers == [(2, 1), (1, 1)]
    for each in bodies(store):
        Draft202012Validator(SCHEMA).validate(each)
    texts = [text_of(json.dumps(each)) for each in bodies(store)]
    assert "2 people who left, or may have, can still get in" in texts[0]
    assert "1 person who perhaps left can still get in" in texts[1]


def test_nobody_is_to_be_blocked_before_it_is_known_that_they_left(store: Journal) -> None:
    customer = connection(hook("https://hooks.example.com/s3cr3t-path"))
    left, perhaps = StillIn("1", "A", "1", "7", "held"), StillIn("2", "B", "2", "8", "torn", True)
    after_run(customer, ended(store, after(0), still_in=(perhaps,)), store, after(0))
    after_run(customer, ended(store, after(1)), store, after(1))
    after_run(customer, ended(store, after(2), still_in=(left, perhaps)), store, after(2))
    first, _, last = bodies(store)
    ((unsure,), (mixed,)) = first["data"]["causes"], last["data"]["causes"]
    assert unsure["title"] == "people who have perhaps left can still get in"
    assert not any(step.startswith("Block") for step in unsure["steps"])
    assert any(step.startswith("Block those who have left") for step in mixed["steps"])
    for each in (first, last):
        Draft202012Validator(SCHEMA).validate(each)
        assert "some records failed" not in text_of(json.dumps(each))


def test_who_can_still_get_in_is_not_over_because_a_guard_holds(store: Journal) -> None:
    customer = connection(hook("https://hooks.example.com/s3cr3t-path"))
    found = (StillIn("1", "A", "1", "7", "may have left", True),)
    after_run(customer, ended(store, after(0), still_in=found), store, after(0))
    after_run(
        customer, ended(store, after(1), still_in=found, guards=("leavers",)), store, after(1)
    )
    assert [each["type"] for each in bodies(store)] == ["connection.failure", "connection.guard"]
    after_run(customer, ended(store, after(2)), store, after(2))
    *_, last = bodies(store)
    assert {about for each in last["data"]["ended"] for about in each["about"]} == {
        "leavers",
        "still_in",
    }


def test_every_key_of_the_schema_is_explained_and_its_examples_are_right() -> None:
    named = [(name, each) for name, each in SCHEMA["$defs"].items()]
    for name, each in (("", SCHEMA), *named):
        for example in each["examples"]:
            Draft202012Validator({**each, "$defs": SCHEMA["$defs"]}).validate(example)
        for key, about in each["properties"].items():
            whole = {**SCHEMA["$defs"].get(about.get("$ref", "").split("/")[-1], {}), **about}
            assert {"title", "description", "examples"} <= set(whole), (name, key)
    examples = {each["type"] for each in SCHEMA["examples"]}
    assert examples == set(SCHEMA["properties"]["type"]["enum"])


def test_no_name_and_no_word_of_a_system_stands_in_any_notice(store: Journal) -> None:
    customer = every_kind(store)
    for each in undelivered(store):
        texts = (each.draft.body, subject_of(each.draft.body), text_of(each.draft.body))
        for text in (*texts, each.draft.channel, repr(each)):
            assert CANARY not in text
            assert "s3cr3t" not in text
    assert "s3cr3t" not in repr(customer)


def test_the_canary_was_there_to_be_found(store: Journal) -> None:
    every_kind(store)
    last = store.runs("acme")
    assert any(CANARY in each.summary for run in last for each in run.problems)
    assert CANARY in store.plan_of(last[0].id)
    assert any(each.end is not None and CANARY in each.end.reason for each in store.entries(1))


def test_mails_of_every_kind_say_what_and_where_to_look(store: Journal) -> None:
    every_kind(store)
    found = {each.draft.kind: each.draft.body for each in undelivered(store)}
    assert subject_of(found[Occasion.GUARD]) == "[oneway] acme: held back by a guard (leavers)"
    assert "--allow leavers=4" in text_of(found[Occasion.GUARD])
    assert "oneway runs show" in text_of(found[Occasion.FAILURE])
    week = text_of(found[Occasion.WEEKLY])
    assert "The sync ran 3 times:\n  once: everything was done\n  once: it finished" in week
    assert "2 people: left out by a rule (email)" in week
    assert "1 person: several target records have one match value" in week
    assert not re.search("ineligible|_|conflict|refused|held:", week)  # the words of operators
    for body in found.values():
        assert max(map(len, text_of(body).splitlines())) <= 100
        assert subject_of(body).isprintable()


def test_a_person_with_two_writes_counts_once(store: Journal) -> None:
    refused = (Ending.REJECTED, "W105")
    ends = {"a": refused, "a:2": (Ending.NOT_ATTEMPTED, ""), "b": refused, "b:2": refused}
    ends |= {"c": (Ending.UNKNOWN, "W102"), "c:2": (Ending.UNKNOWN, "W102"), "d": (Ending.DONE, "")}
    run = ended(store, MONDAY, ends)
    for each in ("a", "b", "b:2"):
        _keep_refusal(store, each)
    after_run(connection(hook()), run, store, MONDAY)
    (failure,) = bodies(store)
    Draft202012Validator(SCHEMA).validate(failure)
    causes = {each["code"]: each["records"] for each in failure["data"]["causes"]}
    assert causes == {"W102": 1, "W105": 2}
    assert failure["data"]["records"] == {"missed": 2, "unknown": 1}
    text = text_of(json.dumps(failure))
    assert "2 records were not carried over, of 1 record it is not known" in text
    held = {(Ending.HELD, ""): {"a": "s1", "a:2": "s1", "b": "s2"}}
    breach = Breached("leavers", "3 leave", "--allow leavers=3", ("a", "a:2", "b"))
    assert holding([breach], held) == {"leavers": 2}


@pytest.mark.parametrize("state", RunState)
def test_the_schema_has_every_state_of_a_run(state: RunState) -> None:
    assert state.value in SCHEMA["$defs"]["Run"]["properties"]["state"]["enum"]


def test_the_schema_has_every_reason_not_to_sync() -> None:
    told = SCHEMA["$defs"]["NotSyncing"]["properties"]["outcome"]["enum"]
    lines = "\n".join(_outcome(each.value, ("code", False)) for each in Kind)
    assert {each["outcome"] for each in not_syncing(lines)} == set(told)


@pytest.mark.parametrize(
    ("zone", "began", "next_run"),
    [
        ("Europe/London", "23 November 2026, 04:00 GMT", "24 November 2026, 04:00 GMT"),
        ("Asia/Kolkata", "23 November 2026, 09:30 IST", "24 November 2026, 04:00 IST"),
        ("America/Sao_Paulo", "23 November 2026, 01:00 UTC-03", "23 November 2026, 04:00 UTC-03"),
    ],
)
def test_a_mail_tells_times_in_the_connection_s_zone(
    store: Journal, zone: str, began: str, next_run: str
) -> None:
    nightly = Schedule(zone=zone, spread=timedelta())
    customer = replace(connection(hook()), schedule=nightly)
    after_run(customer, refused(store, "R102", MONDAY), store, MONDAY)
    (body,) = [each.draft.body for each in undelivered(store)]
    text = text_of(body)
    assert f"The connection acme fails, since {began}." in text
    assert f"Next run: {next_run}" in text
    after_run(customer, ended(store, after(1)), store, after(1))
    for each in undelivered(store):
        assert "T04:00:00" not in text_of(each.draft.body)
    by_hand = replace(customer, schedule=None)
    after_run(by_hand, refused(store, "R103", after(2)), store, after(2))
    last = text_of(undelivered(store)[-1].draft.body)
    assert "Next run: none is due; it runs by hand" in last
    assert "25 November 2026, 04:00 UTC" in last


def test_the_next_run_is_not_the_one_that_the_notice_is_about(store: Journal) -> None:
    customer = replace(connection(hook()), schedule=Schedule(spread=timedelta()))
    first_seen(store, "acme", instant_text(after(-1)))
    take(store, "acme", instant_text(MONDAY), instant_text(MONDAY), "runner")
    run = refused(store, "R102", MONDAY, why=Why.SCHEDULE)
    after_run(customer, run, store, MONDAY + timedelta(minutes=1))
    assert bodies(store)[-1]["data"]["next_run"] == instant_text(after(1))


def test_a_week_in_the_future_is_put_right_and_the_next_summary_is_written(store: Journal) -> None:
    customer = connection(hook())
    weekly([customer], store, after(-14))
    weekly([customer], store, after(14))  # under a clock that was ahead
    refused(store, "R102", after(14))
    assert forget_future(store, "acme", after(0))
    before = len(bodies(store))
    for day in range(1, 9):
        weekly([customer], store, after(day))
    assert len(bodies(store)) == before + 1


def test_no_next_run_is_told_while_the_clock_is_wrong(store: Journal) -> None:
    after_run(connection(hook()), refused(store, "F124", MONDAY), store, MONDAY)
    assert "Next run" not in text_of(undelivered(store)[0].draft.body)


def test_access_is_not_said_to_end_with_a_run_that_is_recorded_in_the_future(
    store: Journal,
) -> None:
    ended(store, MONDAY)
    ended(store, after(50))  # under a clock that was ahead
    after_run(connection(hook()), refused(store, "F124", after(1)), store, after(1))
    (told,) = bodies(store)
    assert told["data"]["access"]["since"] == instant_text(MONDAY)
    assert told["data"]["next_run"] is None
    assert told["data"]["run"]["still_in"] is None
    assert "people who left since 23 November 2026" in " ".join(
        text_of(undelivered(store)[0].draft.body).split()
    )
    Draft202012Validator(SCHEMA).validate(told)


def test_who_can_still_get_in_is_known_of_runs_that_got_to_their_end(store: Journal) -> None:
    customer = connection(hook())
    guards = ("target_shrink",)
    for night, run in enumerate(
        (
            lambda now: ended(store, now, {"a": (Ending.REJECTED, "W105")}),
            lambda now: refused(store, "R105", now),
            lambda now: died(store, now),
            lambda now: ended(store, now, {"b": (Ending.HELD, "")}, guards=guards),
            lambda now: ended(store, now, {"b": (Ending.HELD, "")}, guards=("updates",)),
        )
    ):
        after_run(customer, run(after(night)), store, after(night))
    told = {each["data"]["run"]["id"]: each["data"]["run"]["still_in"] for each in bodies(store)}
    assert told == {1: 0, 2: None, 3: None, 4: None, 5: 0}


def test_who_can_still_get_in_comes_before_what_payroll_is_to_correct(store: Journal) -> None:
    found = (StillIn("1", "A", "1", "7", "refused"),)
    leave = {"a": (Ending.REJECTED, "W105")}
    run = ended(store, MONDAY, leave, still_in=found, verb=Verb.LEAVE)
    after_run(connection(hook()), run, store, MONDAY)
    first, second = bodies(store)[0]["data"]["causes"]
    assert (first["code"], second["code"]) == ("still_in", "W105")
    assert second["who"] == "the target's administrator"
    assert second["steps"][0].startswith("Block them by hand")
    mixed = {**leave, "b": (Ending.NOT_SENT, "W111")}
    again = ended(store, after(1), mixed, still_in=found, verb=Verb.UPDATE)
    after_run(connection(hook()), again, store, after(1))
    (new,) = bodies(store)[-1]["data"]["causes"]
    assert (new["code"], new["who"]) == ("W111", "payroll")


def test_a_mail_shows_what_an_odd_field_is_called(store: Journal) -> None:
    after_run(connection(hook()), ended(store, MONDAY, guards=("x.\x1b[31m",)), store, MONDAY)
    (notice,) = undelivered(store)
    assert subject_of(notice.draft.body).endswith(r"a guard (x.\x1b[31m)")
    assert r"x.\x1b[31m: 4 now" in text_of(notice.draft.body)


def test_who_does_not_sync_is_counted_by_reason() -> None:
    assert not_syncing(PLAN) == [
        {"outcome": "ineligible", "reason": "email", "records": 2},
        {"outcome": "conflict", "reason": "ambiguous", "records": 1},
    ]
    assert not_syncing("") == not_syncing('{"actions":torn') == []


# The week.


@pytest.mark.parametrize(
    ("instant", "week"),
    [
        ("2026-11-23T07:59:59+00:00", "2026-W47"),
        ("2026-11-23T08:00:00+00:00", "2026-W48"),
        ("2026-03-30T06:59:59+00:00", "2026-W13"),
        ("2026-03-30T07:00:00+00:00", "2026-W14"),  # summer time began the day before
        ("2027-01-03T12:00:00+00:00", "2026-W53"),
    ],
)
def test_a_week_begins_on_monday_at_eight_on_the_wall(instant: str, week: str) -> None:
    customer = replace(connection(), schedule=Schedule(zone="Europe/London"))
    assert week_of(customer, datetime.fromisoformat(instant)) == week


def test_the_summary_comes_once_a_week_and_not_before_a_week_is_over(store: Journal) -> None:
    customer = replace(connection(hook()), schedule=None)
    other = connection(hook("https://x.example.com", frozenset({Occasion.FAILURE})), name="quiet")
    for hours in range(0, 24 * 22, 6):  # the first Monday is over in four hours
        now = MONDAY + timedelta(hours=hours)
        weekly([customer, other], store, now)
    assert kinds(store) == ["weekly", "weekly", "weekly"]
    told = [instant_of(each.created) for each in undelivered(store)]
    assert [each.astimezone(ZoneInfo("UTC")).isoformat()[:13] for each in told] == [
        "2026-11-30T10",
        "2026-12-07T10",
        "2026-12-14T10",
    ]
    weekly([customer], store, MONDAY)  # a clock that was set back
    assert len(kinds(store)) == 3


@given(st.lists(st.integers(1, 24 * 40), min_size=1, max_size=6))
@settings(max_examples=15)
def test_no_hour_is_left_out_of_all_summaries(pauses: list[int]) -> None:
    """However late they come, as after a machine that was off."""
    with TemporaryDirectory() as folder, Journal.open(Path(folder) / "journal.db") as store:
        customer, now = connection(hook()), MONDAY
        weekly([customer], store, now)
        for hours in pauses:
            now += timedelta(hours=hours)
            weekly([customer], store, now)
        told = [each["data"] for each in bodies(store)]
    spans = [(instant_of(each["from"]), instant_of(each["until"])) for each in told]
    for begins, ends in spans:
        assert ends - begins >= timedelta(days=7)
    for (_, before), (begins, _) in pairwise(spans):
        assert begins <= before


def test_a_connection_that_an_older_version_has_seen_is_not_new(store: Journal) -> None:
    customer = connection(hook())
    take_week(store, "acme", "2026-W47", "2026-W47")
    weekly([customer], store, after(0.25))
    assert kinds(store) == ["weekly"]


# Signatures.


def test_the_signature_is_that_of_the_specification_s_own_example() -> None:
    found = signature(
        Secret(SECRET), "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
    )
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    "text", ["plain text", "whsec_", "whsec_%%%", "whsec_c2hvcnQ=", "whsec_" + "A" * 100]
)
def test_a_secret_of_another_form_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(BadSecret) as caught:
        signature(Secret(text), "msg_1", 1, b"{}")
    assert text not in str(caught.value)


def test_padding_of_a_secret_may_be_left_out() -> None:
    secrets = [Secret("whsec_" + "QUFB" * 8 + "QUE" + pad) for pad in ("", "=")]
    assert len({signature(each, "msg_1", 1, b"{}") for each in secrets}) == 1


def in_the_page(language: str, word: str) -> str:
    """Return the block of code of the page on notifications that holds a word."""
    page = Path(__file__).resolve().parents[2] / "docs" / "notifications.md"
    found = re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)
    (block,) = (each for each in found if word in each)
    return str(block)


def test_the_page_s_python_tells_what_is_genuine() -> None:
    names: dict[str, Any] = {}
    exec(in_the_page("python", "def is_genuine"), names)  # it is ours, and what is tested
    sent = int(time.time())
    headers = {"Webhook-Id": "msg_1", "Webhook-Timestamp": str(sent)}
    headers["Webhook-Signature"] = "v1,AAAA " + signature(Secret(SECRET), "msg_1", sent, b"{}")
    assert names["is_genuine"](headers, b"{}", SECRET)
    assert not names["is_genuine"](headers, b"{ }", SECRET)
    assert not names["is_genuine"]({**headers, "Webhook-Timestamp": str(sent - 301)}, b"{}", SECRET)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl")
def test_the_page_s_shell_prints_the_signature(tmp_path: Path) -> None:
    (tmp_path / "body.json").write_bytes(b'{"test": 2432232314}')
    given = {"WEBHOOK_ID": "msg_p5jXN8AQM9LWM0D4loKWxJek", "WEBHOOK_TIMESTAMP": "1614265330"}
    printed = shell(in_the_page("sh", "hexkey"), tmp_path, SECRET=SECRET, **given)
    assert printed == "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    made = shell(in_the_page("sh", "rand"), tmp_path)
    assert signature(Secret(made), "msg_1", 1, b"{}").startswith("v1,")


def shell(script: str, folder: Path, **given: str) -> str:
    """Return what a script prints."""
    env = {"PATH": os.environ["PATH"], **given}
    ended = subprocess.run(
        ["/bin/sh", "-ec", script], cwd=folder, env=env, capture_output=True, check=True, text=True
    )
    return ended.stdout.strip()


# Webhooks, over real HTTP.


def endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    handler.close_connection = True
    try:
        while True:
            handler.wfile.write(b"x" * 65_536)
    except OSError:
        pass


def dripping(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True
    try:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for number in range(1000):
            handler.wfile.write(f"X-{number}: x\r\n".encode())
            time.sleep(0.02)
    except OSError:
        pass


def signed_hook(url: str, monkeypatch: pytest.MonkeyPatch, secret: str = SECRET) -> Webhook:
    monkeypatch.setenv("HOOK_SECRET", secret)
    return Webhook(url, SecretRef(SecretKind.ENV, "HOOK_SECRET"), EVERYTHING)


def test_a_webhook_gets_json_with_a_signature_that_others_verify(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with listening() as server:
        body = sample_body(connection(), MONDAY)
        send(signed_hook(server.url, monkeypatch), body, datetime.now(UTC))
        (heard,) = server.heard
    assert heard.headers["content-type"] == "application/json"
    assert heard.headers["webhook-id"] == json.loads(body)["id"]
    assert heard.body == body.encode()
    assert Verifier(SECRET).verify(heard.body, heard.headers)["type"] == "connection.test"
    with pytest.raises(WebhookVerificationError):
        Verifier(SECRET).verify(heard.body + b" ", heard.headers)
    assert not {"cookie", "authorization"} & set(heard.headers)


@pytest.mark.parametrize(
    ("answer", "code", "final"),
    [
        (status(500), "N102", False),
        (status(401), "N102", False),
        (status(410), "N104", True),
        (status(302, Location="http://127.0.0.1:1/elsewhere"), "N103", False),
        (dripping, "N101", False),
    ],
)
def test_a_webhook_that_does_not_take_it_is_told_apart(
    answer: Answer, code: str, final: bool
) -> None:
    with listening(answer) as server:
        # The others answer at once, however busy this machine is.
        patience = Trust(seconds=0.3 if answer is dripping else 30)
        with pytest.raises(Undelivered) as caught:
            send(hook(server.url), sample_body(connection(), MONDAY), MONDAY, patience)
        assert len(server.heard) == 1
    assert (caught.value.diagnostic.code, caught.value.final) == (code, final)
    assert "/hook" not in str(caught.value)


def test_an_answer_without_end_is_not_read_to_it() -> None:
    with listening(endless) as server:
        send(hook(server.url), sample_body(connection(), MONDAY), MONDAY)


@pytest.mark.parametrize(
    ("said", "minutes"), [("120", 2), ("999999999", 0), ("Mon, 23 Nov 2026 05:00:00 GMT", 60)]
)
def test_a_webhook_may_ask_us_to_wait(said: str, minutes: int) -> None:
    with listening(status(503, Retry_After=said)) as server, pytest.raises(Undelivered) as caught:
        send(hook(server.url), sample_body(connection(), MONDAY), MONDAY)
    assert caught.value.after == timedelta(minutes=minutes)


def test_only_this_machine_is_spoken_to_without_tls() -> None:
    with pytest.raises(Undelivered, match="https"):
        send(hook("http://hooks.example.com/x"), sample_body(connection(), MONDAY), MONDAY)


def test_certificates_are_verified() -> None:
    authority = trustme.CA()
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server_side)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    with listening(tls=server_side) as server:
        to = hook(server.url.replace("http:", "https:"))
        send(to, sample_body(connection(), MONDAY), MONDAY, Trust(trusting))
        with pytest.raises(Undelivered, match="N101"):
            send(to, sample_body(connection(), MONDAY), MONDAY)
        assert len(server.heard) == 1


def test_a_secret_that_cannot_be_used_is_no_unsigned_notice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with listening() as server:
        to = signed_hook(server.url, monkeypatch, "only-some-text")
        with pytest.raises(Undelivered, match="N105") as caught:
            send(to, sample_body(connection(), MONDAY), MONDAY)
        assert "only-some-text" not in str(caught.value)
        monkeypatch.delenv("HOOK_SECRET")
        with pytest.raises(Refused, match="C112"):
            send(to, sample_body(connection(), MONDAY), MONDAY)
        assert server.heard == []


def test_no_log_holds_a_webhook_s_address(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    with listening() as server:
        send(hook(f"{server.url}/s3cr3t"), sample_body(connection(), MONDAY), MONDAY)
        assert server.heard[0].path.endswith("s3cr3t")
    assert "s3cr3t" not in caplog.text


# Mail, over a real SMTP server.


@dataclass
class Post:
    """Takes mail, or answers with something else."""

    reply: str = "250 taken"
    came: list[Envelope] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)

    async def handle_DATA(self, server: object, session: object, envelope: Envelope) -> str:
        self.came.append(envelope)
        return self.reply

    def authenticate(
        self, server: object, session: object, envelope: object, mechanism: str, data: object
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=data.password == b"right", handled=False)


@contextmanager
def post_office(post: Post, **options: Any) -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    office = Controller(post, hostname="127.0.0.1", port=port, **options)
    office.start()
    try:
        yield port
    finally:
        office.stop()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    return context


@pytest.fixture
def trusting(authority: trustme.CA) -> Trust:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return Trust(context, seconds=10)


def test_a_mail_arrives_as_plain_text_for_nobody_s_holiday_answer(store: Journal) -> None:
    post = Post()
    after_run(connection(hook()), refused(store, "R102", MONDAY), store, MONDAY)
    with post_office(post) as port:
        send(mailbox(port), waiting(store)[0].draft.body, MONDAY)
    (envelope,) = post.came
    assert envelope.mail_from == "oneway@example.com"
    assert envelope.rcpt_tos == ["payroll@example.com"]
    text = bytes(envelope.content or b"").decode("ascii")
    assert "Subject: [oneway] acme: a system refuses the credentials (R102)\r\n" in text
    assert "Auto-Submitted: auto-generated" in text
    assert re.search(r"Message-ID: <msg_[0-9a-f]{32}@example.com>", text)
    assert "text/plain" in text
    assert "oneway runs show 1" in text


def test_mail_goes_over_starttls_with_a_login(
    tls: ssl.SSLContext, trusting: Trust, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = Post()
    monkeypatch.setenv("MAIL_PASSWORD", "right")
    options = {"tls_context": tls, "require_starttls": True, "authenticator": post.authenticate}
    with post_office(post, **options, auth_required=True) as port:
        to = replace(
            mailbox(port, Security.STARTTLS),
            user="oneway",
            password=SecretRef(SecretKind.ENV, "MAIL_PASSWORD"),
        )
        send(to, sample_body(connection(), MONDAY), MONDAY, trusting)
        assert post.logins == [("oneway", "right")]
        assert len(post.came) == 1
        with pytest.raises(Undelivered, match="N108"):
            send(to, sample_body(connection(), MONDAY), MONDAY)  # nobody known signed it
        monkeypatch.setenv("MAIL_PASSWORD", "wrong-p4ssword")
        with pytest.raises(Undelivered, match="N107") as caught:
            send(to, sample_body(connection(), MONDAY), MONDAY, trusting)
        assert "p4ssword" not in str(caught.value)
        assert len(post.came) == 1


def test_mail_goes_over_tls_from_the_first_byte(tls: ssl.SSLContext, trusting: Trust) -> None:
    post = Post()
    with post_office(post, ssl_context=tls) as port:
        to = mailbox(port, Security.TLS)
        send(to, sample_body(connection(), MONDAY), MONDAY, trusting)
    assert len(post.came) == 1


def test_without_starttls_nothing_is_sent(trusting: Trust) -> None:
    post = Post()
    with post_office(post) as port, pytest.raises(Undelivered, match="N108"):
        send(mailbox(port, Security.STARTTLS), sample_body(connection(), MONDAY), MONDAY, trusting)
    assert post.came == []


def test_without_tls_only_this_machine_is_spoken_to() -> None:
    to = replace(mailbox(25), server="smtp.example.com")
    with pytest.raises(Undelivered, match="N108"):
        send(to, sample_body(connection(), MONDAY), MONDAY)


def test_an_address_beyond_ascii_needs_a_server_that_takes_it() -> None:
    post = Post()
    with post_office(post, enable_SMTPUTF8=True) as port:
        send(
            replace(mailbox(port), to=("zoë@example.com",)),
            sample_body(connection(), MONDAY),
            MONDAY,
        )
    assert post.came[0].rcpt_tos == ["zoë@example.com"]
    with (
        post_office(Post(), enable_SMTPUTF8=False) as port,
        pytest.raises(Undelivered, match=r"no SMTPUTF8.*N107"),
    ):
        send(
            replace(mailbox(port), to=("zoë@example.com",)),
            sample_body(connection(), MONDAY),
            MONDAY,
        )


def test_a_mail_server_that_refuses_is_told_by_its_number_alone() -> None:
    post = Post(reply=f"554 {CANARY}")
    with post_office(post) as port, pytest.raises(Undelivered, match=r"554.*N107") as caught:
        send(mailbox(port), sample_body(connection(), MONDAY), MONDAY)
    assert CANARY not in str(caught.value)


def test_a_mail_server_that_drips_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        ended = threading.Event()

        def drip() -> None:
            peer, _ = server.accept()
            with peer:
                while not ended.wait(0.02):
                    try:
                        peer.sendall(b"220-wait\r\n")
                    except OSError:
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        try:
            to = mailbox(server.getsockname()[1])
            with pytest.raises(Undelivered, match="N106"):
                send(to, sample_body(connection(), MONDAY), MONDAY, Trust(seconds=0.3))
        finally:
            ended.set()
            thread.join()


@pytest.mark.parametrize("address", ["a@example.com\r\nBcc: b@example.com", "a@example.com\n"])
def test_no_header_can_be_slipped_into_a_mail(address: str) -> None:
    for to in (replace(mailbox(25), to=(address,)), replace(mailbox(25), sender=address)):
        with pytest.raises(Undelivered, match="N107"):
            message_of(to, sample_body(connection(), MONDAY), MONDAY)


def test_a_server_that_is_not_there(free_port: int) -> None:
    for to in (mailbox(free_port), hook(f"http://127.0.0.1:{free_port}/x")):
        with pytest.raises(Undelivered, match=r"N10[16]"):
            send(to, sample_body(connection(), MONDAY), MONDAY)


@pytest.fixture
def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_a_deadline_ends_what_is_opened_after_it_too() -> None:
    left, right = socket.socketpair()
    with left, right, within(0) as deadline:
        while not deadline.over:
            time.sleep(0)
        deadline.note(left)
        assert right.recv(1) == b""


# Delivery.


def queued(store: Journal, *urls: str) -> Connection:
    """Let one failure wait for each webhook."""
    customer = connection(*(hook(url, EVERYTHING - {Occasion.WEEKLY}) for url in urls))
    after_run(customer, refused(store, "R102", MONDAY), store, MONDAY)
    return customer


def test_what_waits_is_sent_once(store: Journal) -> None:
    with listening() as server:
        customer = queued(store, server.url)
        assert deliver([customer], store, after(0)).sent == 1
        assert deliver([customer], store, after(1)).sent == 0
        assert len(server.heard) == 1
    assert undelivered(store) == ()


def test_a_dead_webhook_is_tried_with_growing_pauses_and_then_given_up(store: Journal) -> None:
    with listening(status(500)) as server:
        customer = queued(store, server.url)
        now, tries = MONDAY, []
        while not undelivered(store)[0].given_up:
            assert deliver([customer], store, now - timedelta(seconds=1)).troubles == ()
            found = deliver([customer], store, now)
            assert [each.code for each in found.troubles] == ["N102"]
            tries.append(now)
            assert now < after(4)
            now = instant_of(undelivered(store)[0].next_try or instant_text(now))
    pauses = [later - earlier for earlier, later in pairwise(tries)]
    assert tuple(pauses[: len(PAUSES)]) == PAUSES
    assert set(pauses[len(PAUSES) :]) == {PAUSES[-1]}
    assert after(2.5) < tries[-1] <= MONDAY + PATIENCE
    assert "500" in undelivered(store)[0].error
    ids = {each.headers["webhook-id"] for each in server.heard}
    assert len(ids) == 1
    assert waiting(store) == ()


def test_the_summary_of_a_week_arrives_late_where_a_server_was_down_for_days(
    store: Journal,
) -> None:
    """It was given up after three days, and dropped when the next notice arrived."""
    with listening(status(500)) as server:
        customer = connection(hook(server.url))
        take_week(store, "acme", "2026-W47", "2026-W47")
        weekly([customer], store, after(0.25))
        for hours in range(6, 24 * 5, 2):
            deliver([customer], store, MONDAY + timedelta(hours=hours))
        server.answers[:] = [status(204)]
        after_run(customer, refused(store, "R102", after(5)), store, after(5))
        later = (MONDAY + timedelta(hours=hours) for hours in range(24 * 5, 24 * 6, 2))
        assert sum(deliver([customer], store, now).sent for now in later) == 2
        types = [json.loads(each.body)["type"][11:] for each in server.heard]
    assert types[-2:] == ["weekly", "failure"]
    assert undelivered(store) == ()


def test_the_notices_of_a_channel_keep_their_order_and_a_dead_one_is_asked_once(
    store: Journal,
) -> None:
    with listening(status(500), status(500), status(204)) as server:
        customer = queued(store, server.url)
        after_run(customer, ended(store, after(0.1)), store, after(0.1))
        deliver([customer], store, after(0.2))
        deliver([customer], store, after(0.3))
        assert [json.loads(each.body)["type"][11:] for each in server.heard] == ["failure"] * 2
        assert deliver([customer], store, after(1)).sent == 2
        assert [json.loads(each.body)["type"][11:] for each in server.heard[2:]] == [
            "failure",
            "recovery",
        ]


def test_a_webhook_that_is_gone_is_not_tried_again(store: Journal) -> None:
    with listening(status(410)) as server:
        customer = queued(store, server.url)
        deliver([customer], store, after(0))
        deliver([customer], store, after(1))
        assert len(server.heard) == 1
    assert undelivered(store)[0].given_up


def test_one_channel_that_is_dead_holds_up_no_other(store: Journal, free_port: int) -> None:
    with listening() as server:
        customer = queued(store, f"http://127.0.0.1:{free_port}/x", server.url)
        found = deliver([customer], store, MONDAY)
        assert (found.sent, [each.code for each in found.troubles]) == (1, ["N101"])


def test_a_server_that_does_not_answer_is_waited_for_once(store: Journal) -> None:
    with listening(dripping) as server:
        names = [f"c{number}" for number in range(30)]
        customers = [connection(hook(server.url), name=name) for name in names]
        for each in customers:
            after_run(each, refused(store, "R102", MONDAY, each.name), store, MONDAY)
        found = deliver(customers, store, MONDAY, Trust(seconds=0.3))
        assert len(found.troubles) <= 8
        assert len(server.heard) <= 8
    assert len(waiting(store)) == len(names)


def test_a_channel_that_is_written_twice_is_one_that_is_told_of_both(store: Journal) -> None:
    twice = [
        hook(on=frozenset({Occasion.FAILURE})),
        hook(on=frozenset({Occasion.GUARD, Occasion.FAILURE})),
    ]
    customer = connection(*twice)
    after_run(customer, refused(store, "R102", after(0)), store, after(0))
    after_run(customer, ended(store, after(1), guards=("leavers",)), store, after(1))
    assert kinds(store) == ["failure", "guard"]


def test_a_reminder_names_what_still_is_so(store: Journal) -> None:
    customer = connection(hook())
    both = {"a": (Ending.NOT_SENT, "W101"), "b": (Ending.NOT_SENT, "W106")}
    after_run(customer, ended(store, after(0), both), store, after(0))
    one = {"a": (Ending.NOT_SENT, "W106")}
    after_run(customer, ended(store, after(7), one), store, after(7))
    first, reminder = (each["data"] for each in bodies(store))
    assert [each["code"] for each in first["causes"]] == ["W101", "W106"]
    assert [each["code"] for each in reminder["causes"]] == ["W106"]
    assert (first["reminder"], reminder["reminder"]) == (False, True)
    assert "for a write, still (W106)" in subject_of(undelivered(store)[1].draft.body)


def test_a_mistake_of_ours_holds_up_nobody(store: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError(CANARY)

    monkeypatch.setattr("oneway.notices.delivery.post", broken)
    customer = queued(store, "https://hooks.example.com/x")
    assert [each.code for each in deliver([customer], store, MONDAY).troubles] == ["N110"]
    assert CANARY not in undelivered(store)[0].error


def test_who_dies_after_sending_sends_the_same_again_later_and_not_at_once(
    store: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def killed(*_: object) -> None:
        raise Killed

    with listening() as server:
        customer = queued(store, server.url)
        with monkeypatch.context() as patched:
            patched.setattr("oneway.notices.delivery.delivered", killed)
            with pytest.raises(Killed):
                deliver([customer], store, MONDAY)
        deliver([customer], store, MONDAY + timedelta(minutes=1))
        assert len(server.heard) == 1
        deliver([customer], store, MONDAY + timedelta(minutes=11))
        first, second = server.heard
        assert first.headers["webhook-id"] == second.headers["webhook-id"]
        assert first.body == second.body


def test_of_two_who_deliver_at_once_one_sends(store: Journal) -> None:
    queued(store, "https://hooks.example.com/x")
    (notice,) = waiting(store)
    until = instant_text(after(1))
    assert [take_notice(store, notice, until) for _ in range(2)] == [True, False]


def test_a_channel_that_is_no_longer_in_the_file_is_not_written_to(store: Journal) -> None:
    queued(store, "https://hooks.example.com/old")
    found = deliver([connection(hook("https://hooks.example.com/new"))], store, MONDAY)
    assert [each.code for each in found.troubles] == ["N109"]
    assert undelivered(store)[0].given_up


def test_the_channel_that_takes_the_place_of_another_is_told_of_what_goes_on(
    store: Journal,
) -> None:
    """The usual remedy for a webhook that does not answer is another URL."""
    queued(store, "https://hooks.example.com/old")
    with listening() as server:
        new = connection(hook(server.url))
        after_run(new, refused(store, "R102", after(1)), store, after(1))
        assert deliver([new], store, after(1)).sent == 1
        after_run(new, ended(store, after(2)), store, after(2))
        assert deliver([new], store, after(2)).sent == 1
    assert [json.loads(each.body)["type"] for each in server.heard] == [
        "connection.failure",
        "connection.recovery",
    ]
    assert not undelivered(store)  # nor that of the channel that is gone


def test_an_answer_of_gone_is_tried_again_after_half_a_day_and_not_at_each_run(
    store: Journal,
) -> None:
    with listening(status(410)) as server:
        customer = connection(hook(server.url, frozenset({Occasion.FAILURE})))
        for hours in range(24):
            now = after(hours / 24)
            after_run(customer, refused(store, "R102", now), store, now)
            deliver([customer], store, now)
        assert len(server.heard) == 2
    assert len(undelivered(store)) == 1


def test_the_notices_of_other_connections_wait(store: Journal) -> None:
    queued(store, "https://hooks.example.com/x")
    assert deliver([connection(name="other")], store, MONDAY).troubles == ()
    assert waiting(store)[0].tries == 0


def test_a_store_is_told_what_may_be_forgotten(store: Journal) -> None:
    customer = queued(store, "https://hooks.example.com/x")
    after_run(customer, ended(store, after(1)), store, after(1))
    first, second = waiting(store)
    delivered(store, first, instant_text(after(1)), channels(customer))
    forget_notices(store, instant_text(after(30)))
    assert [each.id for each in undelivered(store)] == [second.id]  # it may arrive yet
    forget_notices(store, instant_text(after(30)), "another")
    delivered(store, second, instant_text(after(2)), channels(customer))
    forget_notices(store, instant_text(after(30)))
    from sqlalchemy import select

    from oneway.history.journal.tables import incident, notice

    assert store.rows(select(notice)) == store.rows(select(incident)) == []


def test_a_channel_s_name_tells_nobody_where_to_post() -> None:
    to: Sequence[Webhook | Email] = (hook("https://hooks.example.com/s3cr3t"), mailbox(25))
    assert [len(each.split()) for each in channels(connection(*to))] == [3, 3]
    assert "s3cr3t" not in channel_name(to[0])
    assert "payroll" not in channel_name(to[1])


def test_what_a_run_shows_without_a_code(store: Journal) -> None:
    run = ended(store, MONDAY, {"a": (Ending.UNKNOWN, "")})
    found = store.run(run)
    assert found is not None
    assert run_problems(found, {(Ending.UNKNOWN, ""): {"a": "s1"}}).failing == {"failed": 1}


def test_mail_that_was_taken_is_not_sent_again_for_a_bad_goodbye(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def bad(self: smtplib.SMTP) -> None:
        raise smtplib.SMTPResponseException(421, b"no")

    post = Post()
    with post_office(post) as port:
        monkeypatch.setattr(smtplib.SMTP, "quit", bad)
        send(mailbox(port), sample_body(connection(), MONDAY), MONDAY)
    assert len(post.came) == 1


CARRIED = sorted(
    {code for code, known in ALL_CODES.items() if not known.title.startswith("retired")}
    | {*REMEDIES, *(f"{kind.value}.email" for kind in GuardKind)}
)
"""Whatever a notice can be about; a scheduled run meets few of them, and none by surprise."""


@pytest.mark.parametrize("code", CARRIED)
def test_every_code_has_its_answer_in_the_mail_and_a_page(code: str) -> None:
    found = remedy_of(code)
    assert found.looks.endswith(".")
    assert found.steps
    text = " ".join(text_of(a_failure(code)).split())
    assert found.title in text
    assert found.looks in text
    assert f"For {'nobody yet' if found.kind is TroubleKind.DOUBT else found.who.value}" in text
    for number, step in enumerate(found.steps_for("acme", "the system"), 1):
        assert f"{number}. {step}" in text
    assert "NAME" not in text
    assert "SYSTEM" not in text
    assert f"More: oneway docs {found.code if found.documented else 'codes'}" in text
    page = Path(ROOT, found.page).read_text(encoding="utf-8")
    assert found.code in page
    if code in REMEDIES:
        said = " ".join(page.split())
        assert found.looks in said
        assert all(step in said for step in found.steps_for("NAME"))


def a_failure(code: str) -> str:
    """Return a notice about one code, as it is sent."""
    run = {"id": 1, "state": "refused", "why": "schedule", "started": "2026-11-23T04:00:00Z"}
    data = {
        "connection": "acme",
        "since": "2026-11-23T04:00:00Z",
        "reminder": False,
        "causes": [{**cause_of(code, "acme", "the system"), "records": 1}],
        "records": {"missed": 1, "unknown": 0},
        "run": {**run, "still_in": 0, "counts": {"rejected": 1}},
        "command": "oneway runs show 1",
    }
    return json.dumps({"type": "connection.failure", "data": data})


def test_what_the_target_refuses_is_for_three_people() -> None:
    text = " ".join(text_of(a_failure("W105")).split())
    assert "For payroll (data): 1. See which answer each record got" in text
    assert "its administrator puts that right" in text
    assert "the operator can send them at once: `oneway sync acme --retry-now`" in text


def test_a_notice_says_which_system_refused(store: Journal) -> None:
    plan = '"inputs": {"source":{"connector":"payroll","file":null,"resource":"people"},'
    plan += '"target":{"connector":"expenses","file":null,"resource":"users"}},'
    ends = {"a": (Ending.REJECTED, "W105")}
    after_run(connection(hook()), ended(store, MONDAY, ends, plan=plan), store, MONDAY)
    (notice,) = bodies(store)
    assert notice["data"]["causes"][0]["system"] == "target (expenses users)"
    assert "For payroll (data):" in text_of(json.dumps(notice))


def test_a_notice_names_the_lookup_table_whose_system_refuses_the_key(store: Journal) -> None:
    plan = '"inputs": {"references.teams":{"connector":"expenses","file":null,"resource":"teams"},'
    plan += '"source":{"connector":"payroll","file":null,"resource":"people"}},'
    after_run(connection(hook()), ended(store, MONDAY, plan=plan), store, MONDAY)
    run = refused(store, "R102", after(1), at=Span("expenses teams"))
    after_run(connection(hook()), run, store, after(1))
    system = bodies(store)[-1]["data"]["causes"][0]["system"]
    assert system == "references.teams (expenses teams)"


@pytest.mark.parametrize("code", ["R170", "M103"])
def test_a_notice_says_which_key_or_which_mistake(store: Journal, code: str) -> None:
    said = "no record of the source has the key 'status' (leavers.when)"
    run = refused(store, code, MONDAY, text=said, at=Span("m.yaml", 7, 17))
    after_run(connection(hook()), run, store, MONDAY)
    (notice,) = bodies(store)
    assert notice["data"]["causes"][0]["detail"] == f"m.yaml:7:17: {said}"
    assert said in " ".join(text_of(json.dumps(notice)).split())


def test_the_page_of_a_run_goes_with_a_mail_that_wants_it_and_into_a_folder(
    store: Journal, tmp_path: Path
) -> None:
    reports = tmp_path / "reports"
    reports.mkdir()
    folder = NoticeFolder(str(reports), on=EVERYTHING)
    after_run(connection(folder), refused(store, "R102", MONDAY), store, MONDAY)
    done = deliver([connection(folder)], store, MONDAY, pages=pages(store))
    assert (done.sent, done.troubles) == (1, ())
    assert sorted(path.name for path in reports.iterdir()) == ["acme-1.html", "acme.html"]
    assert "The run was stopped" in (reports / "acme-1.html").read_text(encoding="utf-8")
    assert (reports / "acme.html").stat().st_mode & 0o077 == 0


def test_a_summary_puts_no_older_page_over_the_latest(store: Journal, tmp_path: Path) -> None:
    reports = tmp_path / "reports"
    reports.mkdir()
    folder = NoticeFolder(str(reports), on=EVERYTHING)
    ended(store, MONDAY, {"a": (Ending.DONE, "")})
    refused(store, "R102", after(1))
    body = summary(connection(folder), store, after(2))
    send(folder, body, after(2), pages=pages(store))
    assert sorted(path.name for path in reports.iterdir()) == ["acme-2.html", "acme.html"]
    assert "The run was stopped" in (reports / "acme.html").read_text(encoding="utf-8")
    assert json.loads(body)["data"]["last_run"] == 1


def test_a_folder_that_is_not_there_is_told_and_tried_again(store: Journal) -> None:
    folder = NoticeFolder("nowhere", on=EVERYTHING)
    after_run(connection(folder), refused(store, "R102", MONDAY), store, MONDAY)
    done = deliver([connection(folder)], store, MONDAY, pages=pages(store))
    assert done.sent == 0
    assert [each.code for each in done.troubles] == ["N112"]


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))
def test_a_folder_is_called_by_its_path(path: str) -> None:
    """`status` and `notify list` said `folder 7f26c1b2a3d4`."""
    found = NoticeFolder(path, on=EVERYTHING)
    assert channel_words(channel_name(found)) == f"folder {path}"
    assert channel_name(found) != channel_name(replace(found, path=path + "x"))


def test_the_page_is_attached_to_a_mail_that_asks_for_it(store: Journal) -> None:
    post = Post()
    with post_office(post) as port:
        box = replace(mailbox(port), report=True)
        after_run(connection(box), refused(store, "R102", MONDAY), store, MONDAY)
        assert deliver([connection(box)], store, MONDAY, pages=pages(store)).sent == 1
    (letter,) = post.came
    assert b'filename="report-1.html"' in bytes(letter.original_content or b"")


@pytest.mark.parametrize(
    ("host", "why"),
    [("nowhere.invalid", "no machine of that name is known"), ("127.0.0.1", "connection refused")],
)
def test_a_server_that_is_not_there_is_told_in_words(host: str, why: str) -> None:
    """A mail that did not arrive said `gaierror`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    box = replace(mailbox(port), server=host, security=Security.STARTTLS)
    body = sample_body(connection(hook()), MONDAY)
    for channel in (box, hook(f"https://{host}:{port}/s3cr3t")):
        with pytest.raises(Undelivered) as told:
            send(channel, body, MONDAY)
        assert why in told.value.diagnostic.summary
        assert "s3cr3t" not in str(told.value.diagnostic)


def test_a_notice_says_that_held_leavers_have_left_only_of_those_who_are_listed() -> None:
    """The last day of the others is not over; unknown is how many can get in after some runs."""
    held = {"guard": "leavers", "records": 3}
    for listed, told in [
        (0, None),
        (1, "this 1 has left"),
        (3, "these 3 have left"),
        (None, "perhaps"),
    ]:
        lines = [*texts._still_in({"run": {"still_in": listed}, "guards": [held]})]
        assert bool(lines) == (told is not None)
        assert told is None or told in lines[0]
