"""`hanabi chat` in a terminal, as a person uses it."""

import os
import pty
import subprocess
import time

import pytest

from .server import HANABI, PATIENCE

pytestmark = pytest.mark.e2e

PROMPT = "\n> "


class Terminal:
    """A command in a terminal of its own; `screen` is what it printed so far."""

    def __init__(self, folder, key, *command):
        self._ours, theirs = pty.openpty()
        environment = os.environ | {
            "FIREWORKS_API_KEY": key,
            "XDG_STATE_HOME": str(folder),
            "TERM": "dumb",
        }
        self.process = subprocess.Popen(
            [HANABI, *command],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=environment,
            start_new_session=True,
            preexec_fn=lambda: os.close(os.open(os.ttyname(0), os.O_RDWR)),  # noqa: PLW1509 - makes it the controlling terminal, which sends Ctrl-C on
        )
        os.close(theirs)
        os.set_blocking(self._ours, False)
        self.screen = ""

    def type(self, keys):
        os.write(self._ours, keys.encode())

    def wait_for(self, shown):
        """Wait until `shown()` holds for the screen."""
        deadline = time.monotonic() + PATIENCE
        while not shown(self.screen):
            assert time.monotonic() < deadline, self.screen
            try:
                self.screen += os.read(self._ours, 65536).decode().replace("\r", "")
            except BlockingIOError:
                time.sleep(0.01)

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self._ours)


@pytest.fixture
def terminal(tmp_path, server):
    base_url = f"{server.url}/inference/v1"
    terminal = Terminal(tmp_path, server.key, "chat", "--base-url", base_url, "--temperature", "0")
    yield terminal
    terminal.close()


def test_a_conversation_with_a_stopped_reply(terminal, tmp_path):
    terminal.wait_for(lambda screen: screen.endswith(PROMPT))
    terminal.type("Write a very long story about the sea.\n")
    begun = len(terminal.screen) + 60
    terminal.wait_for(lambda screen: len(screen) > begun)
    terminal.type("\x03")
    terminal.wait_for(lambda screen: screen.endswith(PROMPT))
    length = len(terminal.screen)
    terminal.type("Say yes.\n")
    terminal.wait_for(lambda screen: len(screen) > length + 12)
    terminal.wait_for(lambda screen: screen.endswith(PROMPT))
    terminal.type("/quit\n")
    assert terminal.process.wait(PATIENCE) == 0
    history = (tmp_path / "hanabi" / "chat-history").read_text()
    assert "Say yes." in history


def test_questions_from_a_pipe(server):
    base_url = f"{server.url}/inference/v1"
    command = [HANABI, "chat", "--base-url", base_url, "--temperature", "0", "--max-tokens", "12"]
    environment = os.environ | {"FIREWORKS_API_KEY": server.key}
    done = subprocess.run(
        command, input="Say hello.\n", capture_output=True, text=True, check=True, env=environment
    )
    assert len(done.stdout.strip()) > 3
    assert done.stdout.endswith("\n")
    assert done.stderr == ""


def test_an_unknown_model_is_told_in_a_sentence(server):
    base_url = f"{server.url}/inference/v1"
    environment = os.environ | {"FIREWORKS_API_KEY": server.key}
    done = subprocess.run(
        [HANABI, "chat", "--base-url", base_url, "--model", "nobody"],
        input="Hi\n",
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert "Model not found" in done.stderr
    assert "Traceback" not in done.stderr
