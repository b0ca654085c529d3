// SPDX-License-Identifier: MIT
#include "plan/view.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace hekla::plan;
using hekla::graph::Dim;

namespace {

View whole(const Dims& sizes) {
    return {0, hekla::DType::f32, Dim(0), sizes, contiguous_strides(sizes)};
}

/// Addresses of all elements in row-major order of the view, sizes known.
std::vector<std::int64_t> addresses(const View& view) {
    std::vector<std::int64_t> out{view.offset.constant()};
    for (std::size_t axis = 0; axis < view.sizes.size(); ++axis) {
        std::vector<std::int64_t> next;
        for (const std::int64_t at : out)
            for (std::int64_t i = 0; i < view.sizes[axis].constant(); ++i)
                next.push_back(at + i * view.strides[axis].constant());
        out = next;
    }
    return out;
}

}  // namespace

TEST_CASE("heads and back: to_heads is a view, from_heads of a plain tensor is not") {
    const View x = whole({3, 5, 42});
    const auto split = reshape(x, {3, 5, 6, 7});
    REQUIRE(split);
    const View heads = permute(*split, std::vector<std::int64_t>{0, 2, 1, 3});
    CHECK(heads.sizes == Dims{3, 6, 5, 7});
    CHECK(heads.strides == Dims{210, 7, 42, 1});
    const auto back = reshape(permute(heads, std::vector<std::int64_t>{0, 2, 1, 3}), {3, 5, 42});
    REQUIRE(back);
    CHECK(back->strides == x.strides);
    CHECK_FALSE(
        reshape(permute(whole({3, 6, 5, 7}), std::vector<std::int64_t>{0, 2, 1, 3}), {3, 5, 42}));
}

TEST_CASE("reshape keeps the order of elements wherever it succeeds") {
    const View x = slice(whole({4, 6, 10}), 2, 2, 5);
    for (const Dims& sizes : {Dims{4, 2, 3, 5}, Dims{24, 5}, Dims{2, 12, 5}, Dims{1, 8, 3, 1, 5}}) {
        const auto view = reshape(x, sizes);
        REQUIRE(view);
        CHECK(addresses(*view) == addresses(x));
    }
    CHECK_FALSE(reshape(x, {4, 30}));
    CHECK_FALSE(reshape(x, {120}));
}

TEST_CASE("sizes that use a carried dim") {
    const Dim p = Dim::symbol(0);
    const View x = whole({2, p + 3, 8});
    CHECK(is_contiguous(x));
    const auto merged = reshape(x, {(p + 3) * 2, 8});
    REQUIRE(merged);
    const View cut = slice(x, 1, p, 3);
    CHECK(cut.offset == p * 8);
    CHECK_FALSE(is_contiguous(cut));
}

TEST_CASE("broadcast repeats with stride 0") {
    const View row = broadcast(whole({1, 7}), {2, 3, 7});
    CHECK(row.strides == Dims{0, 0, 1});
    CHECK(addresses(row).size() == 42);
}

TEST_CASE("axes merge only where every tensor allows it") {
    Dims sizes{2, 3, 5, 7}, a = contiguous_strides(sizes), b = {0, 35, 7, 1};
    merge_axes(sizes, {&a, &b}, 0, 4);
    CHECK(sizes == Dims{2, 105});
    CHECK(a == Dims{105, 1});
    CHECK(b == Dims{0, 1});
    Dims ones{1, 1, 1}, strides{0, 0, 0};
    merge_axes(ones, {&strides}, 0, 3);
    CHECK(ones.size() == 1);
}
