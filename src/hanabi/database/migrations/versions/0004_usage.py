"""Usage: a row for each generating request."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision: str | None = "0003"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "usage",
        sa.Column("request_id", sa.String(64), primary_key=True),
        sa.Column("time", sa.BigInteger, nullable=False),
        sa.Column("account", sa.String(63), nullable=False),
        sa.Column("key_id", sa.String(32), nullable=False),
        sa.Column("model", sa.String(255), nullable=False),
        sa.Column("route", sa.String(32), nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("prompt_tokens", sa.BigInteger, nullable=False),
        sa.Column("cached_tokens", sa.BigInteger, nullable=False),
        sa.Column("completion_tokens", sa.BigInteger, nullable=False),
        sa.Column("first_token_ms", sa.BigInteger, nullable=True),
        sa.Column("duration_ms", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_usage_time", "usage", ["time"])
    op.create_index("ix_usage_account_time", "usage", ["account", "time"])
    op.create_index("ix_usage_key_id_time", "usage", ["key_id", "time"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("usage")
