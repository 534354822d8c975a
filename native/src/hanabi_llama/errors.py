"""What can go wrong, as a tree of exceptions.

LlamaError
 +-- LibraryError      no library of the expected release, or one that does not fit
 +-- ModelLoadError    the file is no model that the library can load
 +-- ContextError      no context with these sizes could be made
 |    +-- UnsuitableModelError  no context can be made for this model: it cannot generate text
 +-- DecodeError       a batch was refused, or its computation failed
 +-- ClosedError       the model or context was closed before

A bad argument is a ValueError, as everywhere in Python; it is raised before the library sees it,
since a failed assertion in there would end the process.
"""


class LlamaError(Exception):
    """Anything that this package raises, other than ValueError."""


class LibraryError(LlamaError):
    """The llama.cpp library is missing, or not the release that this package was written for."""


class ModelLoadError(LlamaError):
    """The library could not load a model file; the message carries its own reason."""


class ContextError(LlamaError):
    """The library could not make a context; the message carries its own reason."""


class UnsuitableModelError(ContextError):
    """The model cannot generate text, whatever the context."""


class DecodeError(LlamaError):
    """A batch was refused or failed; the message carries the library's own reason.

    Attributes:
        code: what `llama_decode` returned: -1 for a refused batch (nothing has changed), less for
            a failed computation (what was done before stays in the KV cache).
    """

    def __init__(self, message: str, code: int) -> None:
        """Take the sentence and the library's return value."""
        super().__init__(message)
        self.code = code


class ClosedError(LlamaError):
    """A closed model or context was used."""
