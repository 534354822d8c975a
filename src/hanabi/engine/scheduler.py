"""Which tokens the next decode computes: policy only, no tensor, no clock, no I/O.

Prompts wait for a slot: keys take turns, and each key's own come in order of arrival. A step is one
decode that gives every running sequence its next token, and then, in the same order, decodes of
chunks of prompts, up to the token budget; a prompt that has the engine to itself is computed in
larger ones, for whom nobody waits. A chunk is never shortened for what runs beside it, and
only chunks of equal length share a decode, or of nearly equal length where cuts are exact: so the
arithmetic of a prompt is the same alone and among neighbours, to the last bit (llama.cpp cuts a
decode into passes of as many tokens from each sequence as the shortest has left, and may round a
pass of one token differently than a longer one).

A sequence that runs alone has a draft decoded behind its token: a guess at what follows, of which
is kept what the model would have chosen itself.

A slot that is given back keeps what it holds, for prompts that begin with the same tokens: see
`slots` for which slot is given out, `computing` for what of a prompt need not be computed.

When a prompt is computed its first sequence keeps the slot; the others (`n` > 1) start on free
slots with a copy of its KV cache, or inherit the slot of a sibling that has ended, cut back to the
prompt: so `n` may exceed the slots, and the prompt is computed once. Where slots cannot be cut back
(see `cuts`) the others start from a state that was saved when the prompt was complete.

Who gets a free slot: prompts that hold none come first; siblings take what is left. A prompt
whose sequences are not all started always has a running or a paused one, so it always goes on.

No key keeps another one out: where all slots are taken, and a key with at least two slots more
than one that waits is among the holders, its latest sequence is paused. What its slot holds is
saved, and goes on to the last bit as it would have when its key's turn comes.
"""

from collections import Counter, deque

from hanabi.engine.actions import Copy, Move, Pause, Plan, Prefill, Resume, Start
from hanabi.engine.computing import Computing
from hanabi.engine.fair_queue import FairQueue
from hanabi.engine.layout import Work, lay_out, slot_of
from hanabi.engine.occupancy import Occupancy
from hanabi.engine.prices import Prices
from hanabi.engine.runner import Chunk
from hanabi.engine.sequence import Prompt, Sequence
from hanabi.engine.slots import Slots
from hanabi.generation.request import GenerationRequest

UNEVEN = 2
"""Slots that a key must have more than another one before it has to give one up: with less, giving
one up would only turn the two about."""

PATIENCE = 3
"""Steps for which a gap between slots is left to be filled by who comes next. One costs part of a
step in each of them, and a move as much as a few steps; a client's next request takes about one."""


class Scheduler:
    """The prompts and sequences under way, and the slots that they hold."""

    def __init__(  # noqa: PLR0913 - the limits are independent, told by name
        self,
        *,
        slots: Slots,
        context_length: int,
        token_budget: int,
        max_outputs: int,
        max_chunk: int,
        prices: Prices,
        exact_cuts: bool = False,
        deterministic: bool = False,
    ) -> None:
        """Take the limits.

        Args:
            slots: the KV streams, none of them in use.
            context_length: tokens that a slot holds.
            token_budget: tokens of prompts in one step; a single chunk may be more.
            max_outputs: logits rows in one decode; a scored chunk wants one for each token, which
                are a tile at the most.
            max_chunk: tokens of one slot in one decode, a tile or more.
            prices: what drafts cost, which whoever runs the decodes keeps up to date.
            exact_cuts: whether logits do not depend on how tokens are cut into decodes. Then a
                lone sequence drafts, and what was generated is kept for prompts as well.
            deterministic: keep of what was generated only what lies before the tiles, where it is
                the same to the last bit as if it had been computed as a prompt.
        """
        tile = slots.pieces.tile
        if max_outputs < max(slots.count, tile):
            message = "a decode must have a row of logits for every slot, or token of a tile"
            raise ValueError(message)
        self._context_length = context_length
        self._exact_cuts = exact_cuts
        self._kept_replies = slots.pieces.tiles_from if deterministic else context_length
        self._prices = prices
        self._most_drafted = min(max_outputs, tile) - 1
        self._slots = slots
        self._waiting: FairQueue[Prompt | Sequence] = FairQueue()
        self._computing = Computing(
            self._slots,
            token_budget=token_budget,
            max_outputs=max_outputs,
            max_chunk=max_chunk,
            exact_cuts=exact_cuts,
        )
        self._gap_age = 0
        self._sharing: deque[Prompt] = deque()
        self._running: list[Sequence] = []
        self._prompts: dict[int, list[Prompt]] = {}

    @property
    def has_work(self) -> bool:
        """Whether anything waits, is being computed or runs."""
        return bool(self._waiting or self._computing or self._sharing or self._running)

    @property
    def occupancy(self) -> Occupancy:
        """How much is under way."""
        siblings = sum(len(prompt.waiting) for prompt in self._sharing)
        held = sum(prompt.computed for prompt in self._computing)
        held += sum(sequence.position for sequence in self._running)
        return Occupancy(
            running=len(self._computing) + len(self._running),
            waiting=len(self._waiting) + siblings,
            held_tokens=held,
        )

    def submit(self, request_id: int, request: GenerationRequest) -> None:
        """Queue every prompt of a request."""
        prompts = [
            Prompt(
                request_id,
                request,
                index,
                max_tokens=min(request.max_tokens, self._context_length - len(tokens)),
            )
            for index, tokens in enumerate(request.prompts)
        ]
        self._prompts[request_id] = prompts
        for prompt in prompts:
            self._waiting.push(prompt.key, prompt)

    def cancel(self, request_id: int, choice: int | None = None) -> list[Start]:
        """Drop one choice of a request or all of them; unknown ones have ended already.

        Returns the starts of siblings that inherit a slot. Waiting sequences go first, so that
        none inherits a slot only to be dropped.
        """
        starts = []
        for prompt in list(self._prompts.get(request_id, ())):
            for sequence in [*prompt.waiting, *prompt.paused, *prompt.running]:
                if choice is None or sequence.choice == choice:
                    start = self.finish(sequence)
                    if start is not None:
                        starts.append(start)
        return starts

    def slots_of(self, request_id: int) -> list[int]:
        """The slots that a request's prompts and sequences hold."""
        prompts = self._prompts.get(request_id, [])
        holders: list[Prompt | Sequence] = [
            *prompts,
            *(one for prompt in prompts for one in prompt.running),
        ]
        return [holder.slot for holder in holders if holder.slot is not None]

    def forget(self, slot: int) -> None:
        """Use nothing of what a slot holds for other prompts."""
        self._slots.forget(slot)

    def rebalance(self) -> list[Pause | Resume | Copy]:
        """Hand out slots to what waits, by turns of the keys; to be carried out in this order."""
        changes: list[Pause | Resume | Copy] = []
        while self._waiting:
            held = self._held()
            key = self._waiting.next_key(held)
            if not self._slots:
                victim = self._victim(key, held)
                if victim is None:
                    break
                changes.append(self._pause(victim))
            entry = self._waiting.pop(key)
            if isinstance(entry, Sequence):
                slot, copies = self._slots.take()
                changes.extend([*copies, self._resume(entry, slot)])
            else:
                entry.slot, copies = self._slots.take(self._computing.match(entry))
                changes.extend(copies)
                self._computing.append(entry)
        return changes

    def admit(self) -> list[Start | Copy]:
        """Hand out the slots that nobody waits for, to sequences of computed prompts."""
        changes: list[Start | Copy] = []
        while self._slots and self._sharing:
            prompt = self._sharing[0]
            slot, copies = self._slots.take()
            source = slot if prompt.state is not None else slot_of(prompt.running[0])
            start = self._start(prompt, source, slot)
            changes.extend([*copies, start])
            self._sharing.rotate(-1)
        return changes

    def compact(self) -> list[Move]:
        """Move running sequences from the highest slots into gaps that have stayed below them.

        Gaps cost a pass through the weights in every step; a move copies one sequence's cache,
        once. While prompts wait there are no gaps, since they take every free slot.
        """
        gaps = self._slots.gaps
        self._gap_age = self._gap_age + 1 if gaps else 0
        if self._gap_age <= PATIENCE:
            return []
        moves: list[Move] = []
        by_slot = sorted(self._running, key=slot_of)
        for gap in gaps:
            if not by_slot or slot_of(by_slot[-1]) < gap:
                break
            sequence = by_slot.pop()
            moves.append(self._slots.move(slot_of(sequence), gap))
            sequence.slot = gap
        return moves

    def plan(self) -> Plan:
        """Lay out the next step."""
        begins, prefills = self._computing.plan(len(self._running))
        decodes = [Work(self._next_chunk(sequence), sequence) for sequence in self._running]
        return Plan(begins, [lay_out(works) for works in [decodes, *prefills] if works])

    def computed(self, prefill: Prefill) -> Start | None:
        """Note a decoded piece; its first sequence's start when the prompt is complete."""
        prompt = prefill.prompt
        slot = slot_of(prompt)
        prompt.computed += len(prefill.chunk.tokens)
        self._slots.extend(slot, prompt.tokens[: prompt.computed])
        if not prefill.final:
            return None
        self._computing.remove(prompt)
        prompt.slot = None
        self._sharing.append(prompt)
        return self._start(prompt, slot, slot)

    def finish(self, sequence: Sequence) -> Start | None:
        """End a sequence and pass its slot on; a sibling's start when it inherits the slot.

        Idempotent: a sequence that has ended already is left alone.
        """
        prompt = sequence.prompt
        if sequence in prompt.waiting:
            prompt.waiting.remove(sequence)
            self._forget_if_done(prompt)
            return None
        if sequence in prompt.paused:
            prompt.paused.remove(sequence)
            self._waiting.remove(prompt.key, sequence)
            if prompt.waiting and not prompt.paused and not prompt.running:
                self._bequeath(sequence)
            self._forget_if_done(prompt)
            return None
        if sequence.slot is None:
            return None
        slot, sequence.slot = sequence.slot, None
        prompt.running.remove(sequence)
        self._running.remove(sequence)
        must_keep = not prompt.running or not self._waiting
        if prompt.waiting and must_keep:
            return self._start(prompt, slot, slot)
        if self._exact_cuts:
            held = (*prompt.tokens, *sequence.tokens[:-1])
            self._slots.extend(slot, held[: self._kept_replies])
        self._slots.give_back(slot)
        self._forget_if_done(prompt)
        return None

    def _next_chunk(self, sequence: Sequence) -> Chunk:
        """What a running sequence has decoded next: its last token, and a draft where it is alone.

        Beside others a draft wins nothing: a pass of many tokens costs nearly as much a token as
        the drafted ones do.
        """
        tokens: tuple[int, ...] = (sequence.last_token,)
        if self._exact_cuts and len(self._running) == 1 and not self._computing:
            tokens += sequence.draft(self._most_drafted, self._prices)
        return Chunk(slot_of(sequence), sequence.position, tokens, len(tokens))

    def _held(self) -> Counter[str]:
        """Slots by key."""
        keys = [prompt.key for prompt in self._computing]
        return Counter(keys + [sequence.prompt.key for sequence in self._running])

    def _victim(self, key: str, held: Counter[str]) -> Sequence | None:
        """The sequence to pause for a key that waits; None where slots are shared evenly.

        It is the latest of the key that holds most.
        """
        most, slots = held.most_common(1)[0]
        if slots < held[key] + UNEVEN:
            return None
        for sequence in reversed(self._running):
            if sequence.prompt.key == most and sequence.generated:
                return sequence
        return None

    def _pause(self, sequence: Sequence) -> Pause:
        """Take a running sequence's slot; it goes on before what else its key waits for."""
        prompt, slot = sequence.prompt, slot_of(sequence)
        prompt.running.remove(sequence)
        prompt.paused.append(sequence)
        self._running.remove(sequence)
        self._waiting.push_first(prompt.key, sequence)
        if prompt.waiting and not prompt.running and prompt.state is None:
            self._sharing.remove(prompt)  # nothing is left that its siblings could be copied from
        sequence.slot = None
        self._slots.give_back(slot)
        return Pause(sequence, slot)

    def _bequeath(self, sequence: Sequence) -> None:
        """Leave what a paused sequence has saved, the prompt, to a sibling that did not start."""
        prompt = sequence.prompt
        heir = prompt.waiting.popleft()
        heir.saved = sequence.saved if prompt.state is None else prompt.state
        sequence.saved = None
        prompt.paused.append(heir)
        self._waiting.push_first(prompt.key, heir)

    def _resume(self, sequence: Sequence, slot: int) -> Resume:
        """Give a paused sequence a slot."""
        prompt = sequence.prompt
        prompt.paused.remove(sequence)
        prompt.running.append(sequence)
        self._running.append(sequence)
        if prompt.waiting and prompt not in self._sharing:
            self._sharing.append(prompt)
        sequence.slot = slot
        self._slots.restored(slot, prompt.account, prompt.tokens)
        return Resume(sequence, slot)

    def _start(self, prompt: Prompt, source: int, slot: int) -> Start:
        """Move the next waiting sequence of a computed prompt onto a slot."""
        sequence = prompt.waiting.popleft()
        sequence.slot = slot
        state = prompt.state
        if state is not None:
            self._slots.restored(slot, prompt.account, prompt.tokens)
        elif slot != source:
            self._slots.hold(slot, prompt.account, prompt.tokens)
        prompt.running.append(sequence)
        self._running.append(sequence)
        if not prompt.waiting:
            self._sharing.remove(prompt)
            prompt.state = None
        return Start(sequence, source, slot, state)

    def _forget_if_done(self, prompt: Prompt) -> None:
        """Let go of a prompt without sequences, wherever it stands."""
        if not prompt.waiting and prompt in self._sharing:
            self._sharing.remove(prompt)
            prompt.state = None
        if prompt.waiting or prompt.running or prompt.paused:
            return
        if prompt.slot is not None:
            self._computing.remove(prompt)
            self._slots.give_back(prompt.slot)
            prompt.slot = None
        elif prompt in self._waiting:
            self._waiting.remove(prompt.key, prompt)
        siblings = self._prompts.get(prompt.request_id, [])
        if prompt in siblings:
            siblings.remove(prompt)
            if not siblings:
                del self._prompts[prompt.request_id]
