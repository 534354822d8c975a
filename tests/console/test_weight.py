"""What the playground costs before it can be used, as it goes over the wire."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.e2e

MOST = 150_000
"""Bytes of all replies, with their heads, from an empty cache."""

LATER = ("keys-page", "usage-page", "completion-view", "code-dialog", "exact-prompt", "share")
"""Modules that come when they are first wanted."""


def test_first_paint_of_the_playground(new_page, site):
    page = new_page(key=site.key)
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    urls, received = {}, {}
    session.on(
        "Network.responseReceived",
        lambda event: urls.update({event["requestId"]: event["response"]["url"]}),
    )
    session.on(
        "Network.loadingFinished",
        lambda event: received.update({event["requestId"]: event["encodedDataLength"]}),
    )
    page.reload()
    message = page.get_by_role("textbox", name="Message")
    expect(message).to_be_editable()
    page.wait_for_load_state("networkidle")
    by_url = {urls[request]: size for request, size in received.items()}
    assert f"{site.url}/" in by_url
    assert any(url.endswith("/playground-page.js") for url in by_url)
    shown = "\n".join(f"{size:7} {url}" for url, size in sorted(by_url.items()))
    assert sum(by_url.values()) < MOST, f"\n{shown}"
    assert not any(f"/{name}.js" in url for url in by_url for name in LATER), f"\n{shown}"
