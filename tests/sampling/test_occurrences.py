from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from hanabi.sampling.occurrences import Occurrences

tokens = st.lists(st.integers(0, 9), max_size=30)


@given(tokens, tokens)
def test_the_prompt_is_seen_and_only_samples_count(prompt, sampled):
    seen = Occurrences(prompt)
    for token in sampled:
        seen.add(token)
    counted = dict(zip(seen.ids.tolist(), seen.counts.tolist(), strict=True))
    assert len(counted) == seen.ids.size
    assert counted == {token: Counter(sampled)[token] for token in {*prompt, *sampled}}
