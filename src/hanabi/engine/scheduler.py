"""Which tokens the next decode computes: policy only, no tensor, no clock, no I/O.

Prompts wait for a slot: keys take turns, and each key's own come in order of arrival. A step is one
decode that gives every running sequence its next token, and then, in the same order, decodes of
chunks of prompts, up to the token budget. A chunk is never shortened for what runs beside it, and
only chunks of equal length share a decode: so the arithmetic of a prompt is the same alone and
among neighbours, to the last bit (llama.cpp cuts a decode into passes of as many tokens from each
sequence as the shortest has left, and rounds a pass of one token differently than a longer one).

When a prompt is computed its first sequence keeps the slot; the others (`n` > 1) start on free
slots with a copy of its KV cache, or inherit the slot of a sibling that has ended, cut back to the
prompt: so `n` may exceed the slots, and the prompt is computed once.

Who gets a free slot: prompts that hold none come first; siblings take what is left. A prompt
whose sequences are not all started always has a running or a paused one, so it always goes on.

No key keeps another one out: where all slots are taken, and a key with at least two slots more
than one that waits is among the holders, its latest sequence is paused. What its slot holds is
saved, and goes on to the last bit as it would have when its key's turn comes.
"""

from collections import Counter, deque
from heapq import heappop, heappush
from typing import NamedTuple

from hanabi.engine.actions import Decode, Move, Pass, Pause, Prefill, Resume, Start
from hanabi.engine.fair_queue import FairQueue
from hanabi.engine.occupancy import Occupancy
from hanabi.engine.runner import Chunk
from hanabi.engine.sequence import Prompt, Sequence
from hanabi.generation.request import GenerationRequest

UNEVEN = 2
"""Slots that a key must have more than another one before it has to give one up: with less, giving
one up would only turn the two about."""


class _Work(NamedTuple):
    """A chunk and whose it is."""

    chunk: Chunk
    owner: Sequence | Prompt


class Scheduler:
    """The prompts and sequences under way, and the slots that they hold."""

    def __init__(
        self,
        *,
        slots: int,
        context_length: int,
        token_budget: int,
        max_outputs: int,
        max_chunk: int,
    ) -> None:
        """Take the limits.

        Args:
            slots: sequences that can hold a KV stream at once.
            context_length: tokens that a slot holds.
            token_budget: tokens of prompts in one step; a single chunk may be more.
            max_outputs: logits rows in one decode; a scored chunk wants one for each token.
            max_chunk: tokens of one slot in one decode.
        """
        if max_outputs < max(slots, max_chunk):
            message = "a decode must have a row of logits for every slot, or token of a chunk"
            raise ValueError(message)
        self._context_length = context_length
        self._token_budget = token_budget
        self._max_outputs = max_outputs
        self._max_chunk = max_chunk
        self._free = list(range(slots))  # a heap: the lowest comes first, which keeps slots dense
        self._waiting: FairQueue[Prompt | Sequence] = FairQueue()
        self._computing: list[Prompt] = []
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

    def rebalance(self) -> list[Pause | Resume]:
        """Hand out slots to what waits, by turns of the keys; to be carried out in this order."""
        changes: list[Pause | Resume] = []
        while self._waiting:
            held = self._held()
            key = self._waiting.next_key(held)
            if not self._free:
                victim = self._victim(key, held)
                if victim is None:
                    break
                changes.append(self._pause(victim))
            entry = self._waiting.pop(key)
            slot = heappop(self._free)
            if isinstance(entry, Sequence):
                changes.append(self._resume(entry, slot))
            else:
                entry.slot = slot
                self._computing.append(entry)
        return changes

    def admit(self) -> list[Start]:
        """Hand out the slots that nobody waits for, to sequences of computed prompts."""
        starts = []
        while self._free and self._sharing:
            prompt = self._sharing[0]
            source = _slot_of(prompt.running[0])
            starts.append(self._start(prompt, source, heappop(self._free)))
            self._sharing.rotate(-1)
        return starts

    def compact(self) -> list[Move]:
        """Move running sequences from the highest slots into gaps below them.

        Gaps cost a pass through the weights in every step; a move copies one sequence's cache,
        once. While prompts wait there are no gaps, since they take every free slot.
        """
        moves = []
        by_slot = sorted(self._running, key=_slot_of)
        while by_slot and self._free and self._free[0] < _slot_of(by_slot[-1]):
            sequence = by_slot.pop()
            move = Move(_slot_of(sequence), heappop(self._free))
            heappush(self._free, move.source)
            sequence.slot = move.target
            moves.append(move)
        return moves

    def plan(self) -> list[Pass]:
        """Lay out the next step."""
        decodes = [
            _Work(Chunk(_slot_of(sequence), sequence.position, (sequence.last_token,), 1), sequence)
            for sequence in self._running
        ]
        return [_laid_out(works) for works in [decodes, *self._prefill_groups()] if works]

    def _prefill_groups(self) -> list[list[_Work]]:
        """The pieces of prompts in this step, those of each decode together."""
        groups: dict[int, list[list[_Work]]] = {}
        tokens = self._token_budget
        for prompt in self._by_turns():
            size = min(prompt.remaining, self._max_chunk)
            if size > tokens < self._token_budget:
                break
            tokens -= size
            start = prompt.computed
            wanted = size if prompt.is_scored else int(size == prompt.remaining)
            chunk = Chunk(_slot_of(prompt), start, prompt.tokens[start : start + size], wanted)
            of_this_size = groups.setdefault(size, [[]])
            outputs = sum(work.chunk.outputs for work in of_this_size[-1])
            if outputs + wanted > self._max_outputs:
                of_this_size.append([])
            of_this_size[-1].append(_Work(chunk, prompt))
        return [works for of_one_size in groups.values() for works in of_one_size]

    def computed(self, prefill: Prefill) -> Start | None:
        """Note a decoded piece; its first sequence's start when the prompt is complete."""
        prompt = prefill.prompt
        prompt.computed += len(prefill.chunk.tokens)
        if not prefill.final:
            return None
        slot = _slot_of(prompt)
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
        heappush(self._free, slot)
        self._forget_if_done(prompt)
        return None

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
        prompt, slot = sequence.prompt, _slot_of(sequence)
        prompt.running.remove(sequence)
        prompt.paused.append(sequence)
        self._running.remove(sequence)
        self._waiting.push_first(prompt.key, sequence)
        if prompt.waiting and not prompt.running:
            self._sharing.remove(prompt)  # nothing is left that its siblings could be copied from
        sequence.slot = None
        heappush(self._free, slot)
        return Pause(sequence, slot)

    def _bequeath(self, sequence: Sequence) -> None:
        """Leave what a paused sequence has saved, the prompt, to a sibling that did not start."""
        prompt = sequence.prompt
        heir = prompt.waiting.popleft()
        heir.saved, sequence.saved = sequence.saved, None
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
        return Resume(sequence, slot)

    def _by_turns(self) -> list[Prompt]:
        """The prompts under computation, in order of arrival: the first of each key, the second."""
        seen: Counter[str] = Counter()
        ranks = []
        for prompt in self._computing:
            ranks.append(seen[prompt.key])
            seen[prompt.key] += 1
        order = sorted(range(len(ranks)), key=ranks.__getitem__)
        return [self._computing[index] for index in order]

    def _start(self, prompt: Prompt, source: int, slot: int) -> Start:
        """Move the next waiting sequence of a computed prompt onto a slot."""
        sequence = prompt.waiting.popleft()
        sequence.slot = slot
        prompt.running.append(sequence)
        self._running.append(sequence)
        if not prompt.waiting:
            self._sharing.remove(prompt)
        return Start(sequence, source, slot)

    def _forget_if_done(self, prompt: Prompt) -> None:
        """Let go of a prompt without sequences, wherever it stands."""
        if not prompt.waiting and prompt in self._sharing:
            self._sharing.remove(prompt)
        if prompt.waiting or prompt.running or prompt.paused:
            return
        if prompt.slot is not None:
            self._computing.remove(prompt)
            heappush(self._free, prompt.slot)
            prompt.slot = None
        elif prompt in self._waiting:
            self._waiting.remove(prompt.key, prompt)
        siblings = self._prompts.get(prompt.request_id, [])
        if prompt in siblings:
            siblings.remove(prompt)
            if not siblings:
                del self._prompts[prompt.request_id]


def _slot_of(holder: Sequence | Prompt) -> int:
    """The slot of what runs or is being computed, and therefore has one."""
    if holder.slot is None:
        raise AssertionError
    return holder.slot


def _laid_out(works: list[_Work]) -> Pass:
    """A decode of chunks in their final order, with the rows in which their logits come back."""
    works.sort(key=_slot_of_work)
    laid_out = Pass([work.chunk for work in works], [], [])
    row = 0
    for chunk, owner in works:
        if isinstance(owner, Sequence):
            laid_out.decodes.append(Decode(owner, chunk, row))
        else:
            final = len(chunk.tokens) == owner.remaining
            laid_out.prefills.append(Prefill(owner, chunk, row, final))
        row += chunk.outputs
    return laid_out


def _slot_of_work(work: _Work) -> int:
    """The order of a batch."""
    return work.chunk.slot
