"""The tables, as SQLAlchemy Core knows them; `migrations` makes them in a database."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
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
