import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanabi.cli.size import shown_size


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (1024**2 - 1, "1.0 MiB"),
        (98362432, "93.8 MiB"),
        (1024**3, "1.0 GiB"),
        (1024**4, "1.0 TiB"),
        (5000 * 1024**4, "5000.0 TiB"),
    ],
)
def test_sizes(count, text):
    assert shown_size(count) == text


@given(st.integers(1024, 2**50))
def test_what_is_shown_is_near_the_count(count):
    number, unit = shown_size(count).split()
    power = ["B", "KiB", "MiB", "GiB", "TiB"].index(unit)
    assert abs(float(number) * 1024**power - count) <= 0.05 * 1024**power + 1e-6 * count
