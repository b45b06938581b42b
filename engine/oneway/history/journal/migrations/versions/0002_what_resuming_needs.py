"""What an interrupted run needs to be resumed, and what guards remember."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the plan, whose run it was, the source's size, and what each action counted as."""
    blank = sa.text("''")
    op.add_column("run", sa.Column("connection", sa.Text, nullable=False, server_default=blank))
    op.add_column("run", sa.Column("plan", sa.Text, nullable=False, server_default=blank))
    op.add_column("run", sa.Column("source_records", sa.Integer))
    op.add_column("entry", sa.Column("counted", sa.Text, nullable=False, server_default=blank))
    op.add_column("entry", sa.Column("at", sa.Text, nullable=False, server_default=blank))
    open_ones = sa.text("ended IS NULL")
    op.create_index(
        "unfinished",
        "run",
        ["connection"],
        sqlite_where=open_ones,
        postgresql_where=open_ones,
    )
