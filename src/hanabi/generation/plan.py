"""What a text request comes to, once its model is known."""

import msgspec

from hanabi.errors import InvalidRequestError
from hanabi.generation.backend import Backend
from hanabi.generation.echo import Echo, echo
from hanabi.generation.limits import check_prompt_fits, fit_max_tokens
from hanabi.generation.options import (
    end_ids_in_force,
    max_tokens_in_force,
    sampling_in_force,
    stop_in_force,
)
from hanabi.generation.prompt import prepare_prompts, prompt_param
from hanabi.generation.request import GenerationRequest
from hanabi.generation.served_model import ServedModel
from hanabi.generation.text import Conversation, PreparedPrompt, Prompts, TextRequest
from hanabi.generation.truncation import prepare_conversation
from hanabi.generation.vocab import Vocab
from hanabi.styles.style import Style


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A request for text, ready to run.

    Attributes:
        model: the model's full name.
        vocab: its tokens.
        prompts: the prompts as the model reads them.
        request: what is asked of the backend.
        stop: the stop strings in force.
        echoes: what is shown of each prompt, or () for no echo.
        drop_space: whether a space that a choice's text begins with is left out.
    """

    model: str
    vocab: Vocab
    prompts: tuple[PreparedPrompt, ...]
    request: GenerationRequest
    stop: tuple[str, ...]
    echoes: tuple[Echo, ...]
    drop_space: bool


def style_in_use(request: TextRequest, model: ServedModel) -> Style | None:
    """The style that the request's conversation needs; None for a completion."""
    if not isinstance(request.source, Conversation):
        return None
    if model.style is None:
        raise InvalidRequestError(
            f"{model.name} has no conversation config, so chat completions are not enabled: "
            "use the completions API, or upload the model with conversation_config.style set "
            "in its fireworks.json",
            param="model",
        )
    return model.style


async def make_plan(
    request: TextRequest, model: ServedModel, style: Style | None, backend: Backend
) -> Plan:
    """Render, tokenize and check everything about a request that depends on its model."""
    vocab, defaults = backend.vocab, model.defaults
    sampling = sampling_in_force(request, defaults, vocab)
    stop = stop_in_force(request, defaults, style, vocab)
    prompts = await _prepare(request.source, style, backend)
    max_tokens = _fit(request, prompts, max_tokens_in_force(request, defaults), backend)
    echoes = _echoes(request, prompts, vocab)
    return Plan(
        model=model.name,
        vocab=vocab,
        prompts=prompts,
        request=GenerationRequest(
            prompts=tuple([prompt.ids for prompt in prompts]),
            max_tokens=max_tokens,
            n=request.n,
            sampling=sampling,
            end_ids=end_ids_in_force(request, stop, style, vocab),
            logprobs=request.logprobs,
            prompt_logprobs=request.logprobs if echoes else None,
            account=request.account,
            key=request.key,
        ),
        stop=stop,
        echoes=echoes,
        # A reply is a text of its own: the space that SentencePiece puts before a text is no part
        # of it, and comes back when the reply is tokenized as a message. A completion goes on
        # with the prompt's text, where the same space parts two words.
        drop_space=style is not None and not style.continues_text and vocab.add_space_prefix,
    )


async def _prepare(
    source: Prompts | Conversation, style: Style | None, backend: Backend
) -> tuple[PreparedPrompt, ...]:
    """The request's prompts as the model reads them."""
    if isinstance(source, Prompts):
        return await prepare_prompts(source, backend)
    if style is None:
        raise TypeError("a conversation needs a style")
    return (await prepare_conversation(source, style, backend),)


def _fit(
    request: TextRequest, prompts: tuple[PreparedPrompt, ...], max_tokens: int, backend: Backend
) -> int:
    """The tokens that each choice may generate; refuses a prompt that does not fit."""
    source = request.source
    for index, prompt in enumerate(prompts):
        param = prompt_param(source, index) if isinstance(source, Prompts) else "messages"
        check_prompt_fits(len(prompt.ids), max_tokens, backend.context_length, param)
    lengths = [len(prompt.ids) for prompt in prompts]
    return fit_max_tokens(lengths, max_tokens, backend.context_length, request.overflow)


def _echoes(
    request: TextRequest, prompts: tuple[PreparedPrompt, ...], vocab: Vocab
) -> tuple[Echo, ...]:
    """What is shown of each prompt; `echo_last` is the narrower wish and wins over `echo`."""
    if request.echo_last == 0 or (request.echo_last is None and not request.echo):
        return ()
    return tuple([echo(prompt, vocab, request.echo_last) for prompt in prompts])
