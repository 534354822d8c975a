"""How the next token is chosen."""

import msgspec


class SamplingParams(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The sampling options of one request, already validated (ranges: api.md, section 2.1).

    Attributes:
        temperature: 0 to 2; 0 is argmax.
        top_p: 0 to 1, the nucleus' probability mass; 1 is off.
        top_k: the number of most likely tokens kept; 0 is off.
        min_p: 0 to 1, a token's least probability as a share of the greatest one; 0 is off.
        typical_p: 0 to 1, locally typical sampling's mass; 1 is off.
        frequency_penalty: -2 to 2, subtracted times the count of the token sampled so far.
        presence_penalty: -2 to 2, subtracted once from a token that was sampled before.
        repetition_penalty: 0 (exclusive) to 2, multiplicative, over prompt and output; 1 is off.
        logit_bias: token id -> -100..100, added to the logits.
        mirostat_target: the surprise in bits (tau) that mirostat v2 aims at; None is off.
        mirostat_lr: mirostat's learning rate (eta).
        seed: makes the request repeatable; None draws a fresh one.
    """

    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0
    min_p: float = 0.0
    typical_p: float = 1.0
    frequency_penalty: float = 0.0
    presence_penalty: float = 0.0
    repetition_penalty: float = 1.0
    logit_bias: dict[int, float] = {}
    mirostat_target: float | None = None
    mirostat_lr: float = 0.1
    seed: int | None = None
