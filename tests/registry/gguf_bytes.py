"""GGUF files byte by byte, so that a test can write what no proper writer would."""

import struct

U8, I8, U16, I16, U32, I32, F32, BOOL, STRING, ARRAY, U64, I64, F64 = range(13)
CODES = dict(zip((U8, I8, U16, I16, U32, I32, F32, U64, I64, F64), "BbHhIifQqd", strict=True))
ALIGNMENT = 32


def text(value):
    raw = value if isinstance(value, bytes) else value.encode()
    return struct.pack("<Q", len(raw)) + raw


def scalar(kind, value):
    if kind == STRING:
        return text(value)
    return bytes([value]) if kind == BOOL else struct.pack(f"<{CODES[kind]}", value)


def array(kind, values):
    """Return an array with its type and length before it, as a key's value is."""
    return struct.pack("<IQ", kind, len(values)) + b"".join(scalar(kind, v) for v in values)


def key(name, kind, value):
    """Return a key; `value` of an ARRAY is what `array` makes."""
    raw = value if kind == ARRAY else scalar(kind, value)
    return text(name) + struct.pack("<I", kind) + raw


def tensor(name, shape, offset, kind=0):
    dimensions = struct.pack(f"<I{len(shape)}Q", len(shape), *shape)
    return text(name) + dimensions + struct.pack("<IQ", kind, offset)


def model(**changes):
    """Return the keys of a small good model, by name; a change of None takes the key away."""
    keys = {
        "general.architecture": (STRING, "llama"),
        "general.name": (STRING, "a name"),
        "general.file_type": (U32, 1),
        "llama.context_length": (U32, 64),
        "llama.block_count": (U32, 2),
        "llama.embedding_length": (U32, 8),
        "llama.attention.head_count": (U32, 4),
        "llama.attention.head_count_kv": (U32, 2),
        "tokenizer.ggml.model": (STRING, "llama"),
        "tokenizer.ggml.tokens": (ARRAY, array(STRING, ["<unk>", "<s>", "<0x0A>"])),
        "tokenizer.ggml.scores": (ARRAY, array(F32, [0, 0, 0])),
        "tokenizer.ggml.token_type": (ARRAY, array(I32, [2, 3, 6])),
        "tokenizer.ggml.bos_token_id": (U32, 1),
        "tokenizer.chat_template": (STRING, "{{ messages }}"),
    }
    keys.update({name.replace("__", "."): value for name, value in changes.items()})
    return [key(name, *value) for name, value in keys.items() if value is not None]


TENSORS = [tensor("a", [8, 3], 0), tensor("b", [5], 96)]
CONTENT = 96 + 20


def gguf(
    keys=None,
    tensors=TENSORS,
    *,
    magic=b"GGUF",
    version=3,
    counts=None,
    content=CONTENT,
    alignment=ALIGNMENT,
):
    keys = model() if keys is None else keys
    counts = counts or (len(tensors), len(keys))
    head = magic + struct.pack("<IQQ", version, *counts) + b"".join(keys) + b"".join(tensors)
    return head + bytes(-len(head) % alignment) + bytes(content)
