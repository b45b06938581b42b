"""A history of runs, the schedule's dues, incidents and notices, and who holds a lock."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add all that connections need; plans move out of the runs' table, as they are large."""
    _runs()
    _snapshots()
    _dues()
    _notices()
    op.create_table(
        "holder",
        sa.Column("connection", sa.Text, primary_key=True),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("process", sa.Integer, nullable=False),
        sa.Column("since", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )


def _runs() -> None:
    op.add_column("run", _text("why", "by hand"))
    op.add_column("run", _text("version", ""))
    op.add_column("run", _text("host", ""))
    op.add_column("run", _text("breaches", "[]"))
    op.add_column("run", _text("problems", "[]"))
    op.create_index("run_of_connection", "run", ["connection", "id"])


def _snapshots() -> None:
    op.create_table(
        "snapshot",
        sa.Column(
            "run", sa.Integer, sa.ForeignKey("run.id"), primary_key=True, autoincrement=False
        ),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
    bind = op.get_bind()
    plans = bind.execute(sa.text("SELECT id, plan FROM run WHERE plan <> ''")).all()
    for id, plan in plans:
        data = plan if isinstance(plan, bytes) else plan.encode(errors="surrogatepass")
        sql = "INSERT INTO snapshot (run, name, data) VALUES (:run, 'plan', :data)"
        bind.execute(sa.text(sql), {"run": id, "data": data})
    op.drop_column("run", "plan")


def _dues() -> None:
    op.create_table(
        "due",
        sa.Column("connection", sa.Text, primary_key=True),
        sa.Column("due", sa.Text, primary_key=True),
        sa.Column("taken", sa.Text, nullable=False),
        _text("taken_by", ""),
        sa.Column("ended", sa.Text),
        _text("outcome", ""),
        sqlite_with_rowid=False,
    )


def _notices() -> None:
    op.create_table(
        "incident",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("connection", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("opened", sa.Text, nullable=False),
        sa.Column("closed", sa.Text),
        _text("about", ""),
        sqlite_autoincrement=True,
    )
    op.create_index("incident_of_connection", "incident", ["connection", "kind"])
    op.create_table(
        "notice",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("incident", sa.Integer, sa.ForeignKey("incident.id")),
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in ("connection", "kind", "channel", "body", "created")
        ),
        sa.Column("sent", sa.Text),
        sa.Column("tries", sa.Integer, nullable=False, server_default=sa.text("0")),
        _text("next_try", ""),
        _text("error", ""),
        sqlite_autoincrement=True,
    )
    unsent = sa.text("sent IS NULL")
    op.create_index(
        "notice_waiting", "notice", ["next_try"], sqlite_where=unsent, postgresql_where=unsent
    )


def _text(name: str, default: str) -> "sa.Column[str]":
    return sa.Column(name, sa.Text, nullable=False, server_default=sa.text(f"'{default}'"))
