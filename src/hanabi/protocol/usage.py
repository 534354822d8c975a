"""Usage on the wire, in the gateway's camelCase (docs/accounts.md)."""

from typing import Annotated, Literal

from msgspec import Meta, Struct


class UsageQuery(Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Which usage of an account to sum up, and how."""

    by: Annotated[
        Literal["key", "model", "day"], Meta(description="What each sum is for: day, model or key.")
    ] = "day"
    since: Annotated[
        str,
        Meta(
            max_length=40,
            description="A span such as 24h, 7d or 4w, or an ISO 8601 date or time in UTC.",
        ),
    ] = "30d"


class UsageAmount(Struct, frozen=True, kw_only=True, rename="camel"):
    """What some requests used together.

    Attributes:
        requests: how many.
        prompt_tokens: tokens of prompts.
        cached_prompt_tokens: those of them that were not computed again.
        completion_tokens: generated tokens.
        total_tokens: of prompts and replies.
    """

    requests: int
    prompt_tokens: int
    cached_prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class UsageGroup(UsageAmount, frozen=True, kw_only=True, rename="camel"):
    """The usage of one key, model or day.

    Attributes:
        group: the key's id, the model's full name ("": no model was found), or the day.
        display_name: the key's name, where it has one; else the group.
    """

    group: str
    display_name: str


class UsagePoint(UsageAmount, frozen=True, kw_only=True, rename="camel"):
    """The usage of one model in one day, UTC.

    Attributes:
        day: YYYY-MM-DD.
        model: the model's full name; "": no model was found.
    """

    day: str
    model: str


class UsageReply(Struct, frozen=True, kw_only=True, rename="camel"):
    """The usage of an account.

    Attributes:
        sums: a sum for each key, model or day that has any.
        series: a sum for each day and model that has any, for a chart.
    """

    sums: list[UsageGroup]
    series: list[UsagePoint]
