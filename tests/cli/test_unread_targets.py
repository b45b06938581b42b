"""A leaver's second account whose record cannot be read: what can be read tells whose it is.

Where nothing does, it may be any leaver's. A night with such a record is not done.
"""

import pytest
from cli_world import Ended, World

MAPPING = """\
oneway: 1
name: people
source: {connector: file, resource: people.csv, options: {id: code}}
target: {connector: file, resource: TARGET}
label: join(' ', [first, last])
match: [{source: code, target: reference}]
fields:
  reference: {from: code, write: on_create}
  first: first
  last: last
  email: email
leavers:
  when: status == 'Former'
  set: {leaveDate: today()}
  left: is_past(leaveDate)
lint: [{code: M227, severity: off, because: the words are known}]
"""
PEOPLE = """\
code,first,last,email,status
1,Ann,Ash,ann@example.com,Current
2,Bob,Birch,bob@example.com,Current
3,Cid,Cedar,cid@example.com,Former
"""
ROWS = """\
id,reference,first,last,email,leaveDate
1,1,Ann,Ash,ann@example.com,
2,2,Bob,Birch,bob@example.com,
3,3,Cid,Cedar,cid@example.com,2026-01-01
"""
OBJECTS = """\
{"id": "1", "reference": "1", "first": "Ann", "last": "Ash", "email": "ann@example.com", "leaveDate": null}
{"id": "2", "reference": "2", "first": "Bob", "last": "Birch", "email": "bob@example.com", "leaveDate": null}
{"id": "3", "reference": "3", "first": "Cid", "last": "Cedar", "email": "cid@example.com", "leaveDate": "2026-01-01"}
"""  # noqa: E501
SECOND = (
    '{"id": "9", "reference": null, "first": "Cid", "last": "Cedar", "email": "cid@example.com"'
)
ANYBODYS = "whose it is cannot be read: it may be that of a person who has left"
THEIRS = "as source record 3, who has left: it may be theirs"


def night(bare: World, target: str, text: str, people: str = PEOPLE) -> Ended:
    bare.write("people.csv", people)
    bare.write(target, text)
    bare.write("m.yaml", MAPPING.replace("TARGET", target))
    return bare.run("sync", "m.yaml")


@pytest.mark.parametrize(
    ("row", "name", "why"),
    [
        ("9,,Cid,Cedar,cid@example.com,#N/A", "9 Cid Cedar", f"the same email {THEIRS}"),
        ("9,,#REF!,Cedar,cid@example.com,", "9 Cedar", f"the same email {THEIRS}"),
        ("9,#N/A,Cid,Cedar,old@example.com,", "9 Cid Cedar", f"the same name {THEIRS}"),
        ("9,003,C,C,#N/A,", "9 C C", f"the same reference in another form {THEIRS}"),
        ("9,#N/A,C,C,c@example.com,", "9 C C", ANYBODYS),
        ("9,,Cid,Cedar,cid@example.com", "line 5", ANYBODYS),
        ("9,,Cid,Cedar,cid@example.com,,extra", "line 5", ANYBODYS),
    ],
)
def test_a_damaged_row_of_a_leaver_is_listed(bare: World, row: str, name: str, why: str) -> None:
    for _ in range(2):
        ended = night(bare, "users.csv", f"{ROWS}{row}\n")
        assert ended.code == 5
        assert f"! Have perhaps left, and can still get in (1) {name}: " in ended.flat
        assert why in ended.flat
    assert night(bare, "users.csv", ROWS).code == 0


@pytest.mark.parametrize(
    ("record", "name", "why"),
    [
        (f'{SECOND}, "leaveDate": null, "last": "Cedar"}}', "9 Cid", f"the same email {THEIRS}"),
        (f'{SECOND}, "leaveDate": NaN}}', "9 Cid Cedar", f"the same email {THEIRS}"),
        (f'{SECOND}, "leaveDate": null, "email": "c@example.com"}}', "9 Cid Cedar", THEIRS),
        (f'{SECOND}, "leaveDate": nul', "line 4", ANYBODYS),
    ],
)
def test_a_flawed_object_of_a_leaver_is_listed(
    bare: World, record: str, name: str, why: str
) -> None:
    ended = night(bare, "users.jsonl", f"{OBJECTS}{record}\n")
    assert ended.code == 5
    assert f"! Have perhaps left, and can still get in (1) {name}: " in ended.flat
    assert why in ended.flat


@pytest.mark.parametrize(
    "row",
    [
        "9,,Cid,Cedar,cid@example.com,2026-01-01,extra",  # whatever it seems to say
        "9,,Cid,Cedar,cid@example.com,2026-01-01",
        "9,#N/A,C,C,c@example.com,2026-01-01",
        "9,77,C,C,c@example.com,#N/A",
        "9,,Kim,Admin,kim@example.com,#N/A",
    ],
)
def test_a_damaged_row_that_is_no_leavers_or_has_left_is_not(bare: World, row: str) -> None:
    ended = night(bare, "users.csv", f"{ROWS}{row}\n")
    assert ended.code == (5 if row.endswith("extra") else 0), ended.flat


def test_a_damaged_row_matters_to_nobody_where_nobody_has_left(bare: World) -> None:
    stay = PEOPLE.replace("Former", "Current")
    row = "9,,Cid,Cedar,cid@example.com"
    assert night(bare, "users.csv", f"{ROWS.replace('2026-01-01', '')}{row}\n", stay).code == 0


def test_who_was_listed_stays_so_where_the_row_is_torn(bare: World) -> None:
    """Also once the source no longer has their record."""
    gone = "".join(line for line in PEOPLE.splitlines(keepends=True) if "Former" not in line)
    row = "9,,Cid,Cedar,cid@example.com"
    assert night(bare, "users.csv", f"{ROWS}{row},\n").code == 5
    for rest in (",", "", ",\n"):
        ended = night(bare, "users.csv", f"{ROWS}{row}{rest}\n", gone)
        assert ended.code == 5, ended.flat
        assert "can still get in (1)" in ended.flat
    assert night(bare, "users.csv", f"{ROWS}{row},2026-01-01\n", gone).code == 0


REMEDIES = {
    "correct it": (",10", 'types: "pay=number"'),
    "set unfit_cells: keep": (",abc", 'types: "pay=number", unfit_cells: keep'),
}


@pytest.mark.parametrize("remedy", REMEDIES)
def test_a_row_that_cannot_be_read_says_what_lets_the_leave_through(
    bare: World, remedy: str
) -> None:
    """For the sake of a cell that decides nothing; each remedy is followed to the letter."""

    def night_of(pay: str, options: str, people: str) -> Ended:
        bare.write("people.csv", people)
        rows = [f"{line}{',pay' if n == 0 else ',10'}" for n, line in enumerate(ROWS.split())]
        rows[2] = rows[2].removesuffix(",10") + pay
        bare.write("users.csv", "\n".join(rows) + "\n")
        mapping = MAPPING.replace("TARGET", f"users.csv, options: {{{options}}}")
        pay_too = "  email: email\n  pay: {value: 10, write: on_create}\n"
        bare.write("m.yaml", mapping.replace("  email: email\n", pay_too))
        return bare.run("sync", "m.yaml")

    assert night_of(",10", 'types: "pay=number"', PEOPLE).code == 0
    gone = PEOPLE.replace("bob@example.com,Current", "bob@example.com,Former")
    for _ in range(2):
        ended = night_of(",abc", 'types: "pay=number"', gone)
        assert ended.code == 5
        assert "Have left, and can still get in (1) 2 Bob Birch: " in ended.flat
        assert "the target record cannot be read: column 'pay' holds 'abc'" in ended.flat
        assert remedy in ended.flat
        assert "a person decides" not in ended.flat
    ended = night_of(*REMEDIES[remedy], gone)
    assert ended.code == 0, ended.flat
    assert "1 was marked as a leaver" in ended.flat
