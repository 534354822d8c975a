import threading
import time

import pytest

from hanabi_llama import threadpool
from hanabi_llama.library import load
from hanabi_llama.threadpool import TASKS, Threadpool


@pytest.fixture
def make_pool():
    pools = []

    def make(threads):
        pools.append(Threadpool(load(), threads=threads, poll=0))
        return pools[-1]

    yield make
    for pool in pools:
        pool.close()


@pytest.mark.parametrize(("threads", "poll"), [(0, 0), (513, 0), (1, -1), (1, 101)])
def test_refusals(threads, poll):
    with pytest.raises(ValueError, match="must be"):
        Threadpool(load(), threads=threads, poll=poll)


def test_one_thread_spends_what_the_calling_one_does(make_pool):
    pool = make_pool(1)
    before, spent, after = time.thread_time(), pool.processor_seconds(), time.thread_time()
    assert before <= spent <= after


def test_where_threads_have_no_clocks_the_process_has_one(make_pool, monkeypatch, tmp_path):
    monkeypatch.setattr(threadpool, "TASKS", tmp_path / "none")
    pool = make_pool(3)
    before, spent, after = time.process_time(), pool.processor_seconds(), time.process_time()
    assert before <= spent <= after


@pytest.mark.skipif(not TASKS.is_dir(), reason="the system does not list threads")
def test_other_threads_of_the_process_are_not_counted(make_pool):
    pool = make_pool(3)
    before = pool.processor_seconds()
    stranger = threading.Thread(target=spin, args=(0.1,))
    stranger.start()
    stranger.join()
    assert pool.processor_seconds() - before < 0.1


def spin(seconds):
    """Spend so many seconds of processor time."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass
