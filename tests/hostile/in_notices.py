"""Odd strings around what is told: nights, names, addresses; the bodies of webhooks, and mails."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from email import message_from_bytes, policy
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from listener import listening
from notified import MONDAY, after, connection, ended, hook, mailbox, refused
from oneway.connections.folder import connection_at
from oneway.core.diagnostics import Refused
from oneway.documents.schema_check import schema_text
from oneway.history.journal import Journal
from oneway.history.journal.incidents import undelivered
from oneway.notices.bodies import sample_body
from oneway.notices.email import message_of
from oneway.notices.queueing import after_run
from oneway.notices.texts import subject_of
from oneway.notices.undelivered import Undelivered
from oneway.notices.weekly import summary
from oneway.planning.endings import Ending

from . import over_http
from .in_connections import BASE
from .output import painting, wrong_json
from .world import MAPPING, World
from .written import Json, as_yaml, sendable

FILE = "connections/odd.yaml"
_NAME = "Hastings "
"""What stands before each string that nobody is to be told of."""
_FITTING = 30
"""Of longer names the target would say that they are too long."""
_LONGEST = 60
"""The most that a connection may be called; the form of notices asks for it, too."""
_LEAVING = 12
_CHANGING = re.compile(r"msg_[0-9a-f]{32}|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_HEADERS = ("from", "to", "subject", "date", "message-id", "auto-submitted", "mime-version")
_HEADERS += ("content-type", "content-transfer-encoding")


def nights(world: World, strings: Sequence[str]) -> None:
    """Tell of a night on which everything was odd: a night of plain people is told of alike."""
    strings = [s for s in strings if sendable(s)]
    plain = _night(world, [f"plain {n}" for n in range(len(strings))])
    odd = _night(world, [_NAME + s[:_FITTING] for s in strings])
    if len(plain) < 3:
        world.say(f"no more than {len(plain)} notices")
    if [_CHANGING.sub("...", each) for each in plain] != [_CHANGING.sub("...", e) for e in odd]:
        world.say("an odd night is told of otherwise than a plain one")
    for body in odd:
        world.say_all(_wrong_notice(body))
    world.tried += 4 * len(strings) + 1


def names(world: World, strings: Sequence[str]) -> None:
    """Tell of connections, fields and codes that are called by a string, which no file may be."""
    for n, s in enumerate(dict.fromkeys(s[:_LONGEST] for s in strings)):
        world.fresh()
        Path(".oneway").mkdir(mode=0o700, exist_ok=True)
        told = connection(hook(), mailbox(25), name=s)
        with Journal.open(Path(".oneway/journal.db")) as store:
            for run in _runs_of(store, s, n):
                after_run(told, run, store, MONDAY)
            bodies = [each.draft.body for each in undelivered(store)]
            bodies += [summary(told, store, after(7)), sample_body(told, MONDAY)]
        if len(bodies) < 4:
            world.say(f"no more than {len(bodies)} notices", s)
        for body in dict.fromkeys(bodies):
            world.say_all(_wrong_notice(body), s)
        world.tried += 3


def addresses(world: World, strings: Sequence[str]) -> None:
    """Send to every odd address that a connection's file may have, and look at what arrives."""
    world.fresh()
    Path("connections").mkdir(exist_ok=True)
    world.write("m.yaml", MAPPING.read_text("utf-8"))
    with listening() as server:
        for s in strings:
            for form in ("{}@example.com", "ann@{}", "{}"):
                _mailed(world, form.replace("{}", s))
            for form in (f"{server.url}/{{}}", f"{server.url}?{{}}"):
                server.heard.clear()
                if _posted(world, form.replace("{}", s)):
                    world.say_all(_wrong_request(server.heard), s)


def _night(world: World, texts: Sequence[str]) -> list[str]:
    """Run a night on which the target refuses everybody and a guard holds leavers back."""
    world.fresh()
    employees = [over_http.employee(number) for number in range(len(texts) + _LEAVING)]
    for one, s in zip(employees, texts, strict=False):
        one["personalDetails"] |= {"lastName": s, "title": s}
        one["employmentDetails"]["department"]["code"] = s
    users = [over_http.user(number) for number in range(len(texts), len(employees))]
    for one, user in zip(employees[len(texts) :], users, strict=True):
        one["status"] = "Former"
        # No field may change for many: that would hold the creates back as well.
        user["firstName"] = one["personalDetails"]["firstName"]
    world.systems.put(employees, users, [])
    answers = [{"message": s, "errors": [{"field": s, "message": s}]} for s in texts]
    world.systems.watched[1].refusing = ((422, each) for each in answers)
    with listening() as server:
        _connected(world, texts[0][:90], server.url)
        world.run("sync", FILE)
        world.systems.watched[1].refusing = None
        heard = [each.body.decode("ascii") for each in server.heard]
    with Journal.open(Path(".oneway/journal.db")) as store:
        return [*heard, summary(connection_at(FILE), store, after(7))]


def _connected(world: World, title: str, url: str) -> None:
    data = yaml.safe_load(MAPPING.read_text("utf-8")) | {"title": title}
    world.write("m.yaml", as_yaml(data))
    told = [{"webhook": {"url": url}, "on": ["failure", "guard", "recovery", "weekly"]}]
    Path("connections").mkdir(exist_ok=True)
    found = {"oneway_connection": 1, "name": "odd", "mapping": "../m.yaml", "notify": told}
    world.write(FILE, json.dumps(found))


def _runs_of(store: Journal, s: str, n: int) -> Iterator[int]:
    """Write down a run that is held back, one that fails, and one that is well."""
    ends = {"a": (Ending.REJECTED, s), "b": (Ending.UNKNOWN, "W105")}
    guards = (f"field_changes.{s}", "leavers")
    yield ended(store, MONDAY, ends, guards=guards, name=s, reason=f"{_NAME}{s}")
    yield refused(store, "R102", after(1), name=s, text=f"{_NAME}{s}")
    yield ended(store, after(2 + n), {"c": (Ending.DONE, "")}, name=s)


def _mailed(world: World, address: str) -> None:
    """Write a mail to and from an address, where a connection's file may have it."""
    email = {"to": [address], "from": address, "server": "localhost", "security": "none"}
    found = _written(world, {"email": email})
    if found is None:
        return
    to = found.notify[0]
    try:
        raw = _sent(to, sample_body(found, MONDAY))
    except Undelivered as error:
        world.say(f"a file may have an address that no mail can: {error}", address)
        return
    world.say_all(_wrong_mail(raw), address)
    message = message_from_bytes(raw, policy=policy.default)
    for header in ("From", "To"):
        if address.isascii() and str(message[header]) != address:
            world.say(f"{header} is {str(message[header])!a}", address)


def _sent(to: Any, body: str) -> bytes:
    """Return a mail as smtplib sends it: as SMTPUTF8, where an address is not ASCII."""
    message = message_of(to, body, MONDAY)
    beyond = not "".join((to.sender, *to.to)).isascii()
    return message.as_bytes(policy=message.policy.clone(utf8=beyond))


def _posted(world: World, url: str) -> bool:
    """Return whether a connection's file may have a URL; if so, send it a test."""
    if _written(world, {"webhook": {"url": url}}) is None:
        return False
    world.run("notify", "test", FILE)
    return True


def _written(world: World, told: Json) -> Any:
    """Return a connection with one channel; None if it may not have that channel."""
    whole = BASE | {"settings": {}, "source": {}, "target": {}, "notify": [told]}
    world.write(FILE, as_yaml(whole))
    world.tried += 1
    try:
        found = connection_at(FILE)
    except Refused:
        return None
    return found if found.notify else None


def _wrong_request(heard: Sequence[Any]) -> Iterator[str]:
    if len(heard) != 1:
        yield f"{len(heard)} requests came"
    for each in heard:
        yield from wrong_json(each.body.decode("latin-1"))
        if any(name.startswith("x-") for name in each.headers):
            yield "a header was injected"


def _wrong_notice(body: str) -> Iterator[str]:
    """Yield what is wrong with a notice, as a webhook gets it and as a mail."""
    yield from wrong_json(body)
    notice = json.loads(body)
    yield from (f"no notice: {each.message[:200]!a}" for each in _schema().iter_errors(notice))
    to = replace(mailbox(25), to=("payroll@example.com",))
    try:
        raw = _sent(to, body)
    except Exception as error:
        yield f"no mail: {type(error).__name__}"
        return
    yield from _wrong_mail(raw)
    if _NAME.strip().casefold() in (body + raw.decode("latin-1")).casefold():
        yield "somebody is named"
    subject = str(message_from_bytes(raw, policy=policy.default)["Subject"])
    # Between encoded words spaces may go; what is one already is read as what it encodes.
    wanted = subject_of(body)
    if "".join(subject.split()) != "".join(wanted.split()) and "=?" not in wanted:
        yield f"the subject is {subject!a}"


def _wrong_mail(raw: bytes) -> Iterator[str]:
    message = message_from_bytes(raw, policy=policy.default)
    found = [name.lower() for name in message.keys()]  # noqa: SIM118, for it says each of them
    if sorted(found) != sorted(_HEADERS):
        yield f"a mail has the headers {found}"
    for header in ("From", "To", "Subject"):
        if hidden := painting(str(message[header])):
            yield f"{header} holds {', '.join(map(ascii, sorted(hidden)))}"
    if message.is_multipart() or message.defects:
        yield f"a mail has parts, or {message.defects}"
    elif hidden := painting(message.get_content()) - {"\r"}:
        yield f"a mail holds {', '.join(map(ascii, sorted(hidden)))}"
    if any(len(line) > 998 for line in raw.split(b"\r\n")):
        yield "a mail has a line that no server takes"


@cache
def _schema() -> Draft202012Validator:
    return Draft202012Validator(json.loads(schema_text("notice")))


def cases() -> Iterator[tuple[str, Callable[[World, Sequence[str]], None]]]:
    """Yield each way in which what is told may be odd, and what tries it."""
    yield "notices: of odd nights", nights
    yield "notices: of odd names", names
    yield "notices: to odd addresses", addresses
