"""What the machine, and the container around this process, leave to it: cores and memory."""

import math
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

_ROOT = Path("/")


def available_cores() -> int:
    """Physical cores that this process may use, at least 1.

    Two threads of one core count once: they share its vector units, which is all that a decode
    step is made of. A container's CPU quota counts too.
    """
    allowed = os.sched_getaffinity(0)
    siblings = {cpu: _thread_siblings(cpu, _ROOT) for cpu in allowed}
    return cores_within(allowed, siblings, cpu_quota())


def cores_within(
    allowed: Iterable[int], siblings: Mapping[int, str | None], quota: float | None
) -> int:
    """Count physical cores among the allowed processors, under a quota.

    Args:
        allowed: numbers of the logical processors that may be used.
        siblings: for each, the list of logical processors on its core (`0,64`), the same text
            for all of them; None where the system does not say, which makes it a core.
        quota: processors' worth of time a container may use; None is no limit.
    """
    cores = {siblings.get(cpu) or f"cpu {cpu}" for cpu in allowed}
    limit = math.inf if quota is None else math.ceil(quota)
    return int(max(1, min(len(cores), limit)))


def _thread_siblings(cpu: int, root: Path) -> str | None:
    return _read(root / f"sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")


def cpu_quota(root: Path = _ROOT) -> float | None:
    """The CPU time that the control groups allow, in processors; None is no limit."""
    quotas = []
    for group in _groups(root):
        quota, _, period = (_read(group / "cpu.max") or "max").partition(" ")
        if quota != "max":
            quotas.append(int(quota) / int(period))
    return min(quotas, default=None)


def memory_limit(root: Path = _ROOT) -> int:
    """The bytes of memory that this process may count on: the machine's, or its container's."""
    limits = [_read(group / "memory.max") for group in _groups(root)]
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([physical, *(int(limit) for limit in limits if limit and limit != "max")])


def _groups(root: Path) -> Iterator[Path]:
    """The folders of the process' control group (version 2) and of those above it.

    A container may see its own group as the top, hence the folders that are not there.
    """
    for line in (_read(root / "proc/self/cgroup") or "").splitlines():
        if line.startswith("0::"):
            group = Path(line.removeprefix("0::").lstrip("/"))
            for folder in (group, *group.parents):
                yield root / "sys/fs/cgroup" / folder


def _read(path: Path) -> str | None:
    """A small file's text, or None where it cannot be read."""
    try:
        return path.read_text().strip()
    except OSError:
        return None
