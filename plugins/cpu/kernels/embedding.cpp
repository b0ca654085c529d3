// SPDX-License-Identifier: MIT
// y[n] = weight[ids[n]]; an id outside the table gives zeros. ids: [count]; weight: [rows, dim], raw; y: [count, dim].
// Of a table bound in parts, the weight has the rows from first_row on, and other ids are left to the other parts.
#include "kernel.hpp"

#include <algorithm>
#include <cstring>

namespace hekla::cpu {

namespace {

struct Embedding {
    explicit Embedding(Words& words)
        : ids(words.tensor("ids")),
          weight(words.tensor("weight")),
          y(words.tensor("y")),
          count(words.integer("count")),
          rows(words.integer("rows")),
          dim(words.integer("dim")),
          stored(words.integer("stored")),
          first_row(words.integer("first_row")),
          partial(words.flag("partial")) {}

    void run(Memory& memory) const {
        const auto* id = memory.input<std::int32_t>(ids, count);
        const Stored table = memory.stored(weight, stored, std::uint64_t{rows} * dim);
        float* to = memory.output(y, std::uint64_t{count} * dim);
        for (std::size_t n = 0; n < count; ++n, to += dim) {
            const std::int64_t row = std::int64_t{id[n]} - first_row;
            if (row >= 0 && row < rows) {
                copy_row(table, static_cast<std::size_t>(row) * dim, to);
            } else if (!partial) {
                std::fill_n(to, dim, 0.0f);
            }
        }
    }

  private:
    void copy_row(const Stored& table, std::size_t first, float* to) const {
        const std::byte* from = table.at(first);
        for (std::size_t i = 0; i < dim; ++i) {
            if (table.type == StoredType::f32) {
                std::memcpy(to + i, from + i * 4, 4);
                continue;
            }
            std::uint16_t half;
            std::memcpy(&half, from + i * 2, 2);
            to[i] = table.type == StoredType::f16 ? from_f16(half) : from_bf16(half);
        }
    }

    Tensor ids, weight, y;
    std::uint32_t count, rows, dim, stored, first_row;
    bool partial;
};

constexpr Kernel kernels[] = {kernel<Embedding>("embedding")};

}  // namespace

std::span<const Kernel> embedding_kernels() { return kernels; }

}  // namespace hekla::cpu
