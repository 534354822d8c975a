"""The early client's classes: every call with a client of its own, and the module's key."""

from fireworks.client.call import Call, ReplyT
from fireworks.client.chat import ChatCompletions
from fireworks.client.clients import Fireworks
from fireworks.client.completions import Completions
from fireworks.client.exchange import ChunkT
from fireworks.client.models import Models
from fireworks.client.stream import AsyncStream, Stream


class _ClientPerCall:
    """Sends each call with a client that is made for it."""

    def fetch(self, call: Call[ReplyT]) -> ReplyT:
        with Fireworks() as client:
            return client.fetch(call)

    def stream(self, call: Call[ReplyT], chunk: type[ChunkT]) -> Stream[ChunkT, ReplyT]:
        return Fireworks().stream(call, chunk, last=True)

    async def afetch(self, call: Call[ReplyT]) -> ReplyT:
        return await Fireworks().afetch(call)

    def astream(self, call: Call[ReplyT], chunk: type[ChunkT]) -> AsyncStream[ChunkT, ReplyT]:
        return Fireworks().astream(call, chunk)


Completion = Completions(_ClientPerCall())
ChatCompletion = ChatCompletions(_ClientPerCall())
Model = Models(_ClientPerCall())
