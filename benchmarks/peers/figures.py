"""From exchanges to figures: pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

from peers.exchange import Exchange

SLO_FIRST_TOKEN = 2.0
"""Seconds: a reply whose first text comes later is late."""

SLO_INTER_TOKEN = 0.2
"""Seconds a piece of text, on average: about as fast as people read."""


@dataclass(frozen=True)
class Turn:
    """One side's turn at one workload.

    Attributes:
        side: its name.
        workload: its name.
        round: from 0.
        exchanges: what was asked and answered; none where a tool measured itself.
        tokens: that each exchange generated; counted by one tokenizer where the server is silent.
        rss: bytes of memory of all its processes after the turn.
        decode: tokens a second of a tool that only decodes, else None.
    """

    side: str
    workload: str
    round: int
    exchanges: tuple[Exchange, ...] = ()
    tokens: tuple[int, ...] = ()
    rss: int = 0
    decode: float | None = None


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which a share of the values lies, by linear interpolation; NaN of none.

    Args:
        values: in any order.
        share: 0.0 to 1.0.
    """
    if not values:
        return math.nan
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def figures(turn: Turn) -> dict[str, float]:
    """Every figure of a turn by its name; NaN, or left out, where it has no meaning there.

    seconds: from the first request to the last byte. tokens/s and requests/s are over them.
    decode tokens/s: while all streams run at once, from the last one's first text to the first
        one's last text, so that no prefill is in it.
    TTFT: request to first text. ITL: between neighbouring texts of a stream. Both in ms.
    goodput: requests a second that kept to both SLOs.
    """
    if turn.decode is not None:
        return {"decode tokens/s": turn.decode}
    good = [exchange for exchange in turn.exchanges if not exchange.failure]
    refused = sum(exchange.failure == "refused" for exchange in turn.exchanges)
    failed = {
        "failures": float(len(turn.exchanges) - len(good) - refused),
        "refusals": float(refused),
        "RSS MiB": turn.rss / 2**20,
    }
    if not good:
        return failed
    began = min(exchange.sent for exchange in turn.exchanges)
    seconds = max(exchange.ended for exchange in turn.exchanges) - began
    first = [1e3 * (exchange.arrivals[0] - exchange.sent) for exchange in good if exchange.arrivals]
    gaps = [1e3 * gap for exchange in good for gap in _gaps(exchange)]
    return {
        "seconds": seconds,
        "tokens/s": sum(turn.tokens) / seconds,
        "decode tokens/s": _decode_speed(good, sum(turn.tokens)),
        "requests/s": len(good) / seconds,
        "goodput": sum(map(in_time, good)) / seconds,
        "TTFT p50": percentile(first, 0.5),
        "TTFT p95": percentile(first, 0.95),
        "ITL p50": percentile(gaps, 0.5),
        "ITL p99": percentile(gaps, 0.99),
        **failed,
    }


def in_time(exchange: Exchange) -> bool:
    """Whether a reply kept to both SLOs; one that is no stream is as late as its end."""
    if not exchange.arrivals:
        return exchange.ended - exchange.sent <= SLO_FIRST_TOKEN
    first = exchange.arrivals[0] - exchange.sent
    gaps = _gaps(exchange)
    return first <= SLO_FIRST_TOKEN and (not gaps or fmean(gaps) <= SLO_INTER_TOKEN)


def _gaps(exchange: Exchange) -> list[float]:
    return [after - before for before, after in pairwise(exchange.arrivals)]


def _decode_speed(exchanges: Sequence[Exchange], tokens: int) -> float:
    """Tokens a second while every stream runs; NaN where they never all do."""
    streams = [exchange.arrivals for exchange in exchanges if exchange.arrivals]
    if not streams:
        return math.nan
    began, ended = max(one[0] for one in streams), min(one[-1] for one in streams)
    if ended <= began:
        return math.nan
    pieces = sum(began < when <= ended for one in streams for when in one)
    return pieces / (ended - began) * tokens / sum(map(len, streams))
