import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanabi.engine.memory import PROCESS_BYTES, Footprint, footprint_within, too_large
from hanabi.errors import UnavailableError

MIB = 1024**2


def weights_of(folder, size):
    path = folder / "weights.gguf"
    with path.open("wb") as file:
        file.truncate(size)  # a hole: it takes no room on the disk
    return path


def test_a_cache_that_fits_is_left_alone(tmp_path, config):
    config = msgspec.structs.replace(config, cache_bytes=64 * MIB)
    path = weights_of(tmp_path, 100 * MIB)
    footprint = footprint_within(path, config, PROCESS_BYTES + 164 * MIB)
    assert footprint == Footprint(100 * MIB, 64 * MIB)
    assert footprint.total == PROCESS_BYTES + 164 * MIB


def test_a_cache_that_does_not_fit_is_cut(tmp_path, config):
    config = msgspec.structs.replace(config, cache_bytes=64 * MIB)
    path = weights_of(tmp_path, 100 * MIB)
    footprint = footprint_within(path, config, PROCESS_BYTES + 130 * MIB)
    assert footprint == Footprint(100 * MIB, 30 * MIB)


def test_weights_that_do_not_fit_are_refused_with_both_numbers(tmp_path, config):
    path = weights_of(tmp_path, 300 * MIB)
    needed = (PROCESS_BYTES + 300 * MIB) // MIB
    with pytest.raises(UnavailableError, match=f"takes {needed} MiB.*may take {needed - 1} MiB"):
        footprint_within(path, config, PROCESS_BYTES + 299 * MIB)


def test_all_parts_of_a_model_count(tmp_path, config):
    config = msgspec.structs.replace(config, cache_bytes=0)
    names = [f"m-0000{number}-of-00003.gguf" for number in (1, 2, 3)]
    for name in names:
        weights_of(tmp_path, 10 * MIB).rename(tmp_path / name)
    assert footprint_within(tmp_path / names[0], config, 2**40).weights == 30 * MIB
    (tmp_path / names[2]).unlink()
    with pytest.raises(UnavailableError, match="No such file"):
        footprint_within(tmp_path / names[0], config, 2**40)


def test_weights_that_are_not_there_are_refused_without_their_path(tmp_path, config):
    with pytest.raises(UnavailableError, match="No such file") as caught:
        footprint_within(tmp_path / "missing.gguf", config, 2**40)
    assert "missing" not in caught.value.message


@given(st.integers(0, 2**50), st.integers(0, 2**50))
def test_what_is_too_large_looks_larger(weights, over):
    footprint = Footprint(weights, 0)
    memory = (footprint.total - 1 - over) // MIB * MIB
    if memory > 0:
        taken, limit = re.findall(r"(\d+) MiB", too_large(footprint, memory).message)
        assert int(taken) > int(limit)
