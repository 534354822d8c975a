// Products with weights that are floats, where they lie: routers of experts, models that are not
// quantised, and attention that has no kernel of its own.

#include "floats.hpp"

#include "floats_tile.hpp"

namespace hanabi {

namespace {

template <int type>
void compute(const Params * params, const Tensor * op) {
    const Tensor *matrix = op->src[0], *input = op->src[1];
    const int64_t planes = op->ne[2] * op->ne[3];
    const int64_t columns = op->ne[0], rows = op->ne[1];
    // About eight pieces for each thread, so that one which is held up leaves the rest to others.
    const int64_t wanted = planes * columns / (params->nth * 8);
    const int64_t step =
        std::clamp<int64_t>(wanted / LONE_COLUMNS * LONE_COLUMNS, LONE_COLUMNS, 64);
    const int64_t steps = (columns + step - 1) / step;
    share(params);
    for (int64_t piece = params->ith; piece < planes * steps; piece = next_piece(params)) {
        const int64_t plane = piece / steps, first = piece % steps * step;
        const int64_t outer = plane / op->ne[2], inner = plane % op->ne[2];
        const char * weights = matrix->data +
                               inner / (op->ne[2] / matrix->ne[2]) * matrix->nb[2] +
                               outer / (op->ne[3] / matrix->ne[3]) * matrix->nb[3];
        const char * from = input->data + inner * input->nb[2] + outer * input->nb[3];
        char * into = op->data + inner * op->nb[2] + outer * op->nb[3];
        multiply_float_block<type>(
            weights, matrix->nb[1], matrix->ne[0], rows, int(first),
            int(std::min(columns, first + step)), [&](int64_t row) {
                return Row{from + row * input->nb[1],
                           reinterpret_cast<float *>(into + row * op->nb[1])};
            });
    }
}

}  // namespace

bool is_float_product(const Tensor * op) {
    const Tensor *matrix = op->src[0], *input = op->src[1];
    return op->op == library.mul_mat && !is_transform(op) && is_float(matrix->type) &&
           input->type == F32 && op->type == F32 && matrix->nb[0] == float_bytes(matrix->type) &&
           input->nb[0] == sizeof(float) && op->nb[0] == sizeof(float);
}

void multiply_floats(const Params * params, const Tensor * op) {
    by_float_type(op->src[0]->type, [&](auto type) { compute<type>(params, op); });
}

}  // namespace hanabi
