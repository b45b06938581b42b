"""`oneway report`: a page of a run, from the journal alone."""

import stat

from cli_world import person, user

from markup import parsed


def test_a_saved_plan_has_the_page_that_it_had_when_it_was_made(world):
    made = world.run("plan", "m.yaml", "--out", "plan.json", "--format", "html")
    assert made.code == 0, made.err
    for name in ("people.json", "users.json", "teams.json"):
        (world.folder / name).rename(world.folder / f"{name}.gone")
    saved = world.run("report", "plan.json", "--debug")
    assert saved.code == 0, saved.err
    assert saved.out == made.out
    world.write("m.yaml", (world.folder / "m.yaml").read_text() + "# changed\n")
    ended = world.run("report", "plan.json")
    assert (ended.code, "[P11" in ended.err) == (1, True), ended.err


def test_a_file_that_is_no_plan_is_refused(world):
    ended = world.run("report", "people.json")
    assert (ended.code, "plan" in ended.err) == (1, True), ended.err


def test_reports_a_run_by_number_by_latest_and_by_its_connection(world):
    world.run("sync", "m.yaml", "-q")
    pages = [world.run("report", name) for name in ("1", "latest")]
    assert [each.code for each in pages] == [0, 0]
    assert pages[0].out == pages[1].out
    root = parsed(pages[0].out)
    (heading,) = root.all("h1")
    assert heading.text == "1 person was created and 1 was changed; 1 did not sync"
    text = " ".join(root.text.split())
    for said in ("Person 1", "P002", "Old Name", "Person 2", "Email is missing", "by hand"):
        assert said in text


def test_needs_neither_mapping_nor_systems(world):
    world.run("sync", "m.yaml", "-q")
    for name in ("m.yaml", "people.json", "users.json", "teams.json"):
        (world.folder / name).unlink()
    assert world.run("report", "latest").code == 0


def test_writes_a_file_for_its_owner_alone_and_says_where(world):
    world.run("sync", "m.yaml", "-q")
    world.write("report.html", "an older one").chmod(0o644)
    ended = world.run("report", "latest", "--out", "report.html")
    assert (ended.code, ended.out) == (0, "")
    assert "report.html" in ended.err
    file = world.folder / "report.html"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text("utf-8").startswith("<!doctype html>")


def test_the_output_is_ascii_and_the_same_page(world):
    world.write("people.json", [person(1, name="José <b>")])
    world.run("sync", "m.yaml", "-q")
    out = world.run("report", "latest").out
    world.run("report", "latest", "--out", "report.html")
    assert out.isascii()
    assert parsed(out).text == parsed((world.folder / "report.html").read_text("utf-8")).text
    assert "José <b>" in parsed(out).text


def test_the_command_of_a_guard_lets_exactly_these_through(world):
    people = [person(n, left=n <= 3) for n in range(1, 9)]
    world.write("people.json", people)
    world.write("users.json", [user(n) for n in range(1, 9)])
    assert world.run("sync", "m.yaml", "-q").code == 4
    root = parsed(world.run("report", "latest").out)
    (command,) = [each.text for each in root.all("pre")]
    assert command == "oneway sync m.yaml --allow leavers=3"
    program, *words = command.split(" ")
    assert program == "oneway"
    assert world.run(*words, "-q").code == 0
    heading = parsed(world.run("report", "latest").out).all("h1")[0].text
    assert heading == "3 people were marked as leavers"


def test_a_run_that_was_refused_has_a_page_too(world):
    world.run("sync", "m.yaml", "-q")
    world.write("people.json", [])
    assert world.run("sync", "m.yaml", "-q").code == 1
    root = parsed(world.run("report", "latest").out)
    assert root.all("h1")[0].text == "The run was stopped: nothing was written"
    assert "R160" in root.text


def test_sensitive_values_are_not_on_the_page(world):
    world.write("people.json", [person(1, phone="01632 960123")])
    world.run("sync", "m.yaml", "-q", "--set", "with_phone=true")
    out = world.run("report", "latest").out
    assert "set (not shown)" in out
    assert "960123" not in out


def test_refuses_a_run_that_is_none_and_a_file_that_cannot_be_written(world):
    assert "F130" in world.run("report", "latest").err
    world.run("sync", "m.yaml", "-q")
    ended = world.run("report", "99")
    assert (ended.code, "F130" in ended.err) == (1, True)
    ended = world.run("report", "latest", "--out", "no/such/folder/report.html")
    assert (ended.code, "F122" in ended.err) == (1, True)
    assert "Traceback" not in ended.err


def test_a_connection_is_reported_by_its_name_and_let_through_by_it(world):
    world.write("people.json", [person(n, left=n <= 3) for n in range(1, 9)])
    world.write("users.json", [user(n) for n in range(1, 9)])
    (world.folder / "connections").mkdir()
    text = "oneway_connection: 1\nname: acme\nmapping: ../m.yaml\nschedule: never\n"
    world.write("connections/acme.yaml", text)
    assert world.run("sync", "acme", "-q").code == 4
    root = parsed(world.run("report", "acme").out)
    assert [each.text for each in root.all("pre")] == ["oneway sync acme --allow leavers=3"]
    assert world.run("sync", "acme", "--allow", "leavers=3", "-q").code == 0
    root = parsed(world.run("report", "acme").out)
    assert root.all("h1")[0].text == "3 people were marked as leavers"
    said = "The last 2 runs together: 3 written, 3 held back, 0 not written (a change that waits"
    assert said in root.text


def test_a_plan_has_a_page_before_it_is_approved(world):
    ended = world.run("plan", "m.yaml", "--format", "html")
    assert (ended.code, ended.out.isascii()) == (0, True)
    root = parsed(ended.out)
    (heading,) = root.all("h1")
    assert heading.text == "1 person is to be created and 1 is to be changed; 1 does not sync"
    text = " ".join(root.text.split())
    for said in ("nothing is written yet", "Person 1", "Old Name", "Email is missing"):
        assert said in text
    assert "Did not sync" not in text


def test_what_a_guard_holds_in_a_plan_has_the_command_that_plans_again(world):
    world.write("people.json", [person(n, left=n <= 3) for n in range(1, 9)])
    world.write("users.json", [user(n) for n in range(1, 9)])
    root = parsed(world.run("plan", "m.yaml", "--format", "html").out)
    (command,) = [each.text for each in root.all("pre")]
    assert command == "oneway plan m.yaml --allow leavers=3 --out plan.json"
    assert world.run(*command.split()[1:]).code == 0


def test_the_page_of_a_run_without_a_connection_names_its_mapping(world):
    world.run("sync", "m.yaml", "-q")
    root = parsed(world.run("report", "latest").out)
    names = [each.text for each in root.all("dt")]
    assert "Connection" not in names
    assert "Mapping" in names
    assert root.all("title")[0].text.startswith("people,") or ", " in root.all("title")[0].text
