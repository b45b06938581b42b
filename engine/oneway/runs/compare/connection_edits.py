"""How an edit of a connection's file changes what it runs, and where that reads and writes."""

from collections.abc import Mapping
from os.path import normpath, relpath

from oneway.connections.connection import Connection
from oneway.connections.discovery import FILES
from oneway.connections.secrets.refs import SecretKind, SecretRef
from oneway.core.diagnostics import Span
from oneway.mapping.spec import EndpointSpec, MappingSpec
from oneway.runs.compare.edited_part import EditedPart
from oneway.runs.prepare.compilation import located
from oneway.runs.prepare.whereabouts import in_one_form

_NONE = "none"


def edited_in_connection(was: Connection, now: Connection) -> tuple[EditedPart, ...]:
    """Return the edited keys of a connection, besides settings, guards and how systems are reached.

    `edited_parts` names settings and guards, by their effect on the mapping; `redirected` the rest.
    """
    ours, theirs = _words(was), _words(now)
    # Channels are compared without words: a URL may be a secret.
    edited = [name for name in ours if ours[name] != theirs[name]]
    edited += ["notify"] if _own_channels(was) != _own_channels(now) else []
    return tuple(
        EditedPart(
            name,
            _place(was, now, name) or Span(now.file),
            ours.get(name, ""),
            theirs.get(name, ""),
        )
        for name in edited
    )


def redirected(
    old: MappingSpec, new: MappingSpec, was: Connection | None, now: Connection | None
) -> tuple[EditedPart, ...]:
    """Return what leads source or target to another system or account than before.

    That is its connector and list, an option, the origin, the manifest, or where a credential is
    kept. No system is asked: whether two names lead to one account only a person can tell. Another
    way to write a path or an address leads to the same.
    """
    found = []
    for side in ("source", "target"):
        ours, theirs = _leading(old, was, side), _leading(new, now, side)
        for key in dict.fromkeys((*ours, *theirs)):
            then, to = ours.get(key, _NONE), theirs.get(key, _NONE)
            if in_one_form(then) != in_one_form(to):
                name = f"{side}.{key}"
                place = _place(was, now, name) or _place_in_mapping(getattr(new, side), key)
                found.append(EditedPart(name, place, then, to))
    return tuple(found)


def _leading(spec: MappingSpec, connection: Connection | None, side: str) -> dict[str, str]:
    """Return what leads a side to its records, in words by key."""
    endpoint: EndpointSpec = getattr(spec, side)
    resource = endpoint.resource.text
    if endpoint.connector.text == FILES:
        at = connection and located(connection.mapping, resource)
        resource = relpath(at) if at else normpath(resource)
    found = {"connector": endpoint.connector.text, "resource": resource}
    found |= {f"options.{name}": str(each.value) for name, each in endpoint.options}
    if connection is not None:
        own = connection.sides[side]
        found |= {f"options.{name}": value for name, value in own.options.items()}
        found |= {f"credentials.{name}": _kept(ref) for name, ref in own.credentials.items()}
        found |= {"origin": own.origin} if own.origin else {}
        found |= {"manifest": relpath(own.manifest)} if own.manifest else {}
    return found


def _kept(ref: SecretRef) -> str:
    """Return where a credential is kept; a file by its path from here."""
    return str(SecretRef(ref.kind, relpath(ref.name)) if ref.kind is SecretKind.FILE else ref)


def _words(connection: Connection) -> Mapping[str, str]:
    schedule = connection.schedule
    return {
        "name": connection.name,
        "mapping": relpath(connection.mapping),
        "schedule": "never" if schedule is None else f"{schedule.cron} {schedule.zone}",
        "schedule.spread": _NONE if schedule is None else str(schedule.spread),
        "only_changed": str(connection.only_changed).lower(),
        "reviewed_by": connection.reviewed_by or _NONE,
        **{
            f"{name}.concurrency": str(side.concurrency or _NONE)
            for name, side in connection.sides.items()
        },
    }


def _own_channels(connection: Connection) -> object:
    """Return the channels that the file itself names, not those of its folder."""
    return connection.notify if connection.notify_file in ("", connection.file) else ()


def _place(was: Connection | None, now: Connection | None, name: str) -> Span | None:
    """Return the place of a key, or of what held it, if either connection states the key."""
    path = tuple(name.split(".", 2))
    documents = [each.written.document for each in (was, now) if each is not None]
    stated = any(each is not None and path in each.places for each in documents)
    here = now.written.document if now is not None else None
    return here.span(path, key=True) if stated and here is not None else None


def _place_in_mapping(endpoint: EndpointSpec, key: str) -> Span:
    options = {f"options.{name}": each.span for name, each in endpoint.options}
    return options.get(
        key, endpoint.connector.span if key == "connector" else endpoint.resource.span
    )
