"""What the servers are asked: different texts for each number, the same for every side."""

from itertools import cycle, islice

_HEROES = ("a baker", "a sailor", "an old robot", "a shy fox", "two sisters", "a clockmaker")
_PLACES = ("a mountain village", "a harbour", "a desert", "a big city", "a forest", "the moon")

_SENTENCES = (
    "The harbour was quiet in the early morning, and the first boats came in with the tide.",
    "Anna counted the boxes twice, wrote the number into her book, and closed the wide gate.",
    "Nobody had seen the old ferry since the storm, although its bell was heard at night.",
    "The price of salt had doubled in a year, so the bakers began to buy it from the south.",
    "A letter lay on the table; it had been opened, read, and folded again with great care.",
    "When the clock struck nine, the engine stopped, and a long silence fell over the yard.",
    "He had promised to repair the bridge before the winter, and he kept his word this time.",
    "Two lamps were burning in the tower, one for the ships and one for the men on the road.",
    "The rules were simple: pay before noon, carry your own load, and never touch the ropes.",
    "By evening the wind had turned, and the smell of rain and cut wood came over the hills.",
)
"""Sentences of about 20 tokens each."""

SYSTEM = "You are a helpful assistant."
"""Said aloud in every chat: each server has another one for those that say none."""


def question(number: int) -> str:
    """A question that calls for a long answer; no two of them begin alike."""
    hero = _HEROES[number % len(_HEROES)]
    place = _PLACES[number // len(_HEROES) % len(_PLACES)]
    return f"Story {number}: write a long story about {hero} who lives in {place}."


def follow_up(turn: int) -> str:
    """The next question of a conversation about a story."""
    asked = ("What happens next?", "Why did they do that?", "Tell it from another side.")
    return asked[turn % len(asked)]


def prose(sentences: int, start: int) -> str:
    """So many sentences of about 20 tokens, in another order for each start."""
    step = 1 + 2 * (start % 2)  # 1 and 3 both visit all ten
    order = (_SENTENCES[(start + step * place) % len(_SENTENCES)] for place in range(sentences))
    return " ".join(order)


def long_question(number: int, words: int) -> str:
    """A question that first gives at least so many words to read."""
    sentences = -(-words // 16)
    return f"Text {number}: {prose(sentences, number)} Go on with this story."


def system_prompt(number: int, tokens: int) -> str:
    """A system prompt of about so many tokens; those of two numbers differ from the start."""
    return f"Handbook {number}. {prose(tokens // 20, number)}"


def scored(count: int, number: int) -> list[str]:
    """Texts to score, of 2 to 6 sentences; no two of one number begin alike."""
    lengths = islice(cycle((2, 3, 4, 5, 6)), count)
    return [
        f"Note {number}-{place}. {prose(length, number + place)}"
        for place, length in enumerate(lengths)
    ]


def copying(number: int) -> tuple[str, str]:
    """A task to edit and one to summarise, whose answers repeat what was given."""
    text = prose(8, number)
    edit = f"Text {number}:\n{text}\n\nThe same text with `harbour` replaced by `port`:\n"
    summary = (
        f"Notes {number}:\n{text}\n\nSummary, in the words of the notes, without the last one:\n"
    )
    return edit, summary


def structured(number: int) -> tuple[str, str]:
    """A task whose answer is JSON, and one whose answer is code."""
    people = f"List {12 + number} people as a JSON array of objects with the keys name, age, city"
    account = f"Write a Python class Account{number} with the methods deposit, withdraw, transfer"
    return (
        f"{people} and profession. Answer with the JSON alone.",
        f"{account} and balance, and a unit test for each. Answer with the code alone.",
    )
