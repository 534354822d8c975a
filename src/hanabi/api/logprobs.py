"""Rows to their two wire forms (api.md, section 6)."""

from collections.abc import Sequence

from msgspec import UNSET

from hanabi.generation.text import TextRow
from hanabi.protocol.logprobs import LegacyLogprobs, NewLogprobs, TokenLogprob, TopLogprob

LEAST = -9999.0
"""Stands for minus infinity, which JSON cannot say; OpenAI uses the same number."""


def legacy_logprobs(rows: Sequence[TextRow]) -> LegacyLogprobs:
    """The five arrays of the legacy form."""
    return LegacyLogprobs(
        tokens=[row.token for row in rows],
        token_ids=[row.token_id for row in rows],
        token_logprobs=[_finite(row.logprob) for row in rows],
        top_logprobs=[_by_text(row) for row in rows],
        text_offset=[row.text_offset for row in rows],
    )


def new_logprobs(rows: Sequence[TextRow]) -> NewLogprobs:
    """The new form, one object for each token."""
    return NewLogprobs(content=[_token_logprob(row) for row in rows])


def _by_text(row: TextRow) -> dict[str, float]:
    """Alternatives by text, most likely first; of two ids with one text the likelier counts."""
    likeliest: dict[str, float] = {}
    for top in row.top:
        likeliest.setdefault(top.token, _finite(top.logprob))
    return likeliest


def _token_logprob(row: TextRow) -> TokenLogprob:
    sampling = row.sampling_logprob
    return TokenLogprob(
        token=row.token,
        logprob=_finite(row.logprob),
        sampling_logprob=UNSET if sampling is None else _finite(sampling),
        bytes=list(row.token_bytes),
        token_id=row.token_id,
        text_offset=row.text_offset,
        top_logprobs=[
            TopLogprob(
                token=top.token,
                logprob=_finite(top.logprob),
                token_id=top.token_id,
                bytes=list(top.token_bytes),
            )
            for top in row.top
        ],
    )


def _finite(logprob: float) -> float:
    return max(logprob, LEAST)
