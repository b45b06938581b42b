"""The time zone that people are told the times of a run in."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the zone; runs of before have none, and are told in UTC."""
    empty = sa.text("''")
    op.add_column("run", sa.Column("zone", sa.Text, nullable=False, server_default=empty))
