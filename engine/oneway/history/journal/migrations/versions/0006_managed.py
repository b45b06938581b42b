"""How many target records a run matched or created, and who had left and could still get in."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add both; for earlier runs the number is unknown, and no leaver is named."""
    op.add_column("run", sa.Column("managed", sa.Integer))
    op.add_column(
        "run", sa.Column("still_in", sa.Text, nullable=False, server_default=sa.text("'[]'"))
    )
