"""What a fast stream does to the page, apart from how long it takes: that is what the benchmark
console_main_thread.py measures, whose paced server stands behind these tests too."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect

from .chatting import reply_text
from .conftest import Site

pytestmark = pytest.mark.e2e

SERVER = Path(__file__).parents[2] / "benchmarks" / "console_server.py"
CHAT_MODEL = "accounts/fireworks/models/smollm2-135m-instruct"
REPLY = {"tokens": 3000, "rate": 500}

WATCH = """([from, to]) => new Promise((resolve) => {
  const growing = () => document.querySelector(".growing")?.textContent.length ?? 0;
  const finished = new Set([...document.querySelectorAll("chat-message")].slice(0, -1));
  const batches = [];  // how many between one animation frame and the next
  let touched = 0, shift = 0, watching = false;
  const observer = new MutationObserver((records) => {
    if (!watching) return;
    batches[batches.length - 1] += 1;
    touched += records.filter(({ target }) =>
      finished.has((target.parentElement ?? target).closest("chat-message"))).length;
  });
  observer.observe(document.body,
    { subtree: true, childList: true, characterData: true, attributes: true });
  new PerformanceObserver((list) => {
    // The caret behind the growing text, a pseudo-element and so no node, moves as it must.
    for (const { value, sources } of list.getEntries()) {
      if (watching && sources.some(({ node }) => node)) shift += value;
    }
  }).observe({ type: "layout-shift" });
  const frame = () => {
    watching = growing() >= from;
    if (growing() >= to) {
      observer.disconnect();
      resolve({ batches, touched, shift, finished: finished.size });
      return;
    }
    if (watching) batches.push(0);
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
})"""


@pytest.fixture(scope="module")
def site():
    """A server whose model says so many tokens at such a pace."""
    server = subprocess.Popen(
        [sys.executable, SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        server.stdin.write(json.dumps(REPLY) + "\n")
        server.stdin.flush()
        served = json.loads(server.stdout.readline())
        url = f"http://127.0.0.1:{served['port']}"
        yield Site(url=url, key=served["key"], user_key="", link="", server=None)
    finally:
        server.communicate()  # its input ends, and so does it


@pytest.fixture
def long_conversation(page):
    """A page with a conversation of about 20,000 tokens."""
    said = "A *paragraph* of some words, `code` and more.\n\n- a list\n- of two\n\n" * 50
    turns = []
    for number in range(20):
        choices = [{"text": said, "finishReason": "stop"}]
        turns += [
            {"role": "user", "content": f"Question {number}"},
            {"role": "assistant", "model": CHAT_MODEL, "choices": choices, "chosen": 0},
        ]
    conversation = {"title": "History", "model": CHAT_MODEL, "mode": "chat", "turns": turns}
    file = {"format": "hanabi-conversations", "version": 1, "conversations": [conversation]}
    page.get_by_label("File of conversations").set_input_files(
        {"name": "a.json", "mimeType": "application/json", "buffer": json.dumps(file).encode()}
    )
    page.locator("conversation-list").get_by_role("button", name="History").first.click()
    expect(page.locator("chat-message")).to_have_count(len(turns))
    return page


def test_a_stream_writes_once_a_frame_and_touches_nothing_that_is_finished(long_conversation):
    page = long_conversation
    field = page.get_by_label("Message", exact=True)
    field.fill("Go on.")
    field.press("Control+Enter")
    expect(page.locator(".growing")).to_be_visible()
    seen = page.evaluate(WATCH, [500, 8000])
    assert seen["finished"] == 41  # and the question; the reply is the one that grows
    assert seen["touched"] == 0
    assert sum(seen["batches"]) > 0
    assert max(seen["batches"]) == 1
    assert seen["shift"] < 0.01
    begun = page.locator(".growing").text_content()
    assert page.locator(".growing > div").count() >= len(begun) // 2000  # laid out once each
    page.keyboard.press("Escape")
    expect(page.locator(".growing")).to_have_count(0)
    assert reply_text(page.locator("chat-message").last).startswith(begun)


def from_end(page):
    """How many pixels of the messages are below what is seen."""
    return page.locator(".log-scroll").evaluate(
        "({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight"
    )


def test_a_conversation_is_at_its_end_when_it_is_opened_and_in_any_window(long_conversation):
    page = long_conversation
    copy = page.locator("chat-message").last.get_by_role("button", name="Copy", exact=True)
    expect(copy.last).to_be_in_viewport()
    assert from_end(page) <= 8
    page.set_viewport_size({"width": 380, "height": 500})
    expect(copy.last).to_be_in_viewport()
    page.reload()
    expect(copy.last).to_be_in_viewport()
    assert from_end(page) <= 8


def test_growth_is_followed_until_a_message_is_used(long_conversation):
    page = long_conversation
    last = page.locator("chat-message").last
    end = page.get_by_role("button", name="To the end")
    grow = "(message, height) => { message.style.height = `${height}px`; }"
    expect(last.get_by_role("button", name="Copy", exact=True).last).to_be_in_viewport()
    last.evaluate(grow, 9000)
    expect(last).to_have_css("height", "9000px")
    page.evaluate("new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)))")
    assert from_end(page) <= 8
    last.dispatch_event("click")
    last.evaluate(grow, 12_000)
    expect(end).to_be_visible()
    assert from_end(page) == pytest.approx(3000, abs=8)
    end.click()
    expect(end).to_be_hidden()
    assert from_end(page) <= 8


def test_messages_out_of_sight_are_neither_laid_out_nor_painted(long_conversation):
    skipped = long_conversation.evaluate(
        """() => [...document.querySelectorAll("chat-message")]
          .filter((message) => !message.querySelector("*").checkVisibility(
            { contentVisibilityAuto: true })).length"""
    )
    assert skipped > 30
