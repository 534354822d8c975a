def test_health(api):
    reply = api.call("GET", "/health", key=None)
    assert (reply.status, reply.json) == (200, {"status": "ok"})


def test_draining(api):
    api.dependencies.drain.begin()
    reply = api.call("GET", "/health", key=None)
    assert (reply.status, reply.json) == (200, {"status": "draining"})
    reply = api.call("GET", "/ready")
    assert (reply.status, reply.json) == (503, {"status": "draining"})
    assert reply.headers["retry-after"] == "5"


def test_ready(api):
    reply = api.call("GET", "/ready")
    assert (reply.status, reply.json) == (200, {"status": "ready"})
    assert api.call("GET", "/ready", key=None).status == 401
