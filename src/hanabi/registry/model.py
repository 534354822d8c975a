"""A model in the store."""

from pathlib import Path

import msgspec

from hanabi.registry.manifest import Manifest
from hanabi.registry.names import ModelName, parse_name


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the store wrote down when the model was created; record.json.

    Attributes:
        name: the full name.
        created: seconds since the epoch.
        digest: SHA-256 of the weights, in hex.
        size: bytes of the weights.
        context_length: tokens the model was trained for; None where nobody said.
    """

    name: str
    created: int
    digest: str
    size: int
    context_length: int | None = None


class StoredModel(msgspec.Struct, frozen=True):
    """A model as the store gives it out.

    Attributes:
        record: when it was created, and of what.
        manifest: its fireworks.json.
        weights: the file of its weights, read-only by agreement: other models may share it.
    """

    record: Record
    manifest: Manifest
    weights: Path

    @property
    def name(self) -> ModelName:
        """Its name."""
        return parse_name(self.record.name)
