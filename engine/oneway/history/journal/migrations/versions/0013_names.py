"""Keyed digests of the words of a linked person's name."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the digests; earlier links have none until the next run has seen their people."""
    empty = sa.text("''")
    op.add_column("link", sa.Column("names", sa.Text, nullable=False, server_default=empty))
