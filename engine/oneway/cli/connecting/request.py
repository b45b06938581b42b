"""The answers about a connection that the command line gives."""

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

import click

from oneway.connections.secrets.open import sealed
from oneway.connections.secrets.refs import SecretKind, SecretRef, secret_ref
from oneway.core.access import Secret
from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Diagnostic, Refused, Severity, Span

Name = tuple[str, str]


@dataclass(frozen=True, slots=True)
class ConnectOptions:
    """The options of the command line: by side, references and credentials by side and name.

    `schedule` is a cron line or "never", "" if not given; `tell` is an address or "nobody";
    `keep` is None for a keyring if one works; `sync` is whether the first sync follows; `shared`
    is the folder through which runs share rate limits.
    """

    name: str = ""
    mapping: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    refs: Mapping[Name, SecretRef] = field(default_factory=dict)
    typed: Mapping[Name, Secret] = field(default_factory=dict)
    schedule: str = ""
    time_zone: str = ""
    tell: str = ""
    mail_server: str = ""
    keep: SecretKind | None = None
    yes: bool = False
    sync: bool = True
    shared: Path | None = None

    @property
    def says_more_than_credentials(self) -> bool:
        """Whether they include anything that is in an existing connection's file."""
        options = any(self.options.values())
        when, whom = self.schedule or self.time_zone, self.tell or self.mail_server
        return bool(self.mapping or self.settings or options or when or whom)


def wishes_of(
    *,
    source_options: Mapping[str, str],
    target_options: Mapping[str, str],
    source_refs: Mapping[Name, SecretRef],
    target_refs: Mapping[Name, SecretRef],
    credentials_stdin: bool,
    keep_secrets: str | None,
    no_sync: bool,
    **same: Any,
) -> ConnectOptions:
    """Return what the options of `oneway connect` ask for; `same` are those named as here."""
    return ConnectOptions(
        options={"source": source_options, "target": target_options},
        refs={**source_refs, **target_refs},
        typed=from_stdin() if credentials_stdin else {},
        keep=SecretKind(keep_secrets) if keep_secrets else None,
        sync=not no_sync,
        **same,
    )


def references(side: str) -> Callable[[click.Context, click.Parameter, tuple[str, ...]], object]:
    """Return a parser of `NAME=env:VARIABLE` options; an invalid value is never shown."""

    def read(
        ctx: click.Context, param: click.Parameter, given: tuple[str, ...]
    ) -> dict[Name, SecretRef]:
        found: dict[Name, SecretRef] = {}
        for text in given:
            name, _, place = text.partition("=")
            kind, _, where = place.partition(":")
            try:
                ref = secret_ref({kind: where} if kind in _KINDS else None)
            except ValueError:
                summary = (
                    f"write {param.metavar}. What stood there is not shown: if it was the "
                    "credential itself, have it replaced, for others can see commands."
                )
                raise click.BadParameter(summary, ctx, param) from None
            if (side, name) in found:
                raise click.BadParameter(f"{name!r} is given twice.", ctx, param)
            found[side, name] = ref
        return found

    return read


def from_stdin() -> dict[Name, Secret]:
    """Return the credentials on standard input, one per line: `source.api_key=VALUE`.

    Raises `Refused` with every invalid line, without quoting any.
    """
    return parsed(sys.stdin)


def parsed(lines: Iterable[str]) -> dict[Name, Secret]:
    """Return the credentials on these lines; raise `Refused` with all that are invalid."""
    found: dict[Name, Secret] = {}
    wrong: list[Diagnostic] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        key, equals, value = line.rstrip("\r\n").partition("=")
        side, _, name = key.strip().partition(".")
        where = Span("standard input", number, 1)
        if not (equals and side in ("source", "target") and name):
            wrong.append(Diagnostic(where, Severity.ERROR, "U113", _NO_CREDENTIAL, _FORM))
            continue
        try:
            found[side, name] = sealed(value, SecretRef(SecretKind.ENV, f"{side}.{name}"))
        except Refused as refused:
            wrong += refused.diagnostics
    if wrong:
        raise Refused(wrong)
    return found


_KINDS = {kind.value for kind in SecretKind}
_NO_CREDENTIAL = "this line gives no credential"
_FORM = "write a line for each: source.api_key=VALUE"
