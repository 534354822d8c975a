"""The command `hanabi`: one file a command."""
