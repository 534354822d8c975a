from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanabi.engine.fair_queue import FairQueue

entries = st.lists(st.tuples(st.sampled_from("abc"), st.integers()), max_size=30)


def pop_all(queue, held=None):
    order = []
    while queue:
        key = queue.next_key(held or {})
        order.append((key, queue.pop(key)))
    return order


@given(entries)
def test_each_key_is_served_in_order_and_nothing_is_lost(pushed):
    queue = FairQueue()
    for key, entry in pushed:
        queue.push(key, entry)
    order = pop_all(queue)
    assert Counter(order) == Counter(pushed)
    for key in "abc":
        assert [e for k, e in order if k == key] == [e for k, e in pushed if k == key]


@given(entries)
def test_keys_take_turns(pushed):
    queue = FairQueue()
    for key, entry in pushed:
        queue.push(key, entry)
    left = Counter(key for key, _ in pushed)
    served = Counter()
    for key, _ in pop_all(queue):
        served[key] += 1
        left[key] -= 1
        assert all(served[key] - served[other] <= 1 for other in "abc" if left[other])


def test_who_holds_the_fewest_slots_comes_first():
    queue = FairQueue()
    for key in "abc":
        queue.push(key, key)
    assert queue.next_key({"a": 2, "b": 1}) == "c"
    assert queue.next_key({"a": 1, "b": 1, "c": 3}) == "a"


def test_an_entry_may_go_first_and_may_go_away():
    queue = FairQueue()
    queue.push("a", 1)
    queue.push_first("a", 2)
    queue.push("b", 3)
    assert 2 in queue
    queue.remove("b", 3)
    assert 3 not in queue
    assert pop_all(queue) == [("a", 2), ("a", 1)]
    assert not queue
    with pytest.raises(KeyError):
        queue.remove("b", 3)
