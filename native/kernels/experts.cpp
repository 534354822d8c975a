// Products with several matrices. The rows of each matrix are brought together, so that its weights
// are read once; a row is rounded and multiplied as if it were alone. With AVX2, one thread and 64
// experts of 768 x 2048 in Q4_K of which 8 are used, 1, 8 and 32 rows take 0.6, 0.3 and 0.4 of the
// time of the library's kernels (Zen 3, a busy machine, in turns).

#include "experts.hpp"

#include <algorithm>
#include <cstring>

#include "few.hpp"
#include "floats.hpp"
#include "floats_tile.hpp"
#include "inputs.hpp"
#include "weights.hpp"

namespace hanabi {

namespace {

// A row of inputs: the place of its matrix among those of its token, or its plane; and its token.
struct Place {
    int32_t slot, token;
};

// The rows of one matrix: so many of the places from the first on, rounded from a group on.
struct Share {
    int32_t matrix, first, rows, group;
};

// What an operation multiplies with what.
struct Layout {
    const Tensor * op;
    bool is_by_number;  // of a matrix for each slot and token
    int64_t slots, tokens;

    explicit Layout(const Tensor * op)
        : op(op), is_by_number(op->op == library.mul_mat_id),
          slots(is_by_number ? op->ne[1] : op->ne[2] * op->ne[3]),
          tokens(is_by_number ? op->ne[2] : op->ne[1]) {}

    int64_t rows() const { return slots * tokens; }

    int32_t matrix(int64_t slot, int64_t token) const {
        const Tensor *weights = op->src[0], *numbers = op->src[2];
        if (!is_by_number) {
            const int64_t outer = slot / op->ne[2], inner = slot % op->ne[2];
            return int32_t(outer / (op->ne[3] / weights->ne[3]) * weights->ne[2] +
                           inner / (op->ne[2] / weights->ne[2]));
        }
        int32_t number;
        std::memcpy(&number, numbers->data + slot * numbers->nb[0] + token * numbers->nb[1], 4);
        return number;
    }

    const char * input(Place place) const {
        const Tensor * from = op->src[1];
        // The slots of a token may share its input.
        return is_by_number ? from->data + place.slot % from->ne[1] * from->nb[1] +
                                  place.token * from->nb[2]
                            : plane(from, place.slot) + place.token * from->nb[1];
    }

    float * result(Place place) const {
        return reinterpret_cast<float *>(
            is_by_number ? op->data + place.slot * op->nb[1] + place.token * op->nb[2]
                         : plane(op, place.slot) + place.token * op->nb[1]);
    }

    char * plane(const Tensor * of, int64_t slot) const {
        return of->data + slot % op->ne[2] * of->nb[2] + slot / op->ne[2] * of->nb[3];
    }
};

int64_t matrices_of(const Tensor * op) { return op->src[0]->ne[2] * op->src[0]->ne[3]; }

// Which rows belong to which matrix; the threads share it.
struct Plan {
    int32_t *shares, *groups;  // how many there are
    Share * share;             // of the matrices that have rows
    Place * place;             // of all rows, those of a matrix beside each other
    int32_t * group_share;     // whose rows a group of inputs has
    int32_t * next;            // of each matrix, while the plan is made
    char * end;

    Plan(char * memory, const Layout & layout) {
        const int64_t rows = layout.rows(), matrices = matrices_of(layout.op);
        shares = reinterpret_cast<int32_t *>(memory);
        groups = shares + 1;
        share = reinterpret_cast<Share *>(shares + 4);
        place = reinterpret_cast<Place *>(share + std::min(rows, matrices));
        group_share = reinterpret_cast<int32_t *>(place + rows);
        next = group_share + most_groups(layout);
        end = reinterpret_cast<char *>(next + matrices);
    }

    // Each matrix begins a group of its own, so that its rows lie together.
    static int64_t most_groups(const Layout & layout) {
        const int64_t rows = layout.rows();
        return std::min(rows, matrices_of(layout.op)) + rows / ROWS;
    }

    void make(const Layout & layout) {
        const int64_t matrices = matrices_of(layout.op);
        std::fill_n(next, matrices, 0);
        for (int64_t token = 0; token < layout.tokens; ++token)
            for (int64_t slot = 0; slot < layout.slots; ++slot) ++next[layout.matrix(slot, token)];
        int32_t row = 0;
        *shares = *groups = 0;
        for (int32_t matrix = 0; matrix < matrices; ++matrix) {
            const int32_t rows = next[matrix];
            next[matrix] = row;
            if (!rows) continue;
            share[*shares] = {matrix, row, rows, *groups};
            for (int32_t i = 0; i < rows; i += ROWS) group_share[(*groups)++] = *shares;
            ++*shares;
            row += rows;
        }
        for (int32_t token = 0; token < layout.tokens; ++token)
            for (int32_t slot = 0; slot < layout.slots; ++slot)
                place[next[layout.matrix(slot, token)]++] = {slot, token};
    }
};

// Calls `work` with a share and a range of its columns, for this thread's pieces.
template <typename Work>
void by_pieces(const Params * params, const Plan & plan, int64_t units, int64_t most, Work work) {
    const int64_t all = *plan.shares * units;
    const int64_t step = std::clamp<int64_t>(all / (params->nth * 8), 1, most);
    const int64_t steps = (units + step - 1) / step;
    for (int64_t piece = params->ith; piece < *plan.shares * steps; piece = next_piece(params)) {
        const int64_t first = piece % steps * step;
        work(plan.share[piece / steps], first, std::min(units, first + step));
    }
}

template <int type>
void compute_packed(const Params * params, const Layout & layout, Plan & plan) {
    const Tensor * matrix = layout.op->src[0];
    Inputs inputs(plan.end, *plan.groups * ROWS, matrix->ne[0]);
    round_groups(params, inputs, *plan.groups, [&](int64_t group, const char ** rows) {
        const Share & share = plan.share[plan.group_share[group]];
        const int32_t from = int32_t(group - share.group) * ROWS;
        const int here = std::min(ROWS, share.rows - from);
        for (int i = 0; i < here; ++i) rows[i] = layout.input(plan.place[share.first + from + i]);
        return here;
    });
    hanabi::share(params);
    const size_t strip_bytes = Kind<type>::size(inputs.tiles);
    const int64_t strips = matrix->ne[1] / COLUMNS;
    by_pieces(params, plan, strips, 16, [&](const Share & share, int64_t first, int64_t end) {
        for (int64_t strip = first; strip < end; ++strip) {
            const char * packed = matrix->data + (share.matrix * strips + strip) * strip_bytes;
            for (int32_t row = 0; row < share.rows; row += FEW) {
                const int here = std::min(FEW, share.rows - row);
                alignas(64) float results[FEW][COLUMNS];
                few(type, here)(packed, inputs, (share.group * ROWS + row) / FEW, row == 0,
                                results[0], COLUMNS);
                for (int i = 0; i < here; ++i)
                    std::memcpy(layout.result(plan.place[share.first + row + i]) + strip * COLUMNS,
                                results[i], sizeof results[i]);
            }
        }
    });
}

template <int type>
void compute_floats(const Params * params, const Layout & layout, Plan & plan) {
    const Tensor * matrix = layout.op->src[0];
    hanabi::share(params);
    const auto work = [&](const Share & share, int64_t first, int64_t end) {
        const auto row_at = [&](int64_t row) {
            const Place place = plan.place[share.first + row];
            return Row{layout.input(place), layout.result(place)};
        };
        multiply_float_block<type>(matrix->data + share.matrix * matrix->nb[2], matrix->nb[1],
                                   matrix->ne[0], share.rows, int(first), int(end), row_at);
    };
    by_pieces(params, plan, matrix->ne[1], 64, work);
}

}  // namespace

bool is_experts(const Tensor * op) {
    const Tensor *matrix = op->src[0], *input = op->src[1];
    const bool is_by_number = op->op == library.mul_mat_id;
    const bool has_kernel = is_float(matrix->type) && is_by_number
                                ? matrix->nb[0] == float_bytes(matrix->type)
                                : can_pack(matrix) && has_whole_strips(matrix);
    return has_kernel && (is_by_number || (op->op == library.mul_mat && !is_transform(op))) &&
           input->type == F32 && input->nb[0] == sizeof(float) && op->nb[0] == sizeof(float) &&
           matrix->ne[3] == 1 && (!is_by_number || op->src[2]->type == I32);
}

size_t experts_work_size(const Tensor * op) {
    const Layout layout(op);
    const Plan plan(nullptr, layout);
    const size_t bytes = size_t(plan.end - static_cast<char *>(nullptr));
    if (is_float(op->src[0]->type)) return bytes;
    return bytes + Inputs::bytes(Plan::most_groups(layout) * ROWS, op->src[0]->ne[0]);
}

void experts(const Params * params, const Tensor * op) {
    const Layout layout(op);
    Plan plan(params->wdata, layout);
    if (params->ith == 0) plan.make(layout);
    library.barrier(params->threadpool);
    const int32_t type = op->src[0]->type;
    if (is_float(type))
        by_float_type(type, [&](auto type) { compute_floats<type>(params, layout, plan); });
    else
        by_type(type, [&](auto type) { compute_packed<type>(params, layout, plan); });
}

}  // namespace hanabi
