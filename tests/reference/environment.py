"""The reference environment: transformers, torch and lm-eval, apart from our own packages."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = ROOT / ".venv" / "reference" / "bin"
PATIENCE = 900
"""Seconds after which a command there is taken for stuck."""


def run(folder: Path, program: str, *arguments: str | Path, **variables: str) -> None:
    """Run one of its programs, off the net, on one thread, with its caches in `folder`.

    Raises AssertionError with the end of its output when it fails.
    """
    assert BIN.is_dir(), "there is no reference environment: run this by `make test-reference`"
    result = subprocess.run(
        [BIN / program, *arguments],
        cwd=folder,
        env=_environment(folder) | variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        timeout=PATIENCE,
        check=False,
    )
    assert result.returncode == 0, result.stdout[-5000:]


def _environment(folder: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "HF_HOME": str(folder / "hf"),
        "HF_HUB_OFFLINE": "1",
        "HF_DATASETS_OFFLINE": "1",
        "NO_PROXY": "127.0.0.1",
        "OMP_NUM_THREADS": "1",
        "PYTHONUTF8": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }
