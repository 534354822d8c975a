"""What one request used."""

import msgspec


class UsageRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One generating request that has ended, however it ended. The fields are the table's columns.

    Attributes:
        request_id: its id, which no other request has.
        time: when it arrived, in milliseconds since the epoch.
        account: whose it was.
        key_id: the id of the key that it came with.
        model: the full name of the model that answered; empty where none was found.
        route: the route's path below the version.
        status: its HTTP status; 499 when the client left before its answer was whole. A stream
            that broke has the status of what broke it.
        prompt_tokens: tokens of its prompts that were read, each prompt once: computed, or taken
            from the cache. Less than the whole prompts where it ended before they were computed.
        cached_tokens: those of them that were taken from the cache.
        completion_tokens: generated tokens of all choices, end tokens included, up to the one that
            completed a stop string.
        first_token_ms: milliseconds from its submission to its first token; None without one.
        duration_ms: milliseconds from its arrival to its end.
    """

    request_id: str
    time: int
    account: str
    key_id: str
    model: str
    route: str
    status: int
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    first_token_ms: int | None
    duration_ms: int

    @property
    def tokens(self) -> int:
        """What counts against limits on tokens."""
        return self.prompt_tokens + self.completion_tokens
