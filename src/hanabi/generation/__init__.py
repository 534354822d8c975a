"""The model-neutral core: valid requests to token ids, token events to text events.

Knows no HTTP, no llama.cpp and no disk; whatever generates tokens stands behind `backend`.
"""
