def test_health(api):
    reply = api.call("GET", "/health", key=None)
    assert (reply.status, reply.json) == (200, {"status": "ok"})


def test_draining(api):
    api.dependencies.drain.begin()
    reply = api.call("GET", "/health", key=None)
    assert (reply.status, reply.json) == (503, {"status": "draining"})
