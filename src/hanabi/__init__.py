"""Hanabi serves text models behind the Fireworks and OpenAI REST API, on one's own machine."""

__version__ = "0.1.0"
