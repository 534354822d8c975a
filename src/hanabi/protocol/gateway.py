"""The gateway on the wire: models as their account manages them, in camelCase (api.md, section 3).

A key without a value is absent from a reply.
"""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from hanabi.protocol.common import lacking
from hanabi.protocol.models import MODEL_KIND, ModelKind

PAGE_SIZE = 50
PAGE_SIZE_MAX = 200


class GatewayConversationConfig(
    Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """How messages become a prompt; it gives the model chat.

    Attributes:
        style: the conversation style.
        system: replaces the style's default system prompt; "" omits it.
        template: the Jinja text of a style that renders one.
    """

    style: Annotated[str, Meta(min_length=1)]
    system: str | None = None
    template: str | None = None


class NewModel(Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A model that is to be made; what is left out is empty."""

    display_name: Annotated[str | None, Meta(description="What people call it.")] = None
    description: Annotated[str | None, Meta(description="What it is good for.")] = None
    public: Annotated[bool | None, Meta(description="Whether every account may use it.")] = None
    conversation_config: Annotated[
        GatewayConversationConfig | None,
        Meta(description="Gives the model chat; else an uploaded fireworks.json may."),
    ] = None
    kind: Annotated[Any, lacking(MODEL_KIND, "CUSTOM_MODEL")] = None
    base_model_details: Annotated[Any, lacking()] = None
    peft_details: Annotated[Any, lacking()] = None


class CreateModelRequest(
    Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True
):
    """Make a model, whose files are uploaded next."""

    model_id: Annotated[
        str, Meta(min_length=1, max_length=63, description="The last part of its name.")
    ]
    model: NewModel = NewModel()


class GatewayStatus(Struct, frozen=True, kw_only=True):
    """Whether something is well, and what is missing where it is not."""

    code: Literal["OK", "FAILED_PRECONDITION"]
    message: str


class GatewayModel(Struct, frozen=True, kw_only=True, rename="camel"):
    """A model as its account sees it.

    Attributes:
        name: its full name, `accounts/<account>/models/<model>`.
        display_name: what people call it.
        description: what it is good for.
        create_time: when it was made, RFC 3339 in UTC.
        state: UPLOADING until its files were validated, then READY.
        status: what stands in the way of READY.
        kind: the one kind of model there is here.
        public: whether every account may use it.
        context_length: tokens that the weights were trained for, where they say.
        conversation_config: how messages become a prompt; absent where it has no chat.
    """

    name: str
    display_name: str
    description: str
    create_time: str
    state: Literal["UPLOADING", "READY"]
    status: GatewayStatus
    kind: ModelKind = MODEL_KIND
    public: bool
    context_length: int | UnsetType = UNSET
    conversation_config: GatewayConversationConfig | UnsetType = UNSET


class ModelPageQuery(Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Which models of an account to list."""

    page_size: Annotated[
        int, Meta(ge=0, le=PAGE_SIZE_MAX, description="The most models of a page; 0 means 50.")
    ] = 0
    page_token: Annotated[
        str, Meta(max_length=2048, description="The nextPageToken of the page before.")
    ] = ""
    filter: Annotated[
        str, Meta(max_length=1024, description='Such as state=READY AND displayName:"llama".')
    ] = ""
    order_by: Annotated[
        str, Meta(max_length=64, description="name, displayName or createTime, perhaps with desc.")
    ] = ""


class GatewayModelPage(Struct, frozen=True, kw_only=True, rename="camel"):
    """A page of an account's models.

    Attributes:
        models: those of this page.
        next_page_token: asks for the next page; "" on the last one.
        total_size: how many models all pages have.
    """

    models: list[GatewayModel]
    next_page_token: str
    total_size: int


class UploadEndpointRequest(
    Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True
):
    """Announce the files of a model that is UPLOADING."""

    filename_to_size: Annotated[
        dict[str, Any],
        Meta(
            description="The bytes of each file by its path; a number, or digits in a string.",
            extra_json_schema={"additionalProperties": {"type": ["integer", "string"]}},
        ),
    ]
    enable_resumable_upload: Annotated[Any, lacking(False)] = None


class UploadEndpoints(Struct, frozen=True, kw_only=True, rename="camel"):
    """Where each file is to be PUT. Such a URL is a secret: who has it needs no key."""

    filename_to_signed_urls: dict[str, str]


class Empty(Struct, frozen=True):
    """Nothing more to say."""


class GatewayError(Struct, frozen=True, kw_only=True):
    """What went wrong, as gRPC's gateway tells it.

    Attributes:
        code: the number of gRPC's status code.
        message: the sentence.
        details: always empty.
    """

    code: int
    message: str
    details: list[Any] = []
