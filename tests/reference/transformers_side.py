"""What HF transformers makes of a GGUF: python transformers_side.py WEIGHTS TASK FOLDER.

It runs in the reference environment, in float32 on one thread of the CPU. TASK is a JSON file:

    texts: name -> text; tokens: how many ids of each are scored
    prompts: texts to go on from greedily; new_tokens: how far
    corpus: texts that are tokenised

FOLDER receives `<name>.npz` for each text, `answers.json` and, in `tokenizer`, the tokenizer:

    ids       int64[tokens]
    logprobs  float32[tokens, vocabulary]; row i is of the token after token i

    greedy: for each prompt {prompt, tokens, logprobs, margins}; a margin is how far the most
        likely token's logprob is above the second's
    corpus: for each text its ids
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from tokenizers import pre_tokenizers
from transformers import AutoModelForCausalLM, AutoTokenizer


class Transformers:
    """The model and the tokenizer that one GGUF holds."""

    def __init__(self, weights: Path) -> None:
        """Load both."""
        place = {"pretrained_model_name_or_path": weights.parent, "gguf_file": weights.name}
        self.model = AutoModelForCausalLM.from_pretrained(**place, dtype=torch.float32).eval()
        self.tokenizer = AutoTokenizer.from_pretrained(**place)
        # The file says `tokenizer.ggml.pre: smollm`: each digit by itself, then GPT-2's rule.
        # transformers reads the second part alone, and so joins a space to ½, ² or ٣.
        self.tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Digits(individual_digits=True),
                pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
            ]
        )

    def ids(self, text: str) -> list[int]:
        """The tokens of plain text, without BOS."""
        return self.tokenizer(text, add_special_tokens=False)["input_ids"]

    @torch.no_grad()
    def logprobs(self, ids: list[int]) -> torch.Tensor:
        """float64[len(ids), vocabulary]; row i is of the token after token i."""
        return torch.log_softmax(self.model(torch.tensor([ids])).logits[0].double(), -1)

    def go_on(self, prompt: str, new_tokens: int) -> dict[str, list]:
        """The most likely token, again and again, each from a computation of the whole text."""
        ids = self.ids(prompt)
        answer = {"prompt": ids, "tokens": [], "logprobs": [], "margins": []}
        for _ in range(new_tokens):
            best = self.logprobs(ids + answer["tokens"])[-1].topk(2)
            answer["tokens"].append(int(best.indices[0]))
            answer["logprobs"].append(float(best.values[0]))
            answer["margins"].append(float(best.values[0] - best.values[1]))
            if answer["tokens"][-1] == self.tokenizer.eos_token_id:
                break
        return answer


def main(weights: Path, task: dict, folder: Path) -> None:
    """Do the task."""
    torch.set_num_threads(1)
    reference = Transformers(weights)
    reference.tokenizer.save_pretrained(folder / "tokenizer")
    for name, text in task["texts"].items():
        ids = reference.ids(text)[: task["tokens"]]
        rows = reference.logprobs(ids).float().numpy()
        np.savez(folder / f"{name}.npz", ids=ids, logprobs=rows)
    answers = {
        "greedy": [reference.go_on(prompt, task["new_tokens"]) for prompt in task["prompts"]],
        "corpus": [reference.ids(text) for text in task["corpus"]],
    }
    (folder / "answers.json").write_text(json.dumps(answers))


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text()), Path(sys.argv[3]))
