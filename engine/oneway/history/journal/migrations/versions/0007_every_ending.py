"""Every action of a run has an entry, even if a guard holds it back or it waits for a day."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the guards of what is held back, and the day of what waits."""
    op.add_column("entry", _text("guards", "[]"))
    op.add_column("entry", _text("until", ""))


def _text(name: str, default: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default=sa.text(f"'{default}'"))
