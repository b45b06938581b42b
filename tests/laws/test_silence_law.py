"""Law 14, silence: no sensitive value is in any output or file in clear."""

from dataclasses import replace

from hypothesis import assume, given
from hypothesis import strategies as st

from memory import MemoryReader, MemorySystems, applied, systems_of
from oneway.core.connector_errors import ReadError
from oneway.core.records import Record
from oneway.planning.guards import judge
from oneway.planning.plan_file import dump
from strategies import accepted, worlds
from worlds import World, bound, planned

CANARIES = {"code": "cnryc-", "mail": "cnrym-", "nick": "cnryn-", "dept": "cnryd-"}


def with_canaries(world: World) -> World:
    """Return the world with every mapped value sensitive, and every source value a canary."""
    mapping = dict(world.mapping)
    mapping.pop("label", None)
    mapping["fields"] = {path: _sealed(rule) for path, rule in mapping["fields"].items()}
    people = tuple(_canary(record) for record in world.source.records)
    users = tuple(_canary_user(record) for record in world.target.records)
    return replace(
        world,
        mapping=mapping,
        source=replace(world.source, records=people),
        target=replace(world.target, records=users),
    )


def _broken(rule: object) -> dict[str, object]:
    """Return a rule whose expression fails on text, as every canary is."""
    text = rule["from"] if isinstance(rule, dict) and "from" in rule else rule
    simple = isinstance(text, str) and text in CANARIES
    return {"from": f"to_number({text})"} if simple else rule  # type: ignore[return-value]


def _sealed(rule: object) -> dict[str, object]:
    if isinstance(rule, str):
        return {"from": rule, "sensitive": True}
    assert isinstance(rule, dict)
    # Which items a sync owns is shown: such a field cannot be sensitive (M132).
    plain = {
        key: value for key, value in rule.items() if not isinstance(value, dict) or key != "merge"
    }
    return {**plain, "sensitive": True}


def _canary(record: Record) -> Record:
    data = dict(record.data)
    for key in CANARIES.keys() & data.keys():
        if isinstance(data[key], str) and data[key].strip():
            data[key] = f"{CANARIES[key]}{data[key]}"
    return replace(record, data=data)


def _canary_user(record: Record) -> Record:
    names = {"ref": "code", "email": "mail", "nick": "nick", "dept": "dept"}
    data = dict(record.data)
    for path, key in names.items():
        if isinstance(data.get(path), str) and data[path].strip():
            data[path] = f"{CANARIES[key]}{data[path]}"
    return replace(record, data=data)


def _said(*things: object) -> str:
    return " ".join(repr(thing) + str(thing) for thing in things)


@given(worlds(), st.sampled_from([1, 50]))
def test_law_14_silence_a_canary_is_nowhere(world: World, batch: int) -> None:
    world = with_canaries(world)
    plan = planned(world)
    done = applied(world, plan, batch=batch)
    verdict = judge(plan, bound(world).policy.guards)
    text = _said(plan, dump(plan), done.results, done.log.steps, verdict)
    keys = {key["source"] for key in world.mapping["match"]}
    rules = [rule for rule in world.mapping["fields"].values() if "from" in rule]
    sealed = {rule["from"] for rule in rules}
    for key, canary in CANARIES.items():
        # A match key that no sensitive rule writes may be shown: it names people in reports.
        if key in sealed or not any(key in each for each in keys):
            assert canary not in text, (key, canary)


class Refusing(MemoryReader):
    """A source that can no longer be read."""

    def get(self, id: str) -> Record | None:
        raise ReadError("R1", "the source does not answer")


@given(worlds())
def test_law_14_silence_also_when_reading_fails(world: World) -> None:
    world = with_canaries(world)
    plan = planned(world)
    ready = systems_of(world)
    systems = MemorySystems(Refusing({}), ready.target, ready.writer)
    done = applied(world, plan, systems=systems)
    for field, canary in CANARIES.items():
        if any(rule.get("from") == field for rule in world.mapping["fields"].values()):
            assert canary not in _said(done.results, done.log.steps)


@given(worlds())
def test_law_14_silence_nor_does_an_error_show_what_broke_it(world: World) -> None:
    keys = {key["target"] for key in world.mapping["match"]}
    fields = {
        path: rule if path in keys else _broken(rule)
        for path, rule in world.mapping["fields"].items()
    }
    world = with_canaries(replace(world, mapping={**world.mapping, "fields": fields}))
    assume(accepted(world))
    text = dump(planned(world))
    named = {key["source"] for key in world.mapping["match"]}
    for key, canary in CANARIES.items():
        if not any(key in each for each in named):
            assert canary not in text, (key, canary)
