"""A streamed reply: all frames of a step in one write."""

from collections.abc import AsyncIterator

from starlette.types import Send

from hanabi.api.errors import error_body

HEADERS = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    "x-accel-buffering": "no",  # nginx would hold the frames back
}


async def send_stream(
    send: Send, frames: AsyncIterator[bytes], headers: dict[str, str], request_id: str
) -> None:
    """Send frames as they come; what goes wrong on the way becomes the stream's last frame.

    The first frames are awaited before the headers are sent: whatever fails until then is raised,
    so that the client gets a proper status.
    """
    written = await anext(frames)
    fields = [(name.encode(), value.encode()) for name, value in (HEADERS | headers).items()]
    await send({"type": "http.response.start", "status": 200, "headers": fields})
    try:
        while written:
            await send({"type": "http.response.body", "body": written, "more_body": True})
            written = await anext(frames, b"")
    except Exception as error:
        last = b"data: %b\n\n" % error_body(error, request_id)
        await send({"type": "http.response.body", "body": last, "more_body": False})
        raise
    await send({"type": "http.response.body", "body": b"", "more_body": False})
