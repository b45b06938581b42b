"""The store's tables in their newest version, for SQLite and PostgreSQL alike.

Every change needs a migration (`migrations/versions`); a test compares the result of all
migrations with these tables.
"""

import json
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    or_,
    select,
    text,
)

from oneway.planning.endings import Ending

HEAD = "0013"
"""The newest migration."""

_MARK = "\x01"
"""The first character of a text that is stored as JSON; our own texts never begin with it."""


class AnyText(TypeDecorator[str]):
    """Any text, even with a NUL (which PostgreSQL refuses) or a lone surrogate (which both refuse).

    Such text is stored as JSON after a mark. Equal texts stay equal, so that queries find them.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Return the value to store."""
        if value is None or (value.isascii() and "\0" not in value and value[:1] != _MARK):
            return value
        if "\0" in value or value[:1] == _MARK or any("\ud800" <= c <= "\udfff" for c in value):
            return _MARK + json.dumps(value)
        return value

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Return the original text."""
        if isinstance(value, bytes):  # versions before 0004 stored such text this way
            return value.decode(errors="surrogatepass")
        if value is not None and value[:1] == _MARK:
            return str(json.loads(value[1:]))
        return value if value is None else str(value)


def may_be_marked(texts: bytes) -> bool:
    """Return whether one of many texts in JSON may be stored with a mark.

    May err towards True: it searches for a single byte, because that is much faster.
    """
    return b"\\" in texts and json.dumps(_MARK)[1:-1].encode() in texts


METADATA = MetaData()


def _text(name: str, default: str | None = None, *, null: bool = False) -> Column[Any]:
    return Column(
        name,
        AnyText,
        nullable=null,
        server_default=None if default is None else text(f"'{default}'"),
    )


run = Table(
    "run",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    _text("mapping"),
    _text("digest"),
    _text("fingerprint"),
    _text("as_of"),
    _text("started"),
    _text("started_by"),
    _text("ended", null=True),
    _text("counts", "{}"),
    # Whose run it was, and what guards remember of it.
    _text("connection", ""),
    Column("source_records", Integer),
    Column("managed", Integer),
    # How many records each read had, and how many of them each key: {read: [records, {key: n}]}.
    _text("stated", "{}"),
    # The same for the records that have a value in each key whose values decide something.
    _text("valued", "{}"),
    # Who has left and could still get in afterwards: [key, label, source_id, target_id, why,
    # may_have_left].
    _text("still_in", "[]"),
    # Who raised which ceiling: [guard, ceiling, by] of each.
    _text("allowed", "[]"),
    # For the run history: why and where it ran, by which version, what guards and errors said.
    _text("why", "by hand"),
    _text("version", ""),
    _text("host", ""),
    _text("breaches", "[]"),
    _text("problems", "[]"),
    # How many links were known, new, and replacing another: by word.
    _text("links", "{}"),
    # How many actions were planned; and whether the run died and was settled afterwards.
    Column("planned", Integer),
    # The time zone in which its times are shown; "" for UTC, and for runs of before.
    _text("zone", ""),
    Column("interrupted", Integer, nullable=False, server_default=text("0")),
    sqlite_autoincrement=True,
)
# An index has this condition in every database (`migration.create`): naming PostgreSQL's here
# would import its dialect, which takes a tenth of the time of a `sync` between files.
Index("unfinished", run.c.connection, sqlite_where=run.c.ended.is_(None))
Index("run_of_connection", run.c.connection, run.c.id)

entry = Table(
    "entry",
    METADATA,
    Column("run", Integer, ForeignKey("run.id"), primary_key=True, autoincrement=False),
    Column("action", AnyText, primary_key=True),
    _text("verb"),
    _text("source_id", null=True),
    _text("target_id", null=True),
    _text("token"),
    Column("sent", Integer, nullable=False, server_default=text("0")),
    _text("ending", null=True),
    _text("code", ""),
    _text("reason", ""),
    # For an action not sent: the guards that hold it back (a JSON list), and until when.
    _text("guards", "[]"),
    _text("until", ""),
    # How guards count it, and when.
    _text("counted", ""),
    _text("at", ""),
    # When it was sent, by the clock, and the job to ask about if the target only accepted it.
    _text("sent_at", ""),
    _text("job", ""),
    # In flight: the last moment at which a request may leave, by the store's clock.
    Column("by_when", Float(53)),
    CheckConstraint("sent IN (0, 1)", name="sent_is_a_truth"),
    sqlite_with_rowid=False,
)
UNSETTLED = entry.c.ending.is_(None) | (entry.c.ending == text("'unknown'"))
UNFINISHED = run.c.ended.is_(None) | run.c.id.in_(select(entry.c.run).where(UNSETTLED))
# Each by itself: a list would be expanded again for each execution.
WITHHELD = or_(*(entry.c.ending == text(f"'{each.value}'") for each in Ending if each.withheld))
Index("unsettled", entry.c.run, entry.c.action, sqlite_where=UNSETTLED)

failure = Table(
    "failure",
    METADATA,
    Column("connection", AnyText, primary_key=True),
    Column("action", AnyText, primary_key=True),
    # Only a keyed digest of the values.
    _text("digest"),
    _text("code"),
    _text("reason"),
    _text("first"),
    _text("last"),
    Column("times", Integer, nullable=False),
    sqlite_with_rowid=False,
)

written = Table(
    "written",
    METADATA,
    Column("connection", AnyText, primary_key=True),
    Column("action", AnyText, primary_key=True),
    Column("field", AnyText, primary_key=True),
    _text("digest"),
    Column("times", Integer, nullable=False),
    sqlite_with_rowid=False,
)

link = Table(
    "link",
    METADATA,
    # Which target record a source record is. Of a sensitive key, only a keyed digest; of the
    # person's name, only keyed digests of its words.
    Column("connection", AnyText, primary_key=True),
    Column("source_id", AnyText, primary_key=True),
    _text("target_id"),
    _text("key", ""),
    _text("key_digest", ""),
    _text("origin", "matched"),
    _text("since"),
    _text("seen"),
    _text("names", ""),
    sqlite_with_rowid=False,
)
Index("link_of_target", link.c.connection, link.c.target_id, unique=True)

snapshot = Table(
    "snapshot",
    METADATA,
    # "plan", and its snapshots; each in a row, as they may be large.
    Column("run", Integer, ForeignKey("run.id"), primary_key=True, autoincrement=False),
    Column("name", AnyText, primary_key=True),
    Column("data", LargeBinary, nullable=False),
)

due = Table(
    "due",
    METADATA,
    # The process that inserts the row runs the due; the primary key lets only one do so.
    Column("connection", AnyText, primary_key=True),
    Column("due", AnyText, primary_key=True),
    _text("taken"),
    _text("taken_by", ""),
    _text("ended", null=True),
    _text("outcome", ""),
    sqlite_with_rowid=False,
)

incident = Table(
    "incident",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    _text("connection"),
    _text("kind"),
    _text("opened"),
    _text("closed", null=True),
    _text("about", ""),
    sqlite_autoincrement=True,
)
Index("incident_of_connection", incident.c.connection, incident.c.kind)

notice = Table(
    "notice",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("incident", Integer, ForeignKey("incident.id")),
    _text("connection"),
    _text("kind"),
    _text("channel"),
    _text("body"),
    _text("created"),
    _text("sent", null=True),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    _text("next_try", ""),
    _text("error", ""),
    sqlite_autoincrement=True,
)
Index("notice_waiting", notice.c.next_try, sqlite_where=notice.c.sent.is_(None))

lease = Table(
    "lease",
    METADATA,
    # Who runs a connection: each taking raises the fence. By the store's clock, until when.
    Column("connection", AnyText, primary_key=True),
    Column("fence", Integer, nullable=False),
    _text("host"),
    Column("process", Integer, nullable=False),
    _text("since"),
    _text("owner"),
    Column("until", Float(53)),
    sqlite_with_rowid=False,
)
