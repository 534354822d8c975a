import json
import shutil
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from hanabi.registry.bundled import find_weights

from ..e2e.api import Api  # noqa: TID252 - tests/ is not on the path
from ..e2e.server import Server  # noqa: TID252 - tests/ is not on the path
from .compared import FLOAT32
from .environment import ROOT, run
from .evaluation import evaluate
from .texts import CORPUS, NEW_TOKENS, PROMPTS, TEXTS, TOKENS

HERE = Path(__file__).parent
CACHE = ROOT / ".cache" / "reference"
FLAGS = ("--slots", "8", "--context", "1024", "--kv-memory", "512M")


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture(scope="session")
def float32(tmp_path_factory):
    """The bundled model's weights in float32; half a GB, kept between runs."""
    writer, source = HERE / "weights.py", find_weights()
    made_from = sha256(writer.read_bytes() + source.read_bytes()).hexdigest()[:16]
    target = CACHE / made_from / "float32.gguf"
    if not target.exists():
        shutil.rmtree(CACHE, ignore_errors=True)  # those of earlier weights, or another writer
        target.parent.mkdir(parents=True)
        unfinished = target.with_suffix(".part")
        run(tmp_path_factory.mktemp("weights"), "python", writer, source, unfinished)
        unfinished.rename(target)
    return target


@pytest.fixture(scope="session")
def reference(float32, tmp_path_factory):
    """The folder of all that transformers computed; see transformers_side.py."""
    folder = tmp_path_factory.mktemp("transformers")
    task = {
        "texts": TEXTS,
        "tokens": TOKENS,
        "prompts": PROMPTS,
        "new_tokens": NEW_TOKENS,
        "corpus": CORPUS,
    }
    (folder / "task.json").write_text(json.dumps(task))
    run(folder, "python", HERE / "transformers_side.py", float32, folder / "task.json", folder)
    return folder


@pytest.fixture(scope="session")
def answers(reference):
    return json.loads((reference / "answers.json").read_text())


@pytest.fixture(params=sorted(TEXTS))
def scored(request, reference):
    """A text as transformers scored it: ids and logprobs."""
    with np.load(reference / f"{request.param}.npz") as arrays:
        yield {"name": request.param, "ids": arrays["ids"], "logprobs": arrays["logprobs"]}


@pytest.fixture(scope="session")
def server(float32, tmp_path_factory):
    """Serves the float32 weights, and the bundled model beside them."""
    server = Server(tmp_path_factory.mktemp("server"), "--model", str(float32), *FLAGS)
    yield server
    server.stop()


@pytest.fixture
async def api(server):
    async with Api(server) as api:
        yield api


@pytest.fixture(scope="session")
def by_transformers(float32, tmp_path_factory):
    """What lm-eval finds with transformers."""
    return evaluate(
        tmp_path_factory.mktemp("lm-eval"),
        "hf",
        ("choices", "answers"),
        1,
        pretrained=float32.parent,
        gguf_file=float32.name,
        dtype="float32",
    )


@pytest.fixture(scope="session")
def by_server(server, reference, tmp_path_factory):
    """What lm-eval finds through the server: by whether requests are token ids, and batch size."""
    found = {}

    def find(tokenized, batch_size):
        if (tokenized, batch_size) not in found:
            found[tokenized, batch_size] = evaluate(
                tmp_path_factory.mktemp("lm-eval"),
                "local-completions",
                ("choices", "answers"),
                batch_size,
                server.key,
                model=FLOAT32,
                base_url=f"{server.url}/inference/v1/completions",
                tokenizer=reference / "tokenizer",
                tokenizer_backend="huggingface",
                tokenized_requests=tokenized,
            )
        return found[tokenized, batch_size]

    return find
