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


@pytest.mark.parametrize("path", ["/v1/models", f"/v1/models/{MODEL}"])
def test_more_is_told_when_asked_for(api, path):
    more = {
        "kind": "HF_BASE_MODEL",
        "supports_chat": True,
        "context_length": 100,
        "bytes": 7,
        "loaded": True,
        "style": "chatml",
        "system": "Be brief.",
        "defaults": {"top_k": 3},
        "manifest": {"defaults": {"top_k": 3}},
    }
    reply = api.call("GET", f"{path}?details=true").json
    assert (reply["data"][0] if "data" in reply else reply) == ENTRY | more
    assert api.call("GET", f"{path}?details=false").json == api.call("GET", path).json


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("details=2", 'details must be a boolean: "2"'),
        ("detail=true", "Extra inputs are not permitted, field: 'detail'"),
        ("details=true&details=true", "details may be given once only"),
        ("details=%ff", "The query must be UTF-8, percent-encoded, with at most 32 fields"),
        ("&".join("a=1" for _ in range(33)), "The query must be UTF-8"),
    ],
)
def test_a_bad_query(api, query, message):
    reply = api.call("GET", f"/v1/models?{query}")
    assert reply.status == 400
    assert reply.error["message"].startswith(message)


def test_none(api):
    reply = api.call("GET", "/v1/models/no/such/model")
    assert reply.status == 404
    assert reply.error["message"] == "Model not found, inaccessible, and/or not deployed"
