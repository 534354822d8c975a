"""A model of the registry as the gateway shows it."""

from msgspec import UNSET

from hanabi.api.rfc3339 import shown_time
from hanabi.protocol.gateway import GatewayConversationConfig, GatewayModel, GatewayStatus
from hanabi.registry.manifest import ConversationConfig
from hanabi.registry.model import StoredModel

_AWAITED = "Its files are awaited: upload them, then ask for :validateUpload"


def shown_model(model: StoredModel) -> GatewayModel:
    """The model on the wire."""
    config, ready = model.manifest.conversation_config, model.state == "READY"
    return GatewayModel(
        name=str(model.name),
        display_name=model.details.display_name,
        description=model.details.description,
        create_time=shown_time(model.created),
        state=model.state,
        status=GatewayStatus(
            code="OK" if ready else "FAILED_PRECONDITION", message="" if ready else _AWAITED
        ),
        public=model.details.public,
        context_length=UNSET if model.context_length is None else model.context_length,
        conversation_config=UNSET if config is None else _shown_config(config),
    )


def _shown_config(config: ConversationConfig) -> GatewayConversationConfig:
    return GatewayConversationConfig(
        style=config.style, system=config.args.system, template=config.args.template
    )
