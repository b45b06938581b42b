"""*Include Bank Details*, switched in a connection's file: at the next run, and at no other."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from help_page.two_systems import MAPPING, PersonDraft, TwoSystems, leave

HELD = {"accountName": "A. Held", "accountNumber": "11112222", "sortCode": "000001"}
PAID = {"accountName": "A. Paid", "accountNumber": "33334444", "sortCode": "00-00-02"}
SENT = {"accountName": "A. Paid", "accountNumber": "33334444", "sortCode": "000002"}
NEWER = {"accountName": "A. Newer", "accountNumber": "55556666", "sortCode": "00-00-03"}


class Customer:
    """One connection, night after night; all that it needs stands in its file."""

    def __init__(self, systems: TwoSystems, folder: Path) -> None:
        self.systems = systems
        self.file = folder / "connections" / "acme.yaml"
        self.night = 0
        secrets = self.file.parent / "secrets"
        secrets.mkdir(parents=True)
        for side, name in (("source", "STAFFOLOGY"), ("target", "EXPENSEIN")):
            secret = secrets / side
            secret.write_text(os.environ[f"ONEWAY_{name}_API_KEY"] + "\n")
            secret.chmod(0o600)
        self.environment = {
            side: os.environ[f"ONEWAY_{name}_BASE_URL"]
            for side, name in (("source", "STAFFOLOGY"), ("target", "EXPENSEIN"))
        }
        self.employer = os.environ["ONEWAY_STAFFOLOGY_EMPLOYER"]

    def switch(self, settings: str) -> None:
        """Write the connection's file with these settings."""
        source, target = self.environment["source"], self.environment["target"]
        self.file.write_text(
            f"""\
oneway_connection: 1
name: acme
mapping: {MAPPING}
settings: {settings}
source:
  options: {{base_url: "{source}", employer: {self.employer}}}
  credentials: {{api_key: {{file: secrets/source}}}}
target:
  options: {{base_url: "{target}"}}
  credentials: {{api_key: {{file: secrets/target}}}}
"""
        )

    def run(self, command: str, *args: str) -> Any:
        """Run a command on the connection, and return what it prints as JSON."""
        as_of = f"2026-04-{self.night + 1:02}T04:00:00Z"
        ended = self.systems.run(command, "acme", "--as-of", as_of, "--format", "json", *args)
        assert ended.code == 0, ended.out + ended.err
        assert not {"11112222", "33334444", "55556666"} & set(ended.flat.split('"'))
        return json.loads(ended.out)

    def sync(self) -> int:
        """Run the night's sync and return how many actions were done."""
        self.night += 1
        return int(self.run("sync")["counts"]["done"])


@pytest.fixture
def customer(systems: TwoSystems, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Customer:
    """A connection beside both systems, and an environment that says nothing of them."""
    found = Customer(systems, tmp_path)
    for name in [each for each in os.environ if each.startswith("ONEWAY_")]:
        monkeypatch.delenv(name)
    return found


def bank(systems: TwoSystems, *people: PersonDraft) -> list[object]:
    """Return what expenses hold of each person's bank."""
    return [systems.user(each)["bankDetails"] for each in people]


def test_bank_details_sync_at_the_next_run_after_the_switch_and_at_no_other(
    systems: TwoSystems, customer: Customer
) -> None:
    known, blank = systems.known(bankDetails=dict(HELD)), systems.known(bankDetails=None)
    for person in (known, blank):
        person.employee["bankDetails"] = dict(PAID)
    customer.switch("{include_bank_details: false}")
    assert customer.sync() == 0
    assert bank(systems, known, blank) == [HELD, None]

    customer.switch("{include_bank_details: true}")
    assert bank(systems, known, blank) == [HELD, None]
    outcomes = customer.run("plan")["outcomes"]
    assert sorted(each["outcome"] for each in outcomes) == ["update", "update"]
    assert bank(systems, known, blank) == [HELD, None], "a plan writes nothing"
    assert customer.sync() == 2
    assert bank(systems, known, blank) == [SENT, SENT]

    written = dict(systems.writes())
    assert customer.sync() == 0
    assert systems.writes() == written, "and at no other run"


def test_switching_it_off_leaves_what_is_there(systems: TwoSystems, customer: Customer) -> None:
    person, leaver = systems.known(bankDetails=None), systems.known(bankDetails=None)
    for each in (person, leaver):
        each.employee["bankDetails"] = dict(PAID)
    customer.switch("{include_bank_details: true}")
    assert customer.sync() == 2
    for off in ("{include_bank_details: false}", "{}"):
        customer.switch(off)
        person.employee["bankDetails"] = dict(NEWER)
        written = dict(systems.writes())
        assert customer.sync() == 0
        assert systems.writes() == written
        assert bank(systems, person, leaver) == [SENT, SENT]
    # Whatever else is written meanwhile, the bank details stay.
    person.personal["lastName"] = "Renamed"
    leave(leaver, on="2026-03-31")
    assert customer.sync() == 2
    assert bank(systems, person, leaver) == [SENT, SENT]
    assert systems.user(person)["lastName"] == "Renamed"
    customer.switch("{include_bank_details: true}")
    customer.sync()
    assert bank(systems, person)[0] == {**NEWER, "sortCode": "000003"}
