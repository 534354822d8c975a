"""lm-eval, run by its command line as a person runs it, on the two tasks in `tasks/`."""

import json
import shutil
from pathlib import Path
from typing import NamedTuple

from .environment import run

TASKS = Path(__file__).parent / "tasks"


class Evaluation(NamedTuple):
    """What a run of lm-eval found.

    Attributes:
        scores: task -> metric -> value.
        replies: task -> for each question, in order, what the model was asked and replied:
            (loglikelihood, whether it is greedy) for each choice, or the texts generated.
    """

    scores: dict[str, dict[str, float]]
    replies: dict[str, list[list]]


def evaluate(
    folder: Path, kind: str, tasks: tuple[str, ...], batch_size: int, key: str = "", **settings
) -> Evaluation:
    """Run lm-eval.

    Args:
        folder: a new folder for all that it writes.
        kind: lm-eval's name of what is evaluated: `hf`, `local-completions`.
        tasks: names of files in TASKS.
        batch_size: the most questions in a request.
        key: the API key.
        settings: lm-eval's --model_args.
    """
    for path in TASKS.iterdir():  # the tasks name their data from the working folder
        shutil.copy(path, folder)
    run(
        folder,
        "lm_eval",
        *("--model", kind),
        *("--model_args", ",".join(f"{name}={value}" for name, value in settings.items())),
        *("--tasks", ",".join(tasks)),
        *("--include_path", folder),
        *("--batch_size", str(batch_size)),
        *("--output_path", folder / "results"),
        *("--device", "cpu"),
        "--log_samples",
        OPENAI_API_KEY=key,
    )
    (results,) = (folder / "results").rglob("results_*.json")
    scores = json.loads(results.read_text())["results"]
    return Evaluation(
        {task: _numbers(scores[task]) for task in tasks},
        {task: _replies(folder, task) for task in tasks},
    )


def _numbers(scores: dict) -> dict[str, float]:
    """The metrics of a task, without its name and labels."""
    return {name: value for name, value in scores.items() if isinstance(value, int | float)}


def _replies(folder: Path, task: str) -> list[list]:
    """The replies that a run logged, in the order of the questions."""
    (path,) = (folder / "results").rglob(f"samples_{task}_*.jsonl")
    samples = [json.loads(line) for line in path.read_text().splitlines()]
    return [sample["resps"] for sample in sorted(samples, key=lambda sample: sample["doc_id"])]
