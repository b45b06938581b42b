"""Who raised which ceiling, what the target refused, and what was written how often."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add allowances, failures and counted writes."""
    nothing = sa.text("'[]'")
    op.add_column("run", sa.Column("allowed", sa.Text, nullable=False, server_default=nothing))
    op.create_table(
        "failure",
        sa.Column("connection", sa.Text, primary_key=True),
        sa.Column("action", sa.Text, primary_key=True),
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in ("digest", "code", "reason", "first", "last")
        ),
        sa.Column("times", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "written",
        sa.Column("connection", sa.Text, primary_key=True),
        sa.Column("action", sa.Text, primary_key=True),
        sa.Column("field", sa.Text, primary_key=True),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("times", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
