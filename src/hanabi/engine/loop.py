"""The engine's loop: schedule, decode, sample, tell. One step serves every running sequence."""

from collections import Counter, deque
from collections.abc import Callable
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from hanabi.engine.actions import Begin, Copy, Decode, Move, Pass, Pause, Prefill, Resume, Start
from hanabi.engine.cuts import Cuts
from hanabi.engine.messages import Computed
from hanabi.engine.occupancy import Occupancy
from hanabi.engine.pieces import Pieces
from hanabi.engine.prices import Prices
from hanabi.engine.runner import Runner
from hanabi.engine.scheduler import Scheduler
from hanabi.engine.sequence import Prompt, Sequence
from hanabi.engine.slots import Slots
from hanabi.generation.events import Event, PromptEvent, TokenEvent
from hanabi.generation.request import GenerationRequest
from hanabi.sampling.logits_error import LogitsError
from hanabi.sampling.logprobs import prompt_rows
from hanabi.sampling.row import Row
from hanabi.sampling.sampler import Sampler, sample


class EngineLoop:
    """Steps a scheduler over a runner. Everything here is called by one thread."""

    def __init__(
        self,
        runner: Runner,
        *,
        token_budget: int,
        deterministic: bool = False,
        clock: Callable[[], float] = perf_counter,
    ) -> None:
        """Take the model to run, the settings of EngineConfig, and the seconds of a clock."""
        self._runner = runner
        self._clock = clock
        self._prices = Prices()
        pieces = runner.pieces
        can_cut = runner.cuts is not Cuts.NOWHERE
        if not can_cut:  # no prompt has a piece as long as this: nothing is reused
            pieces = Pieces(runner.context_length + 1, pieces.tile, tiles_from=0, tiles_to=0)
        self._scheduler = Scheduler(
            slots=Slots(runner.slots, pieces, runner.cuts),
            context_length=runner.context_length,
            token_budget=token_budget,
            max_outputs=runner.max_outputs,
            max_chunk=runner.max_chunk,
            prices=self._prices,
            exact_cuts=runner.exact_cuts and can_cut,
            deterministic=deterministic,
        )
        self._starts: deque[Start] = deque()
        self._events: dict[int, list[Event]] = {}
        self._failures: dict[int, str] = {}
        self._prefilled: Counter[int] = Counter()
        self._begun: list[int] = []
        self._prompt_tokens = 0
        self._generated_tokens = 0
        self._cached_tokens = 0
        self._hits = self._misses = 0
        self._drafted_tokens = self._accepted_tokens = 0

    @property
    def has_work(self) -> bool:
        """Whether a step would do anything."""
        return self._scheduler.has_work or bool(self._starts)

    def submit(self, request_id: int, request: GenerationRequest) -> None:
        """Queue a request."""
        self._scheduler.submit(request_id, request)

    def cancel(self, request_id: int, choice: int | None = None) -> None:
        """Drop a choice, or the whole request; its slots are free at the next step."""
        self._starts.extend(self._scheduler.cancel(request_id, choice))

    def plan(self) -> list[Pass]:
        """Start what can start and lay out the next step, whose slots are then fit for it."""
        for change in self._scheduler.rebalance():
            self._carry_out(change)
        for start in self._scheduler.admit():
            self._carry_out(start)
        self._run_starts()
        for move in self._scheduler.compact():
            self._move(move)
        plan = self._scheduler.plan()
        for begin in plan.begins:
            self._begin(begin)
        return plan.passes

    def run(self, pass_: Pass) -> None:
        """Decode one pass of a plan; each is run once, in order."""
        began = self._clock()
        logits = self._runner.decode(pass_.chunks)
        if pass_.is_of_one and logits is not None:
            self._prices.note(len(pass_.chunks[0].tokens) - 1, self._clock() - began)
        if logits is None:
            self._roll_back(pass_)
        elif not pass_.decodes:
            self._take_prefills(pass_.prefills, logits)
        elif pass_.has_draft:
            (decode,) = pass_.decodes
            self._verify(decode, logits)
        else:
            self._sample_decodes(pass_.decodes, logits)

    def events(self) -> list[tuple[int, list[Event]]]:
        """What has happened since the last call, by request."""
        events, self._events = self._events, {}
        return list(events.items())

    def failures(self) -> list[tuple[int, str]]:
        """The requests that have ended with an error since the last call, and why.

        The events that they have from before have been told, or are in the next `events`.
        """
        failures, self._failures = self._failures, {}
        return list(failures.items())

    def prefilled(self) -> list[tuple[int, int]]:
        """The tokens of prompts that were computed since the last call, by request.

        Each token that was decoded is told, also for a request that has failed since.
        """
        prefilled, self._prefilled = self._prefilled, Counter()
        return list(prefilled.items())

    def begun(self) -> list[int]:
        """The requests of which a prompt was planned for the first time since the last call."""
        begun, self._begun = self._begun, []
        return begun

    @property
    def total(self) -> Computed:
        """What has been computed so far; the events and `prefilled` tell of every token of it."""
        return Computed(
            self._prompt_tokens,
            self._generated_tokens,
            self._cached_tokens,
            self._hits,
            self._misses,
            self._drafted_tokens,
            self._accepted_tokens,
        )

    @property
    def occupancy(self) -> Occupancy:
        """How much is under way."""
        return self._scheduler.occupancy

    def _carry_out(self, change: Pause | Resume | Copy | Start) -> None:
        """Change what slots hold, and note who starts."""
        match change:
            case Copy(source, target, kept):
                if kept is not None:
                    self._runner.trim(source, kept)
                self._runner.copy(source, target)
            case Pause(sequence, slot):
                sequence.saved = self._runner.save(slot)
            case Resume(sequence, slot):
                if sequence.saved is None:
                    raise AssertionError
                self._runner.restore(slot, sequence.saved)
                sequence.saved = None
                if not sequence.generated:  # it inherited its sibling's prompt
                    self._starts.append(Start(sequence, slot, slot))
            case Start():
                self._starts.append(change)

    def _move(self, move: Move) -> None:
        """Put a sequence into another slot, and what was there into its own."""
        source, target, kept = move
        if not kept:
            self._runner.copy(source, target)
            return
        self._runner.trim(target, kept)
        exchanged = self._runner.save(target)
        self._runner.copy(source, target)
        self._runner.restore(source, exchanged)

    def _begin(self, begin: Begin) -> None:
        """Make a slot ready for a prompt: it holds what is reused of others, and nothing else."""
        prompt, source, slot = begin
        if source != slot:
            self._runner.copy(source, slot)
        self._runner.trim(slot, prompt.cached)
        self._begun.append(prompt.request_id)

    def _roll_back(self, pass_: Pass) -> None:
        """Forget what an aborted decode may have stored: the next plan computes it again."""
        for chunk in pass_.chunks:
            self._runner.trim(chunk.slot, chunk.start)

    def _sample_decodes(self, decodes: list[Decode], logits: NDArray[np.float32]) -> None:
        """Draw the next token of every running sequence; row i is that of decode i."""
        sequences = [decode.sequence for decode in decodes]
        samplers = [_sampler(sequence) for sequence in sequences]
        wanted = [sequence.prompt.request.logprobs for sequence in sequences]
        try:
            drawn = sample(logits, samplers, wanted)
        except LogitsError as error:
            for row in error.rows:
                self._fail(sequences[row].prompt, error)
            left = [row for row, sequence in enumerate(sequences) if sequence.slot is not None]
            if left:
                self._sample_decodes([decodes[row] for row in left], logits[left])
            return
        for sequence, sampled in zip(sequences, drawn, strict=True):
            self._take(sequence, sampled.token, sampled.row)
        self._run_starts()

    def _verify(self, decode: Decode, logits: NDArray[np.float32]) -> None:
        """Draw tokens as long as they are those of the draft; the first other one is good as well.

        Each is drawn from the logits that the tokens before it give, with the sequence's own next
        random number: what is drawn is what would have been without a draft.
        """
        sequence, draft = decode.sequence, decode.chunk.tokens[1:]
        sampler, wanted = _sampler(sequence), sequence.prompt.request.logprobs
        accepted = 0
        for row in range(len(logits)):
            try:
                (sampled,) = sample(logits[row : row + 1], [sampler], [wanted])
            except LogitsError as error:
                self._fail(sequence.prompt, error)
                return
            self._take(sequence, sampled.token, sampled.row)
            if sequence.slot is None or row == len(draft) or sampled.token != draft[row]:
                break
            accepted += 1
        self._drafted_tokens += len(draft)
        self._accepted_tokens += accepted
        if sequence.slot is not None:
            sequence.learn(len(draft), accepted)
            self._runner.trim(sequence.slot, sequence.position)
        self._run_starts()

    def _take_prefills(self, prefills: list[Prefill], logits: NDArray[np.float32]) -> None:
        """Note computed pieces of prompts; start the first sequence of each complete one."""
        for prefill in prefills:
            prompt = prefill.prompt
            self._prefilled[prompt.request_id] += len(prefill.chunk.tokens)
            self._prompt_tokens += len(prefill.chunk.tokens)
            if prompt.slot is None:
                continue  # its request has failed by another prompt of this pass
            rows = logits[prefill.row : prefill.row + prefill.chunk.outputs]
            if prompt.is_scored:
                try:
                    _score(prefill, rows)
                except LogitsError as error:
                    self._fail(prompt, error)
                    continue
            start = self._scheduler.computed(prefill)
            if start is not None:
                self._count_reuse(prompt)
                self._tell(prompt, PromptEvent(prompt.index, prompt.cached, tuple(prompt.rows)))
                prompt.rows = []
                prompt.logits = rows[-1]
                if prompt.waiting and self._runner.cuts is not Cuts.ANYWHERE:
                    prompt.state = self._runner.save(start.slot)
                self._starts.append(start)
                self._run_starts()
                # The view dies with the next decode: what still waits needs its own copy.
                prompt.logits = prompt.logits.copy() if prompt.waiting else None

    def _count_reuse(self, prompt: Prompt) -> None:
        """Count what a complete prompt took from others; a scored one could not take anything."""
        self._cached_tokens += prompt.cached
        if not prompt.is_scored:
            self._hits += prompt.cached > 0
            self._misses += prompt.cached == 0

    def _run_starts(self) -> None:
        """Begin sequences, each with a token drawn from its prompt's logits.

        A sequence may end at once and pass its slot on: then the sibling begins here as well.
        """
        while self._starts:
            sequence, source, slot, state = self._starts.popleft()
            if sequence.slot != slot:
                continue  # cancelled between inheriting the slot and this step
            prompt = sequence.prompt
            if state is not None:
                self._runner.restore(slot, state)
            else:
                if source != slot:
                    self._runner.copy(source, slot)
                self._runner.trim(slot, len(prompt.tokens))
            if prompt.max_tokens == 0:
                self._tell(prompt, TokenEvent(sequence.choice, None, "length"))
                self._end(sequence)
                continue
            if prompt.logits is None:
                raise AssertionError
            sampler = _sampler(sequence)
            try:
                (sampled,) = sample(prompt.logits[None, :], [sampler], [prompt.request.logprobs])
            except LogitsError as error:
                self._fail(prompt, error)
                continue
            self._take(sequence, sampled.token, sampled.row)

    def _take(self, sequence: Sequence, token: int, row: Row | None) -> None:
        """Give a sequence its token, tell of it, and end the sequence where it ends."""
        self._generated_tokens += 1
        finish = sequence.append(token)
        self._tell(sequence.prompt, TokenEvent(sequence.choice, token, finish, row))
        if finish is not None:
            self._end(sequence)

    def _end(self, sequence: Sequence) -> None:
        """End a sequence; who inherits its slot starts after the others of this step."""
        start = self._scheduler.finish(sequence)
        if start is not None:
            self._starts.append(start)

    def _fail(self, prompt: Prompt, error: LogitsError) -> None:
        """End a prompt's whole request with an error; its neighbours go on."""
        self._failures[prompt.request_id] = error.message
        for slot in self._scheduler.slots_of(prompt.request_id):
            self._runner.scrub(slot)
            self._scheduler.forget(slot)
        self.cancel(prompt.request_id)

    def _tell(self, prompt: Prompt, event: Event) -> None:
        """Add an event to the step's message."""
        self._events.setdefault(prompt.request_id, []).append(event)


def _sampler(sequence: Sequence) -> Sampler:
    """The sequence's sampler, made when first asked for: waiting sequences need none."""
    if sequence.sampler is None:
        prompt = sequence.prompt
        sequence.sampler = Sampler(prompt.request.sampling, prompt.tokens, sequence.choice)
    return sequence.sampler


def _score(prefill: Prefill, logits: NDArray[np.float32]) -> None:
    """Add the logprob rows that a piece of a scored prompt gives.

    Row i of the logits is the distribution after the piece's token i, so it scores the token that
    follows; the prompt's first token follows nothing and gets an empty row.
    """
    prompt, chunk = prefill.prompt, prefill.chunk
    if chunk.start == 0:
        prompt.rows.append(Row(0.0))
    followers = prompt.tokens[chunk.start + 1 : chunk.start + 1 + len(chunk.tokens)]
    wanted = prompt.request.prompt_logprobs
    if wanted is None or not followers:
        return
    prompt.rows.extend(prompt_rows(logits[: len(followers)], followers, wanted))
