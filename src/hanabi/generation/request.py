"""A valid request to a backend: token ids only, no text."""

import msgspec

from hanabi.sampling.params import SamplingParams


class GenerationRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Generate `n` choices for each prompt; the choice index is prompt index * n + k.

    The backend relies on: every prompt is non-empty, fits the context length, and its ids lie in
    the vocabulary.

    Attributes:
        prompts: token ids, one tuple a prompt.
        n: choices for each prompt, at least 1. The prompt is computed once and shared.
        max_tokens: the most tokens to generate for a choice; 0 only evaluates the prompts. A
            choice also ends, with `length`, where its own prompt leaves no more room.
        sampling: how tokens are chosen. Choice index i of a seeded request draws from its own
            stream of numbers, a function of (seed, i) alone.
        end_ids: ids that end a choice; the ending token is generated, counted and has a row.
        logprobs: number of most likely alternatives in each generated token's row (0: the chosen
            token's logprob only); None for no rows.
        prompt_logprobs: the same for the prompt's tokens.
        account: whose request it is, the scope of what may be shared between requests.
        key: the id of the key that it came with: slots are shared out evenly between keys.
    """

    prompts: tuple[tuple[int, ...], ...]
    max_tokens: int
    n: int = 1
    sampling: SamplingParams = SamplingParams()
    end_ids: tuple[int, ...] = ()
    logprobs: int | None = None
    prompt_logprobs: int | None = None
    account: str = ""
    key: str = ""

    @property
    def choices(self) -> int:
        """The number of choices that this request asks for in all."""
        return len(self.prompts) * self.n
