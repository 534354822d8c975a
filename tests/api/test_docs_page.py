import re

import pytest

FILES = {"/docs": "text/html", "/docs/docs.js": "text/javascript", "/docs/docs.css": "text/css"}


@pytest.mark.parametrize(("path", "kind"), FILES.items())
def test_a_file_is_served_without_a_key_and_under_a_strict_policy(api, path, kind):
    reply = api.call("GET", path, key=None)
    assert reply.status == 200
    assert reply.headers["content-type"] == f"{kind}; charset=utf-8"
    policy = reply.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in policy
    assert reply.headers["x-content-type-options"] == "nosniff"


def test_the_page_loads_nothing_from_elsewhere_and_has_nothing_inline(api):
    page = api.call("GET", "/docs", key=None).body.decode()
    for source in re.findall(r'(?:src|href)="([^"]+)"', page):
        assert source in (*FILES, "/openapi.json")
    assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\son\w+=|\sstyle=", page)
    script = api.call("GET", "/docs/docs.js", key=None).body.decode()
    assert "innerHTML" not in script
    assert "http" not in script
