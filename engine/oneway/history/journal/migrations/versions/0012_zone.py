"""The time zone in which the times of a run are shown."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the zone; earlier runs have none, and are shown in UTC."""
    empty = sa.text("''")
    op.add_column("run", sa.Column("zone", sa.Text, nullable=False, server_default=empty))
