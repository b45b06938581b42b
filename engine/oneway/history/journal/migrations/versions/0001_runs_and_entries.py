"""Runs, and what became of each action."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the first tables."""
    op.create_table(
        "run",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in ("mapping", "digest", "fingerprint", "as_of", "started", "started_by")
        ),
        sa.Column("ended", sa.Text),
        sa.Column("counts", sa.Text, nullable=False, server_default=sa.text("'{}'")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "entry",
        sa.Column(
            "run", sa.Integer, sa.ForeignKey("run.id"), primary_key=True, autoincrement=False
        ),
        sa.Column("action", sa.Text, primary_key=True),
        sa.Column("verb", sa.Text, nullable=False),
        sa.Column("source_id", sa.Text),
        sa.Column("target_id", sa.Text),
        sa.Column("token", sa.Text, nullable=False),
        sa.Column("sent", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("ending", sa.Text),
        sa.Column("code", sa.Text, nullable=False, server_default=sa.text("''")),
        sa.Column("reason", sa.Text, nullable=False, server_default=sa.text("''")),
        sa.CheckConstraint("sent IN (0, 1)", name="sent_is_a_truth"),
        sqlite_with_rowid=False,
    )
    unsettled = sa.text("ending IS NULL OR ending = 'unknown'")
    op.create_index(
        "unsettled",
        "entry",
        ["run", "action"],
        sqlite_where=unsettled,
        postgresql_where=unsettled,
    )
