"""Shutting down in order: running requests end, new ones go elsewhere."""

from hanabi.errors import UnavailableError

RETRY_AFTER = 5
"""Seconds after which a restarted server may be there."""


class Drain:
    """Whether the server is shutting down; flipped once, by the app."""

    def __init__(self) -> None:
        """Start with the server open."""
        self.draining = False

    def begin(self) -> None:
        """Refuse new generating requests from now on. Idempotent."""
        self.draining = True

    def check(self) -> None:
        """Raise UnavailableError while draining."""
        if self.draining:
            raise UnavailableError(
                "The server is shutting down and takes no new requests; ask again in"
                f" {RETRY_AFTER} seconds",
                retry_after=RETRY_AFTER,
            )
