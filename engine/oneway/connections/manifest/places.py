"""Lists the templates and expressions of a manifest, with the names that each may use."""

from collections.abc import Iterator
from dataclasses import replace

from oneway.core.dataclass import dataclass
from oneway.core.records import Value
from oneway.documents.lenient import Data, items, obj, text
from oneway.documents.record_fields import fields_of, is_open
from oneway.documents.yaml_source import Path


@dataclass(frozen=True, slots=True)
class Template:
    """A text with `{names}`; it may use the names `own` besides the manifest's options.

    A name that ends in a dot stands for the fields of an object: `{record.userName}`. `unchosen`
    are the options that have no value yet when it is filled in. `query` is true for a path, a query
    or a body, where quotes mean something to the system that reads it.
    """

    path: Path
    text: str
    own: frozenset[str] = frozenset()
    secrets: bool = False
    unchosen: frozenset[str] = frozenset()
    query: bool = False


WRITES = ("create", "update", "leave", "reactivate")
_TOKEN_KINDS = {"token_exchange", "oauth2_client_credentials"}
_ID = frozenset({"id"})


def templates(data: Data) -> Iterator[Template]:
    """Yield every template of a manifest."""
    listed = _listed(data)
    for template in _everywhere(data):
        yield replace(template, unchosen=frozenset(listed))
    for index, name in enumerate(listed):
        choices = obj(obj(data.get("options")).get(name)).get("choices")
        for template in _request(("options", name, "choices"), choices):
            yield replace(template, unchosen=frozenset(listed[index:]))
    yield from _probes((), data)
    resources = obj(data.get("resources"))
    for name, value in resources.items():
        above = parent_names(obj(value), resources, "parent.")
        yield from _resource(("resources", name), obj(value), above)


def _listed(data: Data) -> list[str]:
    """Return the options whose choices the system lists, in the order of the requests."""
    return [name for name, item in obj(data.get("options")).items() if "choices" in obj(item)]


def _everywhere(data: Data) -> Iterator[Template]:
    """Yield the templates that apply to every request, also to one that lists choices."""
    yield from texts(("base_url",), data.get("base_url"))
    yield from texts(("headers",), data.get("headers"), secrets=True)
    yield from _auth(obj(data.get("auth")))


def expressions(data: Data) -> Iterator[tuple[Path, str]]:
    """Yield every JMESPath expression of a manifest with its path."""
    shapes = ("message", "fields", "refused_when", "missing_when", "later_when")
    yield from _named((), data, "errors", shapes)
    if text(obj(data.get("auth")), "type") in _TOKEN_KINDS:
        yield from _named((), data, "auth", ("token", "expires_in"))
    for name, item in obj(data.get("options")).items():
        option, choices = obj(item), obj(obj(item).get("choices"))
        yield from _named(("options", name), option, "choices", ("records",))
        within = ("options", name, "choices")
        yield from _named(within, choices, "pagination", ("next", "total"))
    for name, value in obj(data.get("resources")).items():
        path, resource = ("resources", name), obj(value)
        if text(resource, "label"):
            yield (*path, "label"), text(resource, "label")
        yield from _named(path, resource, "list", ("records",))
        listing = obj(resource.get("list"))
        yield from _named((*path, "list"), listing, "pagination", ("next", "total"))
        yield from _named(path, resource, "get", ("record", "version"))
        for key in WRITES:
            yield from _named(path, resource, key, ("id", "record"))
            write = obj(resource.get(key))
            yield from _named((*path, key), write, "job", ("id", "status", "record", "message"))
        for index, detail in enumerate(items(resource.get("detail"))):
            record = obj(detail).get("record")
            if isinstance(record, str):
                yield (*path, "detail", index, "record"), record


def listings(data: Data) -> Iterator[tuple[Path, Data]]:
    """Yield the request of each list, with its path."""
    for name, item in obj(data.get("options")).items():
        yield ("options", name, "choices"), obj(obj(item).get("choices"))
    for name, value in obj(data.get("resources")).items():
        yield ("resources", name, "list"), obj(obj(value).get("list"))


def _named(path: Path, data: Data, part: str, keys: tuple[str, ...]) -> Iterator[tuple[Path, str]]:
    for key in keys:
        value = obj(data.get(part)).get(key)
        if isinstance(value, str):
            yield (*path, part, key), value


def _auth(auth: Data) -> Iterator[Template]:
    exchange = text(auth, "type") in _TOKEN_KINDS
    for key in ("user", "password", "client_id", "client_secret", "scope", "params", "body"):
        yield from texts(("auth", key), auth.get(key), secrets=True)
    own = frozenset({"token"}) if exchange else frozenset()
    yield from texts(("auth", "value"), auth.get("value"), own, secrets=True)
    for key in ("path", "url"):
        yield from texts(("auth", key), auth.get(key))
    if not exchange:
        yield from texts(("auth", "token"), auth.get("token"), secrets=True)


def _resource(path: Path, resource: Data, above: frozenset[str]) -> Iterator[Template]:
    yield from _request((*path, "list"), resource.get("list"), above)
    yield from _request((*path, "get"), resource.get("get"), _ID)
    for index, detail in enumerate(items(resource.get("detail"))):
        yield from _request((*path, "detail", index), detail, _ID | {"record."})
    parents = {each for each in above if not each.startswith("parent.parent.")}
    known = _ID | versions_of(resource) | parents
    for key in WRITES:
        own = frozenset({"values."}) if key == "create" else known
        yield from _request((*path, key), resource.get(key), own, values=True)
        yield from _request((*path, key, "job"), obj(resource.get(key)).get("job"), _ID)
    for field, query in obj(resource.get("find")).items():
        yield from _queries((*path, "find", field), query, frozenset({"value"}))
    yield from _probes(path, resource)


def versions_of(resource: Data) -> frozenset[str]:
    """Return the placeholder for a record's version, if the request for one record shows it."""
    shown = {"version", "version_header"} & set(obj(resource.get("get")))
    return frozenset({"version"} if shown else ())


def parent_names(resource: Data, resources: Data, before: str) -> frozenset[str]:
    """Return the placeholders for a record's parent: `parent.id` and the like.

    If parents have parents, they include `parent.parent.id` and the like. `before` is the prefix
    of the names.
    """
    listing = obj(resource.get("list"))
    if "for_each" not in listing:
        return frozenset()
    parents = obj(resources.get(text(listing, "for_each")))
    record = obj(parents.get("record"))
    fields = fields_of(record)
    own = {""} if is_open(record) or not fields else fields
    above = frozenset[str]()
    if "into" in obj(parents.get("list")) and before == "parent.":
        above = parent_names(parents, resources, "parent.parent.")
    return above.union(f"{before}{field}" for field in own)


def _request(
    path: Path, request: Value, own: frozenset[str] = frozenset(), *, values: bool = False
) -> Iterator[Template]:
    yield from texts((*path, "headers"), obj(request).get("headers"), own)
    for key in ("path", "query"):
        yield from _queries((*path, key), obj(request).get(key), own)
    in_body = own | {"values", "operations", "json_patch"} if values else own
    yield from _queries((*path, "body"), obj(request).get("body"), in_body)


def _queries(path: Path, value: object, own: frozenset[str]) -> Iterator[Template]:
    for template in texts(path, value, own):
        yield replace(template, query=True)


def _probes(path: Path, data: Data) -> Iterator[Template]:
    for index, probe in enumerate(items(data.get("probe"))):
        yield from _request((*path, "probe", index), probe)


def texts(
    path: Path, value: object, own: frozenset[str] = frozenset(), *, secrets: bool = False
) -> Iterator[Template]:
    """Yield the texts in a value, at any depth."""
    if isinstance(value, str):
        yield Template(path, value, own, secrets)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from texts((*path, index), item, own, secrets=secrets)
    else:
        for key, item in obj(value).items():
            yield from texts((*path, key), item, own, secrets=secrets)
