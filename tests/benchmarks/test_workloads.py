import asyncio

import pytest

from peers import texts
from peers.exchange import COMPLETIONS, Exchange
from peers.sides import SIDES, USUAL
from peers.workloads import QUICK, all_workloads, scoring

WORKLOADS = {workload.name: workload for workload in all_workloads(QUICK)}


class Echoing:
    """Answers everything at once, and keeps what it was asked."""

    def __init__(self):
        self.asks = []

    async def say(self, ask):
        self.asks.append(ask)
        await asyncio.sleep(0)
        count = ask.body.get("n", 1)
        scores = (-1.0,) if ask.body.get("echo") else ()
        return Exchange(0.0, 1.0, (0.5,), ("answer",) * count, count, 9, scores)


def asked(workload, number):
    side = Echoing()
    return side.asks, asyncio.run(workload.run(side.say, number))


@pytest.mark.parametrize("name", WORKLOADS)
def test_a_round_repeats_itself_and_differs_from_the_next(name):
    first, heard = asked(WORKLOADS[name], 0)
    assert heard
    assert not any(one.failure for one in heard)
    bodies = [ask.body for ask in first]
    assert bodies == [ask.body for ask in asked(WORKLOADS[name], 0)[0]]
    assert bodies != [ask.body for ask in asked(WORKLOADS[name], 1)[0]]


def test_every_letter_of_the_issue_has_a_workload():
    assert {workload.letter for workload in WORKLOADS.values()} == set("abcdefghi")


@pytest.mark.parametrize("count", [8, 32])
def test_streams_ask_different_questions_at_once(count):
    asks, _ = asked(WORKLOADS[f"{count} streams, greedy"], 0)
    assert len({ask.body["messages"][1]["content"] for ask in asks}) == count
    assert {ask.at for ask in asks} == {0.0}


def test_sampling_is_said_in_full_since_peers_have_defaults_of_their_own():
    (ask,), _ = asked(WORKLOADS["1 stream, sampled"], 0)
    wanted = {"temperature": 0.8, "top_p": 0.95, "top_k": 0, "min_p": 0}
    assert wanted.items() <= ask.body.items()


def test_clients_share_a_prompt_that_was_known_before_or_not():
    new, _ = asked(WORKLOADS["4 clients, new system prompt"], 0)
    known, heard = asked(WORKLOADS["4 clients, known system prompt"], 0)
    systems = [{ask.body["messages"][0]["content"] for ask in asks} for asks in (new, known)]
    assert [len(system) for system in systems] == [1, 1]
    assert systems[0] != systems[1]
    assert (len(new), len(known), len(heard)) == (4, 8, 4)
    assert len({ask.body["messages"][1]["content"] for ask in known}) == 8


def test_conversations_grow_by_what_was_answered_and_first_turns_do_not_count():
    asks, heard = asked(WORKLOADS["multi-turn"], 0)
    assert len(heard) == QUICK.conversations * (QUICK.turns - 1)
    longest = max((ask.body["messages"] for ask in asks), key=len)
    roles = [message["role"] for message in longest]
    assert roles == ["system", "user", "assistant", "user", "assistant", "user"]
    assert longest[2]["content"] == "answer"


def test_scoring_asks_for_each_text_once_and_generates_nothing():
    asks, heard = asked(scoring(QUICK), 0)
    assert {ask.body["prompt"] for ask in asks} == set(texts.scored(QUICK.scored, 0))
    assert len(asks) == len(heard) == QUICK.scored
    assert {(ask.route, ask.body["max_tokens"]) for ask in asks} == {(COMPLETIONS, 0)}


def test_replies_that_lack_what_was_asked_for_have_failed():
    async def poor(ask):
        return Exchange(0.0, 1.0, (), ("one",), 1)

    (choices,) = asyncio.run(WORKLOADS["n: 8"].run(poor, 0))
    assert choices.failure == "1 choices came, not 8"
    heard = asyncio.run(scoring(QUICK).run(poor, 0))
    assert {one.failure for one in heard} == {"no logprobs of the prompt came"}


def test_the_usual_sides_exist_and_can_do_what_they_are_for():
    by_name = {side.name: side for side in SIDES}
    usual = [by_name[name] for name in USUAL]
    for workload in WORKLOADS.values():
        assert sum(side.takes(workload) for side in usual) >= 2, workload.name


@pytest.mark.parametrize("make", [texts.question, lambda number: texts.system_prompt(number, 99)])
def test_texts_of_two_numbers_part_within_their_first_words(make):
    beginnings = {make(number)[:14] for number in range(100)}
    assert len(beginnings) == 100
