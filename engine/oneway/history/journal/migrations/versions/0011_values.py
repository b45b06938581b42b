"""How many records of a run had a value in each key whose values decide something."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the counts; earlier runs have none, and the guard of values passes over them."""
    empty = sa.text("'{}'")
    op.add_column("run", sa.Column("valued", sa.Text, nullable=False, server_default=empty))
