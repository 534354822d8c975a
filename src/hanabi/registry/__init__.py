"""The models on disk: their names, their fireworks.json, and the immutable store."""
