"""The fold of a stream equals the reply that was cut up, for both routes and all that they add."""

from hypothesis import given
from hypothesis import strategies as st

from fireworks.client.fold import Fold

TOKENS = st.lists(st.tuples(st.text(max_size=3), st.integers(0, 9)), max_size=5)


def legacy(rows):
    return {
        "tokens": [text for text, _ in rows],
        "token_ids": [token for _, token in rows],
        "token_logprobs": [-1.0 for _ in rows],
        "top_logprobs": [{text: -1.0} for text, _ in rows],
        "text_offset": [7 for _ in rows],
    }


def new(rows):
    return {
        "content": [{"token": text, "logprob": -1.0, "token_id": token} for text, token in rows]
    }


def whole_choice(route, tokens, logprobs, *, ids):
    text = "".join(text for text, _ in tokens)
    message = {"message": {"role": "assistant", "content": text}}
    choice = {"text": text} if route == "text" else message
    choice |= {"index": 0, "finish_reason": "stop", "raw_output": {"completion": text}}
    if tokens and logprobs:
        choice["logprobs"] = logprobs(tokens)
    elif route == "text":
        choice["logprobs"] = None
    if ids:
        choice |= {"prompt_token_ids": [1, 2], "token_ids": [token for _, token in tokens]}
    return choice


def pieces(route, tokens, logprobs, *, ids):
    """A choice as a stream has it: its opening, a chunk a token, its end."""
    none = {"logprobs": None} if route == "text" else {}
    first = {"prompt_token_ids": [1, 2], "token_ids": []} if ids else {}
    opening = {"text": "", **none} if route == "text" else {"delta": {"role": "assistant"}}
    yield {**opening, **first, "finish_reason": None}
    for text, token in tokens:
        body = {"text": text} if route == "text" else {"delta": {"content": text}}
        row = {"logprobs": logprobs([(text, token)])} if logprobs else none
        yield {**body, **row, "finish_reason": None} | ({"token_ids": [token]} if ids else {})
    text = "".join(text for text, _ in tokens)
    body = {"text": "", **none} if route == "text" else {"delta": {}}
    yield {**body, "finish_reason": "stop", "raw_output": {"completion": text}}


@given(
    st.sampled_from(["text", "chat"]),
    st.lists(TOKENS, min_size=1, max_size=3),
    st.sampled_from([None, legacy, new]),
    st.booleans(),
    st.booleans(),
    st.randoms(),
)
def test_fold_equals_the_whole(route, choices, logprobs, ids, usage_alone, random):  # noqa: PLR0917 - drawn
    name = "text_completion" if route == "text" else "chat.completion"
    envelope = {"id": "i", "created": 1, "model": "m"}
    figures = {"usage": {"total_tokens": 3}, "perf_metrics": {"prompt-tokens": 1}}
    whole = {**envelope, "object": name, **figures, "choices": []}
    queues = []
    for index, tokens in enumerate(choices):
        choice = whole_choice(route, tokens, logprobs, ids=ids)
        whole["choices"].append({**choice, "index": index})
        queues.append([{**p, "index": index} for p in pieces(route, tokens, logprobs, ids=ids)])
    streamed = envelope | {"object": name if route == "text" else "chat.completion.chunk"}

    fold = Fold()
    while any(queues):
        queue = random.choice([queue for queue in queues if queue])
        chunk = {**streamed, "choices": [queue.pop(0)]}
        fold.add(chunk | ({} if any(queues) or usage_alone else figures))
    if usage_alone:
        fold.add({**streamed, "choices": [], **figures})
    assert fold.reply() == whole
    assert fold.reply() == whole, "asking twice changes nothing"


def test_keys_of_the_future_are_kept():
    fold = Fold()
    for text in ("a", "b"):
        delta = {"role": "assistant", "reasoning_content": text, "content": None}
        fold.add({"x": text, "choices": [{"index": 0, "delta": delta, "y": text}]})
    message = {"role": "assistant", "reasoning_content": "ab", "content": ""}
    assert fold.reply() == {"x": "b", "choices": [{"index": 0, "message": message, "y": "b"}]}


def test_nothing_came():
    assert Fold().reply() == {"choices": []}
