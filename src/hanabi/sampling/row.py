"""The logprobs of one position."""

import msgspec


class Row(msgspec.Struct, frozen=True, array_like=True):
    """The raw model distribution at one position (api.md, decision 4).

    Attributes:
        logprob: natural log-probability of the token that stands there. A prompt's first token
            has no condition: 0.0.
        top: exactly N (id, logprob) pairs, most likely first; () for a prompt's first token. Where
            the token itself is among them its logprob is the very same float.
        sampling_logprob: its log-probability under the distribution it was drawn from, after all
            processors and filters; None for prompt tokens.
    """

    logprob: float
    top: tuple[tuple[int, float], ...] = ()
    sampling_logprob: float | None = None
