"""Alembic runs this for every command; the connection comes from `connection.open_database`."""

from alembic import context

from hanabi.database.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite changes a column by making the table anew
)
with context.begin_transaction():
    context.run_migrations()
