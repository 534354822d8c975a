import http.client
import json
import logging
from concurrent.futures import ThreadPoolExecutor

import pytest

TOKEN = "hanabi-test-token"


def sign_in(api, body, key=None):
    return api.call("POST", "/console/sign-in", body, key=key)


def test_the_link_is_good_once(api, admin_key):
    reply = sign_in(api, {"token": TOKEN})
    assert (reply.status, reply.json) == (200, {"api_key": admin_key})
    assert reply.headers["cache-control"] == "no-store"
    again = sign_in(api, {"token": TOKEN})
    assert again.status == 401
    assert "good once" in again.error["message"]
    assert "restart the server" in again.error["message"]
    assert admin_key not in again.body.decode()


@pytest.mark.parametrize("token", ["", "x", TOKEN + "x", TOKEN[:-1], "\N{SNOWMAN}", "\0"])
def test_a_wrong_token_does_not_spend_the_right_one(api, admin_key, token):
    assert sign_in(api, {"token": token}).status == 401
    assert sign_in(api, {"token": TOKEN}, key="nonsense").json == {"api_key": admin_key}


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b'{"token": null}', b'{"token": "\\ud800"}', b'{"token": "\xff"}']
)
def test_what_is_no_token_is_refused(api, body):
    assert sign_in(api, body).status == 400
    assert sign_in(api, {"token": TOKEN}).status == 200


def test_long_bodies_are_not_read(api):
    assert sign_in(api, {"token": "x" * 101}).status == 400
    assert sign_in(api, {"token": "x" * 2000}).status == 413


def test_a_link_cannot_be_followed_by_get(api):
    assert api.call("GET", f"/console/sign-in?token={TOKEN}", key=None).status in (404, 405)
    assert sign_in(api, {"token": TOKEN}).status == 200


def test_of_many_at_once_one_gets_in(api, serve):
    port = serve(api.app)

    def attempt(_):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("POST", "/console/sign-in", json.dumps({"token": TOKEN}))
        status = connection.getresponse().status
        connection.close()
        return status

    with ThreadPoolExecutor(16) as threads:
        assert sorted(threads.map(attempt, range(64))) == [200] + [401] * 63


@pytest.mark.parametrize("host", [b"evil.example", b"localhost.evil.example", b""])
def test_a_page_of_another_site_cannot_spend_it(make_api, host):
    api = make_api(allowed_hosts=())
    body, path = {"token": TOKEN}, "/console/sign-in"
    assert api.call("POST", path, body, key=None, headers=[(b"host", host)]).status == 403
    headers = [(b"host", b"localhost:8000")]
    assert api.call("POST", path, body, key=None, headers=headers).status == 200


def test_the_log_tells_the_route_and_no_secret(api, admin_key, caplog):
    caplog.set_level(logging.DEBUG)
    sign_in(api, {"token": TOKEN})
    sign_in(api, {"token": TOKEN})
    told = [vars(record) for record in caplog.records if record.message == "request"]
    assert [record["route"] for record in told] == ["/console/sign-in"] * 2
    assert TOKEN not in repr(told)
    assert admin_key not in repr(told)
