"""Logits to token: pure functions over numpy arrays. No I/O, no text, no model."""
