"""Text requests and text events: what the API's generating routes hand in and get back."""

from typing import Any, Literal

import msgspec

from hanabi.generation.events import FinishReason
from hanabi.styles.message import Message

Overflow = Literal["truncate", "error"]
"""When prompt + max_tokens exceed the context: lower max_tokens, or refuse."""


class Prompts(msgspec.Struct, frozen=True):
    """The source of a completion: texts, or prompts that are token ids already."""

    prompts: tuple[str | tuple[int, ...], ...]


class Conversation(msgspec.Struct, frozen=True):
    """The source of a chat completion.

    Attributes:
        messages: the conversation, at least one message.
        truncate_to: evict the oldest user and assistant messages until the prompt has at most
            this many tokens (`prompt_truncate_len`); None: nothing is evicted.
    """

    messages: tuple[Message, ...]
    truncate_to: int | None = None


class TextRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request for text whose fields have passed their own limits (api.md, section 2.1).

    What depends on the model - the context's length, ids outside the vocabulary, a missing
    conversation style - is checked by the service.

    Attributes:
        model: the name as the request gave it.
        source: prompts or a conversation.
        n: choices for each prompt.
        max_tokens: None where the request left it out.
        fallback_max_tokens: the route's own default, used when neither the request nor the model
            has one.
        sampling: the SamplingParams fields that the request set, by name.
        stop: stop strings; None where the request left them out.
        ignore_eos: keep going past end ids and the style's stop tokens.
        logprobs: number of alternatives a row, or None for no rows.
        echo: the whole prompt comes back before the text.
        echo_last: only its last N tokens come back; None: not asked for.
        overflow: what to do when prompt + max_tokens exceed the context.
        account: whose request it is.
        key: the id of the key that it came with.
        models: full names of the only models that it may use; None: all that its account may.
    """

    model: str
    source: Prompts | Conversation
    fallback_max_tokens: int
    n: int = 1
    max_tokens: int | None = None
    sampling: dict[str, Any] = {}
    stop: tuple[str, ...] | None = None
    ignore_eos: bool = False
    logprobs: int | None = None
    echo: bool = False
    echo_last: int | None = None
    overflow: Overflow = "truncate"
    account: str = ""
    key: str = ""
    models: frozenset[str] | None = None


class PreparedPrompt(msgspec.Struct, frozen=True):
    """One prompt after the style and the tokenizer.

    Attributes:
        ids: what the model reads.
        fragments: texts and single token ids, as `raw_output.prompt_fragments` shows them.
        text: what an echo shows: the string as it was given for completions, the formatted
            prompt with its control tokens spelled out for chat and for token ids.
    """

    ids: tuple[int, ...]
    fragments: tuple[str | int, ...]
    text: str


class TopToken(msgspec.Struct, frozen=True):
    r"""One of the most likely tokens at a position.

    Attributes:
        token: as text; `bytes:\xe2\x9c` where its bytes are no whole characters.
        token_id: its id.
        token_bytes: its bytes.
        logprob: its raw log-probability.
    """

    token: str
    token_id: int
    token_bytes: bytes
    logprob: float


class TextRow(msgspec.Struct, frozen=True):
    """The logprob row of one token, the text made of it included.

    Attributes:
        token: as in TopToken.
        token_id: its id.
        token_bytes: its bytes.
        logprob: raw log-probability; 0.0 for a prompt's first token.
        sampling_logprob: under the distribution it was drawn from; None for prompt tokens.
        text_offset: index, in characters of the choice's whole returned text (echo included), at
            which the token's text begins.
        top: the most likely tokens, most likely first.
    """

    token: str
    token_id: int
    token_bytes: bytes
    logprob: float
    sampling_logprob: float | None
    text_offset: int
    top: tuple[TopToken, ...]


class TextEvent(msgspec.Struct, frozen=True):
    """What one step adds to one choice. A streamed chunk is one; the folded reply is their sum.

    Attributes:
        index: the choice index, prompt index * n + k.
        text: released text; "" while characters or a possible stop string are held back.
        token_ids: ids that were added (with echo: the prompt's first).
        rows: one for each of `token_ids`, when logprobs were asked for.
        finish_reason: set on the choice's last event.
    """

    index: int
    text: str
    token_ids: tuple[int, ...] = ()
    rows: tuple[TextRow, ...] = ()
    finish_reason: FinishReason | None = None


class Usage(msgspec.Struct, frozen=True):
    """Tokens of a request so far, counted from ids.

    Attributes:
        prompt_tokens: once for each prompt, not for each choice.
        completion_tokens: generated tokens over all choices, end tokens included.
        cached_tokens: prompt tokens that were not computed again.
    """

    prompt_tokens: int
    completion_tokens: int = 0
    cached_tokens: int = 0


class Timing(msgspec.Struct, frozen=True):
    """When things happened, in seconds of the event loop's clock.

    Attributes:
        started: the request was submitted.
        first_token: the first token of any choice arrived, or None.
        finished: the last choice ended, or None.
        began: the wait for a slot was over, or None.
    """

    started: float
    first_token: float | None = None
    finished: float | None = None
    began: float | None = None
