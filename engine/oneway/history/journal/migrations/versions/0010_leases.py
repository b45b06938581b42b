"""A lease with a fence for each connection, in place of a lock that a session holds."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the leases, and until when the requests of a journalled action may be sent."""
    op.drop_table("holder")
    op.create_table(
        "lease",
        sa.Column("connection", sa.Text, primary_key=True),
        sa.Column("fence", sa.Integer, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("process", sa.Integer, nullable=False),
        sa.Column("since", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("until", sa.Float(53)),
        sqlite_with_rowid=False,
    )
    op.add_column("entry", sa.Column("by_when", sa.Float(53)))
