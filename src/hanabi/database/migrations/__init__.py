"""Alembic's migrations, run by `hanabi.database.connection` where one is to be made."""

NEWEST = "0004"
"""The revision of the last migration: a database that has it needs none, and Alembic not at all."""
