"""The options in force: what the request says, else the model, else the route."""

from hanabi.errors import InvalidRequestError
from hanabi.generation.defaults import ModelDefaults
from hanabi.generation.text import TextRequest
from hanabi.generation.vocab import Vocab
from hanabi.sampling.params import SamplingParams
from hanabi.styles.style import Style


def sampling_in_force(
    request: TextRequest, defaults: ModelDefaults, vocab: Vocab
) -> SamplingParams:
    """The sampling options; raises InvalidRequestError for a bias on an id out of range."""
    from_model = {
        name: value
        for name in SamplingParams.__struct_fields__
        if (value := getattr(defaults, name, None)) is not None
    }
    sampling = SamplingParams(**(from_model | request.sampling))
    for token in sampling.logit_bias:
        if not 0 <= token < vocab.size:
            raise InvalidRequestError(
                f"logit_bias: token ids of this model are 0 to {vocab.size - 1}, got {token}",
                param="logit_bias",
            )
    return sampling


def max_tokens_in_force(request: TextRequest, defaults: ModelDefaults) -> int:
    """The tokens asked for, before the context's length has its say."""
    if request.max_tokens is not None:
        return request.max_tokens
    if defaults.max_tokens is not None:
        return defaults.max_tokens
    return request.fallback_max_tokens


def stop_in_force(
    request: TextRequest, defaults: ModelDefaults, style: Style | None, vocab: Vocab
) -> tuple[str, ...]:
    """The stop strings: the request's or the model's, and the style's that are no tokens here.

    A style's stop token that the vocabulary does not have was written into the prompt as plain
    text, so plain text is what the model ends its reply with.
    """
    stop = request.stop if request.stop is not None else defaults.stop or ()
    if isinstance(stop, str):
        stop = (stop,)
    if style is None or request.ignore_eos:
        return stop
    return stop + tuple(token for token in style.stop_tokens if token not in vocab.special)


def end_ids_in_force(
    request: TextRequest, stop: tuple[str, ...], style: Style | None, vocab: Vocab
) -> tuple[int, ...]:
    """The ids that end a choice, sorted: the model's, the style's stop tokens, and named ones.

    A control token makes no text, so a stop string that is the name of one (`<|im_end|>`) could
    never be found there: it stands for the token. That is the caller's own wish, so it holds with
    `ignore_eos` too.
    """
    ids = {vocab.special[string] for string in stop if string in vocab.special}
    if not request.ignore_eos:
        ids.update(vocab.end_ids)
        if style is not None:
            ids.update(vocab.special[name] for name in style.stop_tokens if name in vocab.special)
    return tuple(sorted(ids))
