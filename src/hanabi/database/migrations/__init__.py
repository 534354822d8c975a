"""Alembic's migrations, run by `hanabi.database.connection` at every start."""
