"""llama.cpp's own benchmarks, which decode without a server: the ceiling of any server on it."""

import json
import subprocess

from peers.servers import PEERS, Bench

BENCH = "llama-bench"
BATCHED = "llama-batched-bench"

PROMPT = 40
"""Tokens in each sequence before it decodes: about as many as the questions have."""


def decode_speed(bench: Bench, streams: int, tokens: int) -> tuple[str, float]:
    """The tool that fits so many streams, and the tokens a second that it decodes.

    With more streams than one, each has a KV stream of its own, which is faster than one buffer
    for all.
    """
    common = ["-m", str(bench.weights), "-t", str(bench.threads)]
    if streams == 1:
        flags = ["-p", "0", "-n", str(tokens), "-d", str(PROMPT), "-r", "1", "-o", "json"]
        (row,) = json.loads(_run(BENCH, *common, *flags))
        return BENCH, row["avg_ts"]
    flags = [
        "-no-kvu",
        *("-c", str(streams * (PROMPT + tokens + 1))),
        *("-npp", str(PROMPT), "-ntg", str(tokens), "-npl", str(streams)),
        *("--output-format", "jsonl"),
    ]
    lines = _run(BATCHED, *common, *flags).splitlines()
    (row,) = [json.loads(line) for line in lines if line.startswith('{"n_kv_max"')]
    return BATCHED, row["speed_tg"]


def _run(tool: str, *arguments: str) -> str:
    """Run a tool of the built llama.cpp; give what it printed."""
    program = PEERS / "llama-server" / tool
    result = subprocess.run(
        [program, *arguments], capture_output=True, encoding="utf-8", errors="replace", check=False
    )
    assert result.returncode == 0, result.stderr[-2000:]
    return result.stdout
