import gzip
import re

import pytest

from hanabi.api.console import accepts_gzip
from hanabi.console.assets import Assets

ZIPPED = [(b"accept-encoding", b"gzip, deflate, br")]
PAGE = "<!doctype html><title>\N{FIREWORKS}</title>" + " " * 1000
SCRIPT = "export {};\n"


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "static"
    (folder / "pages").mkdir(parents=True)
    (folder / "index.html").write_text(PAGE)
    (folder / "pages" / "a-page.js").write_text(SCRIPT)
    (folder / "dot.svg").write_text("<svg/>")
    (folder / "secret.txt").write_text("not given out")
    (tmp_path / "above.js").write_text("not given out")
    return folder


@pytest.fixture
def api(make_api, folder):
    return make_api(assets=Assets(folder))


def get(api, path, headers=()):
    return api.call("GET", path, key=None, headers=headers)


@pytest.mark.parametrize(
    ("path", "media_type", "content"),
    [
        ("/", "text/html; charset=utf-8", PAGE),
        ("/console/pages/a-page.js", "text/javascript; charset=utf-8", SCRIPT),
        ("/console/dot.svg", "image/svg+xml", "<svg/>"),
    ],
)
def test_a_file_is_served_without_a_key_and_a_page_under_a_strict_policy(
    api, path, media_type, content
):
    reply = get(api, path)
    assert (reply.status, reply.body.decode()) == (200, content)
    headers = {name: reply.headers[name] for name in reply.headers if not name.startswith("x-req")}
    etag = headers.pop("etag")
    assert re.fullmatch(r'"[0-9a-f]{16}"', etag)
    every = {
        "content-type": media_type,
        "content-length": str(len(content.encode())),
        "x-content-type-options": "nosniff",
        "cache-control": "no-cache",
        "vary": "accept-encoding",
    }
    policy = {
        "content-security-policy": "default-src 'self'; base-uri 'none'; form-action 'self';"
        " frame-ancestors 'none'; object-src 'none'",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
    }
    assert headers == (every if path.endswith(".js") else every | policy)


def test_a_file_goes_out_compressed_where_that_is_accepted(api):
    plain, zipped = get(api, "/"), get(api, "/", ZIPPED)
    assert gzip.decompress(zipped.body) == plain.body
    assert len(zipped.body) < len(plain.body) / 5
    assert zipped.headers["content-encoding"] == "gzip"
    assert zipped.headers["etag"] != plain.headers["etag"]
    kept = {"content-security-policy", "x-content-type-options", "vary", "content-type"}
    assert all(zipped.headers[name] == plain.headers[name] for name in kept)


@pytest.mark.parametrize(
    ("fields", "accepted"),
    [
        ([], False),
        (["gzip"], True),
        (["br, GZip;q=0.5"], True),
        (["br", "gzip"], True),
        (["*"], True),
        (["gzip;q=0"], False),
        (["gzip;q=0, *"], False),
        (["*;q=0"], False),
        (["identity"], False),
        (["x-gzip-like"], False),
        (["gzip;q=nonsense"], False),
        (["gzip ; q=1.0"], True),
        (["", ",,"], False),
    ],
)
def test_who_accepts_gzip(fields, accepted):
    assert accepts_gzip(fields) is accepted


@pytest.mark.parametrize("accepted", [[], ZIPPED])
def test_a_file_that_has_not_changed_is_not_sent_again(api, accepted):
    etag = get(api, "/", accepted).headers["etag"].encode()
    for known in (etag, b"W/" + etag, b'"other", ' + etag):
        reply = get(api, "/", [*accepted, (b"if-none-match", known)])
        assert (reply.status, reply.body) == (304, b"")
        assert reply.headers["etag"].encode() == etag
        assert "content-security-policy" in reply.headers
    other = [] if accepted else ZIPPED
    assert get(api, "/", [*other, (b"if-none-match", etag)]).status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/console/",
        "/console/none.js",
        "/console/pages",
        "/console/pages/",
        "/console/secret.txt",
        "/console/../above.js",
        "/console/pages/../../above.js",
        "/console/pages/../dot.svg",
        "/console//pages/a-page.js",
        "/console//etc/passwd",
        "/console/..\\above.js",
        "/console/dot.svg\0",
        "/console/DOT.svg",
        "/console",
        "/index.html",
    ],
)
def test_nothing_else_is_given_out(api, path):
    reply = get(api, path)
    assert (reply.status, reply.json) == (404, {"detail": "Not Found"})


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_files_are_only_read(api, method):
    assert api.call(method, "/", key=None).status == 405
    assert api.call(method, "/console/dot.svg", key=None).status == 405


def test_a_package_without_a_console_still_serves_the_api(make_api, tmp_path):
    api = make_api(assets=Assets(tmp_path / "none"))
    assert get(api, "/").status == 404
    assert api.call("GET", "/v1/models").status == 200
