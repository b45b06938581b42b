"""A first mapping as YAML: guesses marked as such, questions in comments."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from oneway.core.records import parse_day
from oneway.runs.draft.names import concept
from oneway.runs.draft.pairs import Pair
from oneway.runs.draft.side import DraftSide

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PLAIN = re.compile(r"[A-Za-z_][\w.()@ -]*")
_IN_FLOW = re.compile(r"[A-Za-z_][\w.]*")
_LEFT = re.compile(r"leaver|left|former|terminated|inactive|ended|departed|resigned", re.IGNORECASE)
_FEW = 6
_WIDE = 60


def mapping_text(
    name: str, source: DraftSide, target: DraftSide, pairs: Sequence[Pair]
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
        _eligible(source, key),
        _fields(source, target, others, key),
        _joiners(target, pairs, key),
        _leavers(source, target, pairs),
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
    # A key that no record of the target has would match nobody, so its own id is the next best.
    field = field or (target.id if target.records else "reference")
    return Pair(field, source.id, "what tells the source's records apart", 0)


def expression(source: DraftSide, path: str) -> str:
    """Return the expression that reads a field."""
    keys = source.keys(path)
    return ".".join(key if _IDENTIFIER.fullmatch(key) else json.dumps(key, ensure_ascii=False)
                    for key in keys)  # fmt: skip


def yaml_text(text: str, *, flow: bool = False) -> str:
    """Return text as YAML writes it, in quotes where it must be."""
    plain = _IN_FLOW if flow else _PLAIN
    special = text.strip().lower() in ("true", "false", "null", "yes", "no", "on", "off")
    if plain.fullmatch(text) and text == text.strip() and not special:
        return text
    return "'" + text.replace("'", "''") + "'"


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
        f"# Written by `oneway new` from {source.resource} and {target.resource}.",
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
    yield f"  - {_key(key, source, target)}   # guess: {key.why}"
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


def _eligible(source: DraftSide, key: Pair) -> Iterator[str]:
    yield "# Who takes part? Each rule names itself in the report where it does not hold."
    yield "# eligible:"
    asked = False
    for path in source.fields:
        values = Counter(str(value) for value in source.values(path))
        kind = concept(path)
        if kind not in ("type", "status") or not 1 < len(values) <= _FEW:
            continue
        asked = True
        said = ", ".join(f"{value} {number}" for value, number in values.most_common())
        least = values.most_common()[-1][0]
        when = f"{expression(source, path)} != {_literal(least)}"
        yield f"#   - id: {_slug(least)}          # {path}: {said}"
        yield f"#     when: {yaml_text(when)}"
        yield f"#     otherwise: {least} is left out"
        yield "#     for: [joiners, movers]"
    if not asked:
        read = expression(source, key.source)
        yield (
            f"#   - {{id: has-a-key, when: {yaml_text(read, flow=True)}, "
            "otherwise: A match value is missing, for: [joiners, movers]}"
        )


def _fields(
    source: DraftSide, target: DraftSide, pairs: Sequence[Pair], key: Pair
) -> Iterator[str]:
    yield "fields:                      # target field: where its value comes from"
    flow = yaml_text(_value(key, source), flow=True)
    compare = ", compare: ignore_case" if _loose(key) else ""
    yield f"  {_name(key.target)}: {{from: {flow}, write: on_create{compare}}}"
    for each in pairs:
        if concept(each.target) in ("leave", "status"):
            yield f"  # {_name(each.target)}: is written under `leavers`, below"
        elif each.unfit and not each.looks_up:
            said = "takes a number: by a lookup table? (`references`)"
            yield f"  # {_name(each.target)}: {_value(each, source)}   # {said}"
        else:
            yield f"  {_name(each.target)}: {_rule(each, source)}   # guess: {each.why}"
    mapped = {key.target, *(each.target for each in pairs)}
    leaving = _flag(target)
    for path, field in target.fields.items():
        given = path in mapped or path == target.id or field.computed or "object" in field.types
        if path == leaving and not given:
            yield f"  # {_name(path)}: is written under `leavers`, below"
        elif not given:
            yield f"  # {_name(path)}:           # no field of the source looks like it"
    used = {key.source, *(each.source for each in pairs)}
    unused = [path for path in source.fields if path not in used]
    if unused:
        yield f"  # Of the source, unused: {', '.join(unused)[:400]}"


def _name(path: str) -> str:
    if path.startswith(".") or ".." in path:
        return yaml_text(json.dumps(path, ensure_ascii=False))
    return yaml_text(path)


def _rule(pair: Pair, source: DraftSide) -> str:
    value = _value(pair, source)
    if pair.looks_up:
        return f"{{from: {yaml_text(value, flow=True)}, lookup: people}}"
    if _loose(pair):
        return f"{{from: {yaml_text(value, flow=True)}, compare: ignore_case}}"
    return yaml_text(value)


def _joiners(target: DraftSide, pairs: Sequence[Pair], key: Pair) -> Iterator[str]:
    email = next((each.target for each in pairs if concept(each.target) == "email"), "")
    taken = ", ".join(dict.fromkeys(yaml_text(p, flow=True) for p in (email, key.target) if p))
    del target
    yield "joiners:"
    yield f"  unless_taken: [{taken}]    # nobody is created whose value of these somebody has"


def _leavers(source: DraftSide, target: DraftSide, pairs: Sequence[Pair]) -> Iterator[str]:
    yield "# Who has left, and what is written then? Without `leavers` nobody loses access."
    day = next((path for path in source.fields if concept(path) == "leave"), "")
    status = next((path for path in source.fields if concept(path) == "status"), "")
    when = _left(source, day, status)
    there = next((path for path in target.fields if concept(path) == "leave"), "leaveDate")
    flag = _flag(target)
    del pairs
    yield "# leavers:"
    if flag:
        when = f"is_past({when})" if day and when == expression(source, day) else when
    yield f"#   when: {yaml_text(when)}"
    if flag:
        yield f"#   set: {{{_name(flag)}: {{value: false}}}}"
        yield f"#   left: {yaml_text(expression(target, flag) + ' == `false`')}"
        return
    value = expression(source, day) if day else "today()"
    yield f"#   set: {{{_name(there)}: {yaml_text(value, flow=True)}}}"
    yield f"#   left: {yaml_text(f'is_past({expression(target, there)})')}"


def _flag(target: DraftSide) -> str:
    """Return the switch of the target that says whether somebody may come in."""
    return next((path for path in target.fields if path.rpartition(".")[2] == "active"), "")


def _left(source: DraftSide, day: str, status: str) -> str:
    words = [str(value) for value in source.values(status)] if status else []
    word = next((each for each in words if _LEFT.search(each)), "")
    if word:
        return f"{expression(source, status)} == {_literal(word)}"
    if day and all(parse_day(value) for value in source.values(day)):
        return expression(source, day)
    return expression(source, day) if day else "status == 'Left'"


_GUARDS = [
    "# How much may change in one week before a person is asked? These are the defaults.",
    "# guards:",
    "#   leavers: {share: 10%, floor: 2}",
    "#   field_changes: {share: 50%, floor: 10}",
]


def _literal(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _slug(text: str) -> str:
    return "-".join(re.findall(r"[a-z0-9]+", text.lower())) or "rule"
