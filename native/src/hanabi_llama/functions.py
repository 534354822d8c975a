"""The C functions that are called, with their types, as llama.cpp v0.5.0 declares them.

ctypes lets go of the GIL during each of them. Pointers to the library's own objects (model,
context, vocabulary, memory, backend) are plain addresses.
"""

from ctypes import (
    CDLL,
    POINTER,
    c_bool,
    c_char_p,
    c_float,
    c_int,
    c_int32,
    c_size_t,
    c_uint8,
    c_uint32,
)
from ctypes import c_uint64 as u64
from ctypes import c_void_p as address
from typing import Any

from hanabi_llama.structs import (
    BatchStruct,
    ContextParams,
    LogCallback,
    ModelParams,
    ThreadpoolParams,
)

i32 = c_int32
u32 = c_uint32

PROTOTYPES: dict[str, tuple[Any, list[Any]]] = {
    # library
    "llama_version": (c_char_p, []),
    "llama_backend_init": (None, []),
    "llama_log_set": (None, [LogCallback, address]),
    "llama_model_default_params": (ModelParams, []),
    "llama_context_default_params": (ContextParams, []),
    "llama_max_parallel_sequences": (c_size_t, []),
    # kernels and threads
    "ggml_backend_load_all_from_path": (None, [c_char_p]),
    "ggml_backend_reg_by_name": (address, [c_char_p]),
    "ggml_backend_dev_by_type": (address, [c_int]),
    "ggml_backend_reg_get_proc_address": (address, [address, c_char_p]),
    "ggml_op_name": (c_char_p, [c_int]),
    "ggml_nbytes": (c_size_t, [address]),
    "ggml_backend_buft_name": (c_char_p, [address]),
    "ggml_tensor_overhead": (c_size_t, []),
    "ggml_threadpool_params_init": (None, [POINTER(ThreadpoolParams), c_int]),
    # memory
    "ggml_backend_cpu_buffer_type": (address, []),
    "ggml_backend_buft_alloc_buffer": (address, [address, c_size_t]),
    "ggml_backend_buffer_get_base": (address, [address]),
    "ggml_backend_buffer_clear": (None, [address, c_uint8]),
    "ggml_backend_buffer_free": (None, [address]),
    # model
    "llama_model_load_from_file": (address, [c_char_p, ModelParams]),
    "llama_model_free": (None, [address]),
    "llama_model_get_vocab": (address, [address]),
    "llama_model_n_ctx_train": (i32, [address]),
    "llama_model_n_embd": (i32, [address]),
    "llama_model_n_layer": (i32, [address]),
    "llama_model_n_head": (i32, [address]),
    "llama_model_n_head_kv": (i32, [address]),
    "llama_model_n_swa": (i32, [address]),
    "llama_model_n_params": (u64, [address]),
    "llama_model_size": (u64, [address]),
    "llama_model_desc": (i32, [address, address, c_size_t]),
    "llama_model_meta_count": (i32, [address]),
    "llama_model_meta_key_by_index": (i32, [address, i32, address, c_size_t]),
    "llama_model_meta_val_str_by_index": (i32, [address, i32, address, c_size_t]),
    "llama_model_chat_template": (c_char_p, [address, c_char_p]),
    "llama_model_has_encoder": (c_bool, [address]),
    "llama_model_has_decoder": (c_bool, [address]),
    "llama_model_is_recurrent": (c_bool, [address]),
    "llama_model_is_hybrid": (c_bool, [address]),
    # vocabulary
    "llama_vocab_type": (c_int, [address]),
    "llama_vocab_n_tokens": (i32, [address]),
    "llama_vocab_bos": (i32, [address]),
    "llama_vocab_eos": (i32, [address]),
    "llama_vocab_eot": (i32, [address]),
    "llama_vocab_get_add_bos": (c_bool, [address]),
    "llama_vocab_get_attr": (c_int, [address, i32]),
    "llama_vocab_get_text": (c_char_p, [address, i32]),
    "llama_vocab_is_control": (c_bool, [address, i32]),
    "llama_vocab_is_eog": (c_bool, [address, i32]),
    "llama_vocab_get_suppress_tokens": (POINTER(i32), [address, POINTER(i32)]),
    "llama_token_to_piece": (i32, [address, i32, address, i32, i32, c_bool]),
    "llama_tokenize": (i32, [address, c_char_p, i32, address, i32, c_bool, c_bool]),
    # context
    "llama_init_from_model": (address, [address, ContextParams]),
    "llama_free": (None, [address]),
    "llama_attach_threadpool": (None, [address, address, address]),
    "llama_n_batch": (u32, [address]),
    "llama_set_n_threads": (None, [address, i32, i32]),
    "llama_n_ctx_seq": (u32, [address]),
    "llama_n_ubatch": (u32, [address]),
    "llama_decode": (i32, [address, BatchStruct]),
    "llama_get_logits": (POINTER(c_float), [address]),
    # KV cache
    "llama_get_memory": (address, [address]),
    "llama_memory_clear": (None, [address, c_bool]),
    "llama_memory_seq_pos_max": (i32, [address, i32]),
    "llama_memory_seq_cp": (None, [address, i32, i32, i32, i32]),
    "llama_memory_seq_rm": (c_bool, [address, i32, i32, i32]),
    "llama_state_seq_get_size": (c_size_t, [address, i32]),
    "llama_state_seq_get_size_ext": (c_size_t, [address, i32, u32]),
    "llama_state_seq_get_data": (c_size_t, [address, address, c_size_t, i32]),
    "llama_state_seq_set_data": (c_size_t, [address, address, c_size_t, i32]),
}
"""Function name -> its result type and its argument types."""


def bind(library: CDLL) -> None:
    """Give every function of `library` its types; raises AttributeError for one that is missing."""
    for name, (result, arguments) in PROTOTYPES.items():
        function = getattr(library, name)
        function.restype = result
        function.argtypes = arguments
