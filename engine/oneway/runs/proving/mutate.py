"""Makes single edits of a mapping, each of which a good test must notice.

An edit is a mistake that an integrator could make: a dropped rule, an inverted condition, a key
with another word. An edit that validation refuses is noticed without a test.
"""

import copy
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from enum import Enum
from typing import cast

from oneway.core.compare import Compare
from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Refused, Span
from oneway.core.records import Value
from oneway.documents.lenient import items, obj
from oneway.documents.yaml_source import Document, Path
from oneway.mapping.compiler import Compiled
from oneway.mapping.expressions import ExpressionSyntax, parse
from oneway.mapping.expressions.steps import text_of
from oneway.mapping.expressions.syntax import Node
from oneway.mapping.spec import Absent, GuardKind, OnBlank, OnBreach, OnMiss, Rehires, Write
from oneway.planning.guard_kinds import DEFAULTS
from oneway.runs.mapping_tests.check import holds_for
from oneway.runs.mapping_tests.spec import MappingTest
from oneway.runs.prepare.request import parse_instant
from oneway.runs.proving.other_constants import OF_NAMES, Enums, other_constants, other_values
from oneway.runs.proving.prove import DifferentTreatment, EditJudge

Data = dict[str, Value]


class Fate(Enum):
    """How an edit of a mapping ended."""

    REFUSED = "refused by validation"
    NOTICED = "noticed by a test"
    PROVED = "noticed by prove"
    SAME = "change nothing for any record that was tried"
    SURVIVED = "not noticed"


_WORST = (
    *(
        "leavers",
        "match",
        "only",
        "eligible",
        "let",
        "choices",
        "rehires",
        "absent",
        "joiners",
        "guards",
    ),
    *("references", "settings"),
)
"""The parts of a mapping that decide access and identity, the most harmful first. A mistake
elsewhere makes a value wrong."""


@dataclass(frozen=True, slots=True)
class MappingEdit:
    """One edit: its place, its effect in words, and the data of the edited mapping."""

    place: Span
    text: str
    data: Data
    counted: bool = False
    """Whether it shows only across many people, as a guard's limit does."""
    part: str = ""
    """The part of the mapping that it edits, such as `leavers`."""

    @property
    def harm(self) -> int:
        """How harmful a mistake in its part of the mapping is; 0 is the worst."""
        return _WORST.index(self.part) if self.part in _WORST else len(_WORST)


@dataclass(frozen=True, slots=True)
class EditResult:
    """An edit and how it ended; `treated` is a situation that would show it, if one is known."""

    edit: MappingEdit
    fate: Fate
    treated: DifferentTreatment | None = None


def tried(
    test: MappingTest, document: Document, compile_text: Callable[[bytes], Compiled]
) -> Iterator[EditResult]:
    """Yield how each single edit of a mapping ends under a test that the mapping itself passes."""
    original = compile_text(_text(document.data))
    witness = EditJudge(original, parse_instant(test.as_of), test)
    for edit in edits(document, enums_of(original)):
        try:
            compiled = compile_text(_text(edit.data))
            noticed = not holds_for(test, compiled)
        except Refused:
            yield EditResult(edit, Fate.REFUSED)
            continue
        yield EditResult(edit, Fate.NOTICED) if noticed else _survivor(edit, compiled, witness)


def _text(data: Value) -> bytes:
    """Return a mapping as text; an edit of one line moves no other."""
    return json.dumps(data, indent=1).encode()


def _survivor(edit: MappingEdit, compiled: Compiled, witness: EditJudge) -> EditResult:
    """Return the fate of an edit that no case notices: proved, without effect, or survived."""
    breaking, treated = witness.judged(compiled)
    if breaking is not None:
        return EditResult(edit, Fate.PROVED)
    if treated.situation is None and not edit.counted:
        return EditResult(edit, Fate.SAME)
    return EditResult(edit, Fate.SURVIVED, treated)


def enums_of(compiled: Compiled) -> Enums:
    """Return the words of each source field whose record schema names them."""
    return [each.enum for each in compiled.source.fields.values() if each.enum]


def edits(document: Document, enums: Enums = ()) -> Iterator[MappingEdit]:
    """Yield every single edit that `tried` tries, in the order of the file."""
    found = list(_Edits(document, enums).all())
    yield from sorted(found, key=lambda each: (each.place.line, each.place.column, each.text))


_ON_MISS = tuple(each for each in OnMiss if not each.falls_back)
"""The words of `on_miss`; a fallback is an object, not a word."""
_TEXTS = (Compare.EXACT, Compare.IGNORE_CASE, Compare.TRIMMED)
"""Comparisons of texts; other comparisons rarely differ for texts."""


class _Edits:
    """Makes the edits of one document."""

    def __init__(self, document: Document, enums: Enums) -> None:
        self.document = document
        self.enums = enums
        self.data = cast(Data, document.data)
        self.siblings = _siblings(self.data)

    def all(self) -> Iterator[MappingEdit]:
        yield from self.one_per()
        yield from self.settings()
        yield from self.let()
        yield from self.choices()
        yield from self.references()
        yield from self.match()
        yield from self.rules("only")
        yield from self.rules("eligible")
        for name in obj(self.data.get("fields")):
            yield from self.field(("fields", name))
        yield from self.leavers()
        yield from self.rest()

    def one_per(self) -> Iterator[MappingEdit]:
        path: Path = ("source", "one_per")
        said = obj(obj(self.data.get("source")).get("one_per"))
        if said:
            yield replace(self.without(path, "drop `one_per`"), counted=True)
        if "current" in said:
            current: Path = (*path, "current")
            edit = self.having(current, f"!({said['current']})", f"not {said['current']}")
            yield replace(edit, counted=True)
            yield replace(self.without(current, "drop `current`"), counted=True)

    def settings(self) -> Iterator[MappingEdit]:
        for name, setting in obj(self.data.get("settings")).items():
            default = obj(setting).get("default")
            path: Path = ("settings", name, "default")
            if isinstance(default, bool):
                yield self.having(path, not default, f"{name} is {str(not default).lower()}")
            else:
                for other in other_values(default, self.enums):
                    yield self.having(path, other, f"{name} is {json.dumps(other)}")

    def let(self) -> Iterator[MappingEdit]:
        for name, text in obj(self.data.get("let")).items():
            try:
                kind = parse(str(text), Span("")).tree["type"]
            except ExpressionSyntax:
                continue
            is_condition = kind in (
                "or_expression",
                "and_expression",
                "not_expression",
                "comparator",
            )
            yield from (self.condition if is_condition else self.expression)(("let", name))

    def choices(self) -> Iterator[MappingEdit]:
        for name, table in obj(self.data.get("choices")).items():
            for column in obj(obj(table).get("columns")):
                yield from self.expression(("choices", name, "columns", column))
            rows = items(obj(table).get("rows"))
            path: Path = ("choices", name, "rows")
            for number, row in enumerate(rows):
                yield from self.row((*path, number), dict(obj(row)), alone=len(rows) == 1)
                if number:
                    others = [*rows[: number - 1], row, rows[number - 1], *rows[number + 1 :]]
                    edit = self.having(
                        path, others, f"row {number + 1} of {name} before row {number}"
                    )
                    place = self.document.span((*path, number))
                    yield replace(edit, place=place)

    def row(self, path: Path, row: Data, *, alone: bool) -> Iterator[MappingEdit]:
        number = int(path[-1]) + 1
        if not alone:
            yield self.without(path, f"drop row {number} of {path[1]}")
        for column, values in row.items():
            if column == "then":
                continue
            yield self.without((*path, column), f"row {number} of {path[1]} for any {column}")
            for place, _ in enumerate(values if isinstance(values, list) and values[1:] else ()):
                one = (*path, column, place)
                yield self.without(one, f"row {number} of {path[1]} for one {column} fewer")
        then = row.get("then")
        if isinstance(then, dict):
            yield from self.expression((*path, "then", "from"))
        else:
            other = _other_constant(then)
            yield self.having((*path, "then"), other, f"row {number} of {path[1]} says {other}")

    def references(self) -> Iterator[MappingEdit]:
        for name, table in obj(self.data.get("references")).items():
            said = obj(table)
            for key, by in (("key", "value"), ("value", "key"), ("parent", "key")):
                if key in said and by in said:
                    text = f"`{key}: {said[by]}` in {name}"
                    yield self.having(("references", name, key), said[by], text)
            if "top" in said:
                yield self.without(("references", name, "top"), f"no `top` in {name}")

    def match(self) -> Iterator[MappingEdit]:
        keys = items(self.data.get("match"))
        for number, _ in enumerate(keys):
            path: Path = ("match", number)
            yield from self.expression((*path, "source"))
            yield from self.word((*path, "compare"), _TEXTS)
            if len(keys) > 1:
                yield self.without(path, "drop this match key")
            if number:
                others = [*keys[: number - 1], keys[number], keys[number - 1], *keys[number + 1 :]]
                edit = self.having(("match",), others, f"match key {number + 1} before {number}")
                yield replace(edit, place=self.document.span(path))

    def rules(self, key: str) -> Iterator[MappingEdit]:
        for number, rule in enumerate(items(self.data.get(key))):
            path: Path = (key, number)
            yield self.without(path, f"drop the rule {obj(rule).get('id')}")
            yield from self.condition((*path, "when"))
            categories = items(obj(rule).get("for"))
            if key == "eligible" and not categories:
                categories = ["joiners", "movers"]
            if key == "eligible" and "leavers" in self.data and "leavers" not in categories:
                yield self.having((*path, "for"), [*categories, "leavers"], "also for leavers")
            for each in categories if len(categories) > 1 else ():
                others: list[Value] = [one for one in categories if one != each]
                yield self.having((*path, "for"), others, f"no longer for {each}")

    def field(self, path: Path) -> Iterator[MappingEdit]:
        fields = obj(self.at(path[:-1]))
        if len(fields) > 1:
            yield self.without(path, f"drop {path[-1]}")
        value = self.at(path)
        if not isinstance(value, dict):
            yield from self.expression(path)
            yield from self.words(path, {"from": value})
            return
        if "from" in value:
            yield from self.expression((*path, "from"))
        if "value" in value:
            other = _other_constant(value["value"])
            yield self.having((*path, "value"), other, f"`value: {other}`")
        if "when" in value:
            yield from self.condition((*path, "when"))
            yield self.without((*path, "when"), "drop `when`")
        for key in ("lookup", "default", "initial", "merge", "compare"):
            if key in value and (key != "compare" or isinstance(value[key], dict)):
                yield self.without((*path, key), f"drop `{key}`")
        yield from self.words(path, value)
        fallback = obj(value.get("on_miss"))
        if "use" in fallback:
            other = _other_constant(fallback["use"])
            yield self.having((*path, "on_miss", "use"), other, f"`use: {other}`")

    def words(self, path: Path, value: Data) -> Iterator[MappingEdit]:
        """Yield, for each key of a field that takes a word, the field with every other word."""
        choices: list[tuple[str, Sequence[Enum]]] = [
            ("write", tuple(Write)),
            ("on_blank", tuple(OnBlank)),
            ("compare", () if isinstance(value.get("compare"), dict) else _TEXTS),
            ("on_miss", _ON_MISS if "lookup" in value else ()),
        ]
        for key, words in choices:
            for word in words:
                if word.value != value.get(key, words[0].value):
                    text = f"`{key}: {word.value}`"
                    yield self.having(path, value | {key: word.value}, text)

    def leavers(self) -> Iterator[MappingEdit]:
        leavers = obj(self.data.get("leavers"))
        if not leavers:
            return
        yield self.without(("leavers",), "drop `leavers`")
        yield from self.condition(("leavers", "when"))
        for key in ("left", "scheduled"):
            if key in leavers:
                yield from self.condition(("leavers", key))
                yield self.without(("leavers", key), f"drop `{key}`")
        for name in obj(leavers.get("set")):
            yield from self.field(("leavers", "set", name))

    def rest(self) -> Iterator[MappingEdit]:
        for number, _ in enumerate(items(self.data.get("together"))):
            yield self.without(("together", number), "a group of `together` may be written in part")
        joiners = obj(self.data.get("joiners"))
        for number, name in enumerate(items(joiners.get("unless_taken"))):
            path: Path = ("joiners", "unless_taken", number)
            yield self.without(path, f"{name} may be taken")
        if joiners.get("create") is not False:
            yield self.having(("joiners",), {**joiners, "create": False}, "`create: false`")
        if isinstance(self.data.get("rehires"), dict):
            yield self.having(("rehires",), Rehires.REPORT.value, "`rehires: report`")
        yield from self.word(("rehires",), tuple(Rehires))
        if "when" in obj(obj(self.data.get("absent")).get("deactivate")):
            yield from self.condition(("absent", "deactivate", "when"))
            yield self.having(("absent",), Absent.DEACTIVATE.value, "`absent: deactivate` for all")
        yield from self.word(("absent",), (Absent.REPORT, Absent.IGNORE, Absent.DEACTIVATE))
        guards = obj(self.data.get("guards"))
        if "on_breach" in guards:
            words = self.word(("guards", "on_breach"), tuple(OnBreach))
            yield from (replace(each, counted=True) for each in words)
        for name, limit in guards.items():
            if isinstance(limit, dict) and "floor" in limit:
                yield from self.guard(("guards", name), limit)

    def guard(self, path: Path, limit: Data) -> Iterator[MappingEdit]:
        """Yield the mapping without a guard, and with looser limits for it."""
        floor = int(cast(int, limit["floor"]))
        looser = {"share": "100%"}, {"floor": floor + 1}, {"floor": max(floor - 1, 0)}
        usual = DEFAULTS.get(GuardKind(path[-1]))
        if usual is None or (float(usual.share), usual.floor) != (_share(limit["share"]), floor):
            yield replace(self.without(path, f"drop the guard {path[-1]}"), counted=True)
        for other in looser:
            if not other.items() <= limit.items():
                ((key, value),) = other.items()
                edit = self.having(path, {**limit, key: value}, f"`{key}: {value}`")
                yield replace(edit, counted=True)

    def word(self, path: Path, words: Sequence[Enum]) -> Iterator[MappingEdit]:
        """Yield each other word at a path; the first of `words` is the default."""
        now = self.at(path)
        if isinstance(now, dict):
            return
        for word in words:
            if word.value != (words[0].value if now is None else now):
                yield self.having(path, word.value, f"`{path[-1]}: {word.value}`")

    def condition(self, path: Path) -> Iterator[MappingEdit]:
        """Yield an inverted condition, and edits of its expression."""
        text = str(self.at(path))
        yield self.having(path, f"!({text})", f"not {text}")
        yield from self.expression(path)

    def expression(self, path: Path) -> Iterator[MappingEdit]:
        """Yield an expression with one of its parts removed or replaced."""
        text = str(self.at(path))
        try:
            tree = parse(text, Span("")).tree
        except ExpressionSyntax:
            return
        others = {text_of(each) for each in _simpler(tree)}
        others |= {text_of(each) for each in other_constants(tree, self.enums)}
        others |= {self.siblings[text]} if text in self.siblings else set()
        if path[-1] not in ("when", "left", "scheduled"):
            others.add(f"upper({text})")
        for other in sorted(others - {text}):
            yield self.having(path, other, f"{other} in place of {text}")

    def at(self, path: Path) -> Value:
        value: Value = self.data
        for step in path:
            if isinstance(value, dict):
                value = value.get(str(step))
            elif isinstance(value, list):
                value = value[int(step)]
        return value

    def having(self, path: Path, value: Value, text: str) -> MappingEdit:
        data = copy.deepcopy(self.data)
        holder = _holder(data, path)
        holder[path[-1]] = value  # type: ignore[index]  # the path is one of the document's
        return MappingEdit(self.document.span(path), text, data, part=str(path[0]))

    def without(self, path: Path, text: str) -> MappingEdit:
        data = copy.deepcopy(self.data)
        holder = _holder(data, path)
        del holder[path[-1]]  # type: ignore[arg-type]  # the path is one of the document's
        return MappingEdit(self.document.span(path, key=True), text, data, part=str(path[0]))


def _siblings(data: Data) -> dict[str, str]:
    """Return a neighbouring source path for each path that a mapping reads."""
    texts = [each.get("source") for each in map(obj, items(data.get("match")))]
    texts += [each.get("when") for each in map(obj, items(data.get("eligible")))]
    for field in obj(data.get("fields")).values():
        texts.append(field.get("from") if isinstance(field, dict) else field)
    groups: dict[str, list[str]] = {}
    for text in dict.fromkeys(str(each).strip() for each in texts if each):
        if _PATH.fullmatch(text):
            groups.setdefault(text.rpartition(".")[0], []).append(text)
    return {
        each: group[(number + 1) % len(group)]
        for group in groups.values()
        for number, each in enumerate(group)
        if len(group) > 1
    }


_PATH = re.compile(r"\w+(\.\w+)*")


def _share(value: Value) -> float:
    text = str(value)
    return float(text.rstrip(" %")) / 100 if text.endswith("%") else float(text)


def _other_constant(value: Value) -> Value:
    if isinstance(value, bool):
        return not value
    return f"not {value}" if isinstance(value, str) else None


def _holder(data: Data, path: Path) -> Data | list[Value]:
    holder: Value = data
    for step in path[:-1]:
        if isinstance(holder, dict):
            holder = holder.setdefault(str(step), {})
        elif isinstance(holder, list):
            holder = holder[int(step)]
    return cast(Data | list[Value], holder)


def _simpler(node: Node) -> Iterator[Node]:
    """Yield the tree with one `||`, `&&`, `!`, comparison or call simplified."""
    yield from _alone(node)
    for number, child in enumerate(node["children"]):
        if isinstance(child, dict):
            for other in _simpler(child):
                children = list(node["children"])
                children[number] = other
                yield {**node, "children": children}


def _alone(node: Node) -> Iterator[Node]:
    match node["type"]:
        case "or_expression" | "and_expression" | "not_expression":
            yield from node["children"]
        case "function_expression" if node["value"] not in OF_NAMES:
            yield from (each for each in node["children"] if each["type"] != "expref")
        case "comparator":
            opposite = {"eq": "ne", "ne": "eq", "lt": "gte", "gte": "lt", "gt": "lte", "lte": "gt"}
            nearly = {"lt": "lte", "lte": "lt", "gt": "gte", "gte": "gt"}
            for words in (opposite, nearly):
                if node["value"] in words:
                    yield {**node, "value": words[str(node["value"])]}
