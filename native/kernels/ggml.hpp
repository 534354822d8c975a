// What of ggml's binary interface the kernels meet: tensors, buffers, a thread's part of an
// operation, and the two classes by which a buffer type offers operations of its own to the CPU
// backend. The layouts are those of the release in library.py (ggml.h, ggml-backend-impl.h,
// ggml-cpu-impl.h and ggml-cpu/traits.h there), which is the only one that is loaded.

#pragma once

#include <cstddef>
#include <cstdint>

namespace hanabi {

enum Type : int32_t {
    F32 = 0,
    F16 = 1,
    Q4_0 = 2,
    Q4_1 = 3,
    Q5_0 = 6,
    Q5_1 = 7,
    Q8_0 = 8,
    Q4_K = 12,
    Q5_K = 13,
    Q6_K = 14,
    I32 = 26,
    BF16 = 30,
};

constexpr bool is_float(int32_t type) { return type == F32 || type == F16 || type == BF16; }

struct Buffer;

struct Tensor;
struct Buffer;

struct BufferType {
    const char * (*name)(BufferType *);
    Buffer * (*allocate)(BufferType *, size_t size);
    void * alignment;
    void * greatest_size;
    size_t (*size_of)(BufferType *, const Tensor *);  // null: as many bytes as in the file
    void * is_host;
    void * device;
    void * context;  // of a type with operations of its own: its Extra
};

struct Buffer {
    void * before[4];  // free, base, init and memset of a tensor
    void (*set)(Buffer *, Tensor *, const void * data, size_t offset, size_t size);
    void * after[6];
    BufferType * type;
    void * context;  // of the AMX type, and of the CPU's: its memory
    size_t size;
};

struct Tensor {
    int32_t type;
    Buffer * buffer;
    int64_t ne[4];  // elements along each dimension, the one whose elements are neighbours first
    size_t nb[4];   // bytes from one to the next
    int32_t op;
    int32_t op_params[16];
    int32_t flags;
    Tensor * src[10];
    Tensor * view_src;
    size_t view_offs;
    char * data;
    char name[64];
    void * extra;
    char padding[8];
};
static_assert(sizeof(Tensor) == 336);

struct Params {
    int ith, nth;  // this thread, and how many there are
    size_t wsize;
    char * wdata;  // memory that all threads share, as much as `work_size` asked for
    void * threadpool;
    bool use_ref;
};

// ggml::cpu::tensor_traits: the functions in this order.
class Traits {
  public:
    virtual ~Traits() = default;
    virtual bool work_size(int threads, const Tensor * op, size_t & size) = 0;
    virtual bool compute_forward(Params * params, Tensor * op) = 0;
};

// ggml::cpu::extra_buffer_type: the functions in this order.
class Extra {
  public:
    virtual ~Extra() = default;
    virtual bool supports_op(void * device, const Tensor * op) = 0;
    virtual Traits * get_tensor_traits(const Tensor * op) = 0;
};

// What is the library's own: it is loaded by its path, so there is nothing to link against.
struct Library {
    void (*barrier)(void * threadpool);
    void (*chunk_set)(void * threadpool, int value);
    int (*chunk_add)(void * threadpool, int value);
    size_t (*bytes)(const Tensor *);
    int32_t mul_mat, mul_mat_id, get_rows, flash_attention;  // the operations' numbers
    int32_t uses_matmul, uses_attention;  // whether they are computed here
    int32_t has_amx;                      // and so packs weights itself, as weights.hpp says
};

extern Library library;

// This thread's next piece of an operation's work. The first is its own number; `share` comes
// before.
inline int next_piece(const Params * params) { return library.chunk_add(params->threadpool, 1); }

// Waits for all threads, after which they share out pieces of work.
inline void share(const Params * params) {
    if (params->ith == 0) library.chunk_set(params->threadpool, params->nth);
    library.barrier(params->threadpool);
}

}  // namespace hanabi
