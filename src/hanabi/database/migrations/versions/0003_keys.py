"""What an API key may do: until when, with which models, how much."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision: str | None = "0002"
branch_labels: str | None = None
depends_on: str | None = None

_NUMBERS = (
    "expires",
    "requests_per_minute",
    "tokens_per_minute",
    "max_concurrent",
    "monthly_tokens",
)


def upgrade() -> None:
    """Add the columns; the keys that there are stay without limits."""
    for name in _NUMBERS:
        op.add_column("api_keys", sa.Column(name, sa.BigInteger, nullable=True))
    op.add_column("api_keys", sa.Column("models", sa.Text, nullable=True))


def downgrade() -> None:
    """Drop them."""
    with op.batch_alter_table("api_keys") as table:
        for name in (*_NUMBERS, "models"):
            table.drop_column(name)
