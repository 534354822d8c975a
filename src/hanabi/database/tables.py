"""The tables, as SQLAlchemy Core knows them; `migrations` makes them in a database."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData()

# One row: what tells this database from every other.
identity = Table("identity", metadata, Column("id", String(32), primary_key=True))

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("account", String(63), nullable=False, index=True),
    Column("name", String(100), nullable=False),
    # The key's first characters: what a list shows, and what a key is looked up by.
    Column("prefix", String(16), nullable=False, unique=True),
    Column("digest", LargeBinary(32), nullable=False),  # SHA-256 of the whole key
    Column("admin", Boolean, nullable=False),
    Column("created", BigInteger, nullable=False),  # seconds since the epoch
    Column("revoked", BigInteger, nullable=True),  # likewise; null while the key is good
    Column("expires", BigInteger, nullable=True),  # likewise; null for a key that never does
    # Its limits; null for none.
    Column("requests_per_minute", BigInteger, nullable=True),
    Column("tokens_per_minute", BigInteger, nullable=True),
    Column("max_concurrent", BigInteger, nullable=True),
    Column("monthly_tokens", BigInteger, nullable=True),
    # A JSON array of the full names of the only models that it may use; null: its account's.
    Column("models", Text, nullable=True),
)

models = Table(
    "models",
    metadata,
    Column("account", String(63), primary_key=True),
    Column("model", String(63), primary_key=True),
    # Of this one creation: who makes a deleted model's name anew gets another.
    Column("id", String(32), nullable=False, unique=True),
    Column("state", String(16), nullable=False),  # UPLOADING or READY
    Column("created", BigInteger, nullable=False),  # seconds since the epoch
    Column("display_name", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("public", Boolean, nullable=False),
    Column("manifest", Text, nullable=False),  # JSON
    Column("context_length", BigInteger, nullable=True),  # tokens; null until READY
)

model_files = Table(
    "model_files",
    metadata,
    Column("model_id", String(32), ForeignKey("models.id", ondelete="CASCADE"), primary_key=True),
    Column("path", String(255), primary_key=True),
    Column("size", BigInteger, nullable=False),  # bytes
    Column("digest", String(64), nullable=True),  # SHA-256 in hex; null until all of it is here
    Column("token", String(64), nullable=True, unique=True),  # what an upload of it is named by
)

model_aliases = Table(
    "model_aliases",
    metadata,
    Column("account", String(63), primary_key=True),
    Column("model", String(63), primary_key=True),
    # No cascade: a model that other names lead to cannot go.
    Column("target_id", String(32), ForeignKey("models.id"), nullable=False, index=True),
)

# One row for each generating request that came with a good key. No foreign keys: what was used
# stays when its key or its model goes.
usage = Table(
    "usage",
    metadata,
    Column("request_id", String(64), primary_key=True),
    Column("time", BigInteger, nullable=False),  # of its arrival, in milliseconds since the epoch
    Column("account", String(63), nullable=False),
    Column("key_id", String(32), nullable=False),
    Column("model", String(255), nullable=False),  # full name; empty where none was found
    Column("route", String(32), nullable=False),
    Column("status", Integer, nullable=False),
    Column("prompt_tokens", BigInteger, nullable=False),
    Column("cached_tokens", BigInteger, nullable=False),
    Column("completion_tokens", BigInteger, nullable=False),
    Column("first_token_ms", BigInteger, nullable=True),  # null where none was generated
    Column("duration_ms", BigInteger, nullable=False),
    Index("ix_usage_time", "time"),
    Index("ix_usage_account_time", "account", "time"),
    Index("ix_usage_key_id_time", "key_id", "time"),
)
