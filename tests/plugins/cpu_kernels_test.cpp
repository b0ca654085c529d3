// SPDX-License-Identifier: MIT
// The oracle against independent truth: the reference cases of tests/reference/ops, each with its operands packed, behind an
// offset, transposed with gaps, and spaced out. Dispatch::run also cuts every binding short and expects a refusal.
#include "cpu_harness.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <numeric>

using namespace cpu_test;

namespace {

/// Runs `body` for every reference case and layout.
void for_cases(std::string_view op, const std::function<void(const Case&, Layout)>& body) {
    for (const Case& reference : read_cases(op)) {
        for (const Layout layout : layouts) {
            INFO(op << " case " << reference.id << ", layout " << static_cast<int>(layout));
            body(reference, layout);
        }
    }
}

/// An op with x, y and the params of `iterate: all`, then its own.
void check_unary(std::string_view file, const std::string& op,
                 const std::function<void(const Case&, Dispatch&)>& own = {}) {
    for_cases(file, [&](const Case& reference, Layout layout) {
        const Values& x = reference.floats.at("x");
        Dispatch dispatch(op);
        dispatch.input("x", x, x.shape, 4, layout);
        dispatch.output("y", x.shape, 4, layout);
        dispatch.sizes_all(x.shape);
        if (own) own(reference, dispatch);
        compare(dispatch.run(), reference.expected.data, reference.allowed);
    });
}

/// How the last axes of a norm and the axes before it stand in its block.
struct Rows {
    Shape shape;  ///< [d0, d1, d2, k]
    std::uint32_t rows;
};

Rows rows_of(const Shape& shape, std::size_t last_axes) {
    Rows result{{1, 1, 1, 1}, 1};
    const std::size_t leading = shape.size() - last_axes;
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
        if (axis >= leading) {
            result.shape[3] *= shape[axis];
        } else {
            result.shape[3 - leading + axis] = shape[axis];
            result.rows *= shape[axis];
        }
    }
    return result;
}

}  // namespace

TEST_CASE("cpu: activations and functions of one value") {
    for (const char* op : {"neg", "relu", "silu", "sigmoid", "tanh", "exp", "rsqrt", "square",
                           "quick_gelu", "softplus"}) {
        check_unary(op, op);
    }
    check_unary("gelu_erf", "gelu", [](const Case&, Dispatch& d) { d.param(0); });
    check_unary("gelu_tanh", "gelu", [](const Case&, Dispatch& d) { d.param(1); });
    check_unary("leaky_relu", "leaky_relu",
                [](const Case& c, Dispatch& d) { d.param(c.number("slope", 0.01)); });
    constexpr double infinity = std::numeric_limits<double>::infinity();
    check_unary("clamp", "clamp", [](const Case& c, Dispatch& d) {
        d.param(c.number("min", -infinity));
        d.param(c.number("max", infinity));
    });
}

TEST_CASE("cpu: arithmetic of two tensors, broadcast") {
    for (const std::string op : {"add", "sub", "mul", "div"}) {
        for_cases(op, [&](const Case& reference, Layout layout) {
            const Shape& shape = reference.expected.shape;
            // `swap` exchanges the operands again.
            for (const bool swap : {false, true}) {
                const char* first = swap ? "b" : "a";
                const char* second = swap ? "a" : "b";
                Dispatch dispatch(op);
                dispatch.input("a", reference.floats.at(first), shape, 4, layout);
                dispatch.input("b", reference.floats.at(second), shape, 4, layout);
                dispatch.output("y", shape, 4, layout);
                dispatch.sizes_all(shape);
                dispatch.param(true);
                dispatch.param(99.0);
                dispatch.param(swap);
                compare(dispatch.run(), reference.expected.data, reference.allowed);
            }
        });
    }
}

TEST_CASE("cpu: arithmetic of a tensor and a number") {
    const Values a = random_values({3, 7}, 1);
    const float number = 1.75f;
    const auto check = [&](const char* op, bool swap, float (*of)(float, float)) {
        Dispatch dispatch(op);
        dispatch.input("a", a, a.shape, 4, Layout::reversed);
        dispatch.absent("b", 4);
        dispatch.output("y", a.shape, 4, Layout::packed);
        dispatch.sizes_all(a.shape);
        dispatch.param(false);
        dispatch.param(1.75);
        dispatch.param(swap);
        std::vector<float> expected;
        for (const float value : a.data)
            expected.push_back(swap ? of(number, value) : of(value, number));
        INFO(op << (swap ? " swapped" : ""));
        compare(dispatch.run(), expected, 0.0);
    };
    for (const bool swap : {false, true}) {
        check("add", swap, [](float x, float y) { return x + y; });
        check("sub", swap, [](float x, float y) { return x - y; });
        check("mul", swap, [](float x, float y) { return x * y; });
        check("div", swap, [](float x, float y) { return x / y; });
    }
}

TEST_CASE("cpu: NaN stays NaN through every activation") {
    const Values x{{2}, {std::nanf(""), 1.0f}};
    for (const std::string op :
         {"relu", "silu", "sigmoid", "tanh", "exp", "gelu", "quick_gelu", "clamp", "leaky_relu"}) {
        Dispatch dispatch(op);
        dispatch.input("x", x, x.shape, 4, Layout::packed);
        dispatch.output("y", x.shape, 4, Layout::packed);
        dispatch.sizes_all(x.shape);
        if (op == "gelu") dispatch.param(1);
        if (op == "leaky_relu") dispatch.param(0.2);
        if (op == "clamp") {
            dispatch.param(-1.0);
            dispatch.param(0.5);
        }
        INFO(op);
        const std::vector<float> y = dispatch.run();
        CHECK(std::isnan(y[0]));
        CHECK(std::isfinite(y[1]));
    }
}

/// The words `act` and `slope` of ops that may have an activation after them.
void no_activation(Dispatch& dispatch) {
    dispatch.param(std::uint32_t{0});
    dispatch.param(0.0);
}

TEST_CASE("cpu: layer_norm") {
    for_cases("layer_norm", [](const Case& reference, Layout layout) {
        const auto last_axes = static_cast<std::size_t>(reference.number("last_axes", 1.0));
        const Rows rows = rows_of(reference.floats.at("x").shape, last_axes);
        const std::uint32_t k = rows.shape[3];
        Values x{rows.shape, reference.floats.at("x").data};
        Values weight{{k}, std::vector<float>(k, 1.0f)};
        Values bias{{k}, std::vector<float>(k, 0.0f)};
        if (reference.floats.contains("weight")) weight.data = reference.floats.at("weight").data;
        if (reference.floats.contains("bias")) bias.data = reference.floats.at("bias").data;
        Dispatch dispatch("layer_norm");
        dispatch.input("x", x, x.shape, 4, layout);
        dispatch.input("weight", weight);
        dispatch.input("bias", bias);
        dispatch.output("y", x.shape, 4, layout);
        dispatch.param(rows.rows);
        dispatch.param(k);
        dispatch.param(rows.shape[1]);
        dispatch.param(rows.shape[2]);
        dispatch.param(reference.number("eps", 0.0));
        no_activation(dispatch);
        compare(dispatch.run(), reference.expected.data, reference.allowed);
    });
}

TEST_CASE("cpu: rms_norm") {
    for_cases("rms_norm", [](const Case& reference, Layout layout) {
        const Rows rows = rows_of(reference.floats.at("x").shape, 1);
        const std::uint32_t k = rows.shape[3];
        const Values x{rows.shape, reference.floats.at("x").data};
        const Values& weight = reference.floats.at("weight");
        const double offset = reference.number("weight_offset", 0.0);
        for (const bool has_weight : {true, false}) {
            Dispatch dispatch("rms_norm");
            dispatch.input("x", x, x.shape, 4, layout);
            if (has_weight) dispatch.input("weight", weight);
            if (!has_weight) dispatch.absent("weight", 0);
            dispatch.output("y", x.shape, 4, layout);
            dispatch.param(rows.rows);
            dispatch.param(k);
            dispatch.param(rows.shape[1]);
            dispatch.param(rows.shape[2]);
            dispatch.param(reference.number("eps", 0.0));
            dispatch.param(offset);
            dispatch.param(has_weight);
            no_activation(dispatch);
            std::vector<float> y = dispatch.run();
            if (!has_weight) {
                for (std::size_t i = 0; i < y.size(); ++i) {
                    y[i] *= weight.data[i % k] + static_cast<float>(offset);
                }
            }
            compare(y, reference.expected.data, reference.allowed);
        }
    });
}

TEST_CASE("cpu: embedding") {
    for_cases("embedding", [](const Case& reference, Layout) {
        const Values& table = reference.floats.at("weight");
        std::vector<std::int32_t> ids;
        for (const std::int64_t id : reference.integers.at("ids"))
            ids.push_back(static_cast<std::int32_t>(id));
        std::vector<std::byte> stored(table.data.size() * 4);
        std::memcpy(stored.data(), table.data.data(), stored.size());
        Dispatch dispatch("embedding");
        dispatch.input("ids", ids);
        dispatch.raw("weight", stored);
        dispatch.output("y", reference.expected.shape, 0, Layout::packed);
        dispatch.param(static_cast<std::uint32_t>(ids.size()));
        dispatch.param(table.shape[0]);
        dispatch.param(table.shape[1]);
        for (const int word : {0, 0, 0}) dispatch.param(word);
        compare(dispatch.run(), reference.expected.data, 0.0);
    });
}

TEST_CASE("cpu: embedding of halves in rows of odd length, and of ids outside the table") {
    // 1, 2, 3 / 4, 5, 6 / 7, 8, 9 as binary16 and as bfloat16.
    const std::uint16_t halves[2][9] = {
        {0x3c00, 0x4000, 0x4200, 0x4400, 0x4500, 0x4600, 0x4700, 0x4800, 0x4880},
        {0x3f80, 0x4000, 0x4040, 0x4080, 0x40a0, 0x40c0, 0x40e0, 0x4100, 0x4110}};
    for (const int type : {1, 2}) {
        std::vector<std::byte> stored(sizeof halves[0]);
        std::memcpy(stored.data(), halves[type - 1], stored.size());
        Dispatch dispatch("embedding");
        dispatch.input("ids", std::vector<std::int32_t>{1, 3, 2, -1});
        dispatch.raw("weight", stored);
        dispatch.output("y", {4, 3}, 0, Layout::packed);
        for (const int word : {4, 3, 3, type, 0, 0}) dispatch.param(word);
        compare(dispatch.run(), {4, 5, 6, 0, 0, 0, 7, 8, 9, 0, 0, 0}, 0.0);
    }
}

TEST_CASE("cpu: embedding from a part of a table") {
    // Rows 5 to 7 of a larger table; the places of other ids keep what they have, here -1.
    const std::vector<float> rows = {50, 51, 60, 61, 70, 71};
    std::vector<std::byte> stored(rows.size() * 4);
    std::memcpy(stored.data(), rows.data(), stored.size());
    Dispatch dispatch("embedding");
    dispatch.input("ids", std::vector<std::int32_t>{4, 7, 8, 5, -3});
    dispatch.raw("weight", stored);
    dispatch.output_part("y", std::vector<float>(10, -1.0f), {10}, {0, {1}, 10}, false);
    for (const int word : {5, 3, 2, 0, 5, 1}) dispatch.param(word);
    compare(dispatch.run(), {-1, -1, 70, 71, -1, -1, 50, 51, -1, -1}, 0.0);
}

TEST_CASE("cpu: rope") {
    for_cases("rope", [](const Case& reference, Layout) {
        const Values& x = reference.floats.at("x");
        const auto turned = static_cast<std::uint32_t>(reference.number("rotary_dim", 0.0));
        const std::vector<std::int64_t>& positions = reference.integers.at("positions");
        const Placement whole = place(x.shape, Layout::packed);
        const bool consecutive = positions.back() - positions.front() + 1 == std::ssize(positions);
        // Positions with gaps go token by token; what rotary_dim leaves out stays as it was.
        const std::uint32_t tokens = consecutive ? x.shape[2] : 1;
        std::vector<float> got = x.data;
        for (std::uint32_t token = 0; token < x.shape[2]; token += tokens) {
            Placement part = whole;
            part.offset = token * whole.strides[2];
            const Shape shape = {x.shape[0], x.shape[1], tokens, turned};
            std::uint64_t extent = part.offset + 1;
            for (std::size_t axis = 0; axis < 4; ++axis)
                extent += std::uint64_t{shape[axis] - 1} * part.strides[axis];
            const std::vector<float> input(x.data.begin(),
                                           x.data.begin() + static_cast<std::ptrdiff_t>(extent));
            const std::vector<float> before(got.begin(),
                                            got.begin() + static_cast<std::ptrdiff_t>(extent));
            Dispatch dispatch("rope");
            dispatch.input_part("x", input, part);
            const bool divided = reference.floats.contains("factors");
            if (divided) dispatch.input("divide", reference.floats.at("factors"));
            if (!divided) dispatch.absent("divide", 0);
            dispatch.output_part("y", before, shape, part);
            for (const std::uint32_t size : shape) dispatch.param(size);
            dispatch.param(static_cast<std::uint32_t>(positions[token]));
            dispatch.param(reference.number("theta", 0.0));
            dispatch.param(reference.words.at("style") == "half" ? 0 : 1);
            dispatch.param(0);
            for (const double unused : {7.0, 7.0, 7.0, 7.0}) dispatch.param(unused);
            dispatch.param(divided);
            const std::vector<float> y = dispatch.run();
            for (std::uint64_t i = 0; i < y.size(); ++i) got[part.at(shape, i)] = y[i];
        }
        compare(got, reference.expected.data, reference.allowed);
    });
}

TEST_CASE("cpu: rope's scalings") {
    // Against the formulas, one pair at a time. Llama 3.1: factor 8, low 1, high 4, original 64, so that pairs fall into all three
    // ranges; the rounding of the f32 attributes is far below the tolerance.
    const std::uint32_t h = 10;
    const Values x = random_values({1, 1, 3, h}, 4);
    const double base = 50.0;
    const std::int32_t at = 11;
    for (const int scaling : {1, 2}) {
        Dispatch dispatch("rope");
        dispatch.input("x", x, x.shape, 4, Layout::spaced);
        dispatch.absent("divide", 0);
        dispatch.output("y", x.shape, 4, Layout::reversed);
        for (const std::uint32_t size : x.shape) dispatch.param(size);
        dispatch.param(at);
        dispatch.param(base);
        dispatch.param(1);
        dispatch.param(scaling);
        for (const double value : {8.0, 1.0, 4.0, 64.0}) dispatch.param(value);
        dispatch.param(false);
        const std::vector<float> y = dispatch.run();
        int kept = 0, blended = 0, stretched = 0;
        std::vector<float> expected(y.size());
        for (std::uint32_t token = 0; token < 3; ++token) {
            for (std::uint32_t i = 0; i < h / 2; ++i) {
                double f = 1.0 / std::pow(base, 2.0 * i / h);
                const double wavelength = 2.0 * 3.14159265358979323846 / f;
                if (scaling == 1 || wavelength > 64.0 / 1.0) {
                    f /= 8.0;
                    ++stretched;
                } else if (wavelength < 64.0 / 4.0) {
                    ++kept;
                } else {
                    const double smooth = (64.0 / wavelength - 1.0) / (4.0 - 1.0);
                    f = (1.0 - smooth) * f / 8.0 + smooth * f;
                    ++blended;
                }
                const std::size_t pair = token * h + 2 * i;
                const double c = std::cos((at + static_cast<double>(token)) * f);
                const double s = std::sin((at + static_cast<double>(token)) * f);
                const auto p = static_cast<double>(x.data[pair]);
                const auto q = static_cast<double>(x.data[pair + 1]);
                expected[pair] = static_cast<float>(p * c - q * s);
                expected[pair + 1] = static_cast<float>(p * s + q * c);
            }
        }
        CHECK(stretched > 0);
        if (scaling == 2) CHECK((kept > 0 && blended > 0));
        compare(y, expected, 1e-6);
    }
}
