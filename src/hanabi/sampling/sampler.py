"""From logits to tokens: the state of each choice, and one step of all of them.

The order of the steps, stated here and nowhere else:

1. Logprob rows are taken from the raw logits, before any of the following (api.md, decision 4).
2. `logit_bias`, then `repetition_penalty`, then `frequency_penalty` and `presence_penalty`: the
   order of vLLM, and as far as it has them of Hugging Face transformers.
3. `temperature`; at 0 the greatest logit of step 2 is taken (ties: the lowest id), no random
   number is used, and the following steps do not apply.
4. `top_k`, `top_p`, `min_p`, `typical_p`, each over what the one before has left: the order of
   Hugging Face transformers (`GenerationMixin._get_logits_processor`), which has all four, so
   that a request means what it means there. (llama.cpp has typical_p before top_p; vLLM has
   min_p before top_k, and no typical_p.) It is also the cheap order: typical_p, which needs the
   entropy and a sort of all that reaches it, comes last.
5. With `mirostat_target`, mirostat takes the place of all of step 4, as in llama.cpp: it sets its
   own cut by what was drawn before, and another one below it would spoil what it learns.
6. One random number in [0, 1) chooses among what is left, by the renormalised probabilities.
"""

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from hanabi.sampling.candidates import Candidates, scored
from hanabi.sampling.filters import min_p, top_k, top_p, typical_p
from hanabi.sampling.logits_error import require_finite
from hanabi.sampling.logprobs import row_of
from hanabi.sampling.mirostat import Mirostat
from hanabi.sampling.occurrences import Occurrences
from hanabi.sampling.params import SamplingParams
from hanabi.sampling.processors import bias, count_penalties, repetition_penalty
from hanabi.sampling.row import Row

_FLOAT32_MAX = float(np.finfo(np.float32).max)


class Sampled(msgspec.Struct, frozen=True):
    """What one step chose for one choice.

    Attributes:
        token: the id.
        row: its logprobs, where they were asked for.
    """

    token: int
    row: Row | None


class Sampler:
    """The state of one choice: its stream of random numbers, and what it has sampled so far.

    Attributes:
        params: how it chooses.
    """

    def __init__(self, params: SamplingParams, prompt: Sequence[int] = (), choice: int = 0) -> None:
        """Start a choice.

        Args:
            params: valid options; the ids of `logit_bias` lie in the vocabulary.
            prompt: the prompt's tokens, which only the repetition penalty looks at.
            choice: the choice's index. The random numbers of a seeded choice are a function of
                (seed, choice) alone; without a seed they are fresh.
        """
        self.params = params
        stream = np.random.SeedSequence(params.seed, spawn_key=(choice,))
        self._random = np.random.default_rng(stream)
        self._bias_ids = np.array(list(params.logit_bias), dtype=np.intp)
        self._bias = np.array(list(params.logit_bias.values()), dtype=np.float64)
        self._occurrences: Occurrences | None = None
        if params.repetition_penalty != 1.0:
            self._occurrences = Occurrences(prompt)
        elif params.frequency_penalty or params.presence_penalty:
            self._occurrences = Occurrences()
        self._mirostat: Mirostat | None = None
        if params.mirostat_target is not None:
            self._mirostat = Mirostat(params.mirostat_target, params.mirostat_lr)

    @property
    def processes(self) -> bool:
        """Whether step 2 changes the logits."""
        return self._occurrences is not None or self._bias_ids.size > 0

    def processed(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        """Do step 2: return `logits` [vocab] themselves where it changes nothing, else a copy."""
        if not self.processes:
            return logits
        logits = logits.copy()
        if self._bias_ids.size:
            _put(logits, self._bias_ids, bias(_take(logits, self._bias_ids), self._bias))
        seen = self._occurrences
        if seen is not None:
            values = repetition_penalty(_take(logits, seen.ids), self.params.repetition_penalty)
            values = count_penalties(
                values,
                seen.counts,
                frequency=self.params.frequency_penalty,
                presence=self.params.presence_penalty,
            )
            _put(logits, seen.ids, values)
        return logits

    def candidates(self, logits: NDArray[np.float32]) -> Candidates:
        """Do steps 2 to 5: return the distribution that the next token is drawn from.

        `logits` [vocab] are only read. Changes nothing; temperature 0 leaves one token.
        """
        params = self.params
        logits = self.processed(logits)
        if params.temperature == 0:
            return Candidates(np.array([logits.argmax()]), np.zeros(1, np.float32))
        left = scored(logits, params.temperature)
        if self._mirostat is not None:
            return left.only(self._mirostat.kept(left.scores))
        if 0 < params.top_k < left.scores.size:
            left = left.only(top_k(left.scores, params.top_k))
        if params.top_p < 1:
            left = left.only(top_p(left.scores, params.top_p))
        if params.min_p > 0:
            left = left.only(min_p(left.scores, params.min_p))
        if params.typical_p < 1:
            left = left.only(typical_p(left.scores, params.typical_p))
        return left

    def draw(self, logits: NDArray[np.float32]) -> tuple[int, float]:
        """Do steps 2 to 6: return a token and its log-probability under what it was drawn from.

        Uses exactly one random number, and none at temperature 0.
        """
        if self.params.temperature == 0:
            return int(self.processed(logits).argmax()), 0.0
        return self.candidates(logits).draw(self._random.random())

    def observe(self, token: int, logprob: float) -> None:
        """Take note that `token` was drawn, with `logprob` as `draw` returned it."""
        if self._occurrences is not None:
            self._occurrences.add(token)
        if self._mirostat is not None:
            self._mirostat.learn(logprob)


def sample(
    logits: NDArray[np.float32],
    samplers: Sequence[Sampler],
    logprobs: Sequence[int | None],
) -> list[Sampled]:
    """Choose the next token of each choice, and advance the samplers.

    What a choice gets does not depend on its neighbours, not in the last bit.

    Args:
        logits: [rows, vocab], only read and not kept.
        samplers: [rows], one for each row.
        logprobs: [rows], how many alternatives each row's Row lists; None for no Row.

    Raises LogitsError, before any sampler has advanced, when a row has no finite greatest logit.
    """
    best = logits.argmax(axis=1)
    require_finite(logits[np.arange(len(logits)), best])
    sampled = []
    for row, greedy, sampler, count in zip(logits, best, samplers, logprobs, strict=True):
        if sampler.params.temperature == 0 and not sampler.processes:
            token, logprob = int(greedy), 0.0
        else:
            token, logprob = sampler.draw(row)
        sampler.observe(token, logprob)
        sampled.append(
            Sampled(token, None if count is None else row_of(row, token, count, logprob))
        )
    return sampled


def _take(logits: NDArray[np.float32], ids: NDArray[np.intp]) -> NDArray[np.float64]:
    return logits[ids].astype(np.float64)


def _put(logits: NDArray[np.float32], ids: NDArray[np.intp], values: NDArray[np.float64]) -> None:
    # Finite, so that a row whose greatest logit was finite stays so; as a weight it is still 0.
    logits[ids] = values.clip(-_FLOAT32_MAX, _FLOAT32_MAX)
