"""`oneway new`, where a few rows share the value of the column that tells the others apart."""

import csv
import json
from pathlib import Path

import pytest
from cli_world import Ended, World, struck_out

Rows = list[dict[str, str]]


def staff() -> Rows:
    return [
        {"Pers. No.": f"{n:05}", "Surname": f"Oak{n % 5}", "E-mail": f"p{n}@example.com",
         "Dept.": "Ops", "Last seen on": "30.06.2026" if n in (3, 7) else ""}
        for n in range(1, 21)
    ]  # fmt: skip


def write(folder: Path, rows: Rows, logins: str = "", **more: str) -> None:
    with (folder / "staff.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0], delimiter=";")
        writer.writeheader()
        writer.writerows(rows)
    users = [
        {
            "id": f"{logins}{n}" if logins else n,
            "staffNumber": f"{n:05}",
            "mail": f"p{n}@example.com",
            "enabled": True,
            **more,
        }
        for n in range(1, 15)
    ]
    (folder / "users.json").write_text(json.dumps(users))


def draft(world: World, rows: Rows, logins: str = "") -> Ended:
    write(world.folder, rows, logins)
    return world.run("new", "map.yaml", "--source", "staff.csv", "--target", "users.json")


@pytest.mark.parametrize("more", [{"Dept.": "HR"}, {"Dept.": "HR", "E-mail": "q5@example.com"}])
def test_rows_that_share_a_number_are_named_and_the_number_stays_the_id(
    world: World, more: dict[str, str]
) -> None:
    rows = staff()
    rows.insert(5, {**rows[4], **more})
    ended = draft(world, rows)
    assert ended.code == 0, ended.err
    assert "id: Pers. No." in ended.out
    assert "00005: lines 6 and 7 have the same 'Pers. No.'" in ended.err
    assert world.run("validate", "map.yaml").code == 0
    assert world.run("plan", "map.yaml").code == 0


def test_rows_that_are_the_same_in_every_cell_are_one(world: World) -> None:
    rows = staff()
    rows += [rows[4], rows[4]]
    ended = draft(world, rows)
    assert ended.code == 0, ended.err
    assert "id: Pers. No." in ended.out
    assert "lines 6, 22 and 23 are the same record, which is read once" in ended.err


def test_a_column_of_a_few_words_is_no_id(world: World) -> None:
    rows = [{"Dept.": each["Dept."], "Surname": each["Surname"]} for each in staff()]
    assert "no column is called 'id'" in draft(world, rows).err


@pytest.mark.parametrize(
    "heading", ["Exit date", "exit_date", "Austrittsdatum", "Austritt", "Austritt am",
                "Separation Date", "Date of exit"],
)  # fmt: skip
def test_the_leaving_date_is_known_by_its_heading(world: World, heading: str) -> None:
    rows = [{heading if key == "Last seen on" else key: cell for key, cell in row.items()}
            for row in staff()]  # fmt: skip
    assert draft(world, rows).code == 0
    text = (world.folder / "map.yaml").read_text()
    read = f'"{heading}"' if " " in heading else heading
    quote = "'" if " " in heading else ""
    assert f"#   when: {quote}{read} && is_past({read}){quote}\n" in text
    assert "guess: no heading says who has left" not in text
    assert "Somebody who has left loses access" in (world.folder / "map.test.yaml").read_text()


def test_a_date_that_most_have_not_is_asked_about_where_no_heading_says_who_left(
    world: World,
) -> None:
    assert draft(world, staff()).code == 0
    text = (world.folder / "map.yaml").read_text()
    assert "# guess: no heading says who has left. Last seen on is blank for most" in text
    assert """#   when: '"Last seen on" && is_past("Last seen on")'\n""" in text
    assert "Somebody who has left loses access" in (world.folder / "map.test.yaml").read_text()


def test_a_heading_that_says_who_left_is_not_second_guessed(world: World) -> None:
    rows = [{**row, "Status": "Left" if n == 2 else "Active"} for n, row in enumerate(staff())]
    assert draft(world, rows).code == 0
    text = (world.folder / "map.yaml").read_text()
    assert "#   when: Status == 'Left'" in text
    assert "no heading says who has left" not in text


def test_the_id_of_a_new_record_is_like_those_that_are_there(world: World) -> None:
    assert draft(world, staff(), "oak").code == 0
    text = (world.folder / "map.yaml").read_text()
    number = '"Pers. No."'
    made = f"{number} && concat(''oak'', to_string(to_number({number})))"
    guess = f"  id: {{from: '{made}', write: on_create}}   # guess: so it is in 14 of 14 matched"
    assert guess in text
    assert "fields.id" not in text
    assert "R177" not in world.run("validate", "map.yaml").out
    assert new_ids(world) == [f"oak{n}" for n in range(1, 21)]


@pytest.mark.parametrize("digits", [4, 5, 6])
def test_ids_of_one_length_keep_it(world: World, digits: int) -> None:
    write(world.folder, staff())
    users = world.read("users.json")
    ids = [f"A-{n:0{digits}}" for n in range(1, 21)]
    world.write("users.json", [{**each, "id": id} for each, id in zip(users, ids, strict=False)])
    assert world.run("new", "map.yaml", "--source", "staff.csv", "--target", "users.json").code == 0
    assert new_ids(world) == ids


def test_ids_that_are_numbered_by_themselves_are_asked_about(world: World) -> None:
    """A running number says nothing of the person, and the next one is not known."""
    write(world.folder, staff())
    users = world.read("users.json")
    numbered = [{**each, "id": f"A-{n:04}"} for n, each in enumerate(users, 40)]
    world.write("users.json", numbered)
    assert world.run("new", "map.yaml", "--source", "staff.csv", "--target", "users.json").code == 0
    text = (world.folder / "map.yaml").read_text()
    assert "\n  fields.id: What is the id of a new record?\n" in text
    assert "A- and 4 digits, which are not those of Pers. No." in text
    assert world.run("validate", "map.yaml").out.count("a question is open: fields.id") == 1


def new_ids(world: World) -> list[str]:
    """Return the ids of all users once the mapping has been applied."""
    path = world.folder / "map.yaml"
    path.write_text(struck_out(path.read_text()))
    plan = world.run("plan", "map.yaml", "--out", "plan.json")
    assert plan.code == 0, plan.err
    assert world.run("apply", "plan.json").code == 0
    return [each["id"] for each in world.read("users.json")]


def test_who_gives_a_new_record_its_id_is_asked_where_the_ids_are_words(world: World) -> None:
    assert draft(world, staff(), "oak").code == 0
    path, users = world.folder / "map.yaml", world.folder / "users.json"
    path.unlink()
    users.write_text(users.read_text().replace('"oak', '"o-ak-'))
    said = [{**each, "id": f"{each['id']}-x"} for each in json.loads(users.read_text())]
    users.write_text(json.dumps(said))
    ended = world.run("new", "map.yaml", "--source", "staff.csv", "--target", "users.json")
    assert ended.code == 0, ended.err
    text = path.read_text()
    asked = "  # id:   # question: what is the id of a new record?"
    assert asked in text
    assert "R177" in world.run("validate", "map.yaml").out
    answer = """  id: {from: '"Pers. No."', write: on_create}"""
    path.write_text(text.replace(asked, f"{answer} #"))
    assert "R177" not in world.run("validate", "map.yaml").out
    assert new_ids(world)[-1] == "00020"


def test_ids_that_are_numbers_are_given_by_the_file(world: World) -> None:
    assert draft(world, staff()).code == 0
    assert "the id of a new record" not in (world.folder / "map.yaml").read_text()


def test_a_column_that_names_other_people_is_asked_about(world: World) -> None:
    bosses = ["00001", "00002", "00003", "00999"]
    rows = [{**row, "Manager no.": bosses[n % 4]} for n, row in enumerate(staff())]
    write(world.folder, rows, manager="00001")
    assert world.run("new", "map.yaml", "--source", "staff.csv", "--target", "users.json").code == 0
    text = (world.folder / "map.yaml").read_text()
    assert """  manager: '"Manager no."'""" in text
    assert (
        "    # question: 3 of its 4 values are in Pers. No.: is a number without a record" in text
    )
    assert text.count("values are in Pers. No.: is a number") == 1
    assert world.run("validate", "map.yaml").code == 0
