"""Laws 17 and 20 over any people, any records, any links and anything that lists leave out."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import assume, example, given
from hypothesis import strategies as st
from test_link_table import MAPPING

from memory import applied
from oneway.core.records import Record, Snapshot
from oneway.planning.access import still_in
from oneway.planning.endings import Ending
from oneway.planning.links import Link, LinkEvidence
from oneway.planning.plan import Kind, Plan, Verb
from worlds import World, planned

DAY = "2026-06-01T04:00:00Z"
TORN = {"rekeyed", "claimed", "reused", "reissued", "duplicate", "ambiguous", "gone"}

Person = tuple[str, str | None, str, str, bool]
"""Id, code, name, address, and whether they have left."""
User = tuple[str, str | None, str, str]
"""Id, code, name, address."""


@dataclass(frozen=True)
class Town:
    """What there is, what is remembered, and what the target's list leaves out."""

    people: tuple[Person, ...]
    users: tuple[User, ...]
    links: tuple[tuple[str, str], ...]
    hidden: frozenset[str] = frozenset()
    rules: Mapping[str, str] = field(default_factory=dict)

    @property
    def world(self) -> World:
        people = tuple(
            Record(id, {"id": id, "code": c, "name": n, "mail": m, "status": "L" if left else "A"})
            for id, c, n, m, left in self.people
        )
        users = tuple(
            Record(id, {"id": id, "ref": ref, "fullName": n, "email": m, "active": True})
            for id, ref, n, m in self.users
        )
        mapping = MAPPING | self.rules
        return World(mapping, Snapshot(people), Snapshot(users), Snapshot(()))

    @property
    def plan(self) -> Plan:
        """The engine's plan: what a list leaves out was looked up, and is there or gone."""
        there = {user[0] for user in self.users}
        asked = {target for _, target in self.links}
        evidence = LinkEvidence(
            tuple(Link(source, target, "", DAY, DAY) for source, target in self.links),
            unlisted=self.hidden & there & asked,
            gone=frozenset(asked - there),
        )
        return planned(self.world, evidence=evidence)


CODES, NAMES, MAILS = ("A", "B", "C"), ("Ann", "Ben", "Cy"), ("a@x.example", "b@x.example")
PEOPLE = st.lists(
    st.tuples(
        st.sampled_from(["s1", "s2", "s3"]),
        st.sampled_from([*CODES, None]),
        st.sampled_from(NAMES),
        st.sampled_from([*MAILS, "c@x.example"]),
        st.booleans(),
    ),
    max_size=3,
    unique_by=lambda each: each[0],
)
USERS = st.lists(
    st.tuples(
        st.sampled_from(["t1", "t2", "t3"]),
        st.sampled_from([*CODES, None]),
        st.sampled_from(NAMES),
        st.sampled_from([*MAILS, "c@x.example"]),
    ),
    max_size=3,
    unique_by=lambda each: each[0],
)
LINKS = st.lists(
    st.tuples(st.sampled_from(["s1", "s2", "s3", "s4"]), st.sampled_from(["t1", "t2", "t3", "t4"])),
    max_size=4,
)
RULES = st.fixed_dictionaries(
    {"rekey": st.sampled_from(["report", "write"]), "gone": st.sampled_from(["report", "create"])}
)
TOWNS = st.builds(
    lambda people, users, links, rules: Town(
        tuple(people), tuple(users), tuple(links), rules=rules
    ),
    PEOPLE,
    USERS,
    LINKS,
    RULES,
)


def engine(plan: Plan) -> dict[str, str]:
    """Return whom the engine takes each source record for: a record, or why none."""
    found = {}
    for each in plan.outcomes:
        if each.source_id is not None:
            # A record that is gone is an error; beside a conflict (over an email) it is a note.
            torn = TORN - {"gone"} if each.kind is Kind.CONFLICT else TORN
            codes = [reason.code for reason in each.reasons if reason.code in torn]
            none = codes[0] if codes and each.kind in (Kind.CONFLICT, Kind.ERROR) else "nobody"
            found[each.source_id] = each.target_id or none
    return found


def model(town: Town) -> dict[str, str]:
    """Return the same, as the specification's table says it."""
    users = {user[0]: user for user in town.users}
    people = {person[0]: person for person in town.people}
    sources, targets = [s for s, _ in town.links], [t for _, t in town.links]
    linked = {s: t for s, t in town.links if sources.count(s) == targets.count(t) == 1}
    keyed = {id: by_key(person, town) for id, person in people.items()}
    adopted: dict[str, str] = {}
    for id, target in keyed.items():
        if claim(id, target, people, users, linked) == "adopted":
            adopted[id] = target
    linked = {s: t for s, t in linked.items() if t not in adopted.values()}
    found = dict(adopted)
    for id, person in people.items():
        if id in adopted:
            continue
        said = claim(id, keyed[id], people, users, linked)
        result = said if said in ("claimed", "reused") else keyed[id]
        own = linked.get(id)
        if own is not None and own in users:
            if keyed[id] not in ("duplicate", "ambiguous", own):
                same = {person[2] == users[own][2], person[3] == users[own][3]}
                write = town.rules["rekey"] == "write" and keyed[id] == "nobody" and True in same
                result = own if write else "rekeyed"
        elif own is not None and result == "nobody":
            again = town.rules["gone"] == "create" or person[4]
            result = "nobody" if again else "gone"
        elif own is not None and result in users and person[2:4] != users[result][2:4]:
            # The own record is gone, and the key finds somebody with whom nothing is shared.
            shares = person[2] == users[result][2] or person[3] == users[result][3]
            result = result if shares else "rekeyed"
        found[id] = result
    gone = {t: users[t] for s, t in linked.items() if s not in people and t in users}
    gone = {t: user for t, user in gone.items() if t not in found.values()}
    for id, person in people.items():
        if found[id] == "nobody" and id not in linked:
            alike = any(person[2] == user[2] or person[3] == user[3] for user in gone.values())
            found[id] = "reissued" if alike else "nobody"
    return found


def by_key(person: Person, town: Town) -> str:
    if person[1] is None:
        return "nobody"
    if [each[1] for each in town.people].count(person[1]) > 1:
        return "duplicate"
    holders = [user[0] for user in town.users if user[1] == person[1]]
    return "ambiguous" if len(holders) > 1 else (holders or ["nobody"])[0]


def claim(
    id: str, target: str, people: dict[str, Any], users: dict[str, Any], linked: dict[str, str]
) -> str:
    """Return what is to be said of a key that finds a record which is linked to somebody else."""
    owner = next((s for s, t in linked.items() if t == target), None)
    if target not in users or owner in (None, id) or linked.get(id) in users:
        return ""
    if owner in people and not people[owner][4]:
        return "claimed"
    if owner not in people and people[id][4]:
        return "reused"  # the list may lack the owner, and this record alone says that they left
    same = people[id][2:4] == users[target][2:4]
    return "adopted" if same else "reused"


@given(TOWNS)
def test_the_model_agrees_on_who_is_whom(town: Town) -> None:
    expected = model(town)
    for id, found in engine(town.plan).items():
        if found == "nobody" and expected[id] != "nobody":
            raise AssertionError(f"{id}: the engine finds nobody, the model {expected[id]}")
        assert found in (expected[id], "nobody"), id


@given(TOWNS)
def test_law_20_no_record_is_taken_for_two(town: Town) -> None:
    matched = [each.target_id for each in town.plan.outcomes if each.source_id and each.target_id]
    assert len(matched) == len(set(matched))


@given(TOWNS, st.sets(st.sampled_from(["t1", "t2", "t3"])))
def test_law_17_what_a_list_hides_is_not_created_again(town: Town, hidden: set[str]) -> None:
    """Whoever is linked to a record that is there keeps it, whatever the list leaves out."""
    shown = town.plan
    plan = Town(town.people, town.users, town.links, frozenset(hidden), town.rules).plan
    assert {k: v for k, v in engine(plan).items() if v != "nobody"} == {
        k: v for k, v in engine(shown).items() if v != "nobody"
    }
    there = {user[0] for user in town.users}
    sources, targets = [s for s, _ in town.links], [t for _, t in town.links]
    for action in plan.actions:
        if action.verb is Verb.CREATE:
            mine = [t for s, t in town.links if s == action.source_id] or ["nobody"]
            sound = sources.count(action.source_id or "") == 1 and targets.count(mine[0]) == 1
            adopted = any(
                reason.code == "adopted" for each in plan.outcomes for reason in each.reasons
            )
            assert not (sound and mine[0] in there) or adopted


@given(TOWNS)
def test_law_17_no_record_goes_that_may_be_of_somebody_with_anothers_key(town: Town) -> None:
    """Nothing is known of the record of whoever has another's key, and is linked to none."""
    plan = replace(town, rules={**town.rules, "absent": "deactivate"}).plan
    sources, targets = [s for s, _ in town.links], [t for _, t in town.links]
    there = {user[0] for user in town.users}
    sound = {s: t for s, t in town.links if sources.count(s) == targets.count(t) == 1}
    sound = {s: t for s, t in sound.items() if t in there}
    here = {person[0] for person in town.people if not person[4]}
    astray = {
        each.source_id
        for each in plan.outcomes
        if each.kind is Kind.CONFLICT
        and {"claimed", "duplicate", "reused"} & {reason.code for reason in each.reasons}
    }
    if sound and astray & here - sound.keys():
        gone = {each.target_id for each in plan.actions if each.verb is Verb.DEACTIVATE}
        assert gone <= set(sound.values())


def test_the_record_of_somebody_with_anothers_key_stays() -> None:
    people = (("s1", "A", "Ann", "a@x.example", False), ("s2", "B", "Ben", "b@x.example", False))
    users = (("t1", "A", "Ann", "a@x.example"), ("t2", "C", "Cy", "c@x.example"))
    rules = {"rekey": "report", "gone": "report", "absent": "deactivate"}
    # t2 may always have been that of s2, whose key is B now, or is that of s1 by mistake.
    for key, gone in (("B", ["t2"]), ("A", [])):
        these = (people[0], (*people[1][:1], key, *people[1][2:]))
        plan = Town(these, users, (("s1", "t1"),), rules=rules).plan
        found = [each.target_id for each in plan.actions if each.verb is Verb.DEACTIVATE]
        assert found == gone, key


@given(TOWNS)
@example(  # an update may write an address that another record has, with a warning
    Town(
        (("s1", "A", "Ann", "a@x.example", False), ("s2", "B", "Ben", "a@x.example", False)),
        (("t1", "A", "Ben", "b@x.example"), ("t2", "A", "Ann", "a@x.example")),
        (("s2", "t1"),),
        rules={"rekey": "write", "gone": "report"},
    )
)
def test_law_4_what_links_decide_is_not_stale_when_it_is_written(town: Town) -> None:
    done = applied(town.world, town.plan)
    assert [each.reason for each in done.results if each.ending is not Ending.DONE] == []


@given(TOWNS, st.sets(st.sampled_from(["s1", "s2", "s3", "t1", "t2", "t3"]), min_size=1))
@example(
    Town(
        (("s1", "A", "Ann", "a@x.example", False),),
        (("t1", "A", "Ann", "a@x.example"),),
        (("s1", "t1"),),
        rules={"rekey": "write", "gone": "report"},
    ),
    {"t1"},
)
@example(
    Town(
        (("s1", "A", "Ann", "b@x.example", False),),
        (("t1", "A", "Ann", "a@x.example"),),
        (("s1", "t1"),),
        rules={"rekey": "write", "gone": "report"},
    ),
    {"s1"},
)
def test_no_key_is_written_where_a_record_does_not_give_it(town: Town, silent: set[str]) -> None:
    """A target record may have that key: a plan would write it again each night."""

    def said(each: Record) -> Record:
        keyless = {key: value for key, value in each.data.items() if key not in ("code", "ref")}
        return replace(each, data=keyless) if each.id in silent else each

    world = town.world
    source = replace(world.source, records=tuple(map(said, world.source.records)))
    target = replace(world.target, records=tuple(map(said, world.target.records)))
    links = tuple(Link(one, other, "A", DAY, DAY) for one, other in town.links)
    gone = frozenset({other for _, other in town.links} - {each.id for each in target.records})
    evidence = LinkEvidence(links, gone=gone)
    for action in planned(replace(world, source=source, target=target), evidence=evidence).actions:
        if silent & {action.source_id, action.target_id}:
            assert "ref" not in {each.field for each in action.changes}


@given(TOWNS)
def test_whose_key_changed_counts_as_managed_as_long_as_the_record_is_there(town: Town) -> None:
    said = engine(town.plan)
    there = [each for each in said.values() if each.startswith("t") or each == "rekeyed"]
    assert town.plan.managed == len(there)


@given(TOWNS)
def test_without_links_everything_is_as_in_version_1(town: Town) -> None:
    assume(not town.links)
    assert town.plan == planned(town.world)


def test_the_rules_are_those_of_the_table() -> None:
    assert MAPPING["match"] == [{"source": "code", "target": "ref"}]


BY_CODE_OR_MAIL = [{"source": "code", "target": "ref"}, {"source": "mail", "target": "email"}]
MARRIED = (
    Town(
        (("s1", "A", "Ann", "a@x.example", False),),
        (("t1", None, "Ann", "a@x.example"),),
        (),
        rules={"rekey": "report", "gone": "report"},
    ),
    [("s1", "A", "Ann", "b@x.example", True)],
    [("t1", None, "Ann", "a@x.example")],
    True,
)


@given(TOWNS, PEOPLE, USERS, st.booleans())
@example(*MARRIED)
def test_what_is_said_of_a_key_is_so(
    town: Town, people: list[Person], users: list[User], two: bool
) -> None:
    """After a night on which records were matched by any of their keys, whatever has changed."""
    rules = {**town.rules, **({"match": BY_CODE_OR_MAIL} if two else {})}
    links = tuple(
        Link(each.source_id, each.target_id, each.key, DAY, DAY)
        for each in replace(town, links=(), rules=rules).plan.outcomes
        if each.source_id and each.target_id
    )
    now = Town(tuple(people), tuple(users), (), rules=rules)
    there = {user[0]: user for user in users}
    gone = frozenset(each.target_id for each in links) - there.keys()
    before, was = ({each[0]: each for each in of} for of in (town.people, town.users))
    for outcome in planned(now.world, evidence=LinkEvidence(links, gone=gone)).outcomes:
        said = [each for each in outcome.reasons if each.code == "rekeyed"]
        if outcome.kind is not Kind.CONFLICT or not said or said[0].candidates[0] not in there:
            continue
        user = there[said[0].candidates[0]]
        person = next(each for each in people if each[0] == outcome.source_id)
        for key in re.findall(r"no longer holds its key (\S+):", said[0].text):
            assert was[user[0]][1] == key != user[1]
        for old, new in re.findall(r"its key was (\S+) and is (\S+) now", said[0].text):
            assert old in before[person[0]]
            assert new in person
        for how, path in re.findall(r"(no|another) (ref|email)\b", said[0].text):
            given, held = (person[1], user[1]) if path == "ref" else (person[3], user[3])
            assert given not in (None, held)
            assert (how == "no") == (held is None)


def test_a_record_that_was_found_by_a_later_key_never_held_the_first() -> None:
    town, people, users, _ = MARRIED
    link = Link("s1", "t1", "A", DAY, DAY)
    now = Town(tuple(people), tuple(users), (), rules={**town.rules, "match": BY_CODE_OR_MAIL})
    (found,) = planned(now.world, evidence=LinkEvidence((link,))).outcomes[:1]
    assert found.has_access
    assert "; the target record has no ref and another email: a person" in found.reasons[0].text


@given(TOWNS, st.booleans(), st.sets(st.sampled_from(["t1", "t2", "t3"])))
@example(  # the key is a newcomer's too, and names no record
    Town(
        (("s1", "A", "Ann", "a@x.example", True), ("s2", "A", "Ben", "b@x.example", False)),
        (("t1", None, "Ann", "a@x.example"),),
        (("s1", "t1"),),
        rules={"rekey": "report", "gone": "report"},
    ),
    True,
    set(),
)
@example(  # the key names only others, who have left
    Town(
        (("s1", "A", "Ann", "a@x.example", True),),
        tuple((f"t{n}", "C" if n == 1 else "A", "Cy", "c@x.example") for n in (1, 2, 3)),
        (("s1", "t1"),),
        rules={"rekey": "report", "gone": "report"},
    ),
    True,
    {"t2", "t3"},
)
@example(  # the key names another, who has left, and the target does not show the leaver's own
    Town(
        (("s1", "A", "Ann", "a@x.example", True),),
        (("t2", "A", "Cy", "c@x.example"),),
        (("s1", "t1"),),
        rules={"rekey": "report", "gone": "report"},
    ),
    False,
    {"t2"},
)
def test_law_19_no_other_row_takes_a_linked_leaver_off_the_list(
    town: Town, proven: bool, left: set[str]
) -> None:
    """Whatever the conflict is about, unless the record is now known to be another person's.

    What the target does not show is gone if that is `proven`.
    """
    there, asked = {user[0] for user in town.users}, {other for _, other in town.links}
    links = tuple(Link(one, other, "", DAY, DAY) for one, other in town.links)
    gone = frozenset(asked - there) if proven else frozenset()
    evidence = LinkEvidence(links, gone=gone, unseen=asked - there - gone)
    records = town.world.target.records
    now = [Record(each.id, {**each.data, "active": each.id not in left}) for each in records]
    plan = planned(town.world.with_target(now), evidence=evidence)
    listed = {each.source_id for each in still_in(plan, {}, planned=True)}
    matched = [each for each in plan.outcomes if each.source_id and each.target_id]
    sure = {each.source_id for each in matched} | {each.target_id for each in matched}
    leavers = {person[0] for person in town.people if person[4]}
    for source, target in town.links:
        has_access = target not in left if target in there else not proven
        if source in leavers - sure and target not in sure and has_access:
            assert source in listed, (source, target, plan.outcomes)


NOBODYS = "none@x.example"
CONSTANTS: dict[str, Mapping[str, Any]] = {
    "default": {"from": "mail", "default": NOBODYS, "write": "on_create"},
    "setting": {"from": f"setting('on') && '{NOBODYS}'", "write": "on_create"},
}
NONE_GIVEN = {"from": "mail", "write": "on_create"}


@given(TOWNS, st.sampled_from(sorted(CONSTANTS)), st.booleans(), st.booleans())
@example(  # somebody new without an email, and the record of somebody who vanished
    Town(
        (("s1", "A", "Ann", "c@x.example", False),),
        (("t1", "B", "Ben", "c@x.example"),),
        (("s4", "t1"),),
        rules={"rekey": "report", "gone": "report"},
    ),
    "default",
    True,
    False,
)
@example(  # the same, linked to nobody, and deactivated as absent
    Town(
        (("s1", "A", "Ann", "c@x.example", False),),
        (("t1", "B", "Ben", "c@x.example"),),
        (),
        rules={"rekey": "report", "gone": "report"},
    ),
    "default",
    True,
    True,
)
def test_a_constant_of_the_mapping_says_of_nobody_who_they_are(
    town: Town, kind: str, exclusive: bool, deactivates: bool
) -> None:
    """Everything is as if neither side gave a value where the mapping writes its own."""
    people = [(*each[:3], None if each[3] == "c@x.example" else each[3], each[4])
              for each in town.people]  # fmt: skip
    if kind == "setting":
        people = [(*each[:3], None, each[4]) for each in people]
    users = [(*each[:3], None if each[3] == "c@x.example" else each[3]) for each in town.users]
    written = [(*each[:3], NOBODYS if each[3] is None else each[3]) for each in users]
    common = {
        **town.rules,
        "absent": "deactivate" if deactivates else "report",
        "joiners": {"create": False, "unless_taken": ["email"] if exclusive else []},
        "settings": {"on": {"type": "boolean", "default": True, "description": "A switch."}},
    }

    def found(email: Mapping[str, Any], held: list[Any]) -> tuple[Any, ...]:
        rules = {**common, "fields": {**MAPPING["fields"], "email": email}}
        told = replace(town, people=tuple(people), users=tuple(held), rules=rules)
        plan = told.plan
        gone = {each.target_id for each in plan.actions if each.verb is Verb.DEACTIVATE}
        alone = {each.source_id: each.only_by_key for each in plan.outcomes}
        return engine(plan), gone, alone, {each.target_id for each in still_in(plan, {})}

    assert found(CONSTANTS[kind], written) == found(NONE_GIVEN, users)
