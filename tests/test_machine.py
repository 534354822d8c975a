import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanabi.machine import available_cores, cores_within, cpu_quota, memory_limit

GIB = 2**30


@pytest.fixture
def root(tmp_path):
    def write(files):
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content + "\n")
        return tmp_path

    return write


@pytest.mark.parametrize(
    ("allowed", "siblings", "quota", "cores"),
    [
        ({0, 1}, {0: "0", 1: "1"}, None, 2),
        ({0, 1, 2, 3}, {0: "0,2", 1: "1,3", 2: "0,2", 3: "1,3"}, None, 2),
        ({0, 2}, {0: "0,2", 2: "0,2"}, None, 1),
        ({0, 1}, {0: "0,2", 1: "1,3"}, None, 2),
        ({0, 1, 2}, {}, None, 3),
        ({0, 1}, {0: None, 1: None}, None, 2),
        (set(range(64)), {}, 2.0, 2),
        (set(range(64)), {}, 1.5, 2),
        ({0}, {}, 8.0, 1),
        ({0}, {}, 0.1, 1),
        (set(), {}, None, 1),
    ],
)
def test_cores(allowed, siblings, quota, cores):
    assert cores_within(allowed, siblings, quota) == cores


@given(st.sets(st.integers(0, 63), min_size=1), st.integers(1, 4))
def test_threads_of_a_core_count_once(allowed, threads):
    siblings = {cpu: f"core {cpu // threads}" for cpu in range(64)}
    naive = sum(
        any(cpu in allowed for cpu in range(core * threads, (core + 1) * threads))
        for core in range(64)
    )
    assert cores_within(allowed, siblings, None) == naive


def test_this_machine_has_cores_and_memory():
    assert 1 <= available_cores() <= psutil.cpu_count()
    assert 0 < memory_limit() <= psutil.virtual_memory().total


def test_no_control_group_is_no_limit(tmp_path):
    assert cpu_quota(tmp_path) is None
    assert memory_limit(tmp_path) == psutil.virtual_memory().total


def test_the_tightest_limit_on_the_way_up_counts(root):
    files = {
        "proc/self/cgroup": "0::/system.slice/hanabi.service",
        "sys/fs/cgroup/system.slice/hanabi.service/memory.max": "max",
        "sys/fs/cgroup/system.slice/hanabi.service/cpu.max": "400000 100000",
        "sys/fs/cgroup/system.slice/memory.max": "1048576",
        "sys/fs/cgroup/system.slice/cpu.max": "150000 100000",
        "sys/fs/cgroup/memory.max": "2097152",
        "sys/fs/cgroup/cpu.max": "max 100000",
    }
    assert memory_limit(root(files)) == 1048576
    assert cpu_quota(root(files)) == 1.5


def test_a_container_that_is_the_top_of_what_it_sees(root):
    files = {"proc/self/cgroup": "0::/", "sys/fs/cgroup/memory.max": "1048576"}
    assert memory_limit(root(files)) == 1048576
    assert cpu_quota(root(files)) is None


def test_a_group_path_of_the_host_is_not_there_in_the_container(root):
    files = {"proc/self/cgroup": "0::/docker/123", "sys/fs/cgroup/cpu.max": "100000 100000"}
    assert cpu_quota(root(files)) == 1.0


def test_groups_of_version_1_are_left_alone(root):
    files = {"proc/self/cgroup": "4:memory:/a\n1:cpu:/a", "sys/fs/cgroup/a/memory.max": "1"}
    assert memory_limit(root(files)) == psutil.virtual_memory().total
