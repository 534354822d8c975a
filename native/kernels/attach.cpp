// Offers the kernels to the library's CPU backend.
//
// Before it computes an operation, the backend asks each of its extra buffer types whether it has a
// way of its own (ggml_cpu_extra_compute_forward); and where weights are loaded, the first such
// type that says it supports their operation holds them. The first type is asked through this file
// from `hanabi_attach` on: what has a kernel here is ours, all else goes on to what it was.

#include <sys/mman.h>

#include <atomic>
#include <cstring>

#include "attention.hpp"
#include "ggml.hpp"
#include "matmul.hpp"

namespace hanabi {

Library library;

namespace {

std::atomic<uint32_t> declined;  // attention of a shape or kind without a kernel here

Buffer * (*allocate_theirs)(BufferType *, size_t);

// Weights are read from end to end at every step: in pages of 2 MiB, where the system has them,
// that takes fewer walks through its tables.
Buffer * allocate(BufferType * type, size_t size) {
    Buffer * buffer = allocate_theirs(type, size);
    if (buffer && !std::strcmp(type->name(type), "AMX")) {
        const uintptr_t page = 4096,
                        start =
                            (reinterpret_cast<uintptr_t>(buffer->context) + page - 1) & ~(page - 1);
        madvise(reinterpret_cast<void *>(start), size, MADV_HUGEPAGE);
    }
    return buffer;
}

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

struct Offer final : Extra {
    explicit Offer(Extra * before) : before(before) {}

    bool supports_op(void * device, const Tensor * op) override {
        return before->supports_op(device, op);
    }

    Traits * get_tensor_traits(const Tensor * op) override {
        if (op->op == library.flash_attention) {
            if (is_attention(op)) return &by_attention;
            ++declined;
        }
        if (is_matmul(op)) return &by_matmul;
        return before->get_tensor_traits(op);
    }

    Extra * before;
};

}  // namespace

}  // namespace hanabi

// Attaches the kernels to the first extra buffer type, where they stay until the process ends.
// Called again, it changes which operations are theirs.
extern "C" void hanabi_attach(hanabi::BufferType * first, const hanabi::Library * functions) {
    using namespace hanabi;
    library = *functions;
    static Offer * const offer = new Offer(static_cast<Extra *>(first->context));
    if (first->allocate != allocate) {
        allocate_theirs = first->allocate;
        first->allocate = allocate;
    }
    first->context = static_cast<Extra *>(offer);
}

// How often attention was asked for that has no kernel here.
extern "C" uint32_t hanabi_declined() { return hanabi::declined; }
