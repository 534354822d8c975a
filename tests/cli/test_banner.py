import io
import json
import os
import shlex
import subprocess
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from hanabi.cli.banner import Banner, curl_command, engine_line, print_banner, server_url

KEY = "hk_" + "aB3-_" * 8 + "xyz"
LINK = "http://127.0.0.1:8000/#/sign-in?token=" + "aB3-_" * 8 + "xyz"
BANNER = Banner(
    url="http://127.0.0.1:8000",
    socket=None,
    console=LINK,
    key=KEY,
    key_file=Path("/home/me/.local/share/hanabi/api-key"),
    key_replaced=False,
    model="accounts/fireworks/models/smollm2-135m-instruct",
    chat=True,
    kernels="sapphirerapids",
    threads=2,
    slots=32,
    context_length=8192,
    cache_bytes=6 * 2**30,
    cache_budget=8 * 2**30,
)


def printed(banner, *, width=40, **console):
    out = io.StringIO()
    print_banner(banner, Console(file=out, width=width, **console))
    return out.getvalue()


def test_the_curl_command_to_the_letter():
    assert (
        curl_command(BANNER)
        == rf"""curl http://127.0.0.1:8000/inference/v1/chat/completions \
  --header 'Authorization: Bearer {KEY}' \
  --header 'Content-Type: application/json' \
  --data '{{
    "model": "accounts/fireworks/models/smollm2-135m-instruct",
    "messages": [{{"role": "user", "content": "Say this is a test"}}]
  }}'"""
    )


def test_a_model_without_a_style_gets_a_completion():
    command = shlex.split(curl_command(msgspec.structs.replace(BANNER, chat=False)))
    assert command[1] == "http://127.0.0.1:8000/inference/v1/completions"
    assert json.loads(command[-1]) == {"model": BANNER.model, "prompt": "Say this is a test"}


def test_nothing_is_wrapped_or_padded_in_a_narrow_terminal():
    lines = printed(BANNER).splitlines()
    assert "\n".join(lines[-8:-1]) == curl_command(BANNER)
    assert lines == [line.rstrip() for line in lines]
    assert any(line.endswith(engine_line(BANNER)) for line in lines)
    assert f"  API key  {KEY}" in lines
    assert f"  Console  {LINK}" in lines


def test_colours_leave_the_command_alone():
    assert curl_command(BANNER) in printed(BANNER, force_terminal=True, color_system="truecolor")


def test_the_command_works_when_pasted_into_a_shell(tmp_path):
    curl = tmp_path / "curl"
    curl.write_text('#!/bin/sh\nprintf "%s\\0" "$@" > "$OUT"\n')
    curl.chmod(0o700)
    environment = {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "OUT": str(tmp_path / "arguments"),
    }
    subprocess.run(["/bin/sh"], input=curl_command(BANNER).encode(), env=environment, check=True)
    arguments = (tmp_path / "arguments").read_text().split("\0")[:-1]
    assert arguments[:2] == ["http://127.0.0.1:8000/inference/v1/chat/completions", "--header"]
    assert arguments[2] == f"Authorization: Bearer {KEY}"
    assert json.loads(arguments[-1]) == {
        "model": BANNER.model,
        "messages": [{"role": "user", "content": "Say this is a test"}],
    }


def test_the_engine_line():
    assert engine_line(BANNER) == (
        "sapphirerapids kernels, 2 threads, 32 slots x 8192 tokens, KV cache 6.0 GiB of 8.0 GiB"
    )


def test_a_model_that_is_not_exact_is_told():
    assert "exact" not in engine_line(BANNER)
    assert engine_line(msgspec.structs.replace(BANNER, exact=False)).endswith(", not exact")


def test_a_new_key_is_told():
    assert "key is new" not in printed(BANNER)
    assert "key is new" in printed(msgspec.structs.replace(BANNER, key_replaced=True))


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),  # noqa: S104 - nothing listens in this test
        ("::", "http://[::1]:8000"),
        ("::1", "http://[::1]:8000"),
        ("example.org", "http://example.org:8000"),
    ],
)
def test_the_address_a_client_can_use(host, url):
    assert server_url(host, 8000, tls=False) == url
    assert server_url(host, 8000, tls=True) == url.replace("http:", "https:")


def test_a_unix_socket():
    path = Path("/run/hanabi/my socket")
    banner = msgspec.structs.replace(
        BANNER, url=server_url("127.0.0.1", None, tls=False), socket=path, console=None
    )
    assert "Console" not in printed(banner)
    assert f"Socket   {path}\n" in printed(banner)
    command = shlex.split(curl_command(banner))
    assert command[1] == "http://localhost/inference/v1/chat/completions"
    assert command[command.index("--unix-socket") + 1] == str(path)
