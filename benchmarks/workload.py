"""What the streams are asked: different questions that call for long answers."""

from itertools import cycle, islice, product
from typing import Any

CHAT_MODEL = "accounts/fireworks/models/smollm2-135m-instruct"
COMPLETIONS_MODEL = "accounts/fireworks/models/smollm2-135m"

_HEROES = ("a baker", "a sailor", "an old robot", "a shy fox", "two sisters", "a clockmaker")
_PLACES = ("a mountain village", "a harbour", "a desert", "a big city", "a forest", "the moon")

GREEDY: dict[str, Any] = {"temperature": 0}
SAMPLED: dict[str, Any] = {"temperature": 0.8, "top_p": 0.95}


def questions(count: int) -> list[str]:
    """As many questions as there are streams; 36 different ones."""
    pairs = islice(cycle(product(_PLACES, _HEROES)), count)
    return [f"Write a long story about {hero} who lives in {place}." for place, hero in pairs]


def chat(question: str, tokens: int, **options: Any) -> dict[str, Any]:
    """The body of a chat request for exactly `tokens` tokens."""
    return {
        "model": CHAT_MODEL,
        "messages": [{"role": "user", "content": question}],
        "max_tokens": tokens,
        "ignore_eos": True,
        **options,
    }


def assert_real(text: str, tokens: int) -> None:
    """Assert that a text of so many tokens reads like one: mostly letters and spaces."""
    plain = sum(char.isalpha() or char.isspace() for char in text)
    assert len(text) > 2 * tokens, f"{tokens} tokens gave only {text!r}"
    assert plain > 0.8 * len(text), f"this is no prose: {text!r}"
