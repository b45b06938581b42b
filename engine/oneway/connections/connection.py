"""A connection as its file describes it: a mapping, two sides, a schedule, who is notified.

Contains no credentials: a `SecretRef` says where one is stored, and may be shown.
"""

from collections.abc import Mapping
from dataclasses import field
from datetime import timedelta
from enum import Enum
from typing import TypeAlias

from oneway.connections.provenance import FileProvenance
from oneway.connections.secrets.refs import SecretRef
from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Diagnostic
from oneway.core.records import Value
from oneway.documents.yaml_source import Path
from oneway.mapping.spec import GuardKind, LimitSpec, OnBreach


@dataclass(frozen=True, slots=True)
class Side:
    """How to reach one system; everything else comes from the environment.

    `origin` is the only origin that may receive the credentials, and `manifest` the file that
    describes the connector; either is "" if the connection names none. `concurrency` lowers the
    number of requests in flight that the connector allows while a plan is applied.
    """

    options: Mapping[str, str] = field(default_factory=dict)
    credentials: Mapping[str, SecretRef] = field(default_factory=dict)
    origin: str = ""
    manifest: str = ""
    concurrency: int | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a run is due: a cron line in a time zone, and how far runs are spread after it."""

    cron: str = "0 4 * * *"
    zone: str = "UTC"
    spread: timedelta = timedelta(minutes=10)


class Occasion(Enum):
    """An event that a connection can be notified of."""

    FAILURE = "failure"
    GUARD = "guard"
    RECOVERY = "recovery"
    WEEKLY = "weekly"


Credentials: TypeAlias = tuple[tuple[tuple[str, str], SecretRef | None], ...]
"""The references of a channel's credentials, by the path of each key within it."""

DEFAULT_OCCASIONS = frozenset({Occasion.FAILURE, Occasion.GUARD, Occasion.RECOVERY})
"""The occasions that apply if `on` is omitted."""


class Security(Enum):
    """How the connection to a mail server is encrypted."""

    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Webhook:
    """A URL that receives JSON, signed if there is a secret.

    The URL is secret: with many services, knowing it is enough to post.
    """

    url: str = field(repr=False)
    secret: SecretRef | None = None
    on: frozenset[Occasion] = DEFAULT_OCCASIONS

    @property
    def credentials(self) -> Credentials:
        """The reference of its secret, by the path of its key."""
        return ((("webhook", "secret"), self.secret),)


@dataclass(frozen=True, slots=True)
class Email:
    """A message sent through a mail server; without `user` there is no login."""

    to: tuple[str, ...]
    sender: str
    server: str
    port: int = 587
    security: Security = Security.STARTTLS
    user: str = ""
    password: SecretRef | None = None
    on: frozenset[Occasion] = DEFAULT_OCCASIONS
    report: bool = False
    """Whether the page of the run is attached."""

    @property
    def credentials(self) -> Credentials:
        """The reference of its password, by the path of its key."""
        return ((("email", "password"), self.password),)


@dataclass(frozen=True, slots=True)
class NoticeFolder:
    """A folder into which the page of each notified run is written."""

    path: str
    on: frozenset[Occasion] = DEFAULT_OCCASIONS

    @property
    def credentials(self) -> Credentials:
        """Empty: the user's permissions decide whether we may write there."""
        return ()


class UploadMethod(Enum):
    """How the page of a run is uploaded: as the body of a PUT, or as the file of a form."""

    PUT = "put"
    FORM = "form"


@dataclass(frozen=True, slots=True)
class Upload:
    """A URL that receives the page of each notified run.

    Like a webhook's, the URL is secret. The token is sent only there: as a bearer token, or alone
    in another `header`.
    """

    url: str = field(repr=False)
    method: UploadMethod = UploadMethod.PUT
    token: SecretRef | None = None
    header: str = ""
    on: frozenset[Occasion] = DEFAULT_OCCASIONS

    @property
    def credentials(self) -> Credentials:
        """The reference of its token, by the path of its key."""
        return ((("upload", "token"), self.token),)


Notify: TypeAlias = Webhook | Email | NoticeFolder | Upload


def notify_references(notify: tuple[Notify, ...]) -> tuple[tuple[Path, SecretRef], ...]:
    """Return the references of the channels' credentials, by the paths of their keys."""
    found = (
        (("notify", index, *key), ref)
        for index, each in enumerate(notify)
        for key, ref in each.credentials
    )
    return tuple((path, ref) for path, ref in found if ref is not None)


@dataclass(frozen=True, slots=True)
class OwnGuards:
    """The limits set by a connection; the mapping's limits apply to the rest."""

    limits: Mapping[GuardKind, LimitSpec] = field(default_factory=dict)
    on_breach: OnBreach | None = None
    source_shrink: float | None = None
    target_shrink: float | None = None
    keys_gone: float | None = None
    values_gone: float | None = None


@dataclass(frozen=True, slots=True)
class Connection:
    """A connection as written in `file`; `mapping` is the mapping's path from the working folder.

    `settings` are the values as written, not yet checked against the mapping's declarations.
    `schedule` is None if the connection only runs by hand. `written` finds the places of its keys,
    and is ignored when connections are compared.
    """

    name: str
    file: str
    mapping: str
    settings: Mapping[str, Value] = field(default_factory=dict)
    source: Side = Side()
    target: Side = Side()
    schedule: Schedule | None = Schedule()
    only_changed: bool = False
    """Whether records that have not changed since the last run are skipped."""
    guards: OwnGuards | None = None
    reviewed_by: str = ""
    notify: tuple[Notify, ...] = ()
    notify_file: str = ""
    """The file that names the channels: its own, its folder's default, or ""."""
    notify_broken: bool = False
    """Whether that file has mistakes there, so that some or all channels are unknown."""
    mistakes: tuple[Diagnostic, ...] = field(default=(), repr=False)
    """The mistakes in its own `notify`, which stop no run."""
    written: FileProvenance = field(default=FileProvenance(), repr=False, compare=False)

    @property
    def references(self) -> tuple[tuple[Path, SecretRef], ...]:
        """The references of credentials in its own file, by the paths of their keys."""
        found: list[tuple[Path, SecretRef]] = [
            ((name, "credentials", key), ref)
            for name, side in self.sides.items()
            for key, ref in side.credentials.items()
        ]
        own = self.notify if self.notify_file in ("", self.file) else ()
        return tuple((path, ref) for path, ref in (*found, *notify_references(own)))

    @property
    def zone(self) -> str:
        """The time zone in which its times are shown; "" without a schedule."""
        return self.schedule.zone if self.schedule is not None else ""

    @property
    def sides(self) -> Mapping[str, Side]:
        """Both sides, by name."""
        return {"source": self.source, "target": self.target}

    @property
    def manifests(self) -> Mapping[str, str]:
        """The manifests that the file names, by side."""
        return {name: side.manifest for name, side in self.sides.items() if side.manifest}
