"""What HF transformers makes of long prompts: python long_prompts_side.py WEIGHTS TASK FOLDER.

It runs in the reference environment, in float32 on one thread of the CPU. TASK is a JSON file:

    text: the text whose beginnings are the prompts, each with the model's BOS in front
    lengths: the prompts' lengths in tokens, BOS among them
    new_tokens: how far each is gone on from greedily

FOLDER receives `long.npz` and `long.json`:

    ids         int64[longest]
    chosen      float32[longest - 1], the logprob of each token but the first
    favourites  int64[longest - 1], the most likely token in the place of each but the first

    config: what transformers took from the file's keys
    greedy: for each length {tokens, logprobs, margins}; a margin is how far the most likely
        token's logprob is above the second's
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

ROWS = 250
"""Rows of logits at a time: those of 5,000 tokens would be 5 GB with a vocabulary of 262,144."""


class Transformers:
    """The model and the tokenizer that one GGUF holds."""

    def __init__(self, weights: Path) -> None:
        """Load both."""
        place = {"pretrained_model_name_or_path": weights.parent, "gguf_file": weights.name}
        self.model = AutoModelForCausalLM.from_pretrained(**place, dtype=torch.float32).eval()
        self.tokenizer = AutoTokenizer.from_pretrained(**place)

    def ids(self, text: str) -> list[int]:
        """The tokens of a text, with BOS."""
        ids = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        return [self.tokenizer.bos_token_id, *ids]

    @torch.no_grad()
    def rows(self, ids: list[int], first: int) -> list[torch.Tensor]:
        """Logprobs after token `first` and each later one; float64[at most ROWS, vocabulary]."""
        states = self.model.base_model(torch.tensor([ids])).last_hidden_state[0, first:]
        return [
            torch.log_softmax(self.model.lm_head(piece).double(), -1)
            for piece in states.split(ROWS)
        ]

    @torch.no_grad()
    def go_on(self, prompt: list[int], new_tokens: int) -> list[int]:
        """The most likely token, again and again."""
        whole = self.model.generate(
            torch.tensor([prompt]),
            attention_mask=torch.ones(1, len(prompt), dtype=torch.int64),
            do_sample=False,
            min_new_tokens=new_tokens,
            max_new_tokens=new_tokens,
        )
        return whole[0, len(prompt) :].tolist()

    def greedy(self, prompt: list[int], new_tokens: int) -> dict[str, list]:
        """The reply, and its figures from a computation of the whole text without a cache."""
        tokens = self.go_on(prompt, new_tokens)
        rows = torch.cat(self.rows(prompt + tokens[:-1], len(prompt) - 1))
        best = rows.topk(2)
        assert best.indices[:, 0].tolist() == tokens, "transformers' own cache changes its reply"
        return {
            "tokens": tokens,
            "logprobs": best.values[:, 0].tolist(),
            "margins": (best.values[:, 0] - best.values[:, 1]).tolist(),
        }


def main(weights: Path, task: dict, folder: Path) -> None:
    """Do the task."""
    torch.set_num_threads(1)
    reference = Transformers(weights)
    ids = reference.ids(task["text"])[: max(task["lengths"])]
    assert len(ids) == max(task["lengths"]), "the text is too short"
    chosen, favourites, place = [], [], 1
    for rows in reference.rows(ids[:-1], 0):
        following = torch.tensor(ids[place : place + len(rows)])
        chosen.append(rows.gather(1, following[:, None])[:, 0].float().numpy())
        favourites.append(rows.argmax(1).numpy())
        place += len(rows)
    np.savez(
        folder / "long.npz",
        ids=ids,
        chosen=np.concatenate(chosen),
        favourites=np.concatenate(favourites),
    )
    answers = {
        "config": reference.model.config.to_dict(),
        "greedy": {
            length: reference.greedy(ids[:length], task["new_tokens"]) for length in task["lengths"]
        },
    }
    (folder / "long.json").write_text(json.dumps(answers))


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text()), Path(sys.argv[3]))
