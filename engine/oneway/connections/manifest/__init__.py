"""Parses a connector's manifest into a `Description`, or reports every mistake in it.

    bytes ─yaml_source→ Document ─shape, meaning→ findings ─describe→ Description

Needs no network and no credentials, and imports no connector. Our own manifests are read from a
JSON file beside each, which `make docs` writes: reading and checking the YAML of both sides took
a seventh of the time of `oneway validate`.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import cast

from oneway.connections.manifest.by_id import reads_one
from oneway.connections.manifest.made_keys import made_keys
from oneway.core.description import (
    USUAL_AT_ONCE,
    USUAL_IN_FLIGHT,
    USUAL_LAG,
    Assumption,
    Capability,
    Description,
    Option,
    Resource,
)
from oneway.core.diagnostics import Diagnostic, Findings, Refused
from oneway.core.records import Value
from oneway.documents.lenient import Data, items, obj, text
from oneway.documents.record_fields import fields_of, is_open, items_of, says_null
from oneway.documents.yaml_source import Document, parse

__all__ = ["VERSION", "load_manifest", "load_prepared", "prepare"]

VERSION = 1
"""The newest supported version of manifests."""

_REQUESTS = {
    "list": Capability.READ,
    "create": Capability.CREATE,
    "update": Capability.UPDATE,
    "leave": Capability.LEAVE,
    "reactivate": Capability.REACTIVATE,
}
_WRITING = frozenset(_REQUESTS.values()) - {Capability.READ}
_ALL = ("{values}", "{operations}", "{json_patch}")
"""The placeholders in a body for all values to write."""


def load_manifest(data: bytes, file: str) -> Description:
    """Return the connector that a manifest describes; raise `Refused` with all mistakes.

    `file` is its name in messages. Warnings are in the description's `warnings`.
    """
    document = parse(data, file)
    found = Findings()
    for mistake in _newer_version(document) or _mistakes(document):
        found.add(mistake)
    warnings = found.refuse_errors()
    return replace(_description(obj(document.data), file), warnings=warnings)


def prepare(data: bytes) -> str:
    """Return JSON from which `load_prepared` makes the description of these bytes.

    It contains the bytes, to be compared. Raises `Refused` for a manifest with mistakes or
    warnings.
    """
    document = parse(data, "manifest.yaml")
    found = load_manifest(data, "manifest.yaml")
    if found.warnings:
        raise Refused(found.warnings)
    content = {"of": data.decode(), "manifest": document.data}
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def load_prepared(prepared: bytes, data: bytes, file: str) -> Description | None:
    """Return the description in `prepared`, or None unless it was made from these bytes."""
    content = json.loads(prepared)
    if content["of"].encode() != data:
        return None
    return _description(content["manifest"], file)


def _mistakes(document: Document) -> list[Diagnostic]:
    # Imported here because it is slow, and the manifests of packages have been checked.
    from oneway.connections.manifest.validate import mistakes_in
    from oneway.documents.schema_check import check

    shape = check(document, "connector")
    # One mistake per place is enough: the meaning of a wrong shape cannot be checked.
    places = {(d.span.line, d.span.column) for d in shape}
    meaning = mistakes_in(document)
    return shape + [d for d in meaning if (d.span.line, d.span.column) not in places]


def _newer_version(document: Document) -> list[Diagnostic]:
    version = obj(document.data).get("oneway_connector")
    if isinstance(version, bool) or not isinstance(version, int) or version == VERSION:
        return []
    summary = f"manifest version {version} is not understood; this program knows {VERSION}"
    help = "it is made for another version of oneway"
    return [document.at(("oneway_connector",), "C102", summary, help)]


def _description(data: Data, file: str) -> Description:
    return Description(
        name=text(data, "name"),
        title=text(data, "title"),
        kind=text(data, "kind"),
        resources={
            name: _resource(name, obj(item), file) for name, item in obj(data["resources"]).items()
        },
        options=(*_options(data, "options"), *_options(data, "secrets")),
        assumptions=tuple(_assumptions(data)),
        file=file,
        body=data,
        concurrency=_whole(data, "concurrency", USUAL_IN_FLIGHT),
    )


def _resource(name: str, data: Data, file: str) -> Resource:
    record = obj(data.get("record"))
    able = {Capability(str(word)) for word in items(data.get("capabilities"))}
    able |= {capability for key, capability in _REQUESTS.items() if key in data}
    if Capability.UPDATE in able:
        # Without a request of its own, leaving is an update, and so is coming back.
        able |= {Capability.LEAVE} if "leave" in data else {Capability.LEAVE, Capability.REACTIVATE}
    listing, details = obj(data.get("list")), [obj(each) for each in items(data.get("detail"))]
    if reads_one(data):
        able.add(Capability.GET)
    lag = data.get("lag")
    is_null = says_null(data, default=says_null(record))
    many = [*details, *([listing] if "for_each" in listing else [])]
    # A detail that answers 404 is an absent key, whatever the system says about nulls.
    into = [text(each, "into") for each in many]
    return Resource(
        name=name,
        id=text(data, "id"),
        label=text(data, "label"),
        fields=fields_of(record, absent_is_null=is_null, apart=into, clear=data.get("clear")),
        items=items_of(record, absent_is_null=is_null),
        made={key: f"{place} in {file}" for key, place in made_keys(name, data).items()},
        capabilities=frozenset(able),
        open=is_open(record),
        carries={
            capability: frozenset(map(str, items(obj(data[key]).get("writes"))))
            for key, capability in _REQUESTS.items()
            if key in data and key != "list" and not _carries_all(obj(data[key]))
        },
        flat=frozenset(
            capability
            for capability in able & _WRITING
            if _is_form(obj(data.get(capability.value, data.get("update"))))
        ),
        own_requests=frozenset(each for key, each in _REQUESTS.items() if key in data),
        lag=float(lag) if isinstance(lag, int | float) else USUAL_LAG,
        absent_is_null=is_null,
        clear=data.get("clear"),
        concurrency=max((_whole(each, "concurrency", USUAL_AT_ONCE) for each in many), default=1),
    )


def _whole(data: Data, key: str, default: int) -> int:
    value = data.get(key)
    return value if isinstance(value, int) else default


def _is_form(request: Data) -> bool:
    """Return whether a request sends the values that it is given as the fields of a form."""
    return request.get("encoding") == "form" and _spreads(request.get("body", _ALL[0]))


def _carries_all(request: Data) -> bool:
    """Return whether a request sends every value it is given."""
    usual = None if request.get("method") == "DELETE" else _ALL[0]
    return "writes" not in request and _spreads(request.get("body", usual))


def _spreads(body: Value) -> bool:
    if isinstance(body, list):
        return any(map(_spreads, body))
    if isinstance(body, dict):
        return any(map(_spreads, body.values()))
    return body in _ALL


def _options(data: Data, key: str) -> list[Option]:
    secret = key == "secrets"
    return [
        Option(
            name,
            text(obj(item), "description"),
            cast(str | None, obj(item).get("default")),
            secret=secret,
            choices="choices" in obj(item),
            values=tuple(str(each) for each in items(obj(item).get("values"))),
            pattern=text(obj(item), "pattern"),
        )
        for name, item in obj(data.get(key)).items()
    ]


def _assumptions(value: Value | Mapping[str, Value]) -> list[Assumption]:
    """Return all assumptions at any depth, in the order of the file."""
    found: list[Assumption] = []
    if isinstance(value, list):
        return [one for item in value for one in _assumptions(item)]
    if isinstance(value, Mapping):
        for key, item in value.items():
            if key == "assumed":
                marked = (obj(one) for one in items(item))
                found += [Assumption(text(one, "about"), text(one, "check")) for one in marked]
            elif key != "record":  # a record may have a field of that name
                found += _assumptions(item)
    return found
