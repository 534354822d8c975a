"""A new model as the wire describes it: its details, and its manifest."""

from collections.abc import Iterator
from contextlib import contextmanager

from hanabi.api.lacking import check_lacking
from hanabi.errors import InvalidRequestError
from hanabi.protocol.gateway import NewModel
from hanabi.registry.manifest import ConversationConfig, Manifest, check_manifest
from hanabi.registry.model import Details
from hanabi.styles.args import StyleArgs


def new_details(wire: NewModel) -> Details:
    """What people are to read about the model. Raises InvalidRequestError."""
    check_lacking(wire, "model")
    with _named_as_sent():
        return Details(
            display_name=wire.display_name or "",
            description=wire.description or "",
            public=wire.public or False,
        )


def new_manifest(wire: NewModel) -> Manifest | None:
    """The manifest, or None to leave that to an uploaded fireworks.json.

    Raises InvalidRequestError.
    """
    config = wire.conversation_config
    if config is None:
        return None
    args = StyleArgs(system=config.system, template=config.template)
    manifest = Manifest(conversation_config=ConversationConfig(style=config.style, args=args))
    with _named_as_sent():
        check_manifest(manifest)
    return manifest


@contextmanager
def _named_as_sent() -> Iterator[None]:
    """Errors inside name a field as the request has it: `model.conversationConfig.style`."""
    try:
        yield
    except InvalidRequestError as error:
        if error.param is None:
            raise
        names = error.param.replace("conversation_config.args.", "conversation_config.").split(".")
        sent = ".".join(["model", *map(_camel, names)])
        message = error.message.replace(error.param, sent, 1)
        raise InvalidRequestError(message, param=sent) from error


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
