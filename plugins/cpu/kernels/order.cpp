// SPDX-License-Identifier: MIT
// Rows in order, and where their elements come from. x: [outer, places, inner], a row being [o, :, i]; values, indices:
// [outer, kept, inner]. Equal elements keep their order.
#include "kernel.hpp"

#include <algorithm>
#include <numeric>

namespace hekla::cpu {

namespace {

struct Order {
    explicit Order(Words& words)
        : x(words.tensor("x")),
          values(words.tensor("values")),
          indices(words.tensor("indices")),
          outer(words.integer("outer")),
          places(words.integer("places")),
          inner(words.integer("inner")),
          kept(words.integer("kept")),
          descending(words.flag("descending")) {}

    void run(Memory& memory) const {
        if (kept > places) memory.fail("more elements are kept than there are");
        const float* from = memory.input(x, std::uint64_t{outer} * places * inner);
        float* value = memory.output(values, std::uint64_t{outer} * kept * inner);
        auto* index = memory.output<std::int32_t>(indices, std::uint64_t{outer} * kept * inner);
        std::vector<std::size_t> order(places);
        for (std::size_t row = 0; row < std::size_t{outer} * inner; ++row) {
            const std::size_t first = row / inner * places * inner + row % inner;
            const auto element = [&](std::size_t place) { return from[first + place * inner]; };
            std::iota(order.begin(), order.end(), std::size_t{0});
            std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
                return descending ? element(a) > element(b) : element(a) < element(b);
            });
            for (std::size_t i = 0; i < kept; ++i) {
                const std::size_t to = (row / inner * kept + i) * inner + row % inner;
                value[to] = element(order[i]);
                index[to] = static_cast<std::int32_t>(order[i]);
            }
        }
    }

    Tensor x, values, indices;
    std::uint32_t outer, places, inner, kept;
    bool descending;
};

constexpr Kernel kernels[] = {kernel<Order>("topk"), kernel<Order>("sort")};

}  // namespace

std::span<const Kernel> order_kernels() { return kernels; }

}  // namespace hekla::cpu
