"""How many records of a run had each key that its mapping reads."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the counts; earlier runs have none, and the guard of keys passes over them."""
    empty = sa.text("'{}'")
    op.add_column("run", sa.Column("stated", sa.Text, nullable=False, server_default=empty))
