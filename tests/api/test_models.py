import http.client

import pytest

MODEL = "accounts/fireworks/models/fake"
ENTRY = {"id": MODEL, "object": "model", "created": 1, "owned_by": "fireworks"}


@pytest.mark.parametrize("prefix", ["/inference/v1", "/v1", "/inference/v1/v1"])
def test_list(api, prefix):
    assert api.call("GET", f"{prefix}/models").json == {"object": "list", "data": [ENTRY]}


@pytest.mark.parametrize("name", [MODEL, "fireworks/fake"])
@pytest.mark.parametrize("escaped", [False, True])
def test_one(api, serve, key, name, escaped):
    connection = http.client.HTTPConnection("127.0.0.1", serve(api.app), timeout=10)
    path = "/v1/models/" + (name.replace("/", "%2F") if escaped else name)
    connection.request("GET", path, headers={"Authorization": f"Bearer {key}"})
    assert connection.getresponse().read().decode() == (
        f'{{"id":"{MODEL}","object":"model","created":1,"owned_by":"fireworks"}}'
    )
    connection.close()


def test_none(api):
    reply = api.call("GET", "/v1/models/no/such/model")
    assert reply.status == 404
    assert reply.error["message"] == "Model not found, inaccessible, and/or not deployed"
