"""What a person does in the playground's chat, for the tests of it."""

import json
from contextlib import contextmanager

from playwright.sync_api import Locator, Page, Route, expect

CHAT = "**/v1/chat/completions"


def set_parameters(page: Page, **values: object) -> None:
    """Type numbers into the parameter panel, by the labels' text with `_` for spaces."""
    for label, value in values.items():
        page.get_by_label(label.replace("_", " "), exact=True).last.fill(str(value))


def be_quick(page: Page, max_tokens: int = 8) -> None:
    """Ask for short replies that are the same each time."""
    set_parameters(page, Max_tokens=max_tokens, Temperature=0)


def be_long(page: Page) -> None:
    """Ask for replies that do not end before one can do something about it."""
    set_parameters(page, Max_tokens=400, Temperature=0)
    page.get_by_label("Ignore end tokens", exact=True).check()


def composer(page: Page) -> Locator:
    """The field of the next message."""
    return page.get_by_role("textbox", name="Message", exact=True)


def messages(page: Page) -> Locator:
    """All turns."""
    return (
        page.get_by_role("list", name="Messages")
        .get_by_role("listitem")
        .locator("xpath=self::chat-message")
    )


def await_reply(page: Page, count: int) -> Locator:
    """Wait until the turns are so many and the last one has ended; returns that one."""
    expect(messages(page)).to_have_count(count)
    last = messages(page).last
    expect(last.get_by_role("button", name="Delete", exact=True)).to_be_attached()
    return last


def say(page: Page, text: str) -> dict:
    """Send a message by the keyboard; returns the body of the request."""
    composer(page).fill(text)
    with page.expect_request(CHAT) as sent:
        composer(page).press("Control+Enter")
    return sent.value.post_data_json


def converse(page: Page, text: str) -> Locator:
    """Send a message and wait for its reply."""
    count = messages(page).count()
    say(page, text)
    return await_reply(page, count + 2)


def stream(*pieces: str, done: bool = True, choices: int = 1) -> str:
    """The body of a chat completion's stream with these pieces of text."""

    def frame(index: int, delta: dict, finish: str | None = None) -> str:
        choice = {"index": index, "delta": delta, "finish_reason": finish}
        chunk = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m"}
        return f"data: {json.dumps(chunk | {'choices': [choice]})}\n\n"

    frames = [frame(index, {"content": piece}) for piece in pieces for index in range(choices)]
    if done:
        frames += [frame(index, {}, "stop") for index in range(choices)]
        frames.append("data: [DONE]\n\n")
    return "".join(frames)


def roles_and_texts(body: dict) -> list[tuple[str, str]]:
    """What a request says."""
    return [(message["role"], message["content"]) for message in body["messages"]]


def reply_text(message: Locator) -> str:
    """What a reply says, from its raw text."""
    raw = message.get_by_role("checkbox", name="Raw text")
    raw.check()
    text = message.locator(".raw-text").text_content()
    raw.uncheck()
    return text


@contextmanager
def replies(page: Page, body: str, status: int = 200, **headers: str):
    """Answer chat requests with a body of ours in place of the server's."""
    kind = "text/event-stream" if status == 200 else "application/json"

    def answer(route: Route) -> None:
        route.fulfill(status=status, headers={"content-type": kind, **headers}, body=body)

    page.route(CHAT, answer)
    yield
    page.unroute(CHAT, answer)
