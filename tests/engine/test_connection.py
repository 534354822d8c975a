"""What an engine process is started with."""

import subprocess

from hanabi.engine.connection import COMMAND


def test_a_module_in_the_working_directory_is_not_executed(tmp_path):
    (tmp_path / "queue.py").write_text("raise SystemExit('executed')")
    child = subprocess.run(
        [*COMMAND, "999"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert "executed" not in child.stderr
    assert "Bad file descriptor" in child.stderr
