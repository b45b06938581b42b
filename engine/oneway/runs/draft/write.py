"""Writes a draft mapping as YAML, with guesses marked and questions in comments."""

import json
from collections.abc import Iterator, Sequence

from oneway.runs.draft.names import concept
from oneway.runs.draft.notation import expression, yaml_name, yaml_text
from oneway.runs.draft.pairs import Pair
from oneway.runs.draft.questions import EligibilityRule, Leaving, Questions, Switch
from oneway.runs.draft.side import DraftSide


def mapping_text(
    name: str, source: DraftSide, target: DraftSide, pairs: Sequence[Pair], asked: Questions
) -> tuple[str, Pair]:
    """Return the text of a mapping, and the pair that people are matched by."""
    key = match_key(source, target, pairs)
    others = [each for each in pairs if each.target != key.target]
    parts = [
        _head(name, source, target),
        _side("source", source),
        _side("target", target),
        _references(source, target, others, key),
        _label(source),
        _match(source, target, pairs, key),
        _eligible(asked.rules, source, key),
        _fields(source, target, others, key, asked.switch),
        _joiners(pairs, key),
        _leavers(asked.leaving, target, asked.switch),
        _GUARDS,
    ]
    text = "\n".join("\n".join(part) + "\n" for part in map(list, parts) if part)
    return text, key


def match_key(source: DraftSide, target: DraftSide, pairs: Sequence[Pair]) -> Pair:
    """Return the pair that people are best matched by, or one made from the source's identity."""

    def merit(each: Pair) -> tuple[bool, bool, float]:
        unique = source.tells_apart(each.source)
        known = concept(each.target) in ("reference", "email") or each.source == source.id
        return (unique and known, concept(each.target) == "reference", each.score)

    usable = [each for each in pairs if not each.number]
    best = max(usable, key=merit, default=None)
    if best is not None and merit(best)[0]:
        return best
    field = next((path for path in target.fields if concept(path) == "reference"), "")
    # A key that no target record has would match nothing, so the record's id is the next best.
    field = field or (target.id if target.records else "reference")
    return Pair(field, source.id, "what tells the source's records apart", 0)


def _value(pair: Pair, source: DraftSide) -> str:
    """Return the expression of a field: as the source has it, or changed as the target needs."""
    read = expression(source, pair.source)
    if concept(pair.target) == "email":
        return f"lower(trim({read}))"
    if pair.ignores_case and concept(pair.target) in ("first", "last", "name"):
        return f"title_case({read})"
    return f"to_number({read})" if pair.number else read


def _head(name: str, source: DraftSide, target: DraftSide) -> list[str]:
    return [
        _comment(f"# Written by `oneway new` from {source.resource} and {target.resource}."),
        "# What is marked as a guess is one: check it. What is a question waits for your answer.",
        "oneway: 1",
        f"name: {name}          # keep it once it has run",
    ]


def _side(role: str, side: DraftSide) -> Iterator[str]:
    yield f"{role}:"
    yield f"  connector: {side.connector}"
    yield f"  resource: {yaml_text(side.resource)}"
    if side.options:
        yield "  options:                 # guesses, from a look at the file"
        for name, value in side.options.items():
            yield f"    {name}: {value if value.isdigit() else yaml_text(value)}"


def _label(source: DraftSide) -> list[str]:
    """Return how a person is named in reports: by first and last name, by name, or not at all."""
    named = {concept(path): path for path in reversed(tuple(source.fields))}
    if "first" in named and "last" in named:
        both = ", ".join(f"{expression(source, named[each])} || ''" for each in ("first", "last"))
        return ["label: " + yaml_text(f"join(' ', [{both}])")]
    return [f"label: {yaml_text(expression(source, named['name']))}"] if "name" in named else []


def _references(
    source: DraftSide, target: DraftSide, pairs: Sequence[Pair], key: Pair
) -> list[str]:
    del source
    if not any(each.looks_up for each in pairs):
        return []
    read = expression(target, key.target)
    resource = yaml_text(target.resource, flow=True)
    value = yaml_text(expression(target, target.id), flow=True)
    table = f"{{from: target, resource: {resource}, key: {yaml_text(read, flow=True)}"
    return ["references:", f"  people: {table}, value: {value}}}   # guess"]


def _match(source: DraftSide, target: DraftSide, pairs: Sequence[Pair], key: Pair) -> Iterator[str]:
    yield "match:                       # who is whom; the first key that finds somebody decides"
    yield f"  - {_key(key, source, target)}   {_comment(f'# guess: {key.why}')}"
    email = next((each for each in pairs if concept(each.target) == "email"), None)
    if email is not None and email != key:
        yield f"  # - {_key(email, source, target)}   # also by this?"


def _key(pair: Pair, source: DraftSide, target: DraftSide) -> str:
    compare = ", compare: ignore_case" if _loose(pair) else ""
    there = yaml_text(expression(target, pair.target), flow=True)
    return f"{{source: {yaml_text(_value(pair, source), flow=True)}, target: {there}{compare}}}"


def _loose(pair: Pair) -> bool:
    names = ("first", "last", "name")
    kind = concept(pair.target)
    return kind == "email" or (pair.ignores_case and kind not in names)


def _eligible(rules: Sequence[EligibilityRule], source: DraftSide, key: Pair) -> Iterator[str]:
    yield "# Who takes part? Each rule names itself in the report where it does not hold."
    yield "# eligible:"
    for rule in rules:
        yield f"#   - id: {rule.id}          {_comment(f'# {rule.path}: {rule.seen}')}"
        yield f"#     when: {yaml_text(rule.when)}"
        yield f"#     otherwise: {yaml_text(rule.otherwise)}"
        yield f"#     for: {rule.audience}"
    if not rules:
        read = yaml_text(expression(source, key.source), flow=True)
        yield (
            f"#   - {{id: has-a-key, when: {read}, "
            "otherwise: A match value is missing, for: [joiners, movers]}"
        )


def _fields(
    source: DraftSide, target: DraftSide, pairs: Sequence[Pair], key: Pair, switch: Switch | None
) -> Iterator[str]:
    yield "fields:                      # target field: where its value comes from"
    flow = yaml_text(_value(key, source), flow=True)
    compare = ", compare: ignore_case" if _loose(key) else ""
    yield f"  {yaml_name(key.target)}: {{from: {flow}, write: on_create{compare}}}"
    flag = switch.path if switch else ""
    for each in (pair for pair in pairs if pair.target != flag):
        if concept(each.target) in ("leave", "status"):
            yield f"  # {yaml_name(each.target)}: is written under `leavers`, below"
        elif each.unfit and not each.looks_up:
            said = "takes a number: by a lookup table? (`references`)"
            yield f"  # {yaml_name(each.target)}: {_value(each, source)}   # {said}"
        else:
            why = _comment(f"# guess: {each.why}")
            yield f"  {yaml_name(each.target)}: {_rule(each, source)}   {why}"
    if switch is not None:
        on = json.dumps(switch.on)
        said = "guess: of somebody new; leavers are below"
        yield f"  {yaml_name(flag)}: {{value: {on}, write: on_create}}   # {said}"
    mapped = {key.target, flag, *(each.target for each in pairs)}
    for path, field in target.fields.items():
        given = path in mapped or path == target.id or field.computed or "object" in field.types
        if not given:
            yield f"  # {yaml_name(path)}:           # no field of the source looks like it"
    yield from _unused(source, key, pairs)


def _unused(source: DraftSide, key: Pair, pairs: Sequence[Pair]) -> Iterator[str]:
    used = {key.source, *(each.source for each in pairs)}
    unused = [path for path in source.fields if path not in used]
    if unused:
        yield _comment(f"  # Of the source, not written to a field: {', '.join(unused)[:400]}")


def _comment(text: str) -> str:
    """Return a comment on one line: a heading with a line break would go on as YAML."""
    return "".join(c if c.isprintable() else " " for c in text)


def _rule(pair: Pair, source: DraftSide) -> str:
    value = _value(pair, source)
    if pair.looks_up:
        return f"{{from: {yaml_text(value, flow=True)}, lookup: people, on_miss: keep}}"
    if _loose(pair):
        return f"{{from: {yaml_text(value, flow=True)}, compare: ignore_case}}"
    return yaml_text(value)


def _joiners(pairs: Sequence[Pair], key: Pair) -> Iterator[str]:
    email = next((each.target for each in pairs if concept(each.target) == "email"), "")
    taken = ", ".join(dict.fromkeys(yaml_text(p, flow=True) for p in (email, key.target) if p))
    yield "joiners:"
    yield f"  unless_taken: [{taken}]    # nobody is created whose value of these somebody has"


def _leavers(gone: Leaving, target: DraftSide, switch: Switch | None) -> Iterator[str]:
    yield "# Who has left, and what is written then? Without `leavers` nobody loses access."
    new = [path for path in gone.set if path not in target.fields]
    for path in new if target.fields else ():
        yield f"# The target has no field that looks like it: {path} would be a new one."
    yield "# leavers:"
    yield f"#   when: {yaml_text(gone.when)}"
    written = ", ".join(f"{yaml_name(path)}: {value}" for path, value in gone.set.items())
    yield f"#   set: {{{written}}}"
    yield f"#   left: {yaml_text(gone.left)}"
    if switch is not None:
        yield ""
        yield "# And who comes back? `report` writes nothing until a person has decided."
        back = f"{yaml_text(switch.path, flow=True)}: {json.dumps(switch.on)}"
        yield f"# rehires: {{reactivate: {{{back}}}}}"


_GUARDS = [
    "# How much may change in one week before a person is asked? These are the defaults.",
    "# guards:",
    "#   leavers: {share: 10%, floor: 2}",
    "#   field_changes: {share: 50%, floor: 10}",
]
