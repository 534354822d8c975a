// Offers the kernels to the library's CPU backend.
//
// Before it computes an operation, the backend asks each of its extra buffer types whether it has a
// way of its own (ggml_cpu_extra_compute_forward); and where weights are loaded, the first such
// type that supports their operation holds them, and may pack them. The first type is asked through
// this file from `hanabi_attach` on: what has a kernel here is ours, all else goes on to what it
// was.

#include <sys/mman.h>

#include <atomic>

#include "attention.hpp"
#include "experts.hpp"
#include "floats.hpp"
#include "ggml.hpp"
#include "matmul.hpp"
#include "seen.hpp"
#include "weights.hpp"

namespace hanabi {

Library library;

namespace {

std::atomic<uint32_t> declined;  // attention of a shape or kind without a kernel here

BufferType * first;  // of the extra types
BufferType before;   // what it was
void (*set_before)(Buffer *, Tensor *, const void *, size_t, size_t);

constexpr uintptr_t PAGE = 4096;

struct Matmul final : Traits {
    bool work_size(int threads, const Tensor * op, size_t & size) override {
        size = matmul_work_size(op, threads);
        return true;
    }
    bool compute_forward(Params * params, Tensor * op) override {
        matmul(params, op);
        return true;
    }
} by_matmul;

struct FloatProduct final : Traits {
    bool work_size(int, const Tensor *, size_t & size) override {
        size = 0;
        return true;
    }
    bool compute_forward(Params * params, Tensor * op) override {
        multiply_floats(params, op);
        return true;
    }
} by_floats;

struct Experts final : Traits {
    bool work_size(int, const Tensor * op, size_t & size) override {
        size = experts_work_size(op);
        return true;
    }
    bool compute_forward(Params * params, Tensor * op) override {
        experts(params, op);
        return true;
    }
} by_experts;

struct Attention final : Traits {
    bool work_size(int, const Tensor *, size_t & size) override {
        size = 0;
        return true;
    }
    bool compute_forward(Params * params, Tensor * op) override {
        attention(params, op);
        return true;
    }
} by_attention;

// Some rows of a packed matrix, as floats: where a model's output weights are its embeddings too.
struct Rows final : Traits {
    bool work_size(int, const Tensor *, size_t & size) override {
        size = 0;
        return true;
    }
    bool compute_forward(Params * params, Tensor * op) override {
        const auto * numbers = reinterpret_cast<const int32_t *>(op->src[1]->data);
        for (int64_t row = params->ith; row < op->ne[1]; row += params->nth)
            unpack_row(op->src[0], numbers[row],
                       reinterpret_cast<float *>(op->data + row * op->nb[1]));
        return true;
    }
} by_rows;

bool is_rows(const Tensor * op) {
    return op->op == library.get_rows && op->src[1]->type == I32 && op->type == F32 &&
           op->src[1]->nb[0] == sizeof(int32_t) && op->ne[2] == 1 && op->ne[3] == 1;
}

// Whether the weights of a product are packed here when they are loaded. They stay so, whatever is
// in use later: nobody else can read them.
bool is_packed(const Tensor * matrix) {
    return matrix && matrix->extra == static_cast<Traits *>(&by_matmul);
}

// What holds the weights of a product: a view may count the same matrices in another way.
bool is_view_of_packed(const Tensor * matrix) {
    const Tensor * whole = matrix->view_src;
    return is_packed(whole) && matrix->view_offs == 0 && matrix->ne[0] == whole->ne[0] &&
           matrix->ne[1] == whole->ne[1] && matrix->nb[1] == whole->nb[1];
}

bool packs(const Tensor * matrix) {
    return library.uses_matmul && !library.has_amx && can_pack(matrix);
}

// Whether a packed matrix is multiplied with several planes of rows.
bool is_planes(const Tensor * op) {
    return op->op == library.mul_mat && op->src[0]->ne[2] == 1 && op->src[0]->ne[3] == 1 &&
           op->src[1]->type == F32 && op->src[1]->nb[0] == sizeof(float);
}

// Whether the weights of a product are packed by the library in the same way.
bool has_librarys_tiles(const Tensor * op) {
    const Buffer * buffer = op->src[0]->buffer;
    return library.uses_matmul && library.has_amx && buffer && buffer->type == first &&
           has_tiles(op->src[0]->type) && has_whole_strips(op->src[0]) && is_matmul(op);
}

bool is_product(const Tensor * op) {
    return (op->op == library.mul_mat && !is_transform(op)) || op->op == library.mul_mat_id;
}

// Why a product is not computed here, if it is not.
Reason why_not(const Tensor * op) {
    const Tensor * matrix = op->src[0];
    if (is_packed(matrix) || is_view_of_packed(matrix) || has_librarys_tiles(op))
        return Reason::NONE;
    if (!library.uses_matmul) return Reason::NOT_IN_USE;
    if (is_float(matrix->type))
        return is_float_product(op) || is_experts(op) ? Reason::NONE : Reason::SHAPE;
    if (!has_format(matrix->type)) return Reason::TYPE;
    return is_matmul(op) || is_experts(op) ? Reason::PLACE : Reason::SHAPE;
}

// What computes a product here.
Traits * kernel(const Tensor * op) {
    if (is_float_product(op)) return &by_floats;
    if (is_matmul(op) || is_planes(op)) return &by_matmul;
    return &by_experts;
}

struct Offer final : Extra {
    bool supports_op(void * device, const Tensor * op) override {
        if (is_product(op) && op->src[0]->buffer && op->src[0]->buffer->type == first) {
            if (is_packed(op->src[0])) return is_experts(op) || is_planes(op);
            if (packs(op->src[0]) && (is_matmul(op) || is_experts(op))) return true;
        }
        if (is_packed(op->src[0]) && is_rows(op)) return true;
        return theirs()->supports_op(device, op);
    }

    Traits * get_tensor_traits(const Tensor * op) override {
        if (op->op == library.flash_attention) {
            const Reason reason = !library.uses_attention ? Reason::NOT_IN_USE
                                  : is_attention(op)      ? Reason::NONE
                                                          : Reason::SHAPE;
            note(op, reason);
            if (reason == Reason::NONE) return &by_attention;
            if (reason == Reason::SHAPE) ++declined;
        }
        if (is_product(op)) {
            const Reason reason = why_not(op);
            note(op, reason);
            if (reason == Reason::NONE) return kernel(op);
        }
        if (is_packed(op->src[0]) && is_rows(op)) return &by_rows;
        return theirs()->get_tensor_traits(op);
    }

    static Extra * theirs() { return static_cast<Extra *>(before.context); }
} offer;

size_t size_of(BufferType * type, const Tensor * tensor) {
    if (packs(tensor)) return packed_size(tensor);
    return before.size_of ? before.size_of(type, tensor) : library.bytes(tensor);
}

void set(Buffer * buffer, Tensor * tensor, const void * data, size_t offset, size_t size) {
    if (packs(tensor) && offset == 0 && size == library.bytes(tensor)) {
        pack(tensor, static_cast<const char *>(data), tensor->data);
        tensor->extra = static_cast<Traits *>(&by_matmul);
    } else {
        set_before(buffer, tensor, data, offset, size);
    }
}

// Weights are read from end to end at every step: in pages of 2 MiB, where the system has them,
// that takes fewer walks through its tables, 3 % of a lone stream's step.
Buffer * allocate(BufferType * type, size_t size) {
    Buffer * buffer = before.allocate(type, size);
    if (!buffer) return nullptr;
    set_before = buffer->set;
    buffer->set = set;
    const uintptr_t start = (reinterpret_cast<uintptr_t>(buffer->context) + PAGE - 1) / PAGE * PAGE;
    madvise(reinterpret_cast<void *>(start), size / PAGE * PAGE, MADV_HUGEPAGE);
    return buffer;
}

}  // namespace

}  // namespace hanabi

// Attaches the kernels to the first extra buffer type, where they stay until the process ends.
// Called again, it changes which operations are computed here.
extern "C" void hanabi_attach(hanabi::BufferType * type, const hanabi::Library * functions) {
    using namespace hanabi;
    library = *functions;
    if (first) return;
    first = type;
    before = *type;
    type->allocate = allocate;
    type->size_of = size_of;
    type->context = static_cast<Extra *>(&offer);
}

// How often attention was asked for that has no kernel here.
extern "C" uint32_t hanabi_declined() { return hanabi::declined; }
