"""Which source record is which target record, when each write was sent, and jobs to ask about."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the links, which begin empty; without links, match keys alone decide."""
    op.create_table(
        "link",
        sa.Column("connection", sa.Text, primary_key=True),
        sa.Column("source_id", sa.Text, primary_key=True),
        sa.Column("target_id", sa.Text, nullable=False),
        _text("key", ""),
        _text("key_digest", ""),
        _text("origin", "matched"),
        sa.Column("since", sa.Text, nullable=False),
        sa.Column("seen", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("link_of_target", "link", ["connection", "target_id"], unique=True)
    op.add_column("run", _text("links", "{}"))
    op.add_column("entry", _text("sent_at", ""))
    op.add_column("entry", _text("job", ""))


def _text(name: str, default: str) -> "sa.Column[str]":
    return sa.Column(name, sa.Text, nullable=False, server_default=sa.text(f"'{default}'"))
