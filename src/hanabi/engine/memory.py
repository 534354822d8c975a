"""How much memory an engine takes: known in part before it is loaded, exactly afterwards."""

import re
from pathlib import Path

import msgspec

from hanabi.engine.config import EngineConfig
from hanabi.errors import UnavailableError

_FIRST_PART = re.compile(r"(?P<start>.+)-00001-of-(?P<count>\d{5})\.gguf")

PROCESS_BYTES = 128 * 1024**2
"""What an engine process takes besides weights and KV cache: interpreter, libraries, compute
buffers, the arrays of sampling.

Measured with the bundled model, whose weights are 94 MiB, on two cores (resident set by psutil,
after prompts that filled the context): 188 MiB with 5 MiB of KV cache, 367 with 180, 547 with 360,
908 with 720. The weights are mapped and count in full; without them and the cache that is 89 to
94 MiB each time, and 55 to 60 before the first request. A vocabulary of 262,144 adds 100 MiB of
logits and compute buffers, which the quarter of the machine that the default budget leaves free
have to cover."""


class Footprint(msgspec.Struct, frozen=True):
    """The memory of one engine.

    Attributes:
        weights: bytes of the weights' file, which is mapped into memory.
        cache: bytes of the KV cache.
    """

    weights: int
    cache: int

    @property
    def total(self) -> int:
        """All its bytes."""
        return self.weights + self.cache + PROCESS_BYTES


def footprint_within(path: Path, config: EngineConfig, memory: int) -> Footprint:
    """What an engine may take before it is loaded: its KV cache is cut to what `memory` leaves.

    It is a bound: how much of its cache's budget a model uses is known when it is loaded. Raises
    UnavailableError when the file cannot be read, or even without a KV cache is too large.
    """
    try:
        weights = sum(part.stat().st_size for part in parts_of(path))
    except OSError as error:
        raise UnavailableError(
            f"The model cannot be loaded: its weights cannot be read ({error.strerror})."
        ) from error
    cache = min(config.cache_bytes, memory - weights - PROCESS_BYTES)
    if cache < 0:
        raise too_large(Footprint(weights, 0), memory)
    return Footprint(weights, cache)


def parts_of(path: Path) -> list[Path]:
    """The files of a model that is named by its first part, as llama.cpp looks for them."""
    found = _FIRST_PART.fullmatch(path.name)
    if found is None:
        return [path]
    start, count = found["start"], found["count"]
    names = (f"{start}-{number:05}-of-{count}.gguf" for number in range(1, int(count) + 1))
    return [path.with_name(name) for name in names]


def too_large(footprint: Footprint, memory: int) -> UnavailableError:
    """The refusal of a model that does not fit by itself."""
    return UnavailableError(
        f"The model cannot be loaded: it takes {_shown(footprint.total)} of memory, and all models "
        f"together may take {_shown(memory)}. Start the server with a larger --memory, "
        "or a shorter --context."
    )


def _shown(size: int) -> str:
    """Whole MiB, rounded up: a size that is over a limit by a byte must look larger."""
    return f"{-(-size // 1024**2)} MiB"
