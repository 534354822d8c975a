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

import math
from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from hanabi.sampling.candidates import Candidates, above, all_of, some_of
from hanabi.sampling.distribution import Distribution
from hanabi.sampling.filters import min_p, top_p, typical_p
from hanabi.sampling.logits_error import require_finite
from hanabi.sampling.logprobs import row_of
from hanabi.sampling.mirostat import Mirostat
from hanabi.sampling.occurrences import Occurrences
from hanabi.sampling.params import SamplingParams
from hanabi.sampling.processors import bias, count_penalties, repetition_penalty
from hanabi.sampling.ranking import greatest
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
            params, values = self.params, _take(logits, seen.ids)
            if params.repetition_penalty != 1.0:
                values = repetition_penalty(values, params.repetition_penalty)
            if params.frequency_penalty or params.presence_penalty:
                values = count_penalties(
                    values,
                    seen.counts,
                    frequency=params.frequency_penalty,
                    presence=params.presence_penalty,
                )
            _put(logits, seen.ids, values)
        return logits

    def candidates(self, raw: NDArray[np.float32] | Distribution) -> Candidates:
        """Do steps 2 to 5: return the distribution that the next token is drawn from.

        `raw` are the logits [vocab], only read, or what was made of them. Changes nothing;
        temperature 0 leaves one token.
        """
        params = self.params
        distribution = raw if isinstance(raw, Distribution) else Distribution(raw)
        if self.processes:
            distribution = Distribution(self.processed(distribution.logits))
        if params.temperature == 0:
            best = distribution.logits.argmax()
            return Candidates(np.array([best]), np.zeros(1, np.float32))
        if self._mirostat is not None:
            left = all_of(distribution, params.temperature)
            return left.only(self._mirostat.kept(left.scores, left.weights))
        left = self._start(distribution)
        if params.top_p < 1:
            left = left.only(top_p(left.scores, params.top_p, left.weights))
        if params.min_p > 0:
            left = left.only(min_p(left.scores, params.min_p))
        if params.typical_p < 1:
            left = left.only(typical_p(left.scores, params.typical_p, left.weights))
        return left

    def _start(self, distribution: Distribution) -> Candidates:
        """Do step 3 and top_k, and leave out what min_p drops where it is the first filter.

        These two need no probabilities, so that most of the vocabulary is only compared.
        """
        params = self.params
        if 0 < params.top_k < distribution.logits.size:
            # Temperature keeps the order of the logits.
            ids = greatest(distribution.logits, params.top_k)
            return some_of(distribution, ids, params.temperature)
        if params.top_p == 1 and params.min_p > 0:
            return above(distribution, math.log(params.min_p), params.temperature)
        return all_of(distribution, params.temperature)

    def draw(self, raw: NDArray[np.float32] | Distribution) -> tuple[int, float]:
        """Do steps 2 to 6: return a token and its log-probability under what it was drawn from.

        `raw` is that of `candidates`. Uses exactly one random number, and none at temperature 0.
        """
        if self.params.temperature == 0:
            logits = raw.logits if isinstance(raw, Distribution) else raw
            return int(self.processed(logits).argmax()), 0.0
        return self.candidates(raw).draw(self._random.random())

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
    for row, greedy, sampler, count in zip(logits, best.tolist(), samplers, logprobs, strict=True):
        raw = Distribution(row, greedy)
        if sampler.params.temperature == 0 and not sampler.processes:
            token, logprob = greedy, 0.0
        else:
            token, logprob = sampler.draw(raw)
        sampler.observe(token, logprob)
        sampled.append(
            Sampled(token, None if count is None else row_of(raw, token, count, logprob))
        )
    return sampled


def _take(logits: NDArray[np.float32], ids: NDArray[np.intp]) -> NDArray[np.float64]:
    return logits[ids].astype(np.float64)


def _put(logits: NDArray[np.float32], ids: NDArray[np.intp], values: NDArray[np.float64]) -> None:
    # Finite, so that a row whose greatest logit was finite stays so; as a weight it is still 0.
    logits[ids] = values.clip(-_FLOAT32_MAX, _FLOAT32_MAX)
