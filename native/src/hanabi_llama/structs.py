"""The C structs that cross the border, as llama.cpp v0.5.0 lays them out.

Field names and order are those of llama.h and ggml.h of that release. `library.py` compares the
library's own defaults with what they should be before any of these is trusted.
"""

from ctypes import (
    CFUNCTYPE,
    POINTER,
    Structure,
    c_bool,
    c_char_p,
    c_float,
    c_int,
    c_int8,
    c_int32,
    c_size_t,
    c_uint32,
    c_void_p,
)
from typing import ClassVar

LogCallback = CFUNCTYPE(None, c_int, c_char_p, c_void_p)
"""`void (level, text, user_data)`: a log text, often a part of a line."""

ProgressCallback = CFUNCTYPE(c_bool, c_float, c_void_p)
"""`bool (progress, user_data)`: loading has come to 0.0..1.0; False stops it."""

TYPE_F16 = 1
"""`GGML_TYPE_F16`, the element type of the KV cache by default."""

KV_TYPES = {"f16": TYPE_F16, "q8_0": 8}
"""Element types that the KV cache may have, by name: `ggml_type`."""

LOAD_MODE_MMAP = 1
"""`LLAMA_LOAD_MODE_MMAP`: map the weights, so that processes share them and loading is lazy."""

MAX_THREADS = 512
"""`GGML_MAX_N_THREADS`, the length of a CPU mask."""

MAX_SEQUENCES = 256
"""`LLAMA_MAX_SEQ`, the most sequences in one context."""


class ModelParams(Structure):
    """`llama_model_params` (80 bytes): how to load a model."""

    _fields_: ClassVar = [
        ("devices", c_void_p),  # NULL: every device there is
        ("tensor_buft_overrides", c_void_p),
        ("n_gpu_layers", c_int32),  # layers kept on a GPU; negative: all
        ("split_mode", c_int),
        ("load_mode", c_int),  # LOAD_MODE_MMAP
        ("lazy_mode", c_int),
        ("main_gpu", c_int32),
        ("tensor_split", c_void_p),
        ("progress_callback", ProgressCallback),
        ("progress_callback_user_data", c_void_p),
        ("kv_overrides", c_void_p),
        ("vocab_only", c_bool),
        ("check_tensors", c_bool),
        ("use_extra_bufts", c_bool),  # repack weights for the kernels in use
        ("no_host", c_bool),
        ("no_alloc", c_bool),
        ("load_mtp", c_bool),
    ]


class ContextParams(Structure):
    """`llama_context_params` (160 bytes): sizes and behaviour of a context."""

    _fields_: ClassVar = [
        ("n_ctx", c_uint32),  # KV cells of all sequences together
        ("n_batch", c_uint32),  # most tokens in one llama_decode
        ("n_ubatch", c_uint32),  # most tokens in one pass through the weights
        ("n_seq_max", c_uint32),
        ("n_rs_seq", c_uint32),
        ("n_outputs_max", c_uint32),  # most rows of logits from one decode; sizes a buffer
        ("n_outputs_max_per_seq", c_uint32),  # 0: no limit of its own
        ("n_threads", c_int32),  # for one token
        ("n_threads_batch", c_int32),  # for more than one
        ("ctx_type", c_int),
        ("rope_scaling_type", c_int),
        ("pooling_type", c_int),
        ("attention_type", c_int),
        ("flash_attn_type", c_int),  # -1: where the model allows it
        ("rope_freq_base", c_float),
        ("rope_freq_scale", c_float),
        ("yarn_ext_factor", c_float),
        ("yarn_attn_factor", c_float),
        ("yarn_beta_fast", c_float),
        ("yarn_beta_slow", c_float),
        ("yarn_orig_ctx", c_uint32),
        ("defrag_thold", c_float),
        ("cb_eval", c_void_p),
        ("cb_eval_user_data", c_void_p),
        ("type_k", c_int),  # element types of the KV cache
        ("type_v", c_int),
        ("abort_callback", c_void_p),  # bool (void *): asked after every node of the graph
        ("abort_callback_data", c_void_p),
        ("embeddings", c_bool),
        ("offload_kqv", c_bool),
        ("no_perf", c_bool),
        ("op_offload", c_bool),
        ("swa_full", c_bool),  # keep all cells of sliding-window layers, so that tails can go
        ("kv_unified", c_bool),  # False: one KV stream for each sequence
        ("samplers", c_void_p),
        ("n_samplers", c_size_t),
        ("ctx_other", c_void_p),
    ]


class BatchStruct(Structure):
    """`llama_batch` (56 bytes): tokens with their positions and sequences."""

    _fields_: ClassVar = [
        ("n_tokens", c_int32),
        ("token", POINTER(c_int32)),
        ("embd", POINTER(c_float)),
        ("pos", POINTER(c_int32)),
        ("n_seq_id", POINTER(c_int32)),
        ("seq_id", POINTER(POINTER(c_int32))),
        ("logits", POINTER(c_int8)),  # nonzero: this token's logits are wanted
    ]


class ThreadpoolParams(Structure):
    """`ggml_threadpool_params` (528 bytes): the threads that compute."""

    _fields_: ClassVar = [
        ("cpumask", c_bool * MAX_THREADS),  # all False: no affinity
        ("n_threads", c_int),
        ("prio", c_int),
        ("poll", c_uint32),  # 0 to 100: how long a thread spins for its next graph
        ("strict_cpu", c_bool),
        ("paused", c_bool),
    ]


class BackendFeature(Structure):
    """`ggml_backend_feature`: one name and value of a list that ends with a NULL name."""

    _fields_: ClassVar = [("name", c_char_p), ("value", c_char_p)]


class SymbolInfo(Structure):
    """`Dl_info` of dladdr(3): the file and symbol that an address belongs to."""

    _fields_: ClassVar = [
        ("file_name", c_char_p),
        ("file_base", c_void_p),
        ("symbol_name", c_char_p),
        ("symbol_address", c_void_p),
    ]
