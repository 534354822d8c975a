import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanabi.engine.config import EngineConfig
from hanabi.engine.kv_cache import plan_cache

GIB = 1024**3


def plan(gib, *, context=None, slots=32, per_token=23_040, trained=8192, per_slot=0):
    config = EngineConfig(
        threads=1, poll=0, cache_bytes=int(gib * GIB), context_length=context, slots=slots
    )
    return plan_cache(
        config, bytes_per_token=per_token, trained_context=trained, bytes_per_slot=per_slot
    )


@pytest.mark.parametrize(
    ("gib", "options", "slots", "context"),
    [
        (6, {}, 32, 8192),
        (2, {}, 11, 8192),
        (2, {"context": 2048}, 32, 2048),
        (2, {"slots": 3}, 3, 8192),
        (2, {"trained": 131_072}, 11, 8192),
        (2, {"context": 131_072, "trained": 131_072}, 1, 131_072),
        (2, {"per_token": 131_072}, 4, 4096),
        (0.1, {"per_token": 131_072}, 1, 2048),
        (2, {"context": 1000}, 32, 1024),
        (2, {"per_token": 0, "trained": 0}, 32, 8192),
        (2, {"per_token": 0, "per_slot": 172_000_000}, 12, 8192),
        (0.1, {"per_token": 0, "per_slot": 172_000_000}, 1, 8192),
        (2, {"per_token": 131_072, "per_slot": 140_000_000}, 5, 2048),
    ],
)
def test_slots_and_context_follow_from_the_budget(gib, options, slots, context):
    planned = plan(gib, **options)
    assert (planned.slots, planned.context_length) == (slots, context)


@given(
    gib=st.floats(0.01, 64),
    per_token=st.integers(1, 1_000_000),
    per_slot=st.integers(0, 1_000_000_000),
    trained=st.integers(1, 1_000_000),
    slots=st.integers(1, 256),
)
def test_the_budget_is_kept_whenever_it_holds_the_least_that_runs(
    gib, per_token, per_slot, trained, slots
):
    planned = plan(gib, per_token=per_token, per_slot=per_slot, trained=trained, slots=slots)
    assert 1 <= planned.slots <= slots
    assert planned.cache_bytes <= gib * GIB or planned.slots == 1
