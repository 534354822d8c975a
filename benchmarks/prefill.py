"""What `n: 8` costs beyond `n: 1` on a long prompt, which is computed once for all choices.

    python benchmarks/prefill.py --tokens 1000 --choices 8 --rounds 5

The time to the first tokens of all choices, streamed through `hanabi serve`. The two take turns,
and no prompt is sent twice, so that nothing could come out of a cache.
"""

import argparse
from statistics import median

import uvloop

from first_token import PATH, prompts
from hanabi.registry.bundled import KV_BYTES_PER_TOKEN
from http_client import connections, post
from processes import HanabiServer, hanabi_server
from report import Report, spread, verdict
from workload import COMPLETIONS_MODEL, assert_real

BAR = 1.25
"""The most that `n` choices may take, as a multiple of the time of one."""

ANSWER_TOKENS = 12
"""Tokens of each choice: more than one, so that the choices run side by side."""


async def first_tokens(server: HanabiServer, prompt: list[int], n: int) -> float:
    """Seconds until each of `n` choices has its first token."""
    body = {
        "model": COMPLETIONS_MODEL,
        "prompt": prompt,
        "n": n,
        "max_tokens": ANSWER_TOKENS,
        "temperature": 1.5,  # a prompt that repeats itself is gone on with alike at 1
        "ignore_eos": True,
        "return_token_ids": True,
        "stream": True,
        "seed": 1,
    }
    async with connections(server.port, 1) as (connection,):
        reply = await connection.send(post(PATH, server.key, body))
    assert reply.status == 200, reply.body
    texts = [""] * n
    for chunk in reply.chunks:
        for choice in chunk["choices"]:
            texts[choice["index"]] += choice["text"]
    usage = reply.chunks[-1]["usage"]
    assert usage["prompt_tokens"] == len(prompt), usage
    assert usage["completion_tokens"] == n * ANSWER_TOKENS, usage
    assert n == 1 or len(set(texts)) > 1, "the choices do not differ"
    assert_real("".join(texts), ANSWER_TOKENS)
    # With token ids asked for, a choice's first token is in its first chunk, text or none.
    firsts = [reply.times_of(b'"choices":[{"index":%d,' % index)[0] for index in range(n)]
    return max(firsts) - reply.sent


async def run(arguments: argparse.Namespace) -> None:
    """Take turns and report."""
    tokens, choices = arguments.tokens, arguments.choices
    context = tokens + ANSWER_TOKENS
    flags = {
        "--context": context,
        "--slots": choices,
        "--kv-memory": choices * (context + 256) * KV_BYTES_PER_TOKEN,
        "--threads": arguments.threads,
        "--poll": arguments.poll,
    }
    command = [
        part for flag, value in flags.items() if value is not None for part in (flag, str(value))
    ]
    with hanabi_server(command) as server:
        fresh = await prompts(server, tokens)
        await first_tokens(server, next(fresh), choices)
        pairs = [
            (
                await first_tokens(server, next(fresh), 1),
                await first_tokens(server, next(fresh), choices),
            )
            for _ in range(arguments.rounds)
        ]
        engine = server.engine
    one, many = ([pair[side] for pair in pairs] for side in (0, 1))
    ratios = [all_of_them / single for single, all_of_them in pairs]
    met = median(ratios) <= BAR
    report = Report(
        name="prefill",
        title=f"Time to the first tokens of all choices, prompt of {tokens} tokens",
        columns=("", "n = 1, ms", f"n = {choices}, ms", "ratio", "bar"),
        settings={"engine": engine, "rounds": arguments.rounds},
        rows=[
            (
                "first tokens",
                spread([1e3 * value for value in one], 0),
                spread([1e3 * value for value in many], 0),
                spread(ratios),
                f"{BAR} {verdict(met=met)}",
            )
        ],
        measured=[{"n": choices, "one_s": one, "many_s": many, "ratios": ratios, "bar": BAR}],
        notes=["Median (least - greatest) of the rounds, of neighbouring runs; no prompt twice."],
    )
    report.publish()


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tokens", type=int, default=1000, help="of the prompt (default: 1000)")
    parser.add_argument("--choices", type=int, default=8, help="n (default: 8)")
    parser.add_argument("--rounds", type=int, default=5, help="pairs of runs (default: 5)")
    parser.add_argument("--threads", type=int, help="compute threads; the server's default")
    parser.add_argument("--poll", type=int, help="how hard they spin; the server's default")
    uvloop.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
