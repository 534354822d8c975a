"""What is under way in the engine: a prompt, and the sequences (one a choice) that continue it."""

from collections import deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hanabi.engine.drafter import Drafter
from hanabi.engine.prices import Prices
from hanabi.generation.events import FinishReason
from hanabi.generation.request import GenerationRequest
from hanabi.sampling.row import Row
from hanabi.sampling.sampler import Sampler


@dataclass(eq=False)
class Sequence:
    """One choice: the prompt's tokens, then its own.

    Attributes:
        prompt: what it continues.
        choice: its choice index in the request.
        slot: its KV stream while it runs, else None.
        tokens: those that it has generated; the last one is not in the KV cache yet.
        sampler: how its tokens are chosen; made when it starts.
        drafter: how its next tokens are guessed; made when it is first to draft.
        saved: what its slot held, while it is paused for the sake of another key.
    """

    prompt: "Prompt"
    choice: int
    slot: int | None = None
    tokens: list[int] = field(default_factory=list)
    sampler: Sampler | None = None
    drafter: Drafter | None = None
    saved: NDArray[np.uint8] | None = None

    def draft(self, most: int, prices: Prices) -> tuple[int, ...]:
        """A guess at the tokens behind the last one; never more than it may generate."""
        if self.drafter is None:
            tokens = (*self.prompt.tokens, *self.tokens)
            self.drafter = Drafter(tokens, self.prompt.max_tokens, prices)
        return self.drafter.draft(min(most, self.prompt.max_tokens - self.generated - 1))

    def learn(self, drafted: int, accepted: int) -> None:
        """Note how much of a guess was right."""
        if self.drafter is not None:
            self.drafter.learn(drafted, accepted)

    @property
    def generated(self) -> int:
        """How many tokens it has generated."""
        return len(self.tokens)

    @property
    def last_token(self) -> int:
        """The last of them, the next decode's input."""
        return self.tokens[-1]

    @property
    def position(self) -> int:
        """Where `last_token` stands in the sequence; the slot holds what stands before."""
        return len(self.prompt.tokens) + self.generated - 1

    def append(self, token: int) -> FinishReason | None:
        """Take a generated token; why the sequence ends with it, or None while it goes on."""
        self.tokens.append(token)
        if self.drafter is not None:
            self.drafter.append(token)
        if token in self.prompt.request.end_ids:
            return "stop"
        if self.generated >= self.prompt.max_tokens:
            return "length"
        return None


@dataclass(eq=False)
class Prompt:
    """One prompt of a request: computed once, continued by `n` sequences.

    Attributes:
        request_id: the request's number between server and engine.
        request: what was asked for.
        index: the prompt's index in the request.
        max_tokens: what a sequence may generate: what the request allows, and the slot has room
            for behind this prompt.
        waiting: its sequences that have no slot yet.
        running: its sequences that generate.
        paused: its sequences that gave their slot to another key and wait for one.
        slot: the KV stream in which the prompt is being computed, else None.
        begun: whether its slot holds nothing but its own tokens, if any.
        cached: how many of its tokens were taken from other prompts, and not computed.
        leader: the prompt that it waits for, since that one is computing what both begin with.
        shared: how many tokens that is.
        computed: how many of its tokens the slot holds.
        state: what its slot held when it was complete, while sequences wait that can start from
            nothing else, since the slots of those that run cannot be cut back; see `Cuts`.
        rows: logprob rows of the tokens computed so far, when asked for.
        logits: the row after its last token, float32 [vocab], once computed and while
            sequences wait: each of them draws its first token from it.
    """

    request_id: int
    request: GenerationRequest
    index: int
    max_tokens: int
    waiting: deque[Sequence] = field(default_factory=deque)
    running: list[Sequence] = field(default_factory=list)
    paused: list[Sequence] = field(default_factory=list)
    slot: int | None = None
    begun: bool = False
    cached: int = 0
    leader: "Prompt | None" = None
    shared: int = 0
    computed: int = 0
    state: NDArray[np.uint8] | None = None
    rows: list[Row] = field(default_factory=list)
    logits: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        """Make the sequences."""
        n = self.request.n
        self.waiting.extend(Sequence(self, self.index * n + k) for k in range(n))

    @property
    def tokens(self) -> tuple[int, ...]:
        """Its token ids."""
        return self.request.prompts[self.index]

    @property
    def key(self) -> str:
        """The key that it was asked for with."""
        return self.request.key

    @property
    def account(self) -> str:
        """Whose it is: what is computed for one account serves no other."""
        return self.request.account

    @property
    def waits_for_leader(self) -> bool:
        """Whether what it begins with is still being computed for another prompt."""
        leader = self.leader
        return leader is not None and leader.slot is not None and leader.computed < self.shared

    @property
    def remaining(self) -> int:
        """How many of its tokens are still to be computed."""
        return len(self.tokens) - self.computed

    @property
    def is_scored(self) -> bool:
        """Whether each of its tokens wants a logprob row."""
        return self.request.prompt_logprobs is not None
