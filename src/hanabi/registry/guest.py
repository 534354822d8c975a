"""A GGUF file named on the command line: served where it lies, for as long as the server runs."""

from pathlib import Path

from hanabi.registry.manifest import ConversationConfig, Manifest
from hanabi.registry.model import Details, StoredFile, StoredModel
from hanabi.registry.names import ModelName, id_from
from hanabi.registry.split import siblings

ACCOUNT = "fireworks"
"""The account in a guest's name, so that it looks like the models of the guide."""


def guest_model(path: Path, chat_template: str | None) -> StoredModel:
    """Describe the file as if it were stored; nothing is copied or written.

    Args:
        path: the weights.
        chat_template: what the weights carry, or None; with one the model has chat, in the style
            `huggingface`.
    """
    status = path.stat()
    config = None if chat_template is None else ConversationConfig(style="huggingface")
    return StoredModel(
        name=ModelName(ACCOUNT, id_from(path.stem)),
        state="READY",
        created=int(status.st_mtime),
        details=Details(public=True),
        manifest=Manifest(conversation_config=config),
        files=tuple(StoredFile(part.name, part.stat().st_size, None) for part in siblings(path)),
        weights=path,
    )
