"""How busy the console keeps the browser's main thread while a long conversation goes on.

    python benchmarks/console_main_thread.py --tokens 5000 --rate 500 --history 20000

A reply streams with the probabilities of every token, below a conversation that is long already;
then the whole is scrolled through. Server, API and frames are the real ones; only the model is a
mock that keeps pace. Needs Chromium and the development environment.
"""

import argparse
import json
import os
import shutil
import time
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, Page, expect, sync_playwright

from console_text import text
from processes import child
from workload import CHAT_MODEL

TURN = 1000
"""Tokens of each reply of the history."""

PATIENCE = 120_000
"""Milliseconds for whatever does not depend on the model's pace."""

OBSERVE = """() => {
  window.shifts = []; window.long = [];
  const keep = (list, pick) => (entries) => list.push(...entries.getEntries().map(pick));
  // The caret behind the growing text, a pseudo-element and so no node, moves as it must.
  const shift = ({ value, sources }) => sources.some(({ node }) => node) ? value : 0;
  new PerformanceObserver(keep(window.shifts, shift)).observe({ type: "layout-shift" });
  new PerformanceObserver(keep(window.long, (entry) => entry.duration))
    .observe({ type: "longtask" });
}"""

SCROLL = """async () => {
  const frame = document.querySelector(".log-scroll");
  let frames = 0;
  for (let before = -1; frame.scrollTop !== before; frames += 1) {
    before = frame.scrollTop;
    frame.scrollBy(0, -0.8 * frame.clientHeight);
    await new Promise(requestAnimationFrame);
  }
  return frames;
}"""


@dataclass(frozen=True)
class Streaming:
    """What a stream cost.

    Attributes:
        seconds: from sending the question to the reply's end.
        busy: seconds of the main thread's tasks in it.
        cpu: seconds of the CPU that they used; where other programs want the cores, it is less.
        longest: seconds of the longest of them.
        shift: the sum of the layout shifts.
    """

    seconds: float
    busy: float
    cpu: float
    longest: float
    shift: float


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tokens", type=int, default=5000, help="of the reply")
    parser.add_argument("--rate", type=float, default=500, help="tokens a second")
    parser.add_argument("--history", type=int, default=20_000, help="tokens above the reply")
    options = parser.parse_args()
    with child("console_server.py") as server, sync_playwright() as playwright:
        served = server.ask({"tokens": options.tokens, "rate": options.rate})
        browser = launched(playwright)
        page = opened(browser, f"http://127.0.0.1:{served['port']}", served["key"])
        import_history(page, options.history)
        page.evaluate(OBSERVE)
        streaming = stream(browser, page, options.tokens / options.rate)
        page.evaluate("window.long.length = 0")
        frames = page.evaluate(SCROLL)
        longest = max(page.evaluate("window.long"), default=0)
        browser.close()
    print(f"{options.tokens:,} tokens at {options.rate:g}/s below {options.history:,}:")
    print(f"  took                 {streaming.seconds:.1f} s")
    print(f"  main thread busy     {streaming.busy / streaming.seconds:.1%}")
    print(f"  its share of a core  {streaming.cpu / streaming.seconds:.1%}")
    print(f"  longest task         {streaming.longest * 1000:.0f} ms")
    print(f"  layout shift         {streaming.shift:.4f}")
    print(f"scrolled through in {frames} frames: longest task {longest:.0f} ms (0: below 50)")


def launched(playwright: Any) -> Browser:
    """Chromium, without a window."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    flags = ["--disable-dev-shm-usage", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    browser: Browser = playwright.chromium.launch(executable_path=program, args=flags)
    return browser


def opened(browser: Browser, url: str, key: str) -> Page:
    """The playground, signed in."""
    page = browser.new_page(base_url=url, viewport={"width": 1280, "height": 800})
    expect.set_options(timeout=PATIENCE)
    page.add_init_script(f"sessionStorage.setItem('hanabi.key', {json.dumps(key)})")
    page.goto("/#/playground")
    expect(page.locator("chat-view")).to_be_visible()
    return page


def import_history(page: Page, tokens: int) -> None:
    """A conversation that is long already, by the console's own import."""
    turns: list[dict[str, Any]] = []
    for number in range(tokens // TURN):
        reply = {"text": text(TURN), "finishReason": "stop"}
        turns += [
            {"role": "user", "content": f"Question {number}"},
            {"role": "assistant", "model": CHAT_MODEL, "choices": [reply], "chosen": 0},
        ]
    conversation = {"title": "History", "model": CHAT_MODEL, "mode": "chat", "turns": turns}
    file = {"format": "hanabi-conversations", "version": 1, "conversations": [conversation]}
    page.get_by_label("File of conversations").set_input_files(
        {
            "name": "history.json",
            "mimeType": "application/json",
            "buffer": json.dumps(file).encode(),
        }
    )
    page.get_by_role("button", name="History", exact=False).first.click()
    expect(page.locator("chat-message")).to_have_count(len(turns))


def stream(browser: Browser, page: Page, seconds: float) -> Streaming:
    """Ask, and trace until the reply has ended."""
    field = page.get_by_label("Message", exact=True)
    field.fill("Go on.")
    browser.start_tracing(
        page=page, categories=["disabled-by-default-devtools.timeline", "blink.user_timing"]
    )
    page.evaluate("performance.mark('begin')")
    began = time.perf_counter()
    field.press("Control+Enter")
    stop = page.locator("message-composer").get_by_role("button", name="Stop")
    expect(stop).to_be_visible()
    expect(stop).to_be_hidden(timeout=seconds * 1000 + PATIENCE)
    took = time.perf_counter() - began
    page.evaluate("performance.mark('end')")
    trace = json.loads(browser.stop_tracing())["traceEvents"]
    tasks = main_thread_tasks(trace)
    assert took >= seconds * 0.95, f"the reply came in {took:.1f} s"
    return Streaming(
        seconds=took,
        busy=sum(wall for wall, _ in tasks),
        cpu=sum(cpu for _, cpu in tasks),
        longest=max(wall for wall, _ in tasks),
        shift=page.evaluate("window.shifts.reduce((sum, value) => sum + value, 0)"),
    )


def main_thread_tasks(trace: list[dict[str, Any]]) -> list[tuple[float, float]]:
    """Of each task of the page's main thread between the marks: its seconds, and those of CPU."""
    marks = {event["name"]: event for event in trace if event["name"] in ("begin", "end")}
    begin, end = marks["begin"], marks["end"]
    own = [
        event
        for event in trace
        if event["name"] == "RunTask"
        and "dur" in event  # the last may go on when the trace ends
        and (event["pid"], event["tid"]) == (begin["pid"], begin["tid"])
        and begin["ts"] <= event["ts"] <= end["ts"]
    ]
    covered, tasks = 0, []
    for event in sorted(own, key=lambda event: event["ts"]):
        if event["ts"] >= covered:  # it is within no other
            tasks.append((event["dur"] / 1e6, event["tdur"] / 1e6))
            covered = event["ts"] + event["dur"]
    assert tasks, "the trace has no tasks of the page's main thread"
    return tasks


if __name__ == "__main__":
    main()
