"""Template processes: their limits hold, and a breach is forgotten by the next rendering."""

import os
import threading
import time
from pathlib import Path

import psutil
import pytest

from hanabi.errors import InvalidRequestError, OverloadedError, UnavailableError
from hanabi.styles.template import connection
from hanabi.styles.template.connection import TIMEOUT, TemplateProcess
from hanabi.styles.template.frames import Compiled, Ready, Refused, Render, Rendered, frame
from hanabi.styles.template.processes import TemplateProcesses, check_template, render_once

HELLO = Render(messages=[{"role": "user", "content": "hello"}], tokens={"bos_token": "<s>"})
SHORT = "{{ bos_token }}{{ messages[0].content }}"
LOOP = (
    "{% if messages[0].content == 'loop' %}{% for i in range(100000) %}"
    "{% for j in range(100000) %}{% endfor %}{% endfor %}{% endif %}done"
)
LOOPING = Render(messages=[{"role": "user", "content": "loop"}], tokens={})


@pytest.fixture
def process():
    with TemplateProcess() as process:
        yield process


def test_renders_again_and_again(process):
    assert process.compile(SHORT) == Compiled()
    assert [process.render(HELLO) for _ in range(3)] == [Rendered("<s>hello")] * 3
    assert not process.ended


def test_a_large_conversation_goes_through(process):
    process.compile("{{ messages[0].content }}")
    text = "é" * 1_000_000
    call = Render(messages=[{"role": "user", "content": text}], tokens={})
    assert process.render(call) == Rendered(text)


def test_a_syntax_error_ends_it(process):
    assert process.compile("a\n{% if %}") == Refused(
        "Expected an expression, got 'end of statement block'", 2
    )
    process._process.wait(10)
    assert process.ended


def test_nothing_is_inherited_and_nothing_can_be_opened(process):
    process.compile(SHORT)
    child = psutil.Process(process._process.pid)
    assert set(child.environ()) <= {"LC_CTYPE"}  # which Python sets itself where there is no locale
    assert child.num_fds() <= 4
    limits = Path(f"/proc/{child.pid}/limits").read_text()
    for name in ("Max open files", "Max file size", "Max core file size", "Max processes"):
        (line,) = [line for line in limits.splitlines() if line.startswith(name)]
        assert line.removeprefix(name).split()[:2] == ["0", "0"]


def test_a_loop_ends_within_a_second(process):
    process.compile(LOOP)
    start = time.monotonic()
    assert process.render(LOOPING) == TIMEOUT
    assert time.monotonic() - start < 3  # 0.5 s of processor time, on a machine of any load
    assert process.ended


def test_a_process_that_waits_is_killed(process, monkeypatch):
    process.compile(SHORT)
    os.kill(process._process.pid, 19)  # SIGSTOP: it uses no processor time at all
    monkeypatch.setattr(connection, "WALL_SECONDS", 0.05)
    assert process.render(HELLO) == TIMEOUT
    assert process.ended


def test_a_crash_is_told(process):
    process.compile(SHORT)
    os.kill(process._process.pid, 9)
    assert process.render(HELLO) == Refused("has crashed the process that rendered it")


def test_a_child_that_does_not_start(monkeypatch):
    monkeypatch.setattr(connection, "COMMAND", (connection.sys.executable, "-c", "pass"))
    with pytest.raises(UnavailableError, match="did not start"):
        TemplateProcess()


def test_a_child_that_says_nonsense_is_ended(monkeypatch):
    ready = frame(Ready())
    child = f"import os, sys; os.write(int(sys.argv[1]), {ready!r} + bytes([0, 0, 0, 1, 193]))"
    monkeypatch.setattr(connection, "COMMAND", (connection.sys.executable, "-c", child))
    with TemplateProcess() as process:
        assert process.compile(SHORT) == Refused("has crashed the process that rendered it")
        assert process.ended


def test_the_server_s_end_is_the_child_s(process):
    process.compile(SHORT)
    process._socket.close()
    process._process.wait(10)
    assert process._process.returncode == 0


def test_once():
    assert render_once(SHORT, HELLO) == Rendered("<s>hello")
    assert render_once("{% if %}", HELLO).line == 1


def test_checking_compiles_only():
    check_template("{{ raise_exception('never rendered') }}")
    with pytest.raises(InvalidRequestError) as refused:
        check_template("a\n{% endif %}")
    assert refused.value.param == "conversation_config.args.template"
    assert refused.value.message.startswith("conversation_config.args.template: line 2: ")


@pytest.mark.parametrize(
    "template",
    [
        "{{ " + "(" * 100000 + "1" + ")" * 100000 + " }}",
        "{% if a %}" * 50000,
        "{{ 10 ** (10 ** 8) }}",
        "{{ 'a' * 10 ** 10 }}",
        "{{ a" + "[0]" * 300000 + " }}",
    ],
    ids=["parentheses", "blocks", "power", "long", "items"],
)
def test_a_hostile_template_is_refused_when_it_is_checked(template):
    try:
        check_template(template)
    except InvalidRequestError as refused:
        assert len(refused.message) < 1000  # noqa: PT017 - either way is right
    else:
        assert isinstance(render_once(template, HELLO), Refused)


def test_warm_processes_answer_like_fresh_ones(templates):
    assert templates.render(SHORT, HELLO) == templates.render(SHORT, HELLO) == Rendered("<s>hello")
    assert templates.render("{% if %}", HELLO) == render_once("{% if %}", HELLO)
    assert templates.render(LOOP, LOOPING) == TIMEOUT
    assert templates.render(LOOP, HELLO) == Rendered("done")


def test_a_process_that_died_in_between_is_replaced():
    templates = TemplateProcesses()
    templates.render(SHORT, HELLO)
    (place,) = templates._places.values()
    place.process._process.kill()
    place.process._process.wait()
    assert templates.render(SHORT, HELLO) == Rendered("<s>hello")
    templates.close()


def test_the_longest_unused_ends_first():
    templates = TemplateProcesses(most=2)
    for template in ("a", "b", "a", "c"):
        assert templates.render(template, HELLO) == Rendered(template)
    assert list(templates._places) == ["a", "c"]
    children = [place.process for place in templates._places.values()]
    templates.close()
    assert all(child.ended for child in children)


def test_many_threads_share_one_process():
    templates = TemplateProcesses()
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(templates.render(SHORT, HELLO)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [Rendered("<s>hello")] * 8
    assert len(templates._places) == 1
    templates.close()


def test_after_a_breach_one_thread_waits_for_a_template_and_no_other_template_does():
    templates = TemplateProcesses()
    assert templates.render(LOOP, LOOPING) == TIMEOUT
    place = templates._places[LOOP]
    with place.lock:
        with pytest.raises(OverloadedError):
            templates.render(LOOP, HELLO)
        assert templates.render(SHORT, HELLO) == Rendered("<s>hello")
    assert templates.render(LOOP, HELLO) == Rendered("done")
    assert not place.overran
    templates.close()
