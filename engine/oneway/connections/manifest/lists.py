"""Checks how a manifest reads lists: keys without effect, and causes of an early end."""

from collections.abc import Iterator

from oneway.connections.manifest.places import listings
from oneway.core.diagnostics import Diagnostic, Severity, did_you_mean
from oneway.core.paths import at, path_of, path_text
from oneway.core.records import MISSING
from oneway.documents.lenient import Data, obj, text
from oneway.documents.record_fields import fields_of, is_open
from oneway.documents.yaml_source import Document, Path


def list_mistakes(document: Document, data: Data) -> Iterator[Diagnostic]:
    """Yield the mistakes in a manifest's lists, and warnings."""
    for path, listing in listings(data):
        yield from _paging(document, (*path, "pagination"), obj(listing.get("pagination")))
        yield from _list(document, path, listing)
        yield from _placed(document, path, listing)
    resources = obj(data.get("resources"))
    for name, resource in resources.items():
        yield from _uncounted(document, ("resources", name, "list", "pagination"), obj(resource))
        yield from _parents(document, ("resources", name), resources)


def _list(document: Document, path: Path, listing: Data) -> Iterator[Diagnostic]:
    paging, place = obj(listing.get("pagination")), (*path, "pagination")
    kind = str(paging.get("type", "none"))
    for key in paging:
        if key in _IDLE.get(kind, ()):
            summary = f"'{key}' has no effect with {kind}"
            help = "say by `type` how one page leads to the next"
            yield document.at((*place, key), "C109", summary, help, key=True)
    if paging.get("sparse") is True and paging.get("stop") == "short":
        summary = "a page of a sparse list may be short though more follow"
        yield document.at((*place, "stop"), "C109", summary, "leave out `stop`", key=True)
    if paging.get("in") == "body" and listing.get("method", "GET") == "GET":
        summary = "a GET has no body for the parameters"
        yield document.at((*place, "in"), "C109", summary, "give the list method: POST")
    if kind == "none":
        yield from _first_page_alone(document, (*path, "query"), listing)
    param = str(paging.get("param"))
    late = kind == "offset" and paging.get("start") == 1 and not _TOTALS & set(paging)
    if late and _plain(param) in _FROM_ZERO:
        summary = f"'{param}' counts from 0 as a rule, and the list begins at 1"
        help = "leave out `start`; or give `total`, which shows whether the first record came"
        yield document.at((*place, "start"), "C161", summary, help, severity=Severity.WARNING)


def _parents(document: Document, path: Path, resources: Data) -> Iterator[Diagnostic]:
    """Check a list for each record of another resource."""
    resource = obj(resources.get(str(path[1])))
    listing, place = obj(resource.get("list")), (*path, "list")
    parents, into = text(listing, "for_each"), text(listing, "into")
    if not parents:
        for key in {"into", "concurrency"} & set(listing):
            summary, help = f"'{key}' has no effect without for_each", "name whose lists they are"
            yield document.at((*place, key), "C109", summary, help, key=True)
        return
    if parents not in resources:
        help = did_you_mean(parents, resources) or f"known here: {', '.join(resources)}"
        yield document.at((*place, "for_each"), "C109", f"no resource is named '{parents}'", help)
    elif _leads_back(parents, str(path[1]), resources):
        summary = f"the lists of '{parents}' need those of '{path[1]}', and so never begin"
        yield document.at((*place, "for_each"), "C109", summary, "name another resource")
    if "find" in resource:
        summary = "'find' would ask each parent for its list; one list of all is read instead"
        yield document.at((*path, "find"), "C109", summary, "leave it out", key=True)
    if into and "get" in resource:
        summary = f"a request for one record does not show '{into}', and changes would be missed"
        yield document.at((*path, "get"), "C109", summary, "leave out `get`, or `into`", key=True)
    if into:
        yield from _into(document, (*place, "into"), into, obj(resource.get("record")))


def _into(document: Document, place: Path, into: str, record: Data) -> Iterator[Diagnostic]:
    """Check the field for the parents of a record, which must be a list."""
    fields = fields_of(record)
    if into not in fields:
        if not is_open(record):
            summary = f"the record schema has no field '{into}'"
            help = did_you_mean(into, fields) or "add it, with type: array"
            yield document.at(place, "C107", summary, help)
    elif fields[into].types and "array" not in fields[into].types:
        summary = f"'{into}' takes a list, as a record may be under several parents"
        yield document.at(place, "C109", summary, "declare it with type: array")


def _leads_back(parents: str, name: str, resources: Data) -> bool:
    """Return whether a resource or one of its parents is itself listed per record of `name`."""
    seen = set[str]()
    while parents not in {"", name} and parents not in seen:
        seen.add(parents)
        parents = text(obj(obj(resources.get(parents)).get("list")), "for_each")
    return parents == name


def _first_page_alone(document: Document, path: Path, listing: Data) -> Iterator[Diagnostic]:
    """Warn of a list without pagination whose query asks for one page."""
    for name in obj(listing.get("query")):
        if _plain(name) in _WHICH_PAGE:
            summary = f"'{name}' asks for one page, and nothing says how the list continues"
            help = "say it in `pagination`; or leave the parameter out"
            yield document.at(
                (*path, name), "C161", summary, help, key=True, severity=Severity.WARNING
            )


def _plain(name: str) -> str:
    return name.lower().replace("_", "").lstrip("$")


def _paging(document: Document, path: Path, paging: Data) -> Iterator[Diagnostic]:
    """Check that a list's next cursor and its total each come from one place."""
    kind = text(paging, "type")
    if kind == "cursor" and not {"next", "next_header"} & set(paging):
        summary = "nothing says where the next cursor is"
        help = "add next: where it is in the answer, or next_header: the header that has it"
        yield document.at(path, "C109", summary, help, key=True)
    if "next_header" in paging and kind != "cursor":
        help = "next_link reads the Link header by itself; else name what `next` reads"
        summary = f"'next_header' has no effect with {kind}"
        yield document.at((*path, "next_header"), "C109", summary, help, key=True)
    for key in ("next", "total"):
        if {key, f"{key}_header"} <= set(paging):
            summary = f"'{key}' and '{key}_header' are given; one place is read"
            yield document.at((*path, f"{key}_header"), "C109", summary, "keep one", key=True)


def _placed(document: Document, path: Path, listing: Data) -> Iterator[Diagnostic]:
    """Check that a JSON body has a place for each parameter that goes into it."""
    paging, body = obj(listing.get("pagination")), listing.get("body")
    if paging.get("in") != "body" or listing.get("encoding") == "form":
        return
    for key in {"param", "size_param"} & set(paging):
        keys = path_of(text(paging, key))
        for holder in (keys[:n] for n in range(len(keys))):
            found = at(obj(body), holder) if holder else body
            if found not in (MISSING, None) and not isinstance(found, dict):
                what = f"'{path_text(holder)}' in the body" if holder else "the body"
                summary = f"{what} is not an object, and cannot contain '{path_text(keys)}'"
                place = (*path, "pagination", key)
                yield document.at(place, "C109", summary, "correct the path, or the body")
                break


def _uncounted(document: Document, path: Path, resource: Data) -> Iterator[Diagnostic]:
    """Warn of a list that a wrongly empty page cuts short, if creates have no other safeguard."""
    paging = obj(obj(resource.get("list")).get("pagination"))
    ends_unseen = paging.get("type") in {"page", "offset"} and not _TOTALS & set(paging)
    if ends_unseen and "create" in resource and not obj(resource.get("find")):
        summary = "an empty page too early ends this list, and whom it lacks is created again"
        help = "give its `total`; or a `find` for a field that people are matched by"
        place = document.span(path, key=True)
        yield document.report(place, "C157", summary, help, Severity.WARNING)


_TOTALS = {"total", "total_header"}
_IDLE = {
    "none": {"param", "start", "stop", "sparse"},
    "page": {"sparse"},
    "cursor": {"start", "stop", "sparse"},
    "next_link": {"param", "start", "stop", "sparse"},
}
"""The keys that have no effect with a type of pagination."""
_WHICH_PAGE = {"page", "pagenum", "pagenumber", "pageindex", "offset", "skip", "startindex"}
_FROM_ZERO = {"offset", "skip"}
