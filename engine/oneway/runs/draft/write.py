"""Writes a draft mapping as YAML, with guesses marked and questions in comments."""

import json
from collections.abc import Iterator, Sequence
from typing import TypeAlias, cast

from oneway.connections.discovery import FILES
from oneway.core.compare import Compare
from oneway.core.decimal_marks import COMMA, POINT
from oneway.core.field_concepts import concept
from oneway.core.key_names import names_secret
from oneway.core.phrases import are, count
from oneway.core.records import Value
from oneway.runs.draft.codes import uncoded
from oneway.runs.draft.draft_mapping import DraftMapping
from oneway.runs.draft.field_expressions import (
    comparison,
    field_value,
    key_value,
    one_name,
    spells_anew,
    whole_name,
)
from oneway.runs.draft.ids import asks_for_ids, new_id_lines
from oneway.runs.draft.keys import MatchKey, MatchKeys
from oneway.runs.draft.leaving_questions import DraftWords, Leaving, Switch
from oneway.runs.draft.lookups import holds_ids, is_by_number
from oneway.runs.draft.notation import (
    called,
    comment,
    expression,
    literal,
    name_text,
    yaml_name,
    yaml_text,
)
from oneway.runs.draft.pairs import Pair, are_emails, manager_key
from oneway.runs.draft.questions import EligibilityRule
from oneway.runs.draft.side import DraftSide


def mapping_text(name: str, draft: DraftMapping) -> str:
    """Return the text of a mapping from one side to the other."""
    source, target, keys, asked = draft.source, draft.target, draft.keys, draft.asked
    parts = [
        [*_head(name, source, target), *_questions(draft)],
        [*_side("source", source), *_record(source, asked.words)],
        _side("target", target),
        _references(draft),
        _label(source),
        _match(source, target, keys),
        _eligible(asked.rules, source, keys.first),
        _fields(draft),
        _together(draft),
        _joiners(draft),
        _leavers(asked.leaving, asked.switch),
        _GUARDS,
    ]
    return "\n".join("\n".join(part) + "\n" for part in map(list, parts) if part)


def _head(name: str, source: DraftSide, target: DraftSide) -> list[str]:
    return [
        comment(f"## Written by `oneway new` from {source.resource} and {target.resource}."),
        "## Check each guess, and answer each question.",
        "oneway: 1",
        f"name: {name}          # keep it once it has run",
    ]


def _questions(draft: DraftMapping) -> Iterator[str]:
    """Yield the questions that only people can answer; until then, the mapping cannot be applied.

    Each question stands above the commented part of the mapping that answers it.
    """
    yield "questions:            # answer each below, or strike it out; nothing is applied before"
    yield from _of_files(draft.source, draft.target)
    yield "  leavers: Who has left, and what is written then?"
    for rule in draft.asked.rules:
        if rule.of_kind:
            said = yaml_text(f"Which kinds of {called(rule.path)} take part?")
            yield f"  eligible.{rule.id}: {said}"
    for each in _paired(draft):
        if (each.doubt or each.asks_mark) and not _is_of_leavers(each):
            said = f"Does it come from {each.source}?"
            said = yaml_text(_which_mark(draft.source, each) if each.asks_mark else said)
            yield comment(f"  {yaml_name(f'fields.{each.target}')}: {said}")
    target, mapped = draft.target, {each.target for each in draft.pairs}
    mapped.add(draft.keys.first.target)
    if target.id not in mapped and asks_for_ids(draft.source, target, draft.keys):
        yield f"  {yaml_name(f'fields.{target.id}')}: What is the id of a new record?"


def _of_files(source: DraftSide, target: DraftSide) -> Iterator[str]:
    """Yield the questions about the file of each side.

    They ask whether people are missing because another sheet is not read, and how days like
    `1/2/2026` are read.
    """
    for role, side in (("source", source), ("target", target)):
        asked = [_which_sheets(side), _which_order(side)]
        if any(asked):
            yield comment(f"  {role}: {yaml_text(' '.join(filter(None, asked)))}")


def _which_sheets(side: DraftSide) -> str:
    """Return the question whether other sheets with the same headings are to be read, too."""
    if not side.alike:
        return ""
    named = " and ".join(map(_quoted, side.alike))
    said = f"Only the sheet {_quoted(side.options['sheet'])} is read, and {named} has the same"
    return f"{said} headings: are people missing? If so, put all of them on one sheet."


def _quoted(name: str) -> str:
    return f"'{name}'"


def _which_order(side: DraftSide) -> str:
    if not side.either:
        return ""
    named, pattern = " and ".join(map(called, side.either)), next(iter(side.either.values()))
    like = "1-2-2026" if "-" in pattern else "1/2/2026"
    said = f"In {named}, is {like} 1 February, as `types` says below, or 2 January ({pattern})?"
    return " ".join(filter(None, (said, side.seen, "Correct `types`, or strike this out.")))


def _paired(draft: DraftMapping) -> Sequence[Pair]:
    """Return the pairs of fields, without the first key and the switch of access."""
    switch = draft.asked.switch
    others = (draft.keys.first.target, switch.path if switch else "")
    return [each for each in draft.pairs if each.target not in others]


def _is_of_leavers(pair: Pair) -> bool:
    return concept(pair.target) in ("leave", "status")


def _side(role: str, side: DraftSide) -> Iterator[str]:
    yield f"{role}:"
    yield f"  connector: {side.connector}"
    yield f"  resource: {yaml_text(side.resource)}"
    if side.options:
        yield "  options:                 # guesses, from a look at the file"
        for name, value in side.options.items():
            yield f"    {name}: {value if value.isdigit() else yaml_text(value)}"
        if side.sheets:
            yield comment(f"    # sheets that are not read: {', '.join(side.sheets)}")
    if lacking := side.lacking():
        said = comment(f"# guess: a missing key means blank, such as {lacking}")
        yield f"  absent: null             {said}"


def _record(source: DraftSide, listed: Sequence[DraftWords]) -> Iterator[str]:
    """Yield the record schema of a file: the words that decide who takes part or has left."""
    if not listed:
        return
    yield "  record:                  # guess: its words; a blank or another one is an error"
    yield "    type: object"
    yield "    additionalProperties: true"
    tree: _Tree = {}
    for words in listed:
        *objects, last = source.keys(words.path)
        node = tree
        for key in objects:
            node = cast(_Tree, node.setdefault(key, {}))
        node[last] = words
    yield from _properties(tree, "    ")


_Tree: TypeAlias = "dict[str, DraftWords | _Tree]"


def _properties(tree: _Tree, indent: str) -> Iterator[str]:
    yield f"{indent}properties:"
    for key, each in tree.items():
        if isinstance(each, DraftWords):
            yield f"{indent}  {yaml_text(key)}: {_type(each)}"
        else:
            yield f"{indent}  {yaml_text(key)}:"
            yield f"{indent}    type: object"
            yield from _properties(each, f"{indent}    ")


def _type(words: DraftWords) -> str:
    """Return the schema of a field with few words, and how many records have each."""
    known = [*words.counts, *words.blanks]
    types = f'[{words.type}, "null"]' if None in words.blanks else words.type
    listed = ", ".join(map(_in_list, known))
    counted = ", ".join(f"{each} {count:,}" for each, count in words.counts.items())
    said = f"{counted}{f', blank {words.blank:,}' if words.blank else ''}: are these all?"
    of_enum = "" if words.type == "boolean" else f", enum: [{listed}]"
    return f"{{type: {types}{of_enum}}}   {comment(f'# {said}')}"


def _in_list(value: Value) -> str:
    return yaml_text(value, flow=True) if isinstance(value, str) else json.dumps(value)


def _label(source: DraftSide) -> list[str]:
    """Return the line that names people in reports; "" if no field does."""
    name = _name_of_a_person(source)
    return [f"label: {yaml_text(name)}"] if name else []


def _name_of_a_person(side: DraftSide) -> str:
    """Return an expression for a person's name; "" if a side has no name."""
    named = {concept(path): path for path in reversed(tuple(side.fields))}
    if "first" in named and "last" in named:
        parts = [named[each] for each in ("first", "middle", "last") if each in named]
        return one_name(expression(side, each) for each in parts)
    return expression(side, named["name"]) if "name" in named else ""


def _references(draft: DraftMapping) -> list[str]:
    source, target, keys = draft.source, draft.target, draft.keys
    pair = next((each for each in draft.pairs if each.looks_up), None)
    if pair is None:
        return []
    found = manager_key(source, target, pair, keys.first.target)
    read = expression(target, found)
    if are_emails(target.values(found)):
        read = f"lower(trim({read}))"
    elif is_by_number(source, target, pair, keys):
        read = f"to_number({read})"
    table = {
        "from": "target",
        "resource": target.resource,
        "key": read,
        "value": expression(target, target.id),
    }
    if target.connector == FILES and (name := _name_of_a_person(target)):
        table["label"] = name  # a manifest has its own
    lines = [f"    {key}: {yaml_text(value)}" for key, value in table.items()]
    return ["references:", "  people:                    # guess", *lines]


def _match(source: DraftSide, target: DraftSide, keys: MatchKeys) -> Iterator[str]:
    yield "match:                       # who is whom; the first key with a match decides"
    for each in keys.chosen:
        yield f"  - {_key(each, source, target)}   {comment(f'# guess: {each.pair.why}')}"
        yield f"    # {key_counts(each, target)}"
    for each in keys.others:
        yield f"  # - {_key(each, source, target)}   # also by this? {key_counts(each, target)}"


def key_counts(key: MatchKey, target: DraftSide) -> str:
    """Return how many people a match key finds, in words."""
    if not target.was_read:
        return "the target was not read, as its credentials are not at hand"
    if not target.records:
        return "the target has no records yet"
    said = (
        f"{count(key.source)} of the source and {key.target:,} of the target have a value; "
        f"{count(key.both, 'value')} {are(key.both)} in both"
    )
    loose = key.both - key.exact
    if key.compare is Compare.NUMBER and key.exact and loose:
        said += f", {loose:,} of them as numbers alone: one side has lost leading zeros"
    return f"{said}; {key.shared:,} records share theirs" if key.shared else said


def _key(key: MatchKey, source: DraftSide, target: DraftSide) -> str:
    there = yaml_text(expression(target, key.pair.target), flow=True)
    value = yaml_text(key_value(key, source), flow=True)
    return f"{{source: {value}, target: {there}{comparison(key.pair, key)}}}"


_SPELLING = "; question: new records get the spelling of the source; does the target take it?"


def _eligible(rules: Sequence[EligibilityRule], source: DraftSide, key: Pair) -> Iterator[str]:
    kinds = [rule for rule in rules if rule.of_kind]
    if kinds:
        yield "## Who takes part? To leave the other kinds of people alone altogether, even when"
        yield "## they leave, as somebody else looks after them:"
        yield f"# only: [{', '.join(map(_in_only, kinds))}]"
        named = " and ".join(f"`{rule.id}`" for rule in kinds)
        yield "## To end their access when they leave, and neither create nor change them, take"
        yield f"## {named} below in place of it. The report names each rule that does not hold."
    else:
        yield "## Who takes part? The report names each rule that does not hold."
    yield "# eligible:"
    for rule in rules:
        yield f"#   - id: {rule.id}          {comment(f'# {rule.seen}')}"
        yield f"#     when: {yaml_text(rule.when)}"
        yield f"#     otherwise: {yaml_text(rule.otherwise)}"
        yield f"#     for: {rule.audience}"
    if not rules:
        read = yaml_text(expression(source, key.source), flow=True)
        yield (
            f"#   - {{id: has-a-key, when: {read}, "
            "otherwise: A match value is missing, for: [joiners, movers]}"
        )


def _in_only(rule: EligibilityRule) -> str:
    when, said = yaml_text(rule.when, flow=True), yaml_text(rule.otherwise, flow=True)
    return f"{{id: {rule.id}, when: {when}, otherwise: {said}}}"


def _fields(draft: DraftMapping) -> Iterator[str]:
    source, target, keys, switch = draft.source, draft.target, draft.keys, draft.asked.switch
    yield "fields:                      # target field: where its value comes from"
    yield _key_field(source, keys)
    flag = switch.path if switch else ""
    for each in _paired(draft):
        if _is_of_leavers(each):
            yield f"  # {yaml_name(each.target)}: is written under `leavers`, below"
        elif each.codes:
            text = _coded(each, source)
            yield from map(_commented, text) if each.doubt else text
        elif each.doubt or each.asks_mark:
            said = comment(f"# question: {_question(each, source)}")
            yield f"  # {yaml_name(each.target)}: {_rule(each, draft)}   {said}"
        elif each.unfit and not each.looks_up:
            said = "takes a number: from a lookup table? (`references`)"
            yield f"  # {yaml_name(each.target)}: {_rule(each, draft)}   # {said}"
        else:
            why = comment(f"# guess: {each.why}{_SPELLING if spells_anew(each) else ''}")
            yield f"  {yaml_name(each.target)}: {_rule(each, draft)}   {why}"
            if not each.looks_up and (said := _names_people(each, source, keys.first)):
                yield comment(f"    # {said}")
    if switch is not None:
        on = json.dumps(switch.on)
        said = "guess: for new records; leavers are below"
        yield f"  {yaml_name(flag)}: {{value: {on}, write: on_create}}   # {said}"
    mapped = {keys.first.target, flag, *(each.target for each in draft.pairs)}
    if target.id not in mapped:
        yield from new_id_lines(source, target, keys)
    for path, field in target.fields.items():
        given = path in mapped or path == target.id or field.computed or "object" in field.types
        if given:
            continue
        if made := whole_name(source, target, path):
            yield f"  {yaml_name(path)}: {yaml_text(made)}   # guess: made of several fields"
        else:
            yield f"  # {yaml_name(path)}:           {comment(f'# {_unpaired(target, path)}')}"
    yield from _unused(draft)


def _unpaired(target: DraftSide, path: str) -> str:
    """Return why a target field has no source field."""
    if holds_ids(target, path):
        return (
            f"it contains ids of {target.resource}: a lookup, if a field of the source names them"
        )
    return "no field of the source looks like it"


def _question(pair: Pair, source: DraftSide) -> str:
    """Return what a person has to decide about a pair, and what the matched records show."""
    if pair.asks_mark:
        return f"{_which_mark(source, pair)} {pair.doubt}".strip()
    return f"{pair.why}, but only {pair.doubt}: {_OTHERWISE}"


def _which_mark(source: DraftSide, pair: Pair) -> str:
    """Return the question which character is the decimal mark, without showing a source value."""
    texts = [str(each) for each in source.values(pair.source)]
    like, other = ("1.000", COMMA) if any(POINT in each for each in texts) else ("1,000", POINT)
    mark = COMMA if other == POINT else POINT
    one, thousand = f"one (decimal mark '{mark}')", f"a thousand (decimal mark '{other}')"
    return f"In {called(pair.source)}, is {like} {thousand}, or {one}?"


_OTHERWISE = "is it another field, or does it take a table (`oneway functions map_value`)?"


def _coded(pair: Pair, source: DraftSide) -> Iterator[str]:
    """Yield a field that translates the source's texts to the target's codes.

    A text without a code is an error of its record: a new department must not get another's code.
    """
    read = expression(source, pair.source)
    entries = [f"{name_text(text)}: {literal(code)}" for text, code in pair.codes]
    asked = f"question: with this table it agrees {pair.doubt}"
    said = comment(f"# {asked if pair.doubt else f'guess: {pair.why}'}")
    yield f"  {yaml_name(pair.target)}: >-   {said}"
    yield f"    {read} && map_value({read}, {{{entries[0]}{',' if entries[1:] else ''}"
    for number, entry in enumerate(entries[1:], 2):
        yield f"    {entry}{',' if number < len(entries) else '})'}"
    if others := uncoded(source, pair):
        said = f"# question: no matched record shows the code of {', '.join(others[:_FEW])}"
        yield comment(f"  {said}")


_FEW = 6


def _commented(line: str) -> str:
    """Return a line of the mapping as a comment; without its `# `, it is the line again."""
    return line if line.lstrip().startswith("#") else f"  # {line[2:]}"


def _names_people(pair: Pair, source: DraftSide, key: Pair) -> str:
    """Return the question about a field that mostly holds other people's numbers.

    Without a lookup, the numbers of people who are gone would be written too.
    """
    numbers = {str(each) for each in source.values(key.source)}
    held = {str(each) for each in source.values(pair.source)}
    known = len(held & numbers)
    if pair.source == key.source or 2 * known <= len(held) or len(held) == 1:
        return ""
    said = f"question: {known:,} of its {len(held):,} values are in {key.source}: is a number"
    return f"{said} without a record to be written too? A lookup prevents it (`references`)."


def _key_field(source: DraftSide, keys: MatchKeys) -> str:
    """Return the field of the first key, which fills blanks in records that a later key finds."""
    key = keys.chosen[0]
    flow = yaml_text(key_value(key, source), flow=True)
    write, said = ("if_empty", "   # filled in if another key matches")
    if len(keys.chosen) == 1:
        write, said = ("on_create", "")
    if key.pair.width:
        said = "   # guess: the source has lost the zeros of numbers that the target writes whole"
    secret = ", sensitive: true" if _is_secret(key.pair) else ""
    rule = f"{{from: {flow}, write: {write}{comparison(key.pair, key)}{secret}}}"
    return f"  {yaml_name(key.pair.target)}: {rule}{said}"


def _unused(draft: DraftMapping) -> Iterator[str]:
    used = {draft.keys.first.source, *(each.source for each in draft.pairs)}
    unused = [path for path in draft.source.fields if path not in used]
    if unused:
        yield comment(f"  # Source fields without a target field: {', '.join(unused)[:400]}")


def _rule(pair: Pair, draft: DraftMapping) -> str:
    value = field_value(pair, draft.source)
    if pair.looks_up and is_by_number(draft.source, draft.target, pair, draft.keys):
        value = f"to_number({value})"
    flow = yaml_text(value, flow=True)
    if pair.looks_up:
        return f"{{from: {flow}, lookup: people, on_miss: keep}}"
    more = comparison(pair, draft.keys.of(pair))
    if _is_secret(pair):
        more += ", sensitive: true"
    return f"{{from: {flow}{more}}}" if more else yaml_text(value)


def _is_secret(pair: Pair) -> bool:
    return names_secret(pair.source) or names_secret(pair.target)


def _together(draft: DraftMapping) -> Iterator[str]:
    """Yield the parts of a bank account, if the mapping writes them."""
    written = (
        each.target
        for each in _paired(draft)
        if not (each.doubt or each.asks_mark or each.unfit or _is_of_leavers(each))
    )
    parts = [path for path in written if concept(path) in ("account", "sort")]
    if len({concept(path) for path in parts}) == 2:
        yield "together:                    # a new sort code is not written beside an old account"
        yield f"  - [{', '.join(yaml_name(path, flow=True) for path in parts)}]"


def _joiners(draft: DraftMapping) -> Iterator[str]:
    emails = (each.target for each in draft.pairs if each.email)
    every = [path for path in emails if concept(path) != "manager"]
    every += (each.pair.target for each in draft.keys.chosen)
    taken = ", ".join(dict.fromkeys(yaml_name(path, flow=True) for path in every))
    yield "joiners:"
    yield f"  unless_taken: [{taken}]    # no create if a record has one of these values"


def _leavers(gone: Leaving, switch: Switch | None) -> Iterator[str]:
    yield "## Who has left, and what is written then? Without `leavers`, nobody loses access."
    for said in filter(None, (gone.asks, *gone.lacks)):
        yield comment(f"## {said}")
    # A part that lacks something is an example: removing one `# ` must give a part that works.
    mark = "##" if gone.lacks else "#"
    if gone.lacks:
        yield "## Then it may be:"
    yield f"{mark} leavers:"
    yield f"{mark}   when: {yaml_text(gone.when)}"
    written = ", ".join(f"{yaml_name(path)}: {value}" for path, value in gone.set.items())
    yield f"{mark}   set: {{{written}}}"
    yield f"{mark}   left: {yaml_text(gone.left)}"
    if switch is not None:
        yield ""
        yield "## And who comes back? `report` writes nothing until a person has decided."
        back = f"{yaml_text(switch.path, flow=True)}: {json.dumps(switch.on)}"
        yield f"{mark} rehires: {{reactivate: {{{back}}}}}"


_GUARDS = [
    "## How much may change before a person is asked, by this plan and the last week together?",
    "## These are the defaults.",
    "# guards:",
    "#   leavers: {share: 10%, floor: 2}",
    "#   field_changes: {share: 50%, floor: 10}",
]
