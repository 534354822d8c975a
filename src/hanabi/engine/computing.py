"""The prompts under computation: which pieces of them a step computes, and which it need not.

What another prompt of the account began with as well, and slots still hold, is taken from there.
What is just being computed for another one is waited for, so that of many prompts with one
beginning, arriving at once, the first computes it for all.

Prompts are computed a tile of their tokens at a time, or several where there is only one. A step
computes a budget of tokens; while more prompts wait for it than sequences, also the ends of prompts
beyond it: whoever is first among many would else take small steps in their way. Only
whole pieces are taken from others, and never the last one: what is computed is computed as it would
have been without the others, to the last bit; see `pieces`.
"""

from collections import Counter
from collections.abc import Iterator

from hanabi.engine.actions import Begin
from hanabi.engine.layout import Work, slot_of
from hanabi.engine.prefix_tree import Match, common_length
from hanabi.engine.runner import Chunk
from hanabi.engine.sequence import Prompt
from hanabi.engine.slots import NOTHING, Slots

FILL = 8
"""Pieces share a decode where the shortest lacks no more than this part of the longest, which the
runner fills up. A decode takes 2 to 3 ms before its first token (AMX, 2 threads), so that eight
more tokens in one cost no more than another one."""


class Computing:
    """The prompts that have a slot and are not complete, in order of arrival."""

    def __init__(
        self,
        slots: Slots,
        *,
        token_budget: int,
        max_outputs: int,
        max_chunk: int,
        exact_cuts: bool,
    ) -> None:
        """Take the slots and the limits, which are those of the Scheduler."""
        self._slots = slots
        self._token_budget = token_budget
        self._max_outputs = max_outputs
        self._max_chunk = max_chunk
        self._most_rows = max(token_budget, max_chunk)
        self._exact_cuts = exact_cuts
        self._most_scored = min(max_outputs, max_chunk) if exact_cuts else slots.pieces.tile
        self._prompts: list[Prompt] = []

    def __len__(self) -> int:
        """How many they are."""
        return len(self._prompts)

    def __iter__(self) -> Iterator[Prompt]:
        """Each of them."""
        return iter(self._prompts)

    def append(self, prompt: Prompt) -> None:
        """Add a prompt, which has a slot."""
        self._prompts.append(prompt)

    def remove(self, prompt: Prompt) -> None:
        """Take a prompt out, complete or not."""
        self._prompts.remove(prompt)

    def match(self, prompt: Prompt) -> Match:
        """What slots hold of a prompt, as far as it may use it.

        A scored prompt wants the logits of each of its tokens, so it has to be computed.
        """
        if prompt.is_scored:
            return NOTHING
        return self._slots.match(prompt.account, prompt.tokens)

    def plan(self, running: int) -> tuple[list[Begin], list[list[Work]]]:
        """The prompts that begin in this step, and its pieces, those of each decode together.

        Args:
            running: sequences whose next tokens wait for this step.
        """
        begins: list[Begin] = []
        works: list[Work] = []
        ahead: list[Prompt] = []
        planned, pieces = 0, self._slots.pieces
        most = self._most(running)
        most_to_end = self._most_rows if len(self._prompts) > running else self._token_budget
        for prompt in self._by_turns():
            match = self._look_up(prompt, ahead)
            if prompt.waits_for_leader:
                continue
            ahead.append(prompt)  # whoever waits leads nobody, so that no two wait for each other
            start = max(match.length, prompt.computed)
            most_of_it = self._most_scored if prompt.is_scored else most
            size = pieces.chunk(start, len(prompt.tokens) - start, most_of_it)
            ends = start + size == len(prompt.tokens)
            if planned and planned + size > (most_to_end if ends else self._token_budget):
                break
            planned += size
            if not prompt.begun:
                begins.append(self._begin(prompt, match))
            wanted = size if prompt.is_scored else int(ends)
            ids, tiled = prompt.tokens[start : start + size], pieces.is_tiled(start)
            works.append(Work(Chunk(slot_of(prompt), start, ids, wanted, tiled), prompt))
        return begins, self._grouped(works)

    def _most(self, running: int) -> int:
        """How many tokens a decode computes of one prompt."""
        tile = self._slots.pieces.tile
        if len(self._prompts) > 1:
            return tile
        if running:
            return min(self._max_chunk, max(tile, self._token_budget))
        return self._max_chunk

    def _by_turns(self) -> list[Prompt]:
        """All of them, in order of arrival: the first of each key, the second."""
        seen: Counter[str] = Counter()
        ranks = []
        for prompt in self._prompts:
            ranks.append(seen[prompt.key])
            seen[prompt.key] += 1
        order = sorted(range(len(ranks)), key=ranks.__getitem__)
        return [self._prompts[index] for index in order]

    def _look_up(self, prompt: Prompt, ahead: list[Prompt]) -> Match:
        """What a prompt that may begin finds held; who of those ahead has more is its leader.

        What its own slot holds costs nothing. What others have must be worth a copy, or a wait.
        """
        if prompt.begun or prompt.waits_for_leader:
            return NOTHING
        slot, worth = slot_of(prompt), self._slots.pieces.worth
        match = self.match(prompt)
        if match.slots and slot not in match.slots:
            own = self._slots.match(prompt.account, prompt.tokens, slot)
            if match.length < own.length + worth:
                match = own
        prompt.leader, prompt.shared = None, match.length
        if not prompt.is_scored:
            for other in ahead:
                shared = self._shared(prompt, other, prompt.shared + worth)
                if shared:
                    prompt.leader, prompt.shared = other, shared
        return match

    def _shared(self, prompt: Prompt, other: Prompt, least: int) -> int:
        """How many tokens, whole pieces, `prompt` could take from `other`; 0 below the least."""
        if other.account != prompt.account or len(prompt.tokens) <= least:
            return 0
        if prompt.tokens[:least] != other.tokens[:least]:
            return 0
        size = self._slots.pieces.size
        shared = common_length(prompt.tokens[:-1], other.tokens) // size * size
        return shared if shared >= least else 0

    def _begin(self, prompt: Prompt, match: Match) -> Begin:
        """Let a prompt begin behind what was found."""
        slot = slot_of(prompt)
        source = slot if slot in match.slots else min(match.slots, default=slot)
        self._slots.hold(slot, prompt.account, prompt.tokens[: match.length])
        prompt.begun = True
        prompt.leader = None
        prompt.computed = prompt.cached = match.length
        return Begin(prompt, source, slot)

    def _grouped(self, works: list[Work]) -> list[list[Work]]:
        """Those of one decode together: of equal length, or nearly so where cuts are exact.

        As far as the rows of logits and the tokens of a decode allow.
        """
        groups: list[list[Work]] = []
        for work in sorted(works, key=_length, reverse=True):
            if not (groups and self._fits(work, groups[-1])):
                groups.append([])
            groups[-1].append(work)
        return groups

    def _fits(self, work: Work, group: list[Work]) -> bool:
        """Whether a piece, no longer than those of a group, shares their decode."""
        spare = self._rows(group[0]) // FILL if self._exact_cuts else 0
        outputs = sum(each.chunk.outputs for each in group) + work.chunk.outputs
        return (
            work.chunk.tiled == group[0].chunk.tiled
            and self._rows(group[0]) - self._rows(work) <= spare
            and outputs <= self._max_outputs
            and (len(group) + 1) * self._rows(group[0]) <= self._most_rows
        )

    def _rows(self, work: Work) -> int:
        """The tokens that are computed for a piece, filled up to a tile."""
        return max(_length(work), self._slots.pieces.tile if work.chunk.tiled else 0)


def _length(work: Work) -> int:
    """The tokens of a piece."""
    return len(work.chunk.tokens)
