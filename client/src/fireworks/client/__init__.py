"""The client, and the module level of the early ones.

    from fireworks.client import Fireworks

or, as it was before there were client objects:

    import fireworks.client

    fireworks.client.api_key = "..."
    fireworks.client.Completion.create(model="...", prompt="Say this is a test")

The two attributes below are for everybody to set, and read whenever a client is made.
"""

from fireworks.client import error
from fireworks.client.clients import AsyncFireworks, Fireworks
from fireworks.client.module_level import ChatCompletion, Completion, Model
from fireworks.client.stream import AsyncStream, Stream

api_key: str | None = None
"""The key of clients that are made without one; before the environment's."""

base_url: str | None = None
"""The address of clients that are made without one; before the environment's."""

__all__ = [
    "AsyncFireworks",
    "AsyncStream",
    "ChatCompletion",
    "Completion",
    "Fireworks",
    "Model",
    "Stream",
    "api_key",
    "base_url",
    "error",
]
