"""Whatever a model, a file, a link or a server says stays text: nothing runs, nothing loads.

Beside what is asserted here, every page of these tests fails on a violation of the security policy
and on an uncaught error.
"""

import json
import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.e2e

MODEL = "accounts/fireworks/models/smollm2-135m"
CHAT_MODEL = f"{MODEL}-instruct"

HOSTILE = """\
<img src=x onerror="window.ran=1"><script>window.ran=2</script>
<svg onload="window.ran=3"></svg><iframe src="javascript:window.top.ran=4"></iframe>
"""
MARKDOWN = """
[one](javascript:window.ran=5) [two](JaVaScRiPt:window.ran=6) [three](java\tscript:window.ran=7)
[four](data:text/html,<script>window.ran=8</script>) [five](vbscript:x) [six](file:///etc/passwd)
![seven](x onerror=window.ran=9) ![eight](https://example.invalid/pixel.png) <javascript:alert(1)>
[nine]("onmouseover="window.ran=10") [ten](//example.invalid "title\\" onclick=window.ran=11")

```html "><img src=x onerror=window.ran=12>
<script>window.ran=13</script>
```

| <img src=x onerror=window.ran=14> | <script>window.ran=15</script> |
|---|---|
| <b onclick=window.ran=16>x</b> | &lt;script&gt; |
"""
TAG = "<img src=x onerror=window.ran=20>"

LOADERS = "img[src='x'], main script, main iframe, main object, main embed, main svg[onload]"


def stays_inert(page):
    """Nothing of what is above has become an element or run, and no link leads anywhere bad."""
    assert page.locator(LOADERS).count() == 0
    assert page.evaluate("window.ran") is None
    handlers = page.evaluate(
        """() => [...document.querySelectorAll("*")].flatMap((element) => [...element.attributes])
          .filter(({ name }) => name.startsWith("on")).length"""
    )
    assert handlers == 0
    links = page.locator("main a").evaluate_all("links => links.map((link) => link.protocol)")
    assert set(links) <= {"http:", "https:", "mailto:"}


def streamed(text):
    """A chat stream that says a text, in pieces."""
    pieces = [text[at : at + 7] for at in range(0, len(text), 7)]
    deltas = [{"role": "assistant"}, *({"content": piece} for piece in pieces), {}]
    chunks = [
        {
            "id": "1",
            "object": "chat.completion.chunk",
            "created": 0,
            "model": CHAT_MODEL,
            "choices": [
                {"index": 0, "delta": delta, "finish_reason": None if delta else "stop"},
            ],
        }
        for delta in deltas
    ]
    return "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + "data: [DONE]\n\n"


def say(page, text):
    field = page.get_by_label("Message", exact=True)
    field.fill(text)
    field.press("Control+Enter")


def imported(page, **fields):
    reply = {"text": HOSTILE + MARKDOWN, "finishReason": "stop"}
    turns = [
        {"role": "user", "content": HOSTILE},
        {"role": "assistant", "model": CHAT_MODEL, "choices": [reply], "chosen": 0},
    ]
    conversation = {"title": TAG, "model": CHAT_MODEL, "mode": "chat", "turns": turns} | fields
    file = {"format": "hanabi-conversations", "version": 1, "conversations": [conversation]}
    page.get_by_label("File of conversations").set_input_files(
        {"name": f"{TAG}.json", "mimeType": "application/json", "buffer": json.dumps(file).encode()}
    )


def test_a_reply(page):
    page.route(
        re.compile("/chat/completions$"),
        lambda route: route.fulfill(
            content_type="text/event-stream", body=streamed(HOSTILE + MARKDOWN)
        ),
    )
    say(page, HOSTILE)
    reply = page.locator("chat-message").nth(1)
    expect(reply.get_by_role("button", name="Regenerate")).to_be_attached()
    expect(reply).to_contain_text('<img src=x onerror="window.ran=1">')
    expect(reply).to_contain_text("<script>window.ran=13</script>")
    stays_inert(page)
    reply.get_by_label("Raw text").check()
    expect(reply).to_contain_text("[one](javascript:window.ran=5)")
    stays_inert(page)


def test_a_prompt_that_the_server_echoes(page):
    page.get_by_label("Use chat template").uncheck()
    view = page.locator("completion-view")
    expect(view).to_be_visible()
    editor = view.get_by_role("textbox").first
    editor.fill(HOSTILE)
    page.get_by_role("button", name="Exact prompt").click()
    dialog = page.get_by_role("dialog", name="Exact prompt")
    expect(dialog.locator("token-view .token").first).to_be_visible()
    text = "".join(dialog.locator("token-view .token").all_text_contents())
    assert "window.ran" in text
    stays_inert(page)


def test_an_imported_conversation_and_its_title(page):
    imported(page)
    entry = page.locator("conversation-list").get_by_role("button", name=TAG, exact=False).first
    expect(entry).to_contain_text(TAG)
    entry.click()
    expect(page.locator("chat-message")).to_have_count(2)
    expect(page.locator("chat-message").first).to_contain_text("<script>window.ran=2</script>")
    stays_inert(page)


@pytest.mark.parametrize("place", ["model", "parameters", "mode"])
def test_a_file_that_is_refused(page, place):
    values = {"model": 7, "parameters": {TAG: 1}, "mode": TAG}
    imported(page, **{place: values[place]})
    expect(page.get_by_text("Nothing was imported")).to_be_visible()
    stays_inert(page)


def test_an_error_message_of_the_server(page):
    error = {"error": {"object": "error", "type": "invalid_request_error", "message": TAG}}
    page.route(
        re.compile("/chat/completions$"), lambda route: route.fulfill(status=400, json=error)
    )
    say(page, "Hello")
    expect(page.locator("chat-message").last.get_by_role("alert")).to_contain_text(TAG)
    stays_inert(page)


def test_names_of_models(new_page, site):
    page = new_page(path="/#/keys", key=site.key)
    name = f"accounts/fireworks/models/{TAG}"

    def answer(route):
        listed = route.fetch().json()
        listed["data"] = [model | {"id": name, "style": TAG} for model in listed["data"][-1:]]
        route.fulfill(json=listed)

    page.route(re.compile(r"/v1/models\?"), answer)
    for path in ("/#/models", "/#/playground", "/#/usage"):
        page.goto("about:blank")  # a new document asks anew
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_be_attached()
        if path != "/#/usage":
            expect(page.locator("main")).to_contain_text(TAG)
        stays_inert(page)


def test_a_share_link(new_page, site):
    maker = new_page(key=site.key)
    imported(maker)
    maker.locator("conversation-list").get_by_role("button", name=TAG, exact=False).first.click()
    expect(maker.locator("chat-message")).to_have_count(2)
    maker.get_by_role("button", name="Share").click()
    dialog = maker.get_by_role("dialog")
    expect(dialog).to_be_visible()
    field = dialog.get_by_role("textbox").first
    expect(field).to_have_value(re.compile("share="))
    link = field.input_value()

    reader = new_page(key=site.key, path=link.partition(site.url)[2])
    expect(reader.locator("chat-message").first).to_contain_text("<script>window.ran=2</script>")
    stays_inert(reader)


@pytest.mark.parametrize(
    "path",
    [f"/#/models/{TAG}", f"/#/{TAG}", f"/#/playground?model={TAG}", f"/#/playground?share={TAG}"],
)
def test_an_address(new_page, site, path):
    page = new_page(key=site.key, path=path)
    expect(page.get_by_role("heading", level=1)).to_be_attached()
    stays_inert(page)


def test_a_sign_in_link_and_where_it_leads(new_page):
    page = new_page(path=f"/#/sign-in?token={TAG}&next=javascript:window.ran=21")
    expect(page.get_by_label("API key", exact=True)).to_be_visible()
    stays_inert(page)


def test_keys_and_usage(new_page, site):
    page = new_page(path="/#/keys", key=site.key)
    page.get_by_role("button", name="New key").click()
    form = page.get_by_role("dialog")
    form.get_by_label("Name", exact=True).fill(TAG)
    form.get_by_role("button", name="Create key").click()
    page.get_by_role("dialog", name="Your new key").get_by_role("button", name="Done").click()
    expect(page.get_by_role("rowheader", name=TAG).first).to_be_visible()
    stays_inert(page)
