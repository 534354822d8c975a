"""Conversation styles: pure functions from messages to prompt segments, one file each."""
