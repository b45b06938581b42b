"""A settled run remembers that it died, and each run how many actions it had planned."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add how many actions were planned, and whether the run was interrupted."""
    op.add_column("run", sa.Column("planned", sa.Integer))
    zero = sa.text("0")
    op.add_column("run", sa.Column("interrupted", sa.Integer, nullable=False, server_default=zero))
