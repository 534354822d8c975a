"""A model of the registry."""

from pathlib import Path
from typing import Literal

import msgspec

from hanabi.errors import InvalidRequestError
from hanabi.registry.manifest import Manifest
from hanabi.registry.names import ModelName

State = Literal["UPLOADING", "READY"]
"""UPLOADING: its files are awaited. READY: whole, and unchangeable from then on."""

MAX_DISPLAY_NAME = 100  # characters
MAX_DESCRIPTION = 4000  # characters


class Details(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What people read about a model, and who may use it.

    Attributes:
        display_name: one line, at most 100 characters.
        description: at most 4000 characters.
        public: whether every account may use it, or its own alone.
    """

    display_name: str = ""
    description: str = ""
    public: bool = False

    def __post_init__(self) -> None:
        """Check the texts; raises InvalidRequestError that states the rule and the value."""
        for name, text, limit, allowed in (
            ("display_name", self.display_name, MAX_DISPLAY_NAME, ""),
            ("description", self.description, MAX_DESCRIPTION, "\n\t"),
        ):
            if len(text) > limit:
                raise InvalidRequestError(
                    f"{name} must have at most {limit} characters: {len(text)}", param=name
                )
            # A terminal that lists models must not be steered by their makers.
            for character in text:
                if not (character.isprintable() or character in allowed):
                    raise InvalidRequestError(
                        f"{name} must not have control characters: {character!a}", param=name
                    )


class StoredFile(msgspec.Struct, frozen=True):
    """A file of a model.

    Attributes:
        path: its name within the model.
        size: bytes it has, or will have.
        digest: SHA-256 in hex; None until the whole file has arrived.
    """

    path: str
    size: int
    digest: str | None


class StoredModel(msgspec.Struct, frozen=True, kw_only=True):
    """A model as the registry gives it out.

    Attributes:
        name: its full name.
        state: whether it can be used yet.
        created: seconds since the epoch.
        details: what people read about it, and who may use it.
        manifest: its fireworks.json.
        files: what it is made of, sorted by path.
        context_length: tokens the model was trained for; None while unknown.
        weights: the GGUF file, or the first of its parts, read-only by agreement: other models may
            share it; None until the model is READY.
    """

    name: ModelName
    state: State
    created: int
    details: Details = Details()
    manifest: Manifest = Manifest()
    files: tuple[StoredFile, ...] = ()
    context_length: int | None = None
    weights: Path | None = None

    @property
    def supports_chat(self) -> bool:
        """Whether it has a conversation config."""
        return self.manifest.conversation_config is not None
