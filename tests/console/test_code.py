"""The programs of "View code", run for real: they send what the console sends, print its text."""

import ast
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import expect

from ..compat.clients import CLIENTS  # noqa: TID252 - tests/ is not on the path
from .completion import CHAT_MODEL, generation, marked, open_completion, set_parameters, switch
from .deno import DENO, SETTINGS

pytestmark = pytest.mark.e2e

SHIM = Path(__file__).with_name("openai_shim.js")
PATIENCE = 120
HARD = 'It\'s "$HOME" `id` \\n \\\\ ${x} $(x) \'\'\'\n""" \t#!\u2028 \U0001f386 é </script>\n%s {0}'
"""A prompt of what shells, Python and JavaScript read in their own ways."""

PYTHON_CLIENTS = {
    "fireworks.client": ["hanabi", "fireworks 0.19"],
    "openai (Python)": ["openai"],
}


def run(site, folder, command, program):
    """What a program prints."""
    done = subprocess.run(
        [*command, str(program)],
        check=False,
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
        cwd=folder,
        env=SETTINGS
        | {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "PYTHONUTF8": "1",
            "FIREWORKS_API_KEY": site.key,
            "NO_PROXY": "127.0.0.1",
        },
    )
    assert done.returncode == 0, done.stderr
    return done


def programs(page):
    """The texts of the dialog by the names of their tabs."""
    page.get_by_role("button", name="View code").click()
    dialog = page.get_by_role("dialog", name="View code")
    tabs = dialog.get_by_role("tab")
    expect(tabs).to_have_count(1 + len(PYTHON_CLIENTS) + 1)  # curl, and JavaScript's
    texts = {}
    for tab in tabs.all():
        tab.click()
        expect(tab).to_have_attribute("aria-selected", "true")
        texts[tab.text_content()] = dialog.get_by_role("tabpanel").text_content()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    return texts


def check_all(site, folder, texts, sent, wanted):
    """Run every program: each sends `sent`, and prints `wanted`."""
    curl = folder / "curl.sh"
    curl.write_text(texts["curl"], "utf-8")
    if shutil.which("curl"):
        assert streamed_text(run(site, folder, ["sh"], curl).stdout) == wanted
    for tab, names in PYTHON_CLIENTS.items():
        program = folder / "program.py"
        program.write_text(texts[tab], "utf-8")
        assert keywords(texts[tab]) == sent
        for client in CLIENTS:
            if client.name in names and client.installed:
                assert run(site, folder, [client.python], program).stdout == wanted, client
    program = folder / "program.mjs"
    program.write_text(texts["openai (JavaScript)"], "utf-8")
    imports = folder / "imports.json"
    imports.write_text(json.dumps({"imports": {"openai": SHIM.as_uri()}}))
    flags = ["--quiet", "--no-prompt", "--allow-env", "--allow-net=127.0.0.1", "--allow-read"]
    done = run(site, folder, [DENO, "run", *flags, f"--import-map={imports}"], program)
    assert done.stdout == wanted
    assert json.loads(done.stderr)["body"] == sent


def streamed_text(stream):
    """The text of a stream as curl prints it."""
    events = [line.removeprefix("data: ") for line in stream.split("\n\n") if line]
    assert events.pop() == "[DONE]"
    choices = [choice for event in events for choice in json.loads(event)["choices"]]
    return "".join(
        choice["delta"].get("content", "") if "delta" in choice else choice["text"]
        for choice in choices
    )


def keywords(program):
    """The object that a Python program sends: its arguments, extras included."""
    (call,) = [
        node
        for node in ast.walk(ast.parse(program))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "create"
    ]
    sent = {each.arg: ast.literal_eval(each.value) for each in call.keywords}
    return sent | sent.pop("extra_body", {})


def test_a_completion(page, site, tmp_path):
    editor = open_completion(page)
    set_parameters(
        page, max_tokens="6", temperature="0", top_k="40", stop="\\n\\n\n'''", logit_bias="5: -1"
    )
    editor.fill(HARD)
    texts = programs(page)
    with generation(page) as bodies:
        editor.press("Control+Enter")
    assert bodies[0]["prompt"] == HARD
    check_all(site, tmp_path, texts, bodies[0], "".join(marked(page)))


def test_a_prompt_of_ids_without_probabilities(page, site, tmp_path):
    editor = open_completion(page, CHAT_MODEL)
    set_parameters(page, max_tokens="4", temperature="0")
    switch(page, "logprobs").uncheck()
    editor.fill("<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n")
    with generation(page) as bodies:
        editor.press("Control+Enter")
    wanted = "".join(marked(page))
    page.get_by_role("button", name="Undo generation").click()
    texts = programs(page)
    assert isinstance(bodies[0]["prompt"], list)
    assert "logprobs" not in bodies[0]
    check_all(site, tmp_path, texts, bodies[0], wanted)


def test_a_chat(page, site, tmp_path):
    page.goto(f"/#/playground?model={CHAT_MODEL}")
    set_parameters(page, max_tokens="6", temperature="0")
    message = page.get_by_role("textbox", name="Message", exact=True)
    message.fill(HARD)
    texts = programs(page)
    with page.expect_response("**/v1/chat/completions") as response:
        message.press("Control+Enter")
    sent = response.value.request.post_data_json
    expect(page.locator("reply-statistics").last).to_contain_text("Finish")
    body = {**sent, "stream": False}
    reply = page.request.post(
        f"{site.url}/v1/chat/completions",
        headers={"authorization": f"Bearer {site.key}"},
        data=body,
    )
    check_all(site, tmp_path, texts, sent, reply.json()["choices"][0]["message"]["content"])


def test_the_copy_button_copies_and_the_key_is_in_no_program(new_page, site):
    page = new_page(key=site.key, permissions=["clipboard-read", "clipboard-write"])
    open_completion(page).fill("Hi")
    texts = programs(page)
    assert len(texts) == 4
    assert not any(site.key in text for text in texts.values())
    page.get_by_role("button", name="View code").click()
    dialog = page.get_by_role("dialog", name="View code")
    # The tab that was looked at last; the arrow keys go on from it.
    last = dialog.get_by_role("tab", name="openai (JavaScript)")
    expect(last).to_be_focused()
    last.press("ArrowRight")
    expect(dialog.get_by_role("tab", name="curl")).to_have_attribute("aria-selected", "true")
    dialog.get_by_role("button", name="Copy").click()
    expect(dialog.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == texts["curl"]
