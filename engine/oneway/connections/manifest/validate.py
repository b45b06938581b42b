"""Validates what a manifest means, beyond its shape; each mistake has its place."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from urllib.parse import urlsplit

from oneway.connections.manifest.lists import list_mistakes
from oneway.connections.manifest.made_keys import vain_defaults
from oneway.connections.manifest.placeholders import foreign_in, ours_in
from oneway.connections.manifest.places import Template, expressions, templates, versions_of
from oneway.connections.manifest.requests import request_mistakes
from oneway.core.diagnostics import Diagnostic, Severity, Span, did_you_mean
from oneway.core.hosts import is_loopback
from oneway.core.paths import path_text
from oneway.core.quoting import PLACEHOLDER, parted
from oneway.documents.lenient import Data, items, obj, text
from oneway.documents.record_fields import NOT_THAT_DEEP, fields_of, idly_open, is_open
from oneway.documents.yaml_source import Document, Path
from oneway.mapping.expressions import BUILT_IN, ExpressionSyntax, parse
from oneway.mapping.expressions.value_like_names import value_like_names

_RESERVED = {"id", "value", "values", "operations", "json_patch", "record", "token"}
_QUOTED = r"""(?s)(['"])((?:\\.|(?!\1)[^\\])*)\1"""
_WHOLE = {"values": "an object", "operations": "a list", "json_patch": "a list"}
_TWICE = "a brace that is meant as one is written twice: {{ or }}"
_AUTH_KEYS = {
    "none": set[str](),
    "basic": {"user", "password"},
    "header": {"header", "value"},
    "bearer": {"token"},
    "query": {"params"},
    "token_exchange": {
        "path", "url", "body", "encoding", "token", "expires_in", "header", "value",
    },
    "oauth2_client_credentials": {
        "path", "url", "client_id", "client_secret", "client_auth", "scope", "params",
        "token", "expires_in", "header", "value",
    },
}  # fmt: skip


def mistakes_in(document: Document) -> list[Diagnostic]:
    """Return the mistakes and warnings about a manifest's meaning, even if its shape is wrong."""
    data = obj(document.data)
    found = [*_names(document, data)]
    for template in templates(data):
        found += _template(document, data, template)
    for path, expression in expressions(data):
        found += _expression(document, path, expression, _fields_at(data, path))
    found += _auth(document, obj(data.get("auth")))
    found += _address(document, ("base_url",), data)
    found += _address(document, ("auth", "url"), data)
    if data.get("kind") == "rest":
        found += _rest(document, data)
        found += request_mistakes(document, data)
        found += list_mistakes(document, data)
    for name, resource in obj(data.get("resources")).items():
        found += _resource(document, ("resources", name), obj(resource))
    return found


def _names(document: Document, data: Data) -> Iterator[Diagnostic]:
    options, secrets = obj(data.get("options")), obj(data.get("secrets"))
    reserved = _RESERVED if data.get("kind") == "rest" else set[str]()  # others have no templates
    for resource in map(obj, obj(data.get("resources")).values()):
        reserved = reserved | versions_of(resource)
        reserved = reserved | ({"parent"} if "for_each" in obj(resource.get("list")) else set())
    for key, names in (("options", options), ("secrets", secrets)):
        for name in names:
            plain, quoting = parted(name)
            if name in reserved or (quoting and plain in {*reserved, *options}):
                summary = f"'{name}' has a meaning of its own in templates"
                yield document.at((key, name), "C116", summary, "choose another name", key=True)
    for name in secrets:
        if name in options:
            summary = f"'{name}' is an option already"
            yield document.at(("secrets", name), "C116", summary, "choose another", key=True)
        yield from _hiding(document, name, {"options": options, "secrets": secrets})


def _hiding(document: Document, secret: str, named: Mapping[str, Data]) -> Iterator[Diagnostic]:
    """Report options whose variable would collide with the location of a secret."""
    for key, names in named.items():
        for name in (f"{secret}_file", f"{secret}_keyring"):
            if name in names:
                summary = f"the variable of '{name}' says where the secret '{secret}' is kept"
                yield document.at((key, name), "C116", summary, "choose another", key=True)


def _template(document: Document, data: Data, template: Template) -> Iterator[Diagnostic]:
    options, secrets = set(obj(data.get("options"))), set(obj(data.get("secrets")))
    known = options | template.own | (secrets if template.secrets else set())
    span, rest = document.span(template.path), template.text
    for each in foreign_in(template.text, known):
        place = document.inside(span, template.text, each.start, each.end)
        rest = rest[: each.start] + " " * len(each.text) + rest[each.end :]
        summary = f"'{each.text}' is how other tools write a placeholder"
        yield document.report(place, "C105", summary, f"write {{{each.name}}}")
    for found in ours_in(rest):
        name = found[1]
        place = document.inside(span, template.text, *found.span())
        plain, quoting = parted(name)
        if quoting and name not in known | secrets and plain not in _WHOLE:
            name = plain
        if name in template.unchosen:
            summary = f"'{name}' is chosen from a list that this is needed to read"
            yield document.report(place, "C121", summary, "name an option that is given before")
        elif _is_known(name, known):
            if name in _WHOLE and template.text != f"{{{name}}}":
                summary = f"'{{{name}}}' means {_WHOLE[name]}, so it must be the whole text"
                yield document.report(place, "C105", summary)
        elif name in secrets:
            help = "credentials go in auth and headers only: URLs and bodies are logged by others"
            yield document.report(place, "C104", f"the secret '{name}' is not allowed here", help)
        else:
            help = did_you_mean(name, known) or f"known here: {_listed(known)}"
            named = all(map(str.isidentifier, name.split(".")))
            help += "" if named and "body" not in template.path else f"; {_TWICE}"
            yield document.report(place, "C103", f"unknown name '{name}' in a template", help)
    if {"{", "}"} & set(PLACEHOLDER.sub("", rest)):
        help = f"a template's names are in braces: {{employer}}; {_TWICE}"
        yield document.at(template.path, "C105", "a brace has no partner", help)
    yield from _quotes(document, template, known - set(_WHOLE))


def _is_known(name: str, known: Collection[str]) -> bool:
    whose = (each for each in known if each.endswith("."))
    return (name in known and name[-1:] != ".") or any(
        name.startswith(each) and name != each for each in whose
    )


def _listed(known: Iterable[str]) -> str:
    return ", ".join(sorted(each + "..." * each.endswith(".") for each in known)) or "none"


def _quotes(document: Document, template: Template, known: set[str]) -> Iterator[Diagnostic]:
    """Warn of values that could break out of their quotes or of their condition."""
    if not template.query:
        return
    span = document.span(template.path)
    unquoted = "sysparm_query" in template.path
    within = [
        (found.start(2), found.end(2), found[1]) for found in re.finditer(_QUOTED, template.text)
    ]
    for found in ours_in(template.text):
        plain, quoting = (found[1], "") if found[1] in known else parted(found[1])
        quote = next((q for start, end, q in within if start <= found.start() < end), "")
        if not _is_known(plain, known) or not (quote or unquoted):
            continue
        if quoting and quote:
            summary = f"'{{{found[1]}}}' adds its own quotes, and is between quotes here"
            help = f"leave out the quotes around it: {{{found[1]}}}"
        elif quote:
            summary = f"a value with a quote would end the quotes around '{{{plain}}}'"
            help = _quoted_by(plain, quote)
        else:
            summary = f"a value with ^ would add a condition after '{{{plain}}}'"
            help = "give the field a parameter of its own, such as email: '{value}'"
        place = document.inside(span, template.text, *found.span())
        yield document.report(place, "C155", summary, help, Severity.WARNING)


def _quoted_by(name: str, quote: str) -> str:
    """Return the placeholder that escapes a value for these quotes."""
    if quote == '"':
        return f"write {{{name}_json}} without quotes around it: it brings its own"
    return (
        f"write {{{name}_odata}} without quotes around it (OData: ' is doubled), "
        f"or {{{name}_soql}} (SOQL and Google: \\ stands before it)"
    )


def _expression(
    document: Document, path: Path, expression: str, fields: Collection[str]
) -> Iterator[Diagnostic]:
    """Check an expression; `fields` are those of the record it applies to."""
    span = document.span(path)
    try:
        parsed = parse(expression, span)
    except ExpressionSyntax as error:
        place = document.inside(span, expression, error.offset, error.offset + error.length)
        yield document.report(place, "C106", error.summary, error.help)
        return
    for name in parsed.functions:
        if name not in BUILT_IN:
            summary = f"'{name}' is a function of mappings, not of manifests"
            yield document.at(path, "C106", summary, "use JMESPath's own functions here")
    for key, literal, start in vain_defaults(expression):
        place = document.inside(span, expression, start, start + len(key))
        summary = f"'||' does not say what this is for a record without '{key}'"
        help = f"write not_null({key}, {literal}): what depends on an absent key is left out"
        yield document.report(place, "C162", summary, help, Severity.WARNING)
    for found in value_like_names(expression, fields):
        place = document.inside(span, expression, found.place.offset, found.place.end)
        summary = f"{found.name!r} is the name of a field here"
        severity = Severity.ERROR if found.certain else Severity.WARNING
        yield document.report(place, "C160", summary, found.help, severity)


def _fields_at(data: Data, path: Path) -> Collection[str]:
    """Return the fields of the record that an expression applies to; none for a response."""
    resource = obj(obj(data.get("resources")).get(str(path[1]))) if path[-1] == "label" else {}
    return fields_of(obj(resource.get("record")))


def _auth(document: Document, auth: Data) -> Iterator[Diagnostic]:
    kind = text(auth, "type")
    for key in auth:
        if kind in _AUTH_KEYS and key not in {"type", *_AUTH_KEYS[kind]}:
            users = [name for name, keys in _AUTH_KEYS.items() if key in keys]
            if users:
                help = f"it belongs to {', '.join(users)}"
                yield document.at(
                    ("auth", key), "C109", f"'{key}' has no effect with {kind}", help, key=True
                )
    if "path" in _AUTH_KEYS.get(kind, ()) and ("path" in auth) == ("url" in auth):
        summary = "tokens need a place: exactly one of 'path' and 'url'"
        yield document.at(("auth",), "C109", summary, key=True)


def _address(document: Document, path: Path, data: Data) -> Iterator[Diagnostic]:
    """Check the parts of a URL that do not depend on options."""
    template: object = data
    for key in path:
        template = obj(template).get(str(key))
    if not isinstance(template, str):
        return
    defaults = {
        name: text(obj(option), "default") for name, option in obj(data.get("options")).items()
    }
    url = PLACEHOLDER.sub(lambda found: defaults.get(found[1], "") or "x", template)
    whole = PLACEHOLDER.fullmatch(template)
    if whole and whole[1] and not defaults.get(whole[1]):
        return
    wrong = _wrong_address(url)
    if wrong:
        help = "https://… ; http is allowed for this machine's own addresses only"
        yield document.at(path, "C110", f"this URL {wrong}", help)


def _wrong_address(url: str) -> str:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return "is not one"
    if parts.scheme not in {"http", "https"} or not host:
        return "is not one: it must be https and name a host"
    if parts.username is not None or parts.query or parts.fragment:
        return "must not contain a user, a query or a fragment"
    if parts.scheme == "http" and not is_loopback(host):
        return "is not https"
    return ""


def _rest(document: Document, data: Data) -> Iterator[Diagnostic]:
    if "base_url" not in data:
        summary = "a rest connector needs a 'base_url'"
        yield document.at((), "C109", summary, "give it, or make it an option with a default")
    if "custom" in data:
        yield document.at(("custom",), "C109", "'custom' has no effect with rest", key=True)
    for name, value in obj(data.get("resources")).items():
        resource = obj(value)
        if "list" not in resource and isinstance(value, dict):
            summary = f"nothing says how '{name}' is listed"
            yield document.at(("resources", name), "C109", summary, "give it a 'list'", key=True)
        if "capabilities" in resource:
            summary = "'capabilities' has no effect with rest, which goes by the requests"
            yield document.at(("resources", name, "capabilities"), "C109", summary, key=True)


def _resource(document: Document, path: Path, resource: Data) -> Iterator[Diagnostic]:
    record = obj(resource.get("record"))
    theirs = [str(each) for each in obj(resource.get("names")).values()]
    for name, each in obj(resource.get("names")).items():
        if theirs.count(str(each)) > 1:
            summary = f"two names mean '{each}'"
            yield document.at((*path, "names", name), "C116", summary, "leave one", key=True)
    known = fields_of(record)
    yield from _record(document, (*path, "record"), record)
    for place in idly_open(record):
        summary = "`additionalProperties` has no effect here"
        at, warns = (*path, "record", *place), Severity.WARNING
        yield document.at(at, "M204", summary, NOT_THAT_DEEP, key=True, severity=warns)
    if is_open(record):
        return
    named: list[tuple[Path, str, bool]] = [((*path, "id"), text(resource, "id"), False)]
    named += [((*path, "label"), each, False) for each in _read_by(text(resource, "label"))]
    for key in ("normalise", "find", "names"):
        named += [((*path, key, field), field, True) for field in obj(resource.get(key))]
    for place, field, is_key in named:
        if field and known and field not in known:
            help = did_you_mean(field, known) or "add it to the record schema"
            summary = f"the record schema has no field '{field}'"
            yield document.at(place, "C107", summary, help, key=is_key)


def _read_by(expression: str) -> list[str]:
    """Return the fields that an expression reads; none if invalid, which is reported elsewhere."""
    try:
        return [path_text(use.keys) for use in parse(expression, Span("")).paths]
    except ExpressionSyntax:
        return []


def _record(document: Document, path: Path, schema: Data) -> Iterator[Diagnostic]:
    properties = obj(schema.get("properties"))
    for index, name in enumerate(items(schema.get("required"))):
        if isinstance(name, str) and name not in properties:
            help = did_you_mean(name, properties)
            summary = f"'{name}' is required, but no field is called that"
            yield document.at((*path, "required", index), "C107", summary, help)
    for name, inner in properties.items():
        yield from _record(document, (*path, "properties", name), obj(inner))
