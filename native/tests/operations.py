"""One operation of the library at a time, on numpy's arrays, by its CPU backend."""

from ctypes import (
    CDLL,
    CFUNCTYPE,
    POINTER,
    Structure,
    c_bool,
    c_char_p,
    c_float,
    c_int,
    c_int64,
    c_size_t,
    c_void_p,
)
from typing import ClassVar, Self

import numpy as np

from hanabi_llama.kernels import procedure
from hanabi_llama.library import load

F32, F16, I32, BF16 = 0, 1, 26, 30
FLOATS = (F32, F16, BF16)
Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K = 2, 3, 6, 7, 8, 12, 13, 14
IQ4_NL = 20
KINDS = (Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K)
"""Of weights that have products of our own."""

TENSORS = 16


class InitParams(Structure):
    _fields_: ClassVar = [("size", c_size_t), ("buffer", c_void_p), ("no_alloc", c_bool)]


class TypeTraits(Structure):
    _fields_: ClassVar = [
        ("name", c_char_p),
        ("block", c_int64),
        ("interleaved", c_int64),
        ("size", c_size_t),
        ("is_quantized", c_bool),
        ("to_float", CFUNCTYPE(None, c_void_p, c_void_p, c_int64)),
    ]


PROTOTYPES = {
    "ggml_init": (c_void_p, [InitParams]),
    "ggml_free": (None, [c_void_p]),
    "ggml_new_tensor": (c_void_p, [c_void_p, c_int, c_int, POINTER(c_int64)]),
    "ggml_mul_mat": (c_void_p, [c_void_p] * 3),
    "ggml_get_rows": (c_void_p, [c_void_p] * 3),
    "ggml_backend_dev_supports_op": (c_bool, [c_void_p] * 2),
    "ggml_flash_attn_ext": (c_void_p, [c_void_p] * 5 + [c_float] * 3),
    "ggml_new_graph": (c_void_p, [c_void_p]),
    "ggml_graph_overhead": (c_size_t, []),
    "ggml_build_forward_expand": (None, [c_void_p] * 2),
    "ggml_backend_dev_init": (c_void_p, [c_void_p] * 2),
    "ggml_backend_free": (None, [c_void_p]),
    "ggml_backend_alloc_ctx_tensors": (c_void_p, [c_void_p] * 2),
    "ggml_backend_alloc_ctx_tensors_from_buft": (c_void_p, [c_void_p] * 2),
    "ggml_backend_buffer_free": (None, [c_void_p]),
    "ggml_backend_tensor_set": (None, [c_void_p, c_void_p, c_size_t, c_size_t]),
    "ggml_backend_tensor_get": (None, [c_void_p, c_void_p, c_size_t, c_size_t]),
    "ggml_backend_graph_compute": (c_int, [c_void_p] * 2),
    "ggml_nbytes": (c_size_t, [c_void_p]),
    "ggml_blck_size": (c_int64, [c_int]),
    "ggml_type_size": (c_size_t, [c_int]),
    "ggml_get_type_traits": (POINTER(TypeTraits), [c_int]),
    "ggml_quantize_chunk": (
        c_size_t,
        [c_int, c_void_p, c_void_p, c_int64, c_int64, c_int64, c_void_p],
    ),
}


def functions() -> CDLL:
    """The library, with the functions of this module bound."""
    library = load().functions
    for name, (result, arguments) in PROTOTYPES.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


class Graph:
    """Tensors, and the one that is computed from others."""

    def __init__(self, threads: int = 1) -> None:
        self.library = functions()
        self._device = self.library.ggml_backend_dev_by_type(0)
        self._backend = self.library.ggml_backend_dev_init(self._device, None)
        CFUNCTYPE(None, c_void_p, c_int)(procedure(self.library, "ggml_backend_set_n_threads"))(
            self._backend, threads
        )
        self._contexts: list[int] = []
        self._buffers: list[int] = []
        self._data: list[tuple[int, np.ndarray]] = []
        self.context = self.new_context()

    def new_context(self) -> int:
        size = TENSORS * self.library.ggml_tensor_overhead() + self.library.ggml_graph_overhead()
        self._contexts.append(self.library.ggml_init(InitParams(size, None, True)))
        return self._contexts[-1]

    def tensor(self, array: np.ndarray) -> int:
        """An input, its dimensions in numpy's order; uint16 has the bits of brain floats."""
        kinds = {"float32": F32, "float16": F16, "int32": I32, "uint16": BF16}
        kind = kinds[array.dtype.name]
        made = self._new(self.context, kind, array.shape)
        self._data.append((made, np.ascontiguousarray(array)))
        return made

    def weights(self, kind: int, array: np.ndarray) -> int:
        """A matrix, quantized, in the buffer type that the CPU backend prefers for such."""
        packed = quantized(kind, array)
        context = self.new_context()
        made = self._new(context, kind, array.shape)
        listed = CFUNCTYPE(POINTER(c_void_p), c_void_p)(
            procedure(self.library, "ggml_backend_dev_get_extra_bufts")
        )(self._device)
        self._buffers.append(
            self.library.ggml_backend_alloc_ctx_tensors_from_buft(context, listed[0])
        )
        self.library.ggml_backend_tensor_set(made, packed.ctypes.data, 0, packed.nbytes)
        return made

    def can_compute(self, result: int) -> bool:
        """Whether the CPU backend has a way to compute it from where its inputs lie."""
        return bool(self.library.ggml_backend_dev_supports_op(self._device, result))

    def compute(self, result: int, shape: tuple[int, ...]) -> np.ndarray:
        """What the result is, as float32."""
        graph = self.library.ggml_new_graph(self.context)
        self.library.ggml_build_forward_expand(graph, result)
        self._buffers.append(
            self.library.ggml_backend_alloc_ctx_tensors(self.context, self._backend)
        )
        for tensor, array in self._data:
            self.library.ggml_backend_tensor_set(tensor, array.ctypes.data, 0, array.nbytes)
        assert self.library.ggml_backend_graph_compute(self._backend, graph) == 0
        computed = np.empty(shape, np.float32)
        assert computed.nbytes == self.library.ggml_nbytes(result)
        self.library.ggml_backend_tensor_get(result, computed.ctypes.data, 0, computed.nbytes)
        return computed

    def _new(self, context: int, kind: int, shape: tuple[int, ...]) -> int:
        sizes = (c_int64 * len(shape))(*reversed(shape))
        made: int = self.library.ggml_new_tensor(context, kind, len(shape), sizes)
        return made

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for buffer in self._buffers:
            self.library.ggml_backend_buffer_free(buffer)
        for context in self._contexts:
            self.library.ggml_free(context)
        self.library.ggml_backend_free(self._backend)


def quantized(kind: int, array: np.ndarray) -> np.ndarray:
    """A matrix as files have it: uint8[row, block, byte]."""
    library = functions()
    rows, elements = array.shape
    blocks = elements // library.ggml_blck_size(kind)
    packed = np.empty((rows, blocks, library.ggml_type_size(kind)), np.uint8)
    source = np.ascontiguousarray(array, np.float32)
    library.ggml_quantize_chunk(
        kind, source.ctypes.data, packed.ctypes.data, 0, rows, elements, None
    )
    return packed


def unpacked(kind: int, packed: np.ndarray) -> np.ndarray:
    """What `quantized` weights stand for, by the library: float64[row, element]."""
    traits = functions().ggml_get_type_traits(kind).contents
    packed = np.ascontiguousarray(packed)
    floats = np.empty((len(packed), packed.shape[1] * traits.block), np.float32)
    traits.to_float(packed.ctypes.data, floats.ctypes.data, floats.size)
    return floats.astype(np.float64)


def multiply(kind: int, weights: np.ndarray, inputs: np.ndarray, threads: int = 1) -> np.ndarray:
    """The products of each row of the inputs with each of the weights', which are quantized."""
    with Graph(threads) as graph:
        matrix, rows = graph.weights(kind, weights), graph.tensor(inputs)
        product = graph.library.ggml_mul_mat(graph.context, matrix, rows)
        return graph.compute(product, (len(inputs), len(weights)))


def as_floats(kind: int, array: np.ndarray) -> np.ndarray:
    """Numbers as a kind of floats; of brain floats, which numpy has not, the bits."""
    if kind == BF16:
        return (np.ascontiguousarray(array, np.float32).view(np.uint32) >> 16).astype(np.uint16)
    return array.astype({F32: np.float32, F16: np.float16}[kind])


def from_floats(kind: int, array: np.ndarray) -> np.ndarray:
    """What `as_floats` gave, as float64."""
    if kind == BF16:
        array = (array.astype(np.uint32) << 16).view(np.float32)
    return array.astype(np.float64)


def multiply_floats(weights: np.ndarray, inputs: np.ndarray, threads: int = 1) -> np.ndarray:
    """The products of each row of the inputs with each of the weights', plane by plane.

    weights: as `as_floats` gives them, [outer, inner, feature, element]; inputs: float32[outer,
    inner, row, element], with as many planes or multiples of them.
    """
    with Graph(threads) as graph:
        matrix, rows = graph.tensor(weights), graph.tensor(inputs)
        product = graph.library.ggml_mul_mat(graph.context, matrix, rows)
        return graph.compute(product, (*inputs.shape[:3], weights.shape[2]))


def rows_of(kind: int, weights: np.ndarray, numbers: np.ndarray, threads: int = 1) -> np.ndarray:
    """Some rows of a matrix that was quantized for products, as float32."""
    with Graph(threads) as graph:
        matrix = graph.weights(kind, weights)
        rows = graph.library.ggml_get_rows(
            graph.context, matrix, graph.tensor(numbers.astype(np.int32))
        )
        assert graph.can_compute(rows)
        return graph.compute(rows, (len(numbers), weights.shape[1]))


def attend(
    q: np.ndarray, k: np.ndarray, v: np.ndarray, mask: np.ndarray, scale: float, *, threads: int = 1
) -> np.ndarray:
    """Attention, float32[stream, token, head, size].

    q: float32[stream, head, token, size]; k and v: float16[stream, head of the cache, key, size];
    mask: float16[stream, 1, token, key].
    """
    streams, heads, tokens, size = q.shape
    with Graph(threads) as graph:
        tensors = [graph.tensor(array) for array in (q, k, v, mask)]
        result = graph.library.ggml_flash_attn_ext(graph.context, *tensors, scale, 0.0, 0.0)
        return graph.compute(result, (streams, tokens, heads, size))
