"""The border to whatever generates tokens: token ids in, token events out, no text.

It lives here, below `engine`, since the service needs the type and imports run one way.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from hanabi.generation.events import Event
from hanabi.generation.request import GenerationRequest
from hanabi.generation.vocab import Vocab


class Generation(Protocol):
    """One request under way in a backend.

    Attributes:
        prefilled: tokens of its prompts that were computed so far.
        began: when it had waited long enough and was computed, by the event loop's clock; None
            before.
    """

    @property
    def prefilled(self) -> int: ...  # noqa: D102 - told above

    @property
    def began(self) -> float | None: ...  # noqa: D102 - told above

    def __aiter__(self) -> AsyncIterator[list[Event]]:
        """Yield all events since the last time, at least one; ends when every choice has ended.

        After `cancel()` it ends at once. Raises EngineCrashedError when the backend dies, and a
        HanabiError when the model computes no usable probabilities for it.
        """
        ...

    def cancel(self, choice: int | None = None) -> None:
        """Stop one choice, or all of them; free their slots at the next step. Idempotent.

        No event of a cancelled choice is yielded any more.
        """
        ...

    def discard(self, tokens: int) -> None:
        """Take note of tokens that were yielded after their choice's stop string."""
        ...


class Backend(Protocol):
    """A loaded model that generates.

    Attributes:
        vocab: its tokens.
        context_length: the most tokens, prompt and generated, that one sequence can hold.
    """

    @property
    def vocab(self) -> Vocab: ...  # noqa: D102 - told above

    @property
    def context_length(self) -> int: ...  # noqa: D102 - told above

    async def tokenize(self, parts: Sequence[str | int]) -> tuple[int, ...]:
        """Turn text parts into ids, and pass ids through, in order.

        Texts are tokenized as plain text: control-token spellings in them stay text. No BOS is
        added. Adjacent texts should be joined by the caller.
        """
        ...

    def submit(self, request: GenerationRequest) -> Generation:
        """Start a request. Raises OverloadedError at once when the queue is full.

        Must be called within the event loop; does not wait.
        """
        ...
