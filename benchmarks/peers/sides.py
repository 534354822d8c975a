"""The sides that can be compared, and what each takes part in."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from peers import servers
from peers.servers import PEERS, Bench, Server
from peers.workloads import Workload


@dataclass(frozen=True)
class Side:
    """Something that is measured.

    Attributes:
        name: what tables and the command line call it.
        start: runs its server.
        needs: the peer's name in scripts/set_up_peers.py; none for our own.
        scores: whether it takes part in scoring, and whether in anything else.
        copies_only: whether it takes part only where speculation should help.
    """

    name: str
    start: Callable[[Bench], AbstractContextManager[Server]]
    needs: str = ""
    scores: bool = False
    others: bool = True
    copies_only: bool = False

    def takes(self, workload: Workload) -> bool:
        """Whether it can do a workload, and whether that says anything."""
        if workload.scoring:
            return self.scores
        return self.others and (workload.copying or not self.copies_only)

    @property
    def missing(self) -> str:
        """Why it cannot be measured here; empty when it can."""
        if not self.needs or (PEERS / self.needs).is_dir():
            return ""
        reason = PEERS / f"{self.needs}.missing"
        if reason.exists():
            return reason.read_text(encoding="utf-8").strip()
        return "not set up: scripts/set_up_peers.py does it"


SIDES = (
    Side("hanabi", servers.hanabi, scores=True),
    Side("llama-server", servers.llama_server, "llama-server"),
    Side("llama-server ngram", servers.llama_server_drafting, "llama-server", copies_only=True),
    Side("llama-cpp-python", servers.llama_cpp_python, "llama-cpp-python"),
    Side(
        "llama-cpp-python scoring",
        servers.llama_cpp_python_scoring,
        "llama-cpp-python",
        scores=True,
        others=False,
    ),
    Side("vllm", servers.vllm, "vllm", scores=True),
    Side("hanabi avx2", servers.hanabi_avx2),
    Side("llama-server avx2", servers.mineru, "mineru"),
)

USUAL = ("hanabi", "llama-server", "llama-server ngram", "llama-cpp-python scoring")
"""What a run measures unless it is told otherwise: all that the bars need."""
