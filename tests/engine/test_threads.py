from hypothesis import given
from hypothesis import strategies as st

from hanabi.engine.threads import FIRST_PAUSE, LAST_PAUSE, WINDOW, Threads


def run(threads, seconds, share, step=0.01):
    """Decode for some seconds, getting this share of the processors; the counts that were used."""
    counts = []
    for _ in range(round(seconds / step)):
        counts.append(threads.count)
        threads.note(step, step * threads.count * share)
    return counts


def test_a_quiet_machine_is_used_whole():
    assert set(run(Threads(8), 30, share=0.97)) == {8}


def test_a_single_interruption_changes_nothing():
    threads = Threads(2)
    threads.note(0.02, 0.02)
    assert set(run(threads, 5, share=1.0)) == {2}


def test_what_our_own_server_and_a_client_take_is_no_neighbour():
    assert set(run(Threads(2), 30, share=0.82)) == {2}


def test_with_a_busy_neighbour_there_are_fewer_threads():
    threads = Threads(2)
    run(threads, WINDOW + 0.02, share=0.67)
    assert threads.count == 1


def test_threads_are_as_many_as_the_share_that_is_left():
    threads = Threads(16)
    run(threads, WINDOW + 0.02, share=0.5)
    assert threads.count == 8


def test_all_threads_come_back_when_the_neighbour_has_gone():
    threads = Threads(4)
    run(threads, 2, share=0.5)
    assert set(run(threads, 2 * FIRST_PAUSE + 2 * WINDOW, share=1.0)[-10:]) == {4}


def test_trying_again_becomes_rare_while_the_neighbour_stays():
    threads = Threads(2)
    run(threads, 60, share=0.6)
    counts = run(threads, 4 * LAST_PAUSE, share=0.6)
    assert counts.count(2) < 0.1 * len(counts)


@given(
    most=st.integers(1, 64),
    decodes=st.lists(st.tuples(st.floats(1e-6, 2), st.floats(0, 1.2)), max_size=200),
)
def test_the_count_is_always_possible(most, decodes):
    threads = Threads(most)
    for wall, share in decodes:
        threads.note(wall, wall * threads.count * share)
        assert 1 <= threads.count <= most
