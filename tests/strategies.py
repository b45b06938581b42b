"""Whole worlds for property tests: mappings as text, and data whose keys come from one pool.

With free text, sources and targets almost never meet; here every key, email and code is
drawn from a few values, so that collisions, ambiguities, swaps and circles are common.
"""

from dataclasses import replace
from functools import cache
from typing import Any

from hypothesis.strategies import SearchStrategy

from draws import (
    BOOLEANS,
    Draw,
    Draws,
    choice,
    composite,
    just,
    lists,
    often,
    one_of,
    permutations,
    sets,
    together,
)
from oneway.core.diagnostics import Refused
from oneway.core.records import Record, Snapshot
from worlds import World, compiled

ABSENT = "<absent>"
BLANKS = [None, "", " ", "\u200b", ABSENT]
ODD = [7, True, [], {}, ["A1"], "\ud800"]

# The last two of each are one text to Unicode: composed, and with the accent by itself.
CODES = ["A1", "A2", "A3", "A4", "a1", " A1", "\u00c91", "E\u03011"]
MAILS = ["x@example.com", "y@example.com", "z@example.com", "X@example.com", "w@example.com"]
MAILS += [" x@example.com", "\u00e9@example.com", "e\u0301@example.com"]
NAMES = ["Ann", "Bo", "ann", "Ann ", "Anneliese", "Zo\u00eb", "Zoe\u0308"]
DEPARTMENTS = ["D1", "D2", "D3", 7, "d1"]
DEPARTMENT_IDS = ["1", "2", "3"]
ACCOUNTS = ["00000001", "00000002", "00000003", "00000004"]
GRADES = [1, "1", 2, "2.0", "1.0"]
TAGS = [["x"], ["y"], ["x", "y"], ["y", "x"], ["x", "x"], []]
PAST = ["2026-01-31", "2025-12-01"]
TODAY = "2026-06-15"
FUTURE = ["2026-06-16", "2027-03-01"]

SOURCE_EXPRESSIONS = {
    "ref": ["code"],
    "email": ["mail", "lower(mail)"],
    "fullName": ["name", "nick || name"],
    "nick": ["nick", "nick || name"],
    "dept": ["dept"],
    "tags": ["tags"],
    "bank.no": ["bank.no"],
    "grade": ["level"],
    "since": ["leave"],
    "seq": ["code"],
}
LISTS = {"tags"}
CONDITIONS = ["flag", "status == 'L'", "name", "mail", "setting('on')", "contains(tags, 'x')"]
CONDITIONS += ["!flag", "flag || status == 'L'", "flag && name"]
MATCH_KEYS = [
    {"source": "code", "target": "ref"},
    {"source": "mail", "target": "email"},
    {"source": "lower(mail)", "target": "email"},
    {"source": "bank.no", "target": "bank.no"},
    {"source": "nick", "target": "nick"},
]


# Four people, as both systems would hold them were nothing wrong.
PEOPLE = range(4)
SOURCE_PEOPLE = [
    {
        "code": CODES[n],
        "mail": MAILS[n % 3] if n < 3 else MAILS[4],
        "name": NAMES[n % 2],
        "nick": None,
        "dept": DEPARTMENTS[n % 3],
        "status": "E",
        "leave": None,
        "level": GRADES[n % 2],
        "tags": TAGS[n % 3],
        "flag": True,
        "bank": {"no": ACCOUNTS[n]},
    }
    for n in PEOPLE
]
TARGET_PEOPLE = [
    {
        "ref": CODES[n],
        "email": MAILS[n % 3] if n < 3 else MAILS[4],
        "fullName": NAMES[n % 2],
        "nick": None,
        "dept": DEPARTMENT_IDS[n % 3],
        "tags": TAGS[n % 3],
        "bank": {"no": ACCOUNTS[n]},
        "grade": GRADES[n % 2],
        "since": None,
        "leaveDate": None,
        "state": "on",
        "seq": CODES[n],
        "note": "kept",
    }
    for n in PEOPLE
]


@cache
def source_slips(dates: tuple[str, ...]) -> Draws[tuple[str, Any]]:
    """Draw one way in which a source record differs from what was expected."""
    return _slips(
        {
            "code": often(CODES, BLANKS + ODD),
            "mail": often(MAILS, BLANKS + ODD),
            "name": often(NAMES, BLANKS + ODD),
            "nick": often([*NAMES[:2], ABSENT, ""], ODD),
            "dept": often(DEPARTMENTS, BLANKS + ODD),
            "status": often(["L", "L", ABSENT], ["", None, 7, "X"]),
            "leave": often([ABSENT, "", *dates], ["2026-02-30", "soon"]),
            "level": often(GRADES, BLANKS + ODD),
            "tags": often(TAGS, [ABSENT, None, "x", 7]),
            "flag": choice([False, ABSENT, " "]),
            "bank": often([{"no": no} for no in ACCOUNTS], NO_BANK),
        }
    )


@cache
def target_slips(dates: tuple[str, ...]) -> Draws[tuple[str, Any]]:
    """Draw one way in which a target record differs from what was expected."""
    return _slips(
        {
            "ref": often(CODES, BLANKS + ODD),
            "email": often(MAILS, BLANKS + ODD),
            "fullName": often(NAMES, BLANKS + ODD),
            "nick": often([*NAMES[:2], ABSENT], ODD),
            "dept": often([*DEPARTMENT_IDS, *DEPARTMENTS], BLANKS + ODD),
            "tags": often(TAGS, [None, ABSENT, *ODD]),
            "bank": often([{"no": no} for no in ACCOUNTS], NO_BANK),
            "grade": often(GRADES, BLANKS + ODD),
            "since": choice([ABSENT, *dates, f"{TODAY}T09:00:00Z"]),
            "leaveDate": often([ABSENT, *dates, *dates], ["soon", 7, ""]),
            "state": choice(["off", None, ABSENT]),
            "seq": choice(["A2", None]),
            "note": choice([None, ABSENT]),
        }
    )


@cache
def source_gone(dates: tuple[str, ...]) -> Draws[dict[str, Any]]:
    """Draw how the source says that somebody has left."""
    leave = often([None, ABSENT, *dates], ["2026-02-30"])
    return together({"status": just("L"), "leave": leave})


@cache
def target_gone(dates: tuple[str, ...]) -> Draws[dict[str, Any]]:
    """Draw how the target says that somebody has left, or is due to."""
    return together({"state": choice(["off", "off", "on"]), "leaveDate": choice(dates)})


NO_BANK = [{"no": ""}, {}, None, ABSENT, "x", []]


@composite
def _slips(draw: Draw, fields: dict[str, Draws[Any]]) -> tuple[str, Any]:
    name = draw(choice(sorted(fields)))
    return name, draw(fields[name])


# Mostly all four, so that most people are on both sides; shrinks towards nobody.
ROWS = choice(
    [(0,), (), (0, 1), (1, 0, 2), (0, 1, 2), (0, 1, 2, 3), (3, 2, 1, 0), (0, 2, 1, 3), (2, 3, 0, 1)]
)


@composite
def snapshots(
    draw: Draw,
    people: list[dict[str, Any]],
    slips: Draws[tuple[str, Any]],
    gone: Draws[dict[str, Any]],
    left: list[bool],
    prefix: str,
) -> Snapshot:
    """Draw a read: a few of the people, some twice, some with slips; rarely broken or cut off.

    Now and then one field moves along the rows, so that values change hands: round a circle,
    or in a chain that ends with a value nobody had.
    """
    rows = [dict(people[n]) for n in draw(ROWS) + draw(often([()], [(0,), (1,)]))]
    for row in rows:
        row.update(draw(lists(slips, most=3)))
        row.update(draw(gone) if draw(choice(left)) else {})
    movable = sorted(people[0].keys() & {"ref", "email", "mail"})
    moved = draw(choice(["", "", *movable]))
    values = [row.get(moved) for row in rows]
    last = draw(choice([values[:1], values[:1] and ["new@example.com"]]))
    for row, value in zip(rows, values[1:] + last, strict=True):
        row.update({moved: value} if moved else {})
    broken = draw(often([""], [f"{prefix}0", f"{prefix}1"]))
    how = draw(choice(["torn", "torn", "twice", "damaged"])) if broken else ""
    return Snapshot(
        tuple(
            _spoilt(how, id, _stated(row, id)) if id == broken else Record(id, _stated(row, id))
            for id, row in ((f"{prefix}{n}", row) for n, row in enumerate(rows))
        ),
        complete=draw(often([True], [True, False])),
    )


def _spoilt(how: str, id: str, data: dict[str, Any]) -> Record:
    """Return a record of which nothing may follow, though it may tell whose it is."""
    if how == "damaged":
        return Record(id, data, damage="letters are lost")
    return Record(id, {"id": id} if how == "torn" else data, how)


def _stated(row: dict[str, Any], id: str) -> dict[str, Any]:
    return {key: value for key, value in row.items() if value != ABSENT} | {"id": id}


DEPARTMENT_ROWS = lists(
    together(
        {
            "code": choice(["D1", "D2", "D2", "D3", 7, "7", None, ["D1"]]),
            "value": choice(["1", "2", "3", None, ""]),
        }
    ),
    most=5,
)


@composite
def field_rules(draw: Draw, path: str, *, expression: str | None = None) -> Any:
    """Draw the rule of one target field, short or long."""
    text = expression or draw(choice(SOURCE_EXPRESSIONS[path]))
    if draw(choice([True, False, False])) and path != "seq":
        return text
    rule: dict[str, Any] = {"from": text}
    if expression is None and draw(often([False], [False, True])):
        constant = ["x"] if path in LISTS else draw(choice(["A1", "Bo"]))
        return {"value": constant}
    options = draw(choice(SOME_OPTIONS)) | draw(choice(SOME_OPTIONS))
    options -= _forbidden(path)
    if expression is not None:
        options -= {"default", "initial"}  # M131: a match key takes nobody else's value
    for option in sorted(options):
        rule[option] = draw(_option(option, path))
    if "initial" in options and rule.get("write", "overwrite") == "overwrite":
        rule = {key: rule[key] for key in rule if key not in ("default", "on_blank")}
    if path == "seq":
        rule["write"] = "never"
    if isinstance(rule.get("merge"), dict):
        rule.pop("sensitive", None)  # M132
    if rule.get("lookup"):
        rule["on_miss"] = draw(choice(ON_MISS))
    return rule


ON_MISS: list[Any] = [
    "keep", "clear", "ineligible", {"use": DEPARTMENT_IDS[0]}, {"look_up": DEPARTMENTS[0]},
]  # fmt: skip
SOME_OPTIONS = [
    frozenset(each.split())
    for each in (
        "", "write", "write", "on_blank", "compare", "default", "initial", "when", "sensitive",
        "merge sensitive", "merge", "lookup", "lookup write", "default write",
        "default initial write",
    )
]  # fmt: skip


def _forbidden(path: str) -> set[str]:
    lookup = set() if path == "dept" else {"lookup"}
    return lookup if path in LISTS else lookup | {"merge"}


OWNED: list[Any] = [{"own": ["x", "y", "z"]}, {"own": ["z", "x"]}, {"own": {"pattern": "[xz]"}}]


def _option(option: str, path: str) -> Draws[Any]:
    stand_in = ["z"] if path in LISTS else "A2" if path == "ref" else "Bo"
    choices: dict[str, list[Any]] = {
        "write": ["on_create", "if_empty", "if_empty", "never", "overwrite"],
        "on_blank": ["keep", "clear", "clear", "ineligible"],
        "compare": ["unordered", "exact"]
        if path in LISTS
        else ["exact", "ignore_case", "trimmed", "date", "number"],
        "default": [stand_in, {"from": "nick"}] if path not in LISTS else [stand_in],
        "initial": [stand_in],
        "when": CONDITIONS,
        "sensitive": [True, True, False],
        "merge": ["add", "add", "replace", *OWNED],
        "lookup": ["departments"],
    }
    return choice(choices[option])


LEAVING = [
    {"set": {"leaveDate": "leave || today()"}, "left": "is_past(leaveDate)"},
    {
        "set": {"leaveDate": "leave || today()"},
        "left": "is_past(leaveDate)",
        "scheduled": "is_future(leaveDate)",
    },
    {"set": {"state": {"value": "off"}}, "left": "state == 'off'"},
    {
        "set": {
            "leaveDate": {"from": "leave", "write": "overwrite", "on_blank": "clear"},
            "state": {"value": "off"},
        },
        "left": "state == 'off'",
        "scheduled": "is_future(leaveDate)",
    },
    {
        "set": {"leaveDate": {"from": "leave", "compare": "date"}},
        "left": "is_past(leaveDate)",
    },
    {
        "set": {"leaveDate": {"from": "leave", "on_blank": "clear"}},
        "left": "is_past(leaveDate)",
        "scheduled": "is_future(leaveDate)",
    },
    {
        "set": {"state": {"value": "off", "when": "flag"}, "leaveDate": "leave"},
        "left": "state == 'off'",
    },
    {"set": {"leaveDate": {"from": "leave", "sensitive": True}}},
    {"set": {"state": {"value": "off", "sensitive": True}}, "left": "state == 'off'"},
]


@composite
def mappings(draw: Draw) -> dict[str, Any]:
    """Draw the data of a mapping, every key of the language in it now and then."""
    keys = draw(_match_keys())
    fields = draw(_fields(keys))
    mapping: dict[str, Any] = {
        "oneway": 1,
        "name": "generated",
        "label": "to_string(name)",
        "settings": {"on": {"type": "boolean", "default": False, "description": "A switch."}},
        "source": {"connector": "payroll", "resource": "people"},
        "target": {"connector": "expenses", "resource": "users"},
        "references": {
            "departments": {
                "from": "target",
                "resource": "departments",
                "key": "code",
                "value": "value",
            }
        },
        "match": keys,
        "eligible": draw(_rules()),
        "fields": fields,
        "joiners": draw(_joiners(sorted(fields))),
    }
    leavers = draw(choice([*LEAVING, *LEAVING, None]))
    absent = ["ignore", "report"]
    if leavers is not None:
        mapping["leavers"] = {"when": "status == 'L'", **leavers}
        mapping["rehires"] = draw(choice(["reactivate", "report", "reactivate", "ignore"]))
        absent += ["deactivate", "deactivate"]
    mapping["absent"] = draw(choice(absent))
    together = draw(_together(fields))
    return mapping | ({"together": [together]} if together else {})


@composite
def _together(draw: Draw, fields: dict[str, Any]) -> list[str]:
    """Draw fields that are written only together: none most of the time.

    They are fields that no law gives another rule or makes a match key.
    """
    write = draw(choice(["overwrite", "overwrite", "on_create"]))
    alike = sorted(
        path
        for path, rule in fields.items()
        for options in [rule if isinstance(rule, dict) else {}]
        if path in ("fullName", "dept", "grade", "since")
        and options.get("write", "overwrite") == write
        and options.get("merge", "replace") == "replace"
    )
    if len(alike) < 2 or not draw(often([False], [True])):
        return []
    return draw(lists(choice(alike), fewest=2, most=3, different=str))


@composite
def _match_keys(draw: Draw) -> list[dict[str, Any]]:
    drawn = draw(
        lists(
            choice([*MATCH_KEYS[:2], *MATCH_KEYS]),
            fewest=1,
            most=3,
            different=lambda k: k["target"],
        )
    )
    compares = ["exact", "exact", "ignore_case", "trimmed"]
    return [{**key, "compare": draw(choice(compares))} for key in drawn]


@composite
def _fields(draw: Draw, keys: list[dict[str, Any]]) -> dict[str, Any]:
    paths = draw(sets(choice(sorted(SOURCE_EXPRESSIONS)), fewest=2, most=6))
    sources = {key["target"]: key["source"] for key in keys}
    if draw(often([True], [False])):
        paths |= {keys[0]["target"]}
    fields = {}
    for path in sorted(paths):
        fields[path] = draw(field_rules(path, expression=sources.get(path)))
    return fields


@composite
def _rules(draw: Draw) -> list[dict[str, Any]]:
    most = draw(choice([0, 0, 1, 2]))
    conditions = draw(lists(choice(CONDITIONS), most=most, different=str))
    rules = []
    for number, condition in enumerate(conditions):
        rule: dict[str, Any] = {"id": f"r{number}", "when": condition, "otherwise": "not fit"}
        if draw(BOOLEANS):
            whom = choice(["joiners", "movers", "leavers"])
            rule["for"] = sorted(draw(sets(whom, fewest=1)))
        rules.append(rule)
    return rules


@composite
def _joiners(draw: Draw, paths: list[str]) -> dict[str, Any]:
    taken = draw(sets(choice(paths), most=2))
    return {"create": draw(often([True], [False])), "unless_taken": sorted(taken)}


UNIQUE = [
    frozenset(each.split())
    for each in ("email", "ref email nick bank.no", "ref email", "", "nick", "ref bank.no")
]


@composite
def _any_world(draw: Draw, *, due: bool = True) -> World:
    dates = (*PAST, TODAY, *FUTURE) if due else tuple(PAST)
    source = draw(
        snapshots(SOURCE_PEOPLE, source_slips(dates), source_gone(dates), [False, False, True], "s")
    )
    target = draw(
        snapshots(TARGET_PEOPLE, target_slips(dates), target_gone(dates), [True, False], "t")
    )
    rows = draw(DEPARTMENT_ROWS)
    departments = tuple(Record(str(n), row) for n, row in enumerate(rows))
    world = World(
        mapping=draw(mappings()),
        source=source,
        target=target,
        departments=Snapshot(departments, complete=draw(often([True], [False]))),
        unique=draw(choice(UNIQUE)),
        typed=draw(BOOLEANS),
        on=draw(BOOLEANS),
        leaves_out_nulls=draw(BOOLEANS),
    )
    return draw(handed_on(world)) if draw(often([False], [True])) else world


@composite
def handed_on(draw: Draw, world: World) -> World:
    """Draw the world with emails that change hands: in chains, round circles, to joiners."""
    fields = {**world.mapping["fields"], "ref": "code", "email": "mail"}
    joiners = {"create": True, "unless_taken": draw(choice([[], ["email"]]))}
    parts = {
        "match": [MATCH_KEYS[0] | {"compare": "exact"}],
        "eligible": [],
        "fields": fields,
        "joiners": joiners,
    }
    wanted = draw(permutations([*MAILS[:3], "new@example.com"]))
    people = zip(SOURCE_PEOPLE, wanted, strict=True)
    held = draw(choice([SOURCE_PEOPLE[:3], SOURCE_PEOPLE[1:3], SOURCE_PEOPLE]))
    source = [{**person, "mail": mail} for person, mail in people]
    target = [TARGET_PEOPLE[SOURCE_PEOPLE.index(person)] for person in held]
    return replace(
        world,
        mapping=world.mapping | parts,
        source=Snapshot(tuple(Record(f"s{n}", _stated(r, f"s{n}")) for n, r in enumerate(source))),
        target=Snapshot(tuple(Record(f"t{n}", _stated(r, f"t{n}")) for n, r in enumerate(target))),
        unique=draw(choice([frozenset({"email"}), frozenset()])),
    )


@composite
def _leaving_world(draw: Draw) -> World:
    world = draw(_any_world(due=False))
    leavers = {"when": "status == 'L'", **draw(choice(LEAVING))}
    gone = draw(sets(choice(range(3)), fewest=1))
    records = tuple(
        replace(each, data={**each.data, "status": "L", "leave": PAST[0]}) if n in gone else each
        for n, each in enumerate(world.source.records)
    )
    source = replace(world.source, records=records, complete=True)
    return replace(world, mapping={**world.mapping, "leavers": leavers}, source=source)


ODD_LEAVING = [
    {"set": {"state": "nick"}, "left": "state == 'off'"},
    {"set": {"state": "nick", "leaveDate": "leave"}, "left": "state == 'off' && leaveDate"},
    {"set": {"leaveDate": "leave"}, "left": "state == 'off' || leaveDate"},
    {"set": {"leaveDate": "leave"}, "left": "seq == 'A2'", "scheduled": "is_future(leaveDate)"},
    {"set": {"leaveDate": "leave || today()"}, "left": "is_past(leaveDate) && dept == '1'"},
    {"set": {"state": {"value": "off"}}, "left": "state == 'off' && since"},
    {"set": {"leaveDate": {"from": "leave", "write": "if_empty"}}, "left": "is_past(leaveDate)"},
    {"set": {"state": "flag"}, "left": "state"},
    {"set": {"state": "flag"}, "left": "!state"},
]
"""Ways to leave of which the data decide whether what is written says that somebody has left."""


@composite
def _oddly_leaving_world(draw: Draw) -> World:
    world = draw(_world())
    leavers = {"when": "status == 'L'", **draw(choice(ODD_LEAVING))}
    rehires = draw(choice(["reactivate", "report", "reactivate"]))
    absent = draw(choice(["report", "deactivate"]))
    said = {"leavers": leavers, "rehires": rehires, "absent": absent}
    return replace(world, mapping={**world.mapping, **said})


NAMES_IN_FULL = {
    "Ann": ["Ann Lee", "Ann de Lee", "Ann Zo\u00eb"],
    "ann": ["ann lee", "ANN  LEE", "ann ray"],
    "Bo": ["Bo Ray", "Mr Bo", "Bo Lee"],
    "Anneliese": ["Ann Marie Lee", "ann@example.com"],
    "Zo\u00eb": ["Zo\u00eb Lee", "Zo?"],
}
"""Names of several words, with an email, or with a letter lost."""


@composite
def _secret_world(draw: Draw) -> World:
    world = draw(one_of(_world(), _world(), _oddly_leaving_world()))
    mapping = {**world.mapping, "fields": draw(_hidden(world.mapping["fields"]))}
    if "leavers" in mapping:
        mapping |= draw(_hidden_leave(mapping))
    in_full = together({n: choice([n, *full]) for n, full in NAMES_IN_FULL.items()})
    names = in_full if draw(BOOLEANS) else just({})
    return replace(
        world,
        mapping=mapping,
        source=_renamed(world.source, draw(names)),
        target=_renamed(world.target, draw(names)),
    )


@composite
def _hidden(draw: Draw, rules: dict[str, Any]) -> dict[str, Any]:
    secret = draw(sets(choice(sorted(rules))))
    whole = {
        path: rule if isinstance(rule, dict) else {"from": rule} for path, rule in rules.items()
    }
    return {
        path: whole[path] | {"sensitive": True} if path in secret else rules[path] for path in rules
    }


@composite
def _hidden_leave(draw: Draw, mapping: dict[str, Any]) -> dict[str, Any]:
    rules = mapping["leavers"]["set"]
    parts: dict[str, Any] = {"leavers": mapping["leavers"] | {"set": draw(_hidden(rules))}}
    back = {"state": "on", "leaveDate": FUTURE[1]}
    given = sorted(back.keys() & rules.keys())
    if given and draw(BOOLEANS):
        parts["rehires"] = {"reactivate": {path: back[path] for path in given}}
    return parts


def _renamed(read: Snapshot, names: dict[str, str]) -> Snapshot:
    def of(data: Any) -> dict[str, Any]:
        return {k: names.get(v, v) if isinstance(v, str) else v for k, v in data.items()}

    return replace(read, records=tuple(replace(e, data=of(e.data)) for e in read.records))


def accepted(world: World) -> bool:
    """Return whether the compiler accepts the world's mapping."""
    try:
        compiled(world)
    except Refused:
        return False
    return True


def _world(*, due: bool = True) -> Draws[World]:
    return _any_world(due=due).filter(accepted)


def any_worlds() -> SearchStrategy[World]:
    """Draw a world whose mapping the compiler may refuse."""
    return _any_world().strategy


def worlds(*, due: bool = True) -> SearchStrategy[World]:
    """Draw a world whose mapping the compiler accepts; `due`: some dates are yet to come."""
    return _world(due=due).strategy


def leaving_worlds() -> SearchStrategy[World]:
    """Draw a world in which the source says that somebody has left; most of them leave.

    The compiler may refuse its mapping.
    """
    return _leaving_world().strategy


def oddly_leaving_worlds() -> SearchStrategy[World]:
    """Draw a world where what is written of a leaver may not make `left` hold, or end it.

    The compiler may refuse its mapping.
    """
    return _oddly_leaving_world().strategy


def secret_worlds() -> SearchStrategy[World]:
    """Draw a world of which any fields are sensitive, with names of one or several words.

    The compiler may refuse its mapping.
    """
    return _secret_world().strategy
