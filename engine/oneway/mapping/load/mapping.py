"""Builds the classes of `oneway.mapping.spec` from the parts of a document."""

from oneway.core.compare import Compare, CompareItems, Comparison
from oneway.core.diagnostics import Span
from oneway.core.paths import path_of, path_text
from oneway.core.records import Value
from oneway.documents.yaml_source import Document, Path
from oneway.mapping.load.part import DocumentPart
from oneway.mapping.spec import (
    Absent,
    Category,
    CellSpec,
    Constant,
    EndpointSpec,
    FieldSpec,
    Gone,
    GuardKind,
    GuardsSpec,
    JoinersSpec,
    LeaversSpec,
    LimitSpec,
    LintLevel,
    LintSpec,
    MappingSpec,
    MatchSpec,
    Merge,
    NamedSpec,
    OnBlank,
    OnBreach,
    OnePerSpec,
    OnMiss,
    OutOfScope,
    OwnedItems,
    QuestionSpec,
    ReferenceSpec,
    Rehires,
    Rekey,
    RuleSpec,
    SettingSpec,
    TableRowSpec,
    TableSpec,
    Text,
    Write,
)


def mapping(part: DocumentPart, text: bytes) -> MappingSpec:
    """Return the mapping that a document's root holds."""
    name = str(part.at("name").value)
    title = part.maybe_text("title")
    leavers = part.maybe("leavers")
    guards = part.maybe("guards")
    joiners = part.maybe("joiners")
    return MappingSpec(
        file=part.document.file,
        text=text,
        name=name,
        title=title.text if title else name,
        source=_endpoint(part.at("source")),
        target=_endpoint(part.at("target")),
        match=tuple(_match(item) for item in part.items("match")),
        fields=_fields(part, "fields"),
        settings=tuple(_setting(key, entry) for key, entry in part.entries("settings")),
        let=tuple(
            NamedSpec(key, entry.text(), entry.key_span) for key, entry in part.entries("let")
        ),
        choices=tuple(_table(key, entry) for key, entry in part.entries("choices")),
        references=tuple(_reference(key, entry) for key, entry in part.entries("references")),
        only=tuple(_rule(item) for item in part.items("only")),
        out_of_scope=part.word("out_of_scope", OutOfScope.IGNORE),
        eligible=tuple(_rule(item) for item in part.items("eligible")),
        together=tuple(_target_paths(group) for group in part.items("together")),
        joiners=_joiners(joiners) if joiners else JoinersSpec(),
        leavers=_leavers(leavers) if leavers else None,
        one_per=_one_per(part.at("source").maybe("one_per")),
        rehires=_rehires(part),
        reactivated=_reactivated(part),
        absent=_absent(part.maybe("absent")),
        absent_when=_absent_when(part.maybe("absent")),
        rekey=part.word("rekey", Rekey.REPORT),
        gone=part.word("gone", Gone.REPORT),
        guards=_guards(guards) if guards else GuardsSpec(),
        lint=tuple(_lint(item) for item in part.items("lint")),
        questions=tuple(_question(key, entry) for key, entry in part.entries("questions")),
        label=part.maybe_text("label"),
        time_zone=part.maybe_text("time_zone"),
    )


def _question(about: str, part: DocumentPart) -> QuestionSpec:
    return QuestionSpec(about=about, text=str(part.value), span=part.key_span)


def _setting(name: str, part: DocumentPart) -> SettingSpec:
    return SettingSpec(
        name=name,
        type=str(part.at("type").value),
        default=part.at("default").value,
        description=str(part.at("description").value),
        span=part.key_span,
    )


def _table(name: str, part: DocumentPart) -> TableSpec:
    columns = (NamedSpec(key, e.text(), e.key_span) for key, e in part.entries("columns"))
    rows = tuple(map(_table_row, part.items("rows")))
    return TableSpec(name, tuple(columns), rows, part.key_span)


def _table_row(part: DocumentPart) -> TableRowSpec:
    then = _constant_or_expression(part.at("then"))
    assert then is not None
    cells = (_cell(key, part.at(key)) for key in part.names() if key != "then")
    return TableRowSpec(tuple(cells), then, part.span)


def _cell(column: str, part: DocumentPart) -> CellSpec:
    count = len(part.value) if isinstance(part.value, list) else None
    values = [part] if count is None else [part.at(number) for number in range(count)]
    return CellSpec(column, tuple(each.constant() for each in values), part.key_span)


def _endpoint(part: DocumentPart) -> EndpointSpec:
    return _endpoint_of(part, part.at("resource").text())


def _endpoint_of(part: DocumentPart, resource: Text) -> EndpointSpec:
    record, absent = part.maybe("record"), part.maybe("absent")
    return EndpointSpec(
        connector=part.at("connector").text(),
        resource=resource,
        options=_options(part),
        record=Constant(record.value, record.key_span) if record else None,
        absent=Constant(absent.value, absent.key_span) if absent else None,
    )


def _one_per(part: DocumentPart | None) -> OnePerSpec | None:
    if part is None:
        return None
    return OnePerSpec(
        person=part.at("person").text(),
        latest_by=part.at("latest_by").text(),
        current=part.maybe_text("current"),
        span=part.key_span,
    )


def _options(part: DocumentPart) -> tuple[tuple[str, Constant], ...]:
    return tuple((name, entry.constant()) for name, entry in part.entries("options"))


def _reference(name: str, part: DocumentPart) -> ReferenceSpec:
    origin = part.at("from")
    resource = part.at("resource").text()
    is_side = isinstance(origin.value, str)
    return ReferenceSpec(
        name=name,
        side=str(origin.value) if is_side else None,
        endpoint=None if is_side else _endpoint_of(origin, resource),
        resource=resource,
        key=part.at("key").text(),
        value=part.maybe_text("value") or part.at("key").text(),
        span=part.key_span,
        label=part.maybe_text("label"),
        parent=part.maybe_text("parent"),
        top=part.maybe_text("top"),
        says_value=part.maybe("value") is not None,
    )


def _match(part: DocumentPart) -> MatchSpec:
    compare = part.word("compare", Compare.EXACT)
    return MatchSpec(part.at("source").text(), part.at("target").text(), compare, part.span)


USUALLY = frozenset({Category.JOINERS, Category.MOVERS})
"""The default categories of an eligibility rule: a rule never holds up leaving by default."""


def _rule(part: DocumentPart) -> RuleSpec:
    written = frozenset(Category(item.value) for item in part.items("for"))
    return RuleSpec(
        id=str(part.at("id").value),
        when=part.at("when").text(),
        otherwise=str(part.at("otherwise").value),
        categories=written or USUALLY,
        span=part.span,
    )


def _fields(part: DocumentPart, key: str) -> tuple[FieldSpec, ...]:
    return tuple(_field(_path(part, name), entry) for name, entry in part.entries(key))


def _path(part: DocumentPart, name: str) -> str:
    """Return a target field's path in canonical form.

    In a file with flat headings, a name with dots is one heading.
    """
    target = DocumentPart(part.document, ("target",))
    options = dict(_options(target)) if target.at("connector").value == "file" else {}
    headings = options.get("headings")
    flat = headings is not None and headings.value == "flat" and not name.startswith('"')
    return path_text((name,) if flat else path_of(name))


def _field(path: str, part: DocumentPart) -> FieldSpec:
    if isinstance(part.value, str):
        return FieldSpec(path, part.key_span, part.span, source=part.text())
    value = part.maybe("value")
    compare = _comparison(part)
    merge, owned = _merge(part.maybe("merge"), compare)
    on_miss, fallback = _on_miss(part)
    return FieldSpec(
        path=path,
        key_span=part.key_span,
        span=part.span,
        source=part.maybe_text("from"),
        value=value.constant() if value else None,
        default=_constant_or_expression(part.maybe("default")),
        initial=_constant_or_expression(part.maybe("initial")),
        when=part.maybe_text("when"),
        lookup=part.maybe_text("lookup"),
        on_miss=on_miss,
        fallback=fallback,
        write=part.word("write", Write.OVERWRITE),
        on_blank=part.word("on_blank", OnBlank.KEEP),
        compare=compare,
        sensitive=part.is_on("sensitive", default=False),
        merge=merge,
        owned=owned,
        written=frozenset(part.names()),
    )


def _on_miss(part: DocumentPart) -> tuple[OnMiss, Constant | None]:
    given = part.maybe("on_miss")
    if given is None or not isinstance(given.value, dict):
        return part.word("on_miss", OnMiss.KEEP), None
    (name,) = given.names()
    return OnMiss(name), given.at(name).constant()


def _comparison(part: DocumentPart) -> Comparison:
    given = part.maybe("compare")
    if given is None or not isinstance(given.value, dict):
        return part.word("compare", Compare.EXACT)
    by = given.at("by").value
    paths = tuple(map(str, by if isinstance(by, list) else [by]))
    return CompareItems(paths, given.word("each", Compare.EXACT))


def _merge(part: DocumentPart | None, compare: Comparison) -> tuple[Merge | None, OwnedItems]:
    if part is None or not isinstance(part.value, dict):
        return (Merge(part.value) if part else None), OwnedItems()
    own = part.at("own")
    if isinstance(own.value, dict):
        return Merge.OWN, OwnedItems(pattern=str(own.at("pattern").value), compare=compare)
    return Merge.OWN, OwnedItems(tuple(item.value for item in part.items("own")), compare=compare)


def _constant_or_expression(part: DocumentPart | None) -> Text | Constant | None:
    if part is None:
        return None
    return part.at("from").text() if isinstance(part.value, dict) else part.constant()


def _joiners(part: DocumentPart) -> JoinersSpec:
    taken = part.maybe("unless_taken")
    return JoinersSpec(part.is_on("create", default=True), _target_paths(taken) if taken else ())


def _target_paths(part: DocumentPart) -> tuple[Text, ...]:
    """Return a list of target fields, each with its path in canonical form."""
    names = (item.text() for item in part.each())
    return tuple(Text(_path(part, each.text), each.span) for each in names)


def _leavers(part: DocumentPart) -> LeaversSpec:
    return LeaversSpec(
        when=part.at("when").text(),
        set=_fields(part, "set"),
        left=part.maybe_text("left"),
        scheduled=part.maybe_text("scheduled"),
        span=part.key_span,
    )


def _absent(part: DocumentPart | None) -> Absent:
    if part is None:
        return Absent.IGNORE
    return Absent.DEACTIVATE if isinstance(part.value, dict) else Absent(part.value)


def _absent_when(part: DocumentPart | None) -> Text | None:
    if part is None or not isinstance(part.value, dict):
        return None
    return part.at("deactivate").at("when").text()


def _rehires(part: DocumentPart) -> Rehires:
    values = part.maybe("rehires")
    is_object = values is not None and bool(values.names())
    return Rehires.REACTIVATE if is_object else part.word("rehires", Rehires.REPORT)


def _reactivated(part: DocumentPart) -> tuple[tuple[str, Constant], ...]:
    values = part.maybe("rehires")
    entries = values.entries("reactivate") if values else ()
    return tuple((_path(part, name), entry.constant()) for name, entry in entries)


def _guards(part: DocumentPart) -> GuardsSpec:
    default = GuardsSpec()
    return GuardsSpec(
        limits=tuple(
            (kind, limit_of(part.at(kind.value)))
            for kind in GuardKind
            if kind.value in part.names()
        ),
        on_breach=part.word("on_breach", OnBreach.HOLD),
        source_shrink=_share(part, ("source", "shrink"), default.source_shrink),
        target_shrink=_share(part, ("target", "shrink"), default.target_shrink),
        keys_gone=_share(part, ("keys", "gone"), default.keys_gone),
        values_gone=_share(part, ("values", "gone"), default.values_gone),
    )


def _share(part: DocumentPart, keys: tuple[str, str], default: float) -> float:
    found = maybe_share(part, *keys)
    return default if found is None else found


def maybe_share(part: DocumentPart, name: str, key: str) -> float | None:
    """Return the share that guards hold at `name.key`; None if they hold none."""
    inner = part.maybe(name)
    share = inner.maybe(key) if inner else None
    return share_of(share) if share else None


def limit_of(part: DocumentPart) -> LimitSpec:
    """Return a guard's limit, placed at its key."""
    return LimitSpec(share_of(part.at("share")), int(str(part.at("floor").value)), part.key_span)


def share_of(part: DocumentPart) -> float:
    """Return a share as a number from 0 to 1: `10%` is 0.1."""
    value = part.value
    return float(value.rstrip(" %")) / 100 if isinstance(value, str) else float(str(value))


def _lint(part: DocumentPart) -> LintSpec:
    at = part.maybe_text("at")
    start, end = _extent(part.document, at.text) if at else (None, None)
    return LintSpec(
        code=str(part.at("code").value),
        severity=LintLevel(part.at("severity").value),
        because=str(part.at("because").value),
        span=at.span if at else part.at("code").span,
        at=at.text if at else "",
        start=start,
        end=end,
    )


def _extent(document: Document, at: str) -> tuple[Span | None, Span | None]:
    """Return where a part of a document begins, and where what follows it does."""
    path = parts_of(document).get(at)
    if path is None:
        return None, None
    starts = {each: document.span(each, key=True) for each in document.places}
    inside = [_order(at) for each, at in starts.items() if each[: len(path)] == path]
    others = (at for each, at in starts.items() if each[: len(path)] != path)
    later = sorted((each for each in others if _order(each) > max(inside)), key=_order)
    return starts[path], later[0] if later else None


def parts_of(document: Document) -> dict[str, Path]:
    """Return the path of each part by its name, as in `lint`: `fields.email`, `eligible.manager`.

    Of parts with one name, the first counts.
    """
    return {_written(document.data, each): each for each in reversed([*document.places])}


def _written(data: Value, path: Path) -> str:
    """Return a path as an integrator writes it: items that have an id by their id."""
    steps, value = [], data
    for step in path:
        value = value[step]  # type: ignore[index]  # the path is the document's
        id = value.get("id") if isinstance(step, int) and isinstance(value, dict) else None
        steps.append(str(step if id is None else id))
    return ".".join(steps)


def _order(place: Span) -> tuple[int, int]:
    return place.line, place.column
