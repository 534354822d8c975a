"""Replies in the playground: how they are shown while they come, and once they are there."""

import re

import pytest
from playwright.sync_api import expect

from .chatting import (
    await_reply,
    be_long,
    be_quick,
    composer,
    converse,
    messages,
    replies,
    reply_text,
    roles_and_texts,
    say,
    set_parameters,
    stream,
)

MARKDOWN = """# Title

Some **bold**, *slanted* and `code`; see [a page](https://example.org/a_b) \
or ![a picture](https://example.org/p.png).

1. one
   - [x] nested
2. two

> quoted

| a | b |
|---|--:|
| 1 | 2 |

```python
def f(x):
    return x < 1
```

<b>no tag</b> & &amp;
"""


def test_choices_side_by_side(page):
    set_parameters(page, Max_tokens=6)
    page.get_by_label("Choices (n)", exact=True).fill("3")
    last = converse(page, "Invent a name.")
    choices = last.locator("reply-choice")
    expect(choices).to_have_count(3)
    boxes = [choices.nth(index).bounding_box() for index in range(2)]
    assert boxes[0]["x"] < boxes[1]["x"] or boxes[0]["y"] < boxes[1]["y"]
    second = reply_text(choices.nth(1))
    last.get_by_role("button", name="Go on with choice 2").click()
    picked = last.get_by_role("button", name="Go on with choice 2")
    expect(picked).to_have_attribute("aria-pressed", "true")
    body = say(page, "Why?")
    assert roles_and_texts(body)[1] == ("assistant", second)
    await_reply(page, 4)


def test_markdown_is_rendered_once_the_message_is_finished(new_page, site):
    page = new_page(key=site.key, permissions=["clipboard-read", "clipboard-write"])
    with replies(page, stream(*re.findall(r".{1,7}", MARKDOWN, re.DOTALL))):
        last = converse(page, "Show me.")
    view = last.locator("markdown-view")
    expect(view.get_by_role("heading", name="Title")).to_be_visible()
    expect(view.locator("strong")).to_have_text("bold")
    expect(view.locator("em")).to_have_text("slanted")
    for name in ("a page", "a picture"):
        link = view.get_by_role("link", name=name)
        expect(link).to_have_attribute("rel", "noopener noreferrer")
        expect(link).to_have_attribute("target", "_blank")
    expect(view.locator("img")).to_have_count(0)
    expect(view.locator("ol > li")).to_have_count(2)
    expect(view.get_by_role("checkbox", name="Done")).to_be_checked()
    expect(view.locator("blockquote")).to_have_text("quoted")
    expect(view.get_by_role("cell", name="2")).to_have_class("right")
    expect(view.get_by_text("<b>no tag</b> & &amp;")).to_be_visible()
    expect(view.locator("pre")).to_have_text("def f(x):\n    return x < 1")
    view.get_by_role("button", name="Copy code").click()
    expect(view.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "def f(x):\n    return x < 1"
    assert reply_text(last) == MARKDOWN
    expect(view.get_by_role("heading", name="Title")).to_be_visible()


def test_text_is_plain_while_it_comes_and_is_written_once_a_frame(page):
    expect(composer(page)).to_be_editable()
    page.evaluate(
        """() => {
            window.frames_ = 0;
            window.writes = 0;
            const count = () => { window.frames_ += 1; requestAnimationFrame(count); };
            requestAnimationFrame(count);
            new MutationObserver((records) => {
                window.writes += records.filter(({ target }) =>
                    target.parentElement?.classList.contains("growing")).length;
            }).observe(document.querySelector("chat-view"), { characterData: true, subtree: true });
        }"""
    )
    be_long(page)
    say(page, "Write a list in Markdown.")
    growing = messages(page).last.locator(".growing")
    expect(growing).to_have_text(re.compile(r"\w+ \w+"))
    assert growing.evaluate("(element) => element.childElementCount") == 0
    page.wait_for_function("window.writes > 1")
    composer(page).press("Escape")
    await_reply(page, 2)
    with replies(page, stream(*["**word** "] * 2000)):
        last = converse(page, "Many words.")
    expect(last.locator("strong").first).to_have_text("word")
    assert page.evaluate("window.writes <= window.frames_ + 1")


def test_finished_messages_are_not_drawn_again(page):
    be_quick(page, 4)
    converse(page, "one")
    page.evaluate(
        """() => {
            window.changes = 0;
            const count = (records) => { window.changes += records.length; };
            for (const message of document.querySelectorAll("chat-message")) {
                new MutationObserver(count).observe(message,
                    { childList: true, characterData: true, subtree: true });
            }
        }"""
    )
    converse(page, "two")
    assert page.evaluate("window.changes") == 0
    style = "(element) => getComputedStyle(element).contentVisibility"
    assert messages(page).first.evaluate(style) == "auto"


def await_end(page):
    """Wait until the log shows its end."""
    page.evaluate(
        """() => new Promise((resolve) => {
            const log = document.querySelector(".log-scroll");
            const look = () => {
                if (log.scrollHeight - log.scrollTop - log.clientHeight < 8) resolve();
                else requestAnimationFrame(look);
            };
            look();
        })"""
    )


def test_the_log_stays_at_the_end_only_while_the_reader_is_there(new_page, site):
    page = new_page(key=site.key, height=420)
    scroll = page.locator(".log-scroll")
    with replies(page, stream(*["line\n\n"] * 60)):
        converse(page, "Many lines.")
        converse(page, "Many more.")
    await_end(page)
    be_long(page)
    say(page, "Tell me a long story.")
    growing = messages(page).last.locator(".growing")
    expect(growing).to_have_text(re.compile(r"\w+ \w+"))
    scroll.hover()
    page.mouse.wheel(0, -900)
    jump = page.get_by_role("button", name="To the end")
    expect(jump).to_be_visible()
    top = scroll.evaluate("(element) => element.scrollTop")
    longer = len(growing.text_content()) + 40
    expect(growing).to_have_text(re.compile(rf".{{{longer},}}", re.DOTALL))
    assert scroll.evaluate("(element) => element.scrollTop") == pytest.approx(top, abs=1)
    jump.click()
    await_end(page)
    expect(jump).to_be_hidden()
    page.get_by_role("button", name="Stop", exact=True).click()
    await_reply(page, 6)


def test_tokens_and_statistics_of_a_reply(page):
    be_quick(page, 5)
    last = converse(page, "Say hello.")
    expect(last.locator("reply-statistics")).to_contain_text("length")
    last.get_by_role("button", name="Tokens").click()
    expect(last.locator("token-view .token")).to_have_count(5)
