"""A GGUF file named on the command line: served where it lies, for as long as the server runs."""

from pathlib import Path

from hanabi.registry.manifest import ConversationConfig, Manifest
from hanabi.registry.model import Record, StoredModel
from hanabi.registry.names import ModelName, id_from

ACCOUNT = "fireworks"
"""The account in a guest's name, so that it looks like the models of the guide."""

CHATML_MARK = "<|im_start|>"
"""A template with this token formats conversations in ChatML."""


def guest_model(path: Path, chat_template: str | None) -> StoredModel:
    """Describe the file as if it were stored; nothing is copied or written.

    Args:
        path: the weights.
        chat_template: what the weights carry; where it is ChatML the model gets chat.
    """
    chat = chat_template is not None and CHATML_MARK in chat_template
    status = path.stat()
    record = Record(
        name=str(ModelName(ACCOUNT, id_from(path.stem))),
        created=int(status.st_mtime),
        digest="",
        size=status.st_size,
    )
    config = ConversationConfig(style="chatml") if chat else None
    return StoredModel(record, Manifest(conversation_config=config), path)
