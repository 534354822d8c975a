"""The tables, as SQLAlchemy Core knows them; `migrations` makes them in a database."""

from sqlalchemy import BigInteger, Boolean, Column, LargeBinary, MetaData, String, Table

metadata = MetaData()

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
