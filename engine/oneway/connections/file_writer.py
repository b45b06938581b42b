"""Writes connection files: new ones completely, existing ones only where they change.

People add comments and choose an order, so `with_refs` replaces or adds the references of
credentials and leaves every other character alone. If that is impossible (an alias, a list in
braces), it returns None, and the user has to edit the file.
"""

import os
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

from oneway.connections.connection import Connection, Email, Schedule, Security, Side, Webhook
from oneway.connections.parse import load_connection
from oneway.connections.secrets.refs import SecretKind, SecretRef
from oneway.core.diagnostics import Refused, refusal
from oneway.core.records import Value
from oneway.documents.yaml_source import Document, parse
from oneway.documents.yaml_source import Path as KeyPath
from oneway.state.files import sync_folder, write_whole

_HEAD = """\
# Made by `oneway connect`; change it as you like. `oneway schema connection`
# lists the keys. No credential is in this file: it only says where each is.
"""


def new_file(connection: Connection) -> str:
    """Return the text of a connection's file, without guards, which users add."""
    lines = [
        "oneway_connection: 1",
        f"name: {scalar(connection.name)}",
        f"mapping: {scalar(from_file(connection.mapping, connection.file))}",
        *_block("settings", connection.settings),
        *_side("source", connection.source, connection.file),
        *_side("target", connection.target, connection.file),
        f"schedule: {_schedule(connection.schedule)}",
        *_notify(connection),
    ]
    return _HEAD + "\n".join(lines) + "\n"


def with_refs(connection: Connection, refs: Mapping[tuple[str, str], SecretRef]) -> str | None:
    """Return the text of a connection's file with other references, by side and credential.

    None if one of them cannot be replaced, or added, without touching anything else.
    """
    text = _text_of(connection)
    for (side, name), ref in refs.items():
        changed = _with_ref(connection, (side, "credentials", name), ref)
        if changed is None or not _says(changed, connection, (side, name), ref):
            return None
        text, connection = changed, load_connection(changed.encode(), connection.file)
    return text


def write_new(path: Path, text: str) -> None:
    """Write a new file; raise `Refused` if it exists or cannot be written."""
    _write(path, text, over=False)


def write_over(path: Path, text: str) -> None:
    """Replace a file atomically, preserving its permissions."""
    _write(path, text, over=True)


def moved_aside(path: Path, ending: str) -> Path:
    """Rename a file so that no run finds it, and return the new path; raise `Refused`."""
    number = 1
    while True:
        aside = path.with_name(f"{path.name}{ending}{'' if number == 1 else f'-{number}'}")
        try:
            os.link(path, aside)  # unlike a rename, it never replaces another file
            os.unlink(path)
            sync_folder(path.parent)
        except FileExistsError:
            number += 1
            continue
        except OSError as error:
            raise _unwritten(path, error) from None
        return aside


def from_file(path: str, file: str) -> str:
    """Return a path relative to a file's folder; an absolute one stays."""
    if os.path.isabs(path):
        return path
    return os.path.relpath(path, os.path.dirname(file) or ".")


def scalar(value: Value) -> str:
    """Return a value as one line of YAML, valid in flow and block context."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return str(value)
    plain = value.startswith(("./", "../")) or value[:1].isalpha()
    if plain and set(value) <= _PLAIN and value.lower() not in _WORDS:
        return value
    return '"' + "".join(map(_escaped, value)) + '"'


def _block(key: str, values: Mapping[str, Value]) -> Iterator[str]:
    if values:
        yield f"{key}:"
        yield from (f"  {name}: {scalar(value)}" for name, value in values.items())


def _side(key: str, side: Side, file: str) -> Iterator[str]:
    if side == Side():
        return
    yield f"{key}:"
    if side.origin:
        yield f"  origin: {scalar(side.origin)}"
    if side.manifest:
        yield f"  manifest: {scalar(from_file(side.manifest, file))}"
    yield from (f"  {line}" for line in _block("options", side.options))
    if side.credentials:
        yield "  credentials:"
        for name, ref in side.credentials.items():
            yield f"    {name}: {{{ref.kind.value}: {scalar(_shown(ref, file))}}}"


def _shown(ref: SecretRef, file: str) -> str:
    return from_file(ref.name, file) if ref.kind is SecretKind.FILE else ref.name


def _schedule(schedule: Schedule | None) -> str:
    if schedule is None:
        return "never"
    parts = {"cron": scalar(schedule.cron), "time_zone": scalar(schedule.zone)}
    if schedule.spread != Schedule().spread:
        parts["spread"] = f"{schedule.spread // timedelta(seconds=1)}s"
    return "{" + ", ".join(f"{key}: {text}" for key, text in parts.items()) + "}"


def _notify(connection: Connection) -> Iterator[str]:
    """Yield the `notify` lines of a connection, if its own file has to name its channels."""
    if connection.notify_file != connection.file:
        return
    yield "notify:" if connection.notify else "notify: []"
    for each in connection.notify:
        if isinstance(each, Webhook):
            yield f"  - webhook: {{url: {scalar(each.url)}}}"
        elif isinstance(each, Email):
            yield "  - email:"
            yield f"      to: [{', '.join(map(scalar, each.to))}]"
            yield f"      from: {scalar(each.sender)}"
            yield f"      server: {scalar(each.server)}"
            yield f"      port: {each.port}"
            yield from _login(each, connection.file)


def _login(email: Email, file: str) -> Iterator[str]:
    if email.security is not Security.STARTTLS:
        yield f"      security: {email.security.value}"
    if email.password is not None:
        ref = email.password
        yield f"      user: {scalar(email.user)}"
        yield f"      password: {{{ref.kind.value}: {scalar(_shown(ref, file))}}}"


def _text_of(connection: Connection) -> str:
    document = connection.written.document
    return "\n".join(document.lines).rstrip("\n") + "\n" if document else new_file(connection)


def _with_ref(connection: Connection, path: KeyPath, ref: SecretRef) -> str | None:
    """Return a connection's text with one reference replaced or added."""
    document = connection.written.document
    if document is None:
        return None
    lines = list(document.lines)
    while lines and not lines[-1]:
        lines.pop()
    side, _, name = path
    former = connection.sides[str(side)].credentials.get(str(name))
    shown = scalar(_shown(ref, connection.file))
    if former is None:
        done = _add(lines, document, path, f"{{{ref.kind.value}: {shown}}}")
    else:
        done = _replace(lines, document, (*path, former.kind.value), ref.kind.value, shown)
    return "\n".join(lines) + "\n" if done else None


def _replace(lines: list[str], document: Document, path: KeyPath, kind: str, text: str) -> bool:
    """Replace the key and the value of a reference; return whether this was possible."""
    if path not in document.places or path not in document.key_places:
        return False
    value, key = document.places[path], document.key_places[path]
    # The value first: replacing it does not move the key, which precedes it.
    for span, new in ((value, text), (key, kind)):
        line = lines[span.line - 1]
        start, end = span.column - 1, span.end - 1
        if start and line[start - 1] in "\"'" and line[end : end + 1] == line[start - 1]:
            start, end = start - 1, end + 1
        lines[span.line - 1] = line[:start] + new + line[end:]
    return True


def _add(lines: list[str], document: Document, path: KeyPath, text: str) -> bool:
    """Add a reference under the nearest existing key; return whether this was possible."""
    there = max((n for n in range(len(path)) if path[:n] in document.key_places), default=0)
    depth, after = 0, len(lines)
    if there:
        above = document.key_places[path[:there]]
        below = [
            span
            for key, span in document.key_places.items()
            if key[:there] == path[:there] and len(key) == there + 1
        ]
        if not below or any(span.line == above.line for span in below):
            return False  # the mapping is in braces, or empty
        depth, after = below[0].column - 1, above.line
    added = [f"{' ' * (depth + 2 * n)}{key}:" for n, key in enumerate(path[there:])]
    added[-1] += f" {text}"
    lines[after:after] = added
    return True


def _says(text: str, connection: Connection, at: tuple[str, str], ref: SecretRef) -> bool:
    """Return whether two texts describe the same connection, apart from one reference."""
    document = connection.written.document
    wanted = within = _copied(document.data if document else {})
    for key in (at[0], "credentials"):
        within = within.setdefault(key, {}) if isinstance(within, dict) else None
    if not isinstance(within, dict):
        return False
    within[at[1]] = {ref.kind.value: _shown(ref, connection.file)}
    try:
        return parse(text.encode(), connection.file).data == wanted
    except Refused:
        return False


def _copied(value: Value) -> Value:
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value


def _write(path: Path, text: str, *, over: bool) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        mode = path.stat().st_mode & 0o777 if over and path.exists() else _usual_mode()
        write_whole(path, text.encode(), mode=mode, over=over)
    except FileExistsError:
        summary = "another file is there now"
        raise refusal("C142", str(path), summary, "choose another name") from None
    except OSError as error:
        raise _unwritten(path, error) from None


def _unwritten(path: Path, error: OSError) -> Refused:
    why = error.strerror or type(error).__name__
    help = "check the space on the disk and the rights on the folder"
    return refusal("C142", str(path), f"cannot be written: {why}", help)


def _usual_mode() -> int:
    """Return the default mode of new files; a connection's file holds no secret."""
    mask = os.umask(0o077)
    os.umask(mask)
    return 0o666 & ~mask


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if character.isprintable():
        return character
    point = ord(character)
    return f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"


_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
"""Words that YAML 1.1 or 1.2 does not read as text."""
