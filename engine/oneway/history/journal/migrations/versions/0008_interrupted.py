"""A run that died stays one, also once it is settled; and how much it had planned is known."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add how many actions were planned, and whether the run was interrupted."""
    op.add_column("run", sa.Column("planned", sa.Integer))
    zero = sa.text("0")
    op.add_column("run", sa.Column("interrupted", sa.Integer, nullable=False, server_default=zero))
