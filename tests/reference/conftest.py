import json
import shutil
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from hanabi.registry.bundled import find_weights

from ..e2e.api import Api  # noqa: TID252 - tests/ is not on the path
from ..e2e.server import Server  # noqa: TID252 - tests/ is not on the path
from . import gemma
from .accounts import Accounts
from .compared import FLOAT32
from .environment import ROOT, run
from .evaluation import evaluate
from .texts import CORPUS, NEW_TOKENS, PROMPTS, TEXTS, TOKENS

HERE = Path(__file__).parent
CACHE = ROOT / ".cache" / "reference"
FLAGS = ("--slots", "8", "--context", "1024", "--kv-memory", "512M")
LONG_FLAGS = ("--slots", "4", "--context", "5632", "--kv-memory", "1G")


@pytest.fixture
def anyio_backend():
    return "asyncio"


def in_float32(source, target, scratch):
    """Write a GGUF's weights in float32; for the bundled model that is half a GB."""
    unfinished = target.with_suffix(".part")
    run(scratch, "python", HERE / "weights.py", source, unfinished)
    unfinished.rename(target)


@pytest.fixture(scope="session")
def float32(tmp_path_factory):
    """The bundled model's weights in float32, kept between runs."""
    source = find_weights()
    target = kept("bundled", source.read_bytes()) / "float32.gguf"
    if not target.exists():
        in_float32(source, target, tmp_path_factory.mktemp("weights"))
    return target


@pytest.fixture(scope="session")
def gemma_files(tmp_path_factory):
    """Gemma 3 270M by the names of its files: as it is published, and in float32 (1 GB)."""
    folder = kept("gemma", gemma.SHA256.encode())
    files = {name: folder / f"{name}.gguf" for name in (gemma.NAME, gemma.FLOAT32_NAME)}
    if not files[gemma.NAME].exists():
        gemma.assemble(files[gemma.NAME])
    if not files[gemma.FLOAT32_NAME].exists():
        scratch = tmp_path_factory.mktemp("weights")
        in_float32(files[gemma.NAME], files[gemma.FLOAT32_NAME], scratch)
    return files


def kept(name, made_from):
    """A folder that stays between runs, for what the writer of weights makes of these bytes."""
    digest = sha256((HERE / "weights.py").read_bytes() + made_from).hexdigest()[:16]
    folder = CACHE / name / digest
    if not folder.is_dir():
        shutil.rmtree(CACHE / name, ignore_errors=True)  # of earlier weights, or another writer
        folder.mkdir(parents=True)
    return folder


@pytest.fixture(scope="session")
def long_reference(gemma_files, tmp_path_factory):
    """What transformers makes of Gemma's long prompts; see long_prompts_side.py."""
    folder = tmp_path_factory.mktemp("transformers")
    task = {"text": gemma.TEXT, "lengths": gemma.LENGTHS, "new_tokens": gemma.NEW_TOKENS}
    (folder / "task.json").write_text(json.dumps(task))
    program = HERE / "long_prompts_side.py"
    run(folder, "python", program, gemma_files[gemma.FLOAT32_NAME], folder / "task.json", folder)
    answers = json.loads((folder / "long.json").read_text())
    with np.load(folder / "long.npz") as arrays:
        return answers | dict(arrays)


@pytest.fixture(scope="session", params=[gemma.FLOAT32_NAME, gemma.NAME])
def either_gemma(request, gemma_files, tmp_path_factory):
    """The name of one of Gemma's files, and a server of it."""
    folder = tmp_path_factory.mktemp("server")
    accounts = Accounts(folder, gemma_files[request.param], *LONG_FLAGS)
    yield request.param, accounts
    accounts.close()


@pytest.fixture(scope="session")
def gemma_accounts(gemma_files, tmp_path_factory):
    """A server of Gemma as it is published."""
    accounts = Accounts(tmp_path_factory.mktemp("server"), gemma_files[gemma.NAME], *LONG_FLAGS)
    yield accounts
    accounts.close()


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
