"""How many target records a run matched or created: what a target that shrank is known by."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the number, which is not known of runs before."""
    op.add_column("run", sa.Column("managed", sa.Integer))
