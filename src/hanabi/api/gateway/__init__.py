"""The gateway: models as their account manages them, from creation over upload to deletion."""
