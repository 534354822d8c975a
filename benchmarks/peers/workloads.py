"""The workloads: each is a turn of requests that a side answers while the others wait."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any

from peers import texts
from peers.arrivals import poisson
from peers.exchange import CHAT, COMPLETIONS, Ask, Exchange

Say = Callable[[Ask], Awaitable[Exchange]]
"""Sends a request to the side whose turn it is; its `at` counts from the turn's start."""

GREEDY: dict[str, Any] = {"temperature": 0}
SAMPLED: dict[str, Any] = {"temperature": 0.8, "top_p": 0.95, "top_k": 0, "min_p": 0}
"""What OpenAI's clients mean, said aloud: peers have defaults of their own for the last two."""

TOP_40: dict[str, Any] = SAMPLED | {"top_k": 40}
LOGPROBS: dict[str, Any] = GREEDY | {"logprobs": True, "top_logprobs": 5}

CONVERSATIONS = 24
"""The place of the conversations' questions, behind those of all streams."""

SCORERS = 4
"""Clients that send texts to score, one after the other."""


@dataclass(frozen=True)
class Sizes:
    """How much of everything; the defaults are of a full run.

    Attributes:
        single: tokens of a lone stream.
        few: tokens of each of 8 streams.
        many: tokens of each of 32 streams.
        arrivals: requests of the Poisson process.
        rate: of them a second.
        arrival_tokens: the longest reply to them.
        system: tokens of the shared system prompt.
        clients: that share it.
        conversations: at once.
        turns: of each conversation.
        answer: tokens of a turn, and of a client's answer.
        choices: tokens of each of the 8 choices.
        scored: texts to score.
        scoring: seconds after which no more of them are sent, to a side that is too slow for all.
        structured: tokens of JSON and of code, and of an edited text.
    """

    single: int = 96
    few: int = 48
    many: int = 24
    arrivals: int = 24
    rate: float = 2.0
    arrival_tokens: int = 64
    system: int = 1000
    clients: int = 32
    conversations: int = 4
    turns: int = 4
    answer: int = 24
    choices: int = 48
    scored: int = 200
    scoring: float = 20.0
    structured: int = 128


QUICK = Sizes(
    single=16,
    few=8,
    many=4,
    arrivals=6,
    rate=3.0,
    arrival_tokens=16,
    system=200,
    clients=4,
    conversations=2,
    turns=3,
    answer=6,
    choices=6,
    scored=16,
    scoring=5.0,
    structured=24,
)
"""Sizes that show whether everything works, and no more."""


@dataclass(frozen=True)
class Workload:
    """Something that every side is asked to do.

    Attributes:
        name: what the table calls it.
        letter: the issue's and the command line's name of its family.
        run: sends the requests of a round; rounds differ, so that no reply comes from the cache
            of a round before.
        streams: of equal length that a tool without HTTP can decode as well; 0: none can.
        tokens: of each of these streams.
        scoring: whether it needs logprobs of the prompt, which most peers do not have.
        copying: whether it is for speculation, so that sides with that take part.
    """

    name: str
    letter: str
    run: Callable[[Say, int], Awaitable[Sequence[Exchange]]]
    streams: int = 0
    tokens: int = 0
    scoring: bool = False
    copying: bool = False


def chat(messages: Sequence[dict[str, str]], tokens: int, options: dict[str, Any]) -> Ask:
    """A streamed chat request for exactly `tokens` tokens, where a server can promise that."""
    body = {
        "messages": list(messages),
        "max_tokens": tokens,
        "ignore_eos": True,
        "stream": True,
        "stream_options": {"include_usage": True},
        "seed": 1,
        **options,
    }
    return Ask(CHAT, body)


def said(role: str, content: str) -> dict[str, str]:
    """A message."""
    return {"role": role, "content": content}


def opening(content: str, system: str = texts.SYSTEM) -> list[dict[str, str]]:
    """A conversation's first question."""
    return [said("system", system), said("user", content)]


async def together(say: Say, asks: Sequence[Ask]) -> list[Exchange]:
    """Send all at once, or each at its time."""
    return list(await asyncio.gather(*map(say, asks)))


def first_question(number: int, place: int) -> int:
    """The first of the questions of a round: each place, below 25, has 40 that no other one has."""
    return 1000 * (number + 1) + 40 * place


def streams(  # noqa: PLR0913 - independent, and told in one table
    name: str, letter: str, count: int, tokens: int, options: dict[str, Any], *, place: int = 0
) -> Workload:
    """So many clients that ask at the same time; the workload's place makes its questions its own.

    Otherwise what one workload asked would come out of the cache for the next one, as far as the
    cache goes: that is for d and e to measure.
    """

    async def run(say: Say, number: int) -> list[Exchange]:
        first = first_question(number, place)
        questions = [texts.question(first + client) for client in range(count)]
        asks = [
            chat(opening(text), tokens, options | {"seed": seed})
            for seed, text in enumerate(questions)
        ]
        return await together(say, asks)

    raw = count if options == GREEDY else 0
    return Workload(name, letter, run, streams=raw, tokens=tokens)


def arrivals(sizes: Sizes) -> Workload:
    """Clients that come one after the other and ask for short and long things."""

    async def run(say: Say, number: int) -> list[Exchange]:
        schedule = poisson(sizes.arrivals, sizes.rate, sizes.arrival_tokens, seed=number)
        first = 1000 * (number + 1)
        asks = [
            replace(
                chat(
                    opening(texts.long_question(first + place, arrival.words)),
                    arrival.tokens,
                    SAMPLED | {"seed": place},
                ),
                at=arrival.at,
            )
            for place, arrival in enumerate(schedule)
        ]
        return await together(say, asks)

    return Workload("Poisson arrivals, sampled", "c", run)


def shared_prompt(sizes: Sizes, *, warm: bool) -> Workload:
    """Clients that ask different questions under one long system prompt.

    Args:
        sizes: how many and how long.
        warm: whether the same number of clients asked other questions under it just before.
    """

    async def wave(say: Say, number: int, first: int) -> list[Exchange]:
        system = texts.system_prompt(number, sizes.system)
        questions = [texts.question(first + client) for client in range(sizes.clients)]
        asks = [chat(opening(text, system), sizes.answer, GREEDY) for text in questions]
        return await together(say, asks)

    async def run(say: Say, number: int) -> list[Exchange]:
        # The two workloads share no prompt: what is cold must not have been read by the other.
        prompt = 2 * (number + 1) + warm
        if warm:
            await wave(say, prompt, 0)
        return await wave(say, prompt, sizes.clients)

    kind = "known" if warm else "new"
    return Workload(f"{sizes.clients} clients, {kind} system prompt", "d", run)


def conversations(sizes: Sizes) -> Workload:
    """Conversations side by side; what is counted are the turns after the first."""

    async def run(say: Say, number: int) -> list[Exchange]:
        async def talk(which: int) -> list[Exchange]:
            messages = opening(texts.question(first_question(number, CONVERSATIONS) + which))
            heard = []
            for turn in range(sizes.turns):
                answer = await say(chat(messages, sizes.answer, GREEDY))
                heard.append(answer)
                messages += [said("assistant", answer.text), said("user", texts.follow_up(turn))]
            return heard[1:]

        talks = await asyncio.gather(*map(talk, range(sizes.conversations)))
        return [answer for talk in talks for answer in talk]

    return Workload("multi-turn", "e", run)


def choices(sizes: Sizes) -> Workload:
    """Eight choices of one prompt."""

    async def run(say: Say, number: int) -> list[Exchange]:
        body = {
            "messages": opening(texts.long_question(number + 1, 150)),
            "max_tokens": sizes.choices,
            "ignore_eos": True,
            "n": 8,
            "seed": 1,
            **SAMPLED,
        }
        answer = await say(Ask(CHAT, body))
        if not answer.failure and len(answer.texts) != 8:
            answer = replace(answer, failure=f"{len(answer.texts)} choices came, not 8")
        return [answer]

    return Workload("n: 8", "f", run)


def scoring(sizes: Sizes) -> Workload:
    """Texts whose logprobs are asked for; a few clients share them."""

    async def run(say: Say, number: int) -> list[Exchange]:
        left = texts.scored(sizes.scored, number)
        until = monotonic() + sizes.scoring

        async def work() -> list[Exchange]:
            heard = []
            while left and monotonic() < until:
                body = {"prompt": left.pop(0), "max_tokens": 0, "echo": True, "logprobs": 1}
                answer = await say(Ask(COMPLETIONS, body | GREEDY))
                if not answer.failure and not answer.scores:
                    answer = replace(answer, failure="no logprobs of the prompt came")
                heard.append(answer)
            return heard

        done = await asyncio.gather(*(work() for _ in range(SCORERS)))
        return [answer for part in done for answer in part]

    return Workload(f"scoring {sizes.scored} texts", "g", run, scoring=True)


def copying(which: int, name: str, sizes: Sizes) -> Workload:
    """A lone stream whose text repeats what it was given, as plain completions."""

    async def run(say: Say, number: int) -> list[Exchange]:
        body = {
            "prompt": texts.copying(number + 1)[which],
            "max_tokens": sizes.structured,
            "ignore_eos": True,
            "stream": True,
            "stream_options": {"include_usage": True},
            **GREEDY,
        }
        return [await say(Ask(COMPLETIONS, body))]

    return Workload(name, "h", run, copying=True)


def structured(which: int, name: str, sizes: Sizes) -> Workload:
    """A lone stream of JSON or of code."""

    async def run(say: Say, number: int) -> list[Exchange]:
        task = texts.structured(number + 1)[which]
        return [await say(chat(opening(task), sizes.structured, GREEDY))]

    return Workload(name, "i", run, copying=True)


def all_workloads(sizes: Sizes) -> list[Workload]:
    """Every workload, in the order of the issue's letters."""
    of_streams: list[tuple[str, str, int, int, dict[str, Any]]] = [
        ("1 stream, greedy", "a", 1, sizes.single, GREEDY),
        ("1 stream, sampled", "a", 1, sizes.single, SAMPLED),
        ("8 streams, greedy", "b", 8, sizes.few, GREEDY),
        ("8 streams, sampled", "b", 8, sizes.few, SAMPLED),
        ("8 streams, top_k 40", "b", 8, sizes.few, TOP_40),
        ("8 streams, logprobs 5", "b", 8, sizes.few, LOGPROBS),
        ("32 streams, greedy", "b", 32, sizes.many, GREEDY),
        ("32 streams, sampled", "b", 32, sizes.many, SAMPLED),
        ("32 streams, top_k 40", "b", 32, sizes.many, TOP_40),
    ]
    return [
        *(streams(*one, place=place) for place, one in enumerate(of_streams)),
        arrivals(sizes),
        shared_prompt(sizes, warm=False),
        shared_prompt(sizes, warm=True),
        conversations(sizes),
        choices(sizes),
        scoring(sizes),
        copying(0, "edit", sizes),
        copying(1, "summarise", sizes),
        structured(0, "JSON", sizes),
        structured(1, "code", sizes),
    ]
