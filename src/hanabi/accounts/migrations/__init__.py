"""Alembic's migrations, run by `hanabi.accounts.database` at every start."""
