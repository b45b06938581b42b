"""Checks that each request of a manifest names its record and sends the values to write."""

from collections.abc import Iterator

from oneway.connections.manifest.by_id import reads_one
from oneway.connections.manifest.placeholders import names_in
from oneway.connections.manifest.places import WRITES, texts
from oneway.core.diagnostics import Diagnostic
from oneway.core.records import Value
from oneway.documents.lenient import Data, items, obj, text
from oneway.documents.yaml_source import Document, Path


def request_mistakes(document: Document, data: Data) -> Iterator[Diagnostic]:
    """Yield a mistake for each request that does not name its record or send the values."""
    options = frozenset(obj(data.get("options")))
    for name, value in obj(data.get("resources")).items():
        path, resource = ("resources", name), obj(value)
        for place, request, what in _of_one_record(path, resource):
            if "path" in request and not _names(_parts(request), {"id"}) - options - _VALUES:
                summary = f"this request does not say which {what} it is for"
                help = f"write {{id}} where the system expects the id of the {what}"
                yield document.at((*place, "path"), "C158", summary, help)
        listing = obj(resource.get("list"))
        parents = text(listing, "for_each")
        if parents and not any(
            each.startswith("parent.") for each in _names(_parts(listing), set())
        ):
            summary = f"the list is the same for each record of '{parents}'"
            help = "write {parent.id} where the system expects whose list it is"
            yield document.at((*path, "list", "path"), "C158", summary, help)
        yield from _version(document, path, resource)
        for field, query in obj(resource.get("find")).items():
            if isinstance(query, dict) and not _names(query, {"value"}) - options:
                summary = f"the search for {field} is the same for every value"
                help = "write {value} where the system expects it"
                yield document.at((*path, "find", field), "C158", summary, help, key=True)
        for key in WRITES:
            request = obj(resource.get(key))
            if key in _CARRIES_VALUES and isinstance(request.get("body"), dict | list | str):
                yield from _body(document, (*path, key, "body"), request, options)
            yield from _spreads(document, (*path, key, "body"), request.get("body"))
            if request.get("method") == "DELETE":
                yield from _delete(document, (*path, key), resource)
            yield from _job(document, (*path, key, "job"), obj(request.get("job")))


def _of_one_record(path: Path, resource: Data) -> Iterator[tuple[Path, Data, str]]:
    """Yield the requests for one record or job, each with its place and "record" or "job"."""
    single, listing = obj(resource.get("get")), obj(resource.get("list"))
    of_one = single.get("path") == listing.get("path") and "body" not in single
    if not of_one:  # a fixed address, such as /me
        yield (*path, "get"), single, "record"
    for index, detail in enumerate(items(resource.get("detail"))):
        yield (*path, "detail", index), obj(detail), "record"
    for key in WRITES:
        request = obj(resource.get(key))
        if key != "create":
            yield (*path, key), request, "record"
        yield (*path, key, "job"), obj(request.get("job")), "job"


def _parts(request: Data) -> Data:
    return {key: request.get(key) for key in ("path", "query", "headers", "body")}


def _names(parts: Value | Data, own: frozenset[str] | set[str]) -> set[str]:
    """Return the placeholders used in parts of a request; `own` are those available to it."""
    return {name for each in texts((), parts) for name in names_in(each.text, own)}


def _body(
    document: Document, path: Path, request: Data, options: frozenset[str]
) -> Iterator[Diagnostic]:
    """Report a body without the values to write, unless the path or the query has one."""
    if not _names(_parts(request), _VALUES) - options - {"id"}:
        summary = f"the body of '{path[-2]}' contains none of the values to write"
        help = "write {values}, {operations} or {json_patch} where they belong; or leave out `body`"
        yield document.at(path, "C159", summary, help)


def _spreads(document: Document, path: Path, body: Value) -> Iterator[Diagnostic]:
    """Report `...` keys that do not spread the values."""
    if isinstance(body, list):
        for index, item in enumerate(body):
            yield from _spreads(document, (*path, index), item)
    for name, item in obj(body).items():
        if name and not name.strip(".…") and (name, item) != ("...", "{values}"):
            summary = f"the key '{name}' would be sent as it is"
            help = 'write "...": "{values}" for the values among other keys'
            yield document.at((*path, name), "C105", summary, help, key=True)
        yield from _spreads(document, (*path, name), item)


def _version(document: Document, path: Path, resource: Data) -> Iterator[Diagnostic]:
    """Check that a version comes from one place, and that a write names it."""
    found = [key for key in ("version", "version_header") if key in obj(resource.get("get"))]
    if len(found) > 1:
        summary = "'version' and 'version_header' are given; one place is read"
        yield document.at((*path, "get", found[1]), "C109", summary, "keep one", key=True)
    writes = [obj(resource.get(key)) for key in WRITES if key != "create"]
    if found and not any("version" in _names(_parts(each), {"version"}) for each in writes):
        summary = f"'{found[0]}' has no effect: no write names it"
        help = 'write {version} where the system expects it: headers: {If-Match: "{version}"}'
        yield document.at((*path, "get", found[0]), "C109", summary, help, key=True)


def _delete(document: Document, path: Path, resource: Data) -> Iterator[Diagnostic]:
    """Check that a DELETE is a leave, and that the record can be seen to remain."""
    if path[-1] != "leave":
        summary = f"DELETE is a way to leave, and this is '{path[-1]}'"
        yield document.at((*path, "method"), "C109", summary, "use POST, PUT or PATCH")
        return
    if "writes" not in obj(resource.get("leave")):
        summary = "nothing says by what the record shows after a DELETE that its person has left"
        help = "name the field under `writes`; if the record is removed, leave by an update instead"
        yield document.at((*path, "method"), "C109", summary, help)
    if not reads_one(resource):
        summary = "a DELETE is looked at afterwards, in case it removes the record"
        help = "add `get`, which asks for one record"
        yield document.at((*path, "method"), "C109", summary, help)


def _job(document: Document, path: Path, job: Data) -> Iterator[Diagnostic]:
    for index, word in enumerate(items(job.get("failed"))):
        if word in items(job.get("done")):
            summary = f"'{word}' says both that the job is done and that it has failed"
            yield document.at((*path, "failed", index), "C109", summary, "leave it in one of them")


_VALUES = frozenset({"values", "operations", "json_patch"})
_CARRIES_VALUES = {"create", "update"}
"""The requests that must send values; a leave or a return may send a constant body."""
