"""The requests of a manifest as typed data, with every default filled in.

The manifest was checked before (`oneway.connections.manifest`); here it only takes its final shape.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, fields
from enum import Enum
from typing import Any, TypeVar, cast

from oneway.core.dataclass import dataclass
from oneway.core.description import USUAL_AT_ONCE, USUAL_IN_FLIGHT
from oneway.core.paths import path_of
from oneway.core.quoting import QUOTINGS, names_record
from oneway.core.records import Value
from oneway_connectors.rest.template import names_in

VERSION_NAMES = {"version", *(f"version_{each}" for each in QUOTINGS)}
"""The placeholders of a write for the version of its record."""
Data = Mapping[str, Value]
T = TypeVar("T")


class PageBy(Enum):
    """How a list is read page by page."""

    NONE = "none"
    PAGE = "page"
    OFFSET = "offset"
    CURSOR = "cursor"
    NEXT_LINK = "next_link"


@dataclass(frozen=True, slots=True)
class RequestTemplate:
    """A request before its templates are filled; `body` None sends none.

    A `form` is sent as HTML forms are, anything else as JSON.
    """

    method: str
    path: str
    query: Data
    body: Value = None
    headers: Data | None = None
    form: bool = False


@dataclass(frozen=True, slots=True)
class Paging:
    """How pages follow one another; `next` and `total` are JMESPath, "" if not given.

    A header may contain either instead. `sparse`: the system removes rows from a page after
    limiting it, so that the next page may begin with rows of this one.
    """

    by: PageBy = PageBy.NONE
    param: str = ""
    start: int = 0
    size_param: str = ""
    size: int = 0
    in_body: bool = False
    next: str = ""
    total: str = ""
    next_header: str = ""
    total_header: str = ""
    stop_when_short: bool = False
    sparse: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """The request that reads all records; `records` is JMESPath.

    With `for_each`, it is sent once for each record of that resource, the parent: `known` are the
    placeholders for the parent in the request, and `into` is the key for the parents.
    """

    request: RequestTemplate
    records: str
    paging: Paging
    for_each: str = ""
    into: str = ""
    concurrency: int = 1
    known: Data = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Single:
    """A request for one record by id; `into` is the key for the result, "" for the record itself.

    `fields` are those that the manifest lists for an object under `into`, if it has no others.
    `version` is JMESPath to the record's version in the response; it may also be in a header.
    """

    request: RequestTemplate
    record: str = "@"
    into: str = ""
    concurrency: int = 1
    fields: frozenset[str] = frozenset()
    version: str = ""
    version_header: str = ""


@dataclass(frozen=True, slots=True)
class StatusPoll:
    """How to ask for the result of a create that was only accepted; `id` and others are JMESPath.

    `record` is "" if the new record's id is in the usual place, and `message` if the reason of a
    failure is.
    """

    request: RequestTemplate
    id: str
    status: str
    done: frozenset[str]
    failed: frozenset[str]
    record: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class WriteRequest:
    """A request that writes one record, and how to read its answer.

    `id` is JMESPath to a new record's id, and `record` to the record; "" for the usual places.
    `versioned`: it names the version of the record that it changes. `below`: it names its parent.
    """

    request: RequestTemplate
    id: str = ""
    job: StatusPoll | None = None
    record: str = ""
    versioned: bool = False
    below: bool = False


@dataclass(frozen=True, slots=True)
class Probing:
    """A cheap GET and what it shows."""

    label: str
    request: RequestTemplate


@dataclass(frozen=True, slots=True)
class ResourceRequests:
    """The requests of one resource; None for an operation that the system does not offer."""

    name: str
    id: tuple[str, ...]
    listing: Listing | None
    details: tuple[Single, ...]
    single: Single | None
    find: Mapping[str, Data]
    create: WriteRequest | None
    update: WriteRequest | None
    leave: WriteRequest | None
    reactivate: WriteRequest | None
    normalise: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
    names: Mapping[str, str]
    """The system's own key for a key that mappings know by another name."""
    permissions: str
    probes: tuple[Probing, ...]

    @property
    def patches(self) -> bool:
        """Whether a write is a JSON Patch, in which the objects of the record matter."""
        writes = (self.update, self.leave, self.reactivate)
        return any(each is not None and _names_patch(each.request.body) for each in writes)


def _names_patch(body: Value) -> bool:
    if isinstance(body, Mapping):
        return any(map(_names_patch, body.values()))
    return any(map(_names_patch, body)) if isinstance(body, list) else body == "{json_patch}"


@dataclass(frozen=True, slots=True)
class Choosing:
    """The request that lists an option's choices; `value` and `label` are paths in an item."""

    listing: Listing
    value: tuple[str, ...]
    label: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """When a request is retried, and its limits of time (seconds) and size (bytes)."""

    attempts: int = 5
    max_wait: float = 60
    retry_share: float = 0.2
    retry_floor: int = 100
    connect: float = 10
    read: float = 30
    total: float = 120
    response_bytes: int = 10_000_000
    response_values: int = 1_000_000
    pages: int = 10_000
    read_bytes: int = 1_000_000_000
    read_seconds: float = 3600


@dataclass(frozen=True, slots=True)
class ErrorShape:
    """Where error responses have their messages: in the body, or in a header.

    `rejected` None means the usual statuses. `refused_when` and `missing_when` are conditions on
    the body of a success under which it is a refusal. `later_when` is a condition on any body under
    which a rate limit refused the request. `not_found` is the required body of a 404: "json" (or
    none), or "any".
    """

    message: str = ""
    header: str = ""
    fields: str = ""
    field_name: str = "field"
    field_message: str = "message"
    rejected: frozenset[int] | None = None
    refused_when: str = ""
    missing_when: str = ""
    later_when: str = ""
    not_found: str = "json"


@dataclass(frozen=True, slots=True)
class Api:
    """Everything that a manifest says about communicating with its system."""

    title: str
    base_url: str
    auth: Data
    headers: Data
    errors: ErrorShape
    limits: Limits
    rate: tuple[int, float] | None
    rate_per: str
    """The scope of the limit: "host" or "credential"."""
    idempotency_header: str
    concurrency: int
    """How many requests of an apply may be in flight at once."""
    probes: tuple[Probing, ...]
    resources: Mapping[str, ResourceRequests]
    choices: Mapping[str, Choosing] = field(default_factory=dict)


def read_api(title: str, body: Data) -> Api:
    """Return the typed form of a manifest's body."""
    rate = _data(body.get("rate_limit"))
    return Api(
        title=title,
        base_url=_text(body, "base_url"),
        auth=_data(body.get("auth")) or {"type": "none"},
        headers=_data(body.get("headers")),
        errors=_error_shape(_data(body.get("errors"))),
        limits=_limits(body),
        rate=_rate(rate) if rate else None,
        rate_per=_text(rate, "per", "host"),
        idempotency_header=_text(body, "idempotency_header"),
        concurrency=int(cast(int, body.get("concurrency", USUAL_IN_FLIGHT))),
        probes=_probes(body),
        resources={
            name: _resource(name, _data(item)) for name, item in _data(body["resources"]).items()
        },
        choices={
            name: _choosing(_data(choices))
            for name, item in _data(body.get("options")).items()
            if (choices := _data(item).get("choices"))
        },
    )


def _rate(body: Data) -> tuple[int, float]:
    requests, seconds = (cast(float, body[key]) for key in ("requests", "seconds"))
    return int(requests), float(seconds)


def _choosing(body: Data) -> Choosing:
    value = _text(body, "value")
    return Choosing(_listing(body), path_of(value), path_of(_text(body, "label", value)))


def _resource(name: str, body: Data) -> ResourceRequests:
    items, record = _items(body, "detail"), _data(body.get("record"))
    details = tuple(_single(_data(item), record) for item in items)
    by_id = (each for each, item in zip(details, items, strict=True) if not names_record(item))
    replacing = next((each for each in by_id if not each.into), None)
    update = _write(body, "update")
    listing = _listing(_data(body["list"])) if "list" in body else None
    if listing is not None and listing.into:
        replacing = None  # only the list shows the parents
    return ResourceRequests(
        name=name,
        id=path_of(_text(body, "id")),
        listing=listing,
        details=details,
        single=_single(_data(body["get"])) if "get" in body else replacing,
        find={field: _data(query) for field, query in _data(body.get("find")).items()},
        create=_write(body, "create"),
        update=update,
        leave=_write(body, "leave") or update,
        reactivate=_write(body, "reactivate") or update,
        normalise=tuple(
            (path_of(path), tuple(cast(Sequence[str], words)))
            for path, words in _data(body.get("normalise")).items()
        ),
        names={ours: str(theirs) for ours, theirs in _data(body.get("names")).items()},
        permissions=_text(body, "permissions"),
        probes=_probes(body),
    )


def _listing(body: Data) -> Listing:
    for_each = _text(body, "for_each")
    return Listing(
        _request(body),
        _text(body, "records", "@"),
        _paging(_data(body.get("pagination"))),
        for_each=for_each,
        into=_text(body, "into"),
        concurrency=_at_once(body) if for_each else 1,
    )


def _single(body: Data, record: Data | None = None) -> Single:
    into = _text(body, "into")
    inner = _data(_data((record or {}).get("properties")).get(into))
    listed = frozenset(_data(inner.get("properties")))
    return Single(
        request=_request(body),
        record=_text(body, "record", "@"),
        into="" if into == "replace" else into,
        concurrency=_at_once(body),
        fields=listed if inner.get("additionalProperties") is not True else frozenset(),
        version=_text(body, "version"),
        version_header=_text(body, "version_header"),
    )


def _at_once(body: Data) -> int:
    return int(cast(int, body.get("concurrency", USUAL_AT_ONCE)))


def _write(body: Data, key: str) -> WriteRequest | None:
    if key not in body:
        return None
    request = _data(body[key])
    bare = request.get("method") == "DELETE"
    write = _request(request if bare else {"body": "{values}", **request})
    job = _job(_data(request.get("job")))
    names = {name for text in _texts(request) for name in names_in(text)}
    return WriteRequest(
        write,
        _text(request, "id"),
        job,
        _text(request, "record"),
        versioned=not names.isdisjoint(VERSION_NAMES),
        below=any(name.startswith("parent.") for name in names),
    )


def _texts(value: Value | Data) -> Iterator[str]:
    """Yield every text in a request, at any depth."""
    inner = (
        value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    )
    for each in inner:
        yield from (each,) if isinstance(each, str) else _texts(each)


def _job(body: Data) -> StatusPoll | None:
    if not body:
        return None
    done, failed = (frozenset(map(str, _items(body, key))) for key in ("done", "failed"))
    ways = (_text(body, "id"), _text(body, "status"))
    said = (_text(body, "record"), _text(body, "message"))
    return StatusPoll(_request(body), *ways, done, failed, *said)


def _probes(body: Data) -> tuple[Probing, ...]:
    items = (_data(item) for item in _items(body, "probe"))
    return tuple(Probing(_text(item, "label"), _request(item)) for item in items)


def _request(body: Data) -> RequestTemplate:
    return RequestTemplate(
        method=_text(body, "method", "GET"),
        path=_text(body, "path"),
        query=_data(body.get("query")),
        body=body.get("body"),
        headers=_data(body.get("headers")),
        form=body.get("encoding") == "form",
    )


def _paging(body: Data) -> Paging:
    return _filled(
        Paging,
        body,
        by=PageBy(_text(body, "type", "none")),
        in_body=body.get("in") == "body",
        stop_when_short=body.get("stop") == "short",
    )


def _error_shape(body: Data) -> ErrorShape:
    rejected = cast(Sequence[int] | None, body.get("rejected"))
    return _filled(ErrorShape, body, rejected=None if rejected is None else frozenset(rejected))


def _limits(body: Data) -> Limits:
    retry, times, most = (_data(body.get(key)) for key in ("retry", "timeouts", "limits"))
    budget = _data(retry.get("budget"))
    share = {"retry_floor": budget.get("floor"), "retry_share": _share(budget.get("share"))}
    return _filled(Limits, {**retry, **times, **most, **share})


def _filled(kind: type[T], body: Data, **own: object) -> T:
    """Return an object of a class, with its fields from the keys of a body with the same names.

    Missing keys leave the defaults, which also determine the types; `own` are fields that need
    other conversions.
    """
    usual: dict[str, Any] = {each.name: each.default for each in fields(cast(Any, kind))}
    given = {
        name: type(default)(body[name])
        for name, default in usual.items()
        if name not in own and body.get(name) is not None
    }
    return kind(**given, **own)


def _data(value: Value) -> Data:
    return value if isinstance(value, dict) else {}


def _items(body: Data, key: str) -> Sequence[Value]:
    value = body.get(key)
    return value if isinstance(value, list) else ()


def _text(body: Data, key: str, usual: str = "") -> str:
    value = body.get(key)
    return usual if value is None else str(value)


def _share(value: Value) -> float | None:
    """Return a share as a number from 0 to 1: `20%` is 0.2."""
    if isinstance(value, str):
        return float(value.rstrip("% ")) / 100
    return value if isinstance(value, int | float) else None
