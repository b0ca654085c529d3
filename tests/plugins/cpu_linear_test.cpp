// SPDX-License-Identifier: MIT
// linear and its fused forms against the reference cases and, for the stored types, layouts and epilogues, against sums written
// out in the order of their definition.
#include "cpu_harness.hpp"

#include <catch2/catch_test_macros.hpp>

#include <bit>
#include <cmath>
#include <cstring>

using namespace cpu_test;

namespace {

enum Type : std::uint32_t { f32 = 0, f16 = 1, bf16 = 2 };

std::uint16_t to_bf16(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    return static_cast<std::uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

/// A weight [out, k] as it lies in a file, and the values that its bits mean.
struct Weight {
    std::vector<std::byte> bytes;
    std::vector<double> values;  ///< [out, k]
};

Weight make_weight(std::uint32_t out, std::uint32_t k, Type type, bool io, std::uint32_t seed) {
    const Values from = random_values({out, k}, seed);
    Weight weight;
    weight.values.resize(from.data.size());
    const std::size_t size = type == f32 ? 4 : 2;
    weight.bytes.resize(from.data.size() * size);
    for (std::uint32_t o = 0; o < out; ++o) {
        for (std::uint32_t j = 0; j < k; ++j) {
            const std::size_t logical = std::size_t{o} * k + j;
            const std::size_t stored = io ? std::size_t{j} * out + o : logical;
            const float value = from.data[logical];
            std::byte* to = weight.bytes.data() + stored * size;
            if (type == f32) {
                std::memcpy(to, &value, 4);
                weight.values[logical] = static_cast<double>(value);
            } else if (type == f16) {
                const auto half = static_cast<_Float16>(value);
                std::memcpy(to, &half, 2);
                weight.values[logical] = static_cast<double>(half);
            } else {
                const std::uint16_t half = to_bf16(value);
                std::memcpy(to, &half, 2);
                weight.values[logical] =
                    static_cast<double>(std::bit_cast<float>(std::uint32_t{half} << 16));
            }
        }
    }
    return weight;
}

/// x W^T + b, [rows, out].
std::vector<double> product(const Values& x, const Weight& weight, std::uint32_t out,
                            const Values* bias) {
    const std::uint32_t rows = x.shape[0], k = x.shape[1];
    std::vector<double> y;
    for (std::uint32_t r = 0; r < rows; ++r) {
        for (std::uint32_t o = 0; o < out; ++o) {
            double sum = bias != nullptr ? static_cast<double>(bias->data[o]) : 0.0;
            for (std::uint32_t j = 0; j < k; ++j) {
                sum += static_cast<double>(x.data[std::size_t{r} * k + j]) *
                       weight.values[std::size_t{o} * k + j];
            }
            y.push_back(sum);
        }
    }
    return y;
}

std::vector<float> rounded(const std::vector<double>& values) {
    std::vector<float> result;
    for (const double value : values) result.push_back(static_cast<float>(value));
    return result;
}

void optional_bias(Dispatch& dispatch, const std::string& name, const Values* bias) {
    if (bias != nullptr) {
        dispatch.input(name, *bias);
    } else {
        dispatch.absent(name, 0);
    }
}

struct Sizes {
    std::uint32_t rows, k, out;
};
// One row and many, odd and prime, below and above the widths of lanes, groups and chunks.
constexpr Sizes all_sizes[] = {{1, 1, 1},   {1, 17, 19}, {5, 31, 37},
                               {3, 64, 16}, {11, 7, 3},  {67, 2053, 5}};

/// The activations of `act`, from their definitions.
double activated(int act, double x) {
    switch (act) {
        case 1:
            return x > 0.0 ? x : 0.0;
        case 2:
            return x / (1.0 + std::exp(-x));
        case 3:
            return x * 0.5 * (1.0 + std::erf(x / std::sqrt(2.0)));
        case 4:
            return 0.5 * x *
                   (1.0 + std::tanh(std::sqrt(2.0 / 3.14159265358979323846) *
                                    (x + 0.044715 * x * x * x)));
        case 5:
            return x / (1.0 + std::exp(-1.702 * x));
        case 6:
            return 1.0 / (1.0 + std::exp(-x));
        case 7:
            return std::tanh(x);
        default:
            return x;
    }
}

double scale_of(const std::vector<float>& values) {
    double largest = 1.0;
    for (const float value : values)
        largest = std::max(largest, std::abs(static_cast<double>(value)));
    return largest;
}

/// Calls body(type, io, layout, has_bias) for every combination.
template <class Body>
void for_variants(Body body) {
    for (const Type type : {f32, f16, bf16}) {
        for (const bool io : {false, true}) {
            for (const Layout layout : {Layout::packed, Layout::reversed}) {
                for (const bool has_bias : {false, true}) {
                    INFO("stored " << type << ", layout " << io << ", bias " << has_bias);
                    body(type, io, layout, has_bias);
                }
            }
        }
    }
}

}  // namespace

TEST_CASE("cpu: linear, the reference cases") {
    for (const Case& reference : read_cases("linear")) {
        for (const Layout layout : layouts) {
            INFO("case " << reference.id << ", layout " << static_cast<int>(layout));
            const Values& from = reference.floats.at("x");
            const Values& weight = reference.floats.at("weight");
            const std::uint32_t k = from.shape.back();
            const auto rows = static_cast<std::uint32_t>(from.data.size() / k);
            std::vector<std::byte> stored(weight.data.size() * 4);
            std::memcpy(stored.data(), weight.data.data(), stored.size());
            const bool has_bias = reference.floats.contains("bias");
            Dispatch dispatch("linear");
            dispatch.matrix("x", {{rows, k}, from.data}, layout);
            dispatch.raw("weight", stored);
            optional_bias(dispatch, "bias", has_bias ? &reference.floats.at("bias") : nullptr);
            dispatch.output_matrix("y", rows, weight.shape[0], layout);
            for (const std::uint32_t word : {rows, k, weight.shape[0], 0u, 0u})
                dispatch.param(word);
            dispatch.param(has_bias);
            compare(dispatch.run(), reference.expected.data, reference.allowed);
        }
    }
}

TEST_CASE("cpu: linear with every stored type and layout") {
    for_variants([](Type type, bool io, Layout layout, bool has_bias) {
        for (const auto [rows, k, out] : all_sizes) {
            INFO(rows << " x " << k << " x " << out);
            const Values x = random_values({rows, k}, 1);
            const Values bias = random_values({out}, 2);
            const Weight weight = make_weight(out, k, type, io, 3);
            Dispatch dispatch("linear");
            dispatch.matrix("x", x, layout);
            dispatch.raw("weight", weight.bytes);
            optional_bias(dispatch, "bias", has_bias ? &bias : nullptr);
            dispatch.output_matrix("y", rows, out, layout);
            for (const std::uint32_t word : {rows, k, out, io ? 1u : 0u, std::uint32_t{type}})
                dispatch.param(word);
            dispatch.param(has_bias);
            const std::vector<float> expected =
                rounded(product(x, weight, out, has_bias ? &bias : nullptr));
            // Nothing but the last rounding: one unit in the last place.
            compare(dispatch.run(), expected, 1.2e-7 * scale_of(expected));
        }
    });
}

TEST_CASE("cpu: a row's result does not depend on the rows beside it") {
    const Values x = random_values({9, 37}, 1);
    const Weight weight = make_weight(13, 37, f16, false, 2);
    const auto run = [&](const Values& rows) {
        Dispatch dispatch("linear");
        dispatch.matrix("x", rows, Layout::packed);
        dispatch.raw("weight", weight.bytes);
        dispatch.absent("bias", 0);
        dispatch.output_matrix("y", rows.shape[0], 13, Layout::packed);
        for (const std::uint32_t word : {rows.shape[0], 37u, 13u, 0u, 1u, 0u}) dispatch.param(word);
        return dispatch.run();
    };
    const std::vector<float> together = run(x);
    for (std::uint32_t r = 0; r < 9; ++r) {
        const auto first = x.data.begin() + r * 37;
        const std::vector<float> alone = run({{1, 37}, std::vector<float>(first, first + 37)});
        CHECK(std::equal(alone.begin(), alone.end(), together.begin() + r * 13));
    }
}

TEST_CASE("cpu: linear_fused with every activation, residual and none") {
    const Sizes size{5, 31, 18};
    const Values x = random_values({size.rows, size.k}, 1);
    const Values residual = random_values({size.rows, size.out}, 2);
    const Values bias = random_values({size.out}, 3);
    for_variants([&](Type type, bool io, Layout layout, bool has_bias) {
        const Weight weight = make_weight(size.out, size.k, type, io, 4);
        for (const bool has_residual : {false, true}) {
            for (int act = 0; act < 8; ++act) {
                INFO("residual " << has_residual << ", act " << act);
                Dispatch dispatch("linear_fused");
                dispatch.matrix("x", x, layout);
                if (has_residual) dispatch.matrix("residual", residual, layout);
                if (!has_residual) dispatch.absent("residual", 2);
                dispatch.raw("weight", weight.bytes);
                optional_bias(dispatch, "bias", has_bias ? &bias : nullptr);
                dispatch.output_matrix("y", size.rows, size.out, layout);
                for (const std::uint32_t word :
                     {size.rows, size.k, size.out, io ? 1u : 0u, std::uint32_t{type}}) {
                    dispatch.param(word);
                }
                dispatch.param(has_bias);
                dispatch.param(has_residual);
                dispatch.param(act);
                std::vector<double> expected =
                    product(x, weight, size.out, has_bias ? &bias : nullptr);
                for (std::size_t i = 0; i < expected.size(); ++i) {
                    expected[i] = activated(act, expected[i]);
                    if (has_residual) expected[i] += static_cast<double>(residual.data[i]);
                }
                compare(dispatch.run(), rounded(expected), 1.2e-7 * scale_of(rounded(expected)));
            }
        }
    });
}

TEST_CASE("cpu: linear_gate") {
    const Sizes size{3, 17, 21};
    const Values x = random_values({size.rows, size.k}, 1);
    const Values gate_bias = random_values({size.out}, 2);
    const Values up_bias = random_values({size.out}, 3);
    for_variants([&](Type type, bool io, Layout layout, bool has_bias) {
        const Weight gate = make_weight(size.out, size.k, type, io, 4);
        const Weight up = make_weight(size.out, size.k, type, io, 5);
        for (int act = 0; act < 8; ++act) {
            Dispatch dispatch("linear_gate");
            dispatch.matrix("x", x, layout);
            dispatch.raw("gate", gate.bytes);
            dispatch.raw("up", up.bytes);
            optional_bias(dispatch, "gate_bias", has_bias ? &gate_bias : nullptr);
            optional_bias(dispatch, "up_bias", has_bias ? &up_bias : nullptr);
            dispatch.output_matrix("y", size.rows, size.out, layout);
            for (const std::uint32_t word :
                 {size.rows, size.k, size.out, io ? 1u : 0u, std::uint32_t{type}}) {
                dispatch.param(word);
            }
            dispatch.param(has_bias);
            dispatch.param(act);
            std::vector<double> expected =
                product(x, gate, size.out, has_bias ? &gate_bias : nullptr);
            const std::vector<double> factor =
                product(x, up, size.out, has_bias ? &up_bias : nullptr);
            for (std::size_t i = 0; i < expected.size(); ++i)
                expected[i] = activated(act, expected[i]) * factor[i];
            compare(dispatch.run(), rounded(expected), 1.2e-7 * scale_of(rounded(expected)));
        }
    });
}

TEST_CASE("cpu: linear_gate, the reference cases of swiglu") {
    // With x = [gate up] and selections as weights the op is silu(gate) * up itself.
    for (const Case& reference : read_cases("swiglu")) {
        const Values& gate = reference.floats.at("gate");
        const Values& up = reference.floats.at("up");
        const std::uint32_t out = gate.shape.back();
        const auto rows = static_cast<std::uint32_t>(gate.data.size() / out);
        Values x{{rows, 2 * out}, {}};
        for (std::uint32_t r = 0; r < rows; ++r) {
            for (const Values* part : {&gate, &up}) {
                const auto first = part->data.begin() + r * out;
                x.data.insert(x.data.end(), first, first + out);
            }
        }
        const auto selection = [&](std::uint32_t first) {
            std::vector<float> values(std::size_t{out} * 2 * out, 0.0f);
            for (std::uint32_t o = 0; o < out; ++o)
                values[std::size_t{o} * 2 * out + first + o] = 1.0f;
            std::vector<std::byte> bytes(values.size() * 4);
            std::memcpy(bytes.data(), values.data(), bytes.size());
            return bytes;
        };
        Dispatch dispatch("linear_gate");
        dispatch.matrix("x", x, Layout::packed);
        dispatch.raw("gate", selection(0));
        dispatch.raw("up", selection(out));
        dispatch.absent("gate_bias", 0);
        dispatch.absent("up_bias", 0);
        dispatch.output_matrix("y", rows, out, Layout::packed);
        for (const std::uint32_t word : {rows, 2 * out, out, 0u, 0u, 0u, 2u}) dispatch.param(word);
        compare(dispatch.run(), reference.expected.data, reference.allowed);
    }
}

TEST_CASE("cpu: linear_qkv") {
    const std::uint32_t rows = 4, k = 29;
    const std::uint32_t outs[] = {18, 7, 5};
    const char* names[] = {"q", "k", "v"};
    const Values x = random_values({rows, k}, 1);
    for_variants([&](Type type, bool io, Layout layout, bool has_bias) {
        Dispatch dispatch("linear_qkv");
        dispatch.matrix("x", x, layout);
        std::vector<Weight> weights;
        std::vector<Values> biases;
        for (std::uint32_t part = 0; part < 3; ++part) {
            weights.push_back(make_weight(outs[part], k, type, io, 10 + part));
            biases.push_back(random_values({outs[part]}, 20 + part));
        }
        for (std::uint32_t part = 0; part < 3; ++part) {
            dispatch.raw(names[part] + std::string("_weight"), weights[part].bytes);
        }
        for (std::uint32_t part = 0; part < 3; ++part) {
            optional_bias(dispatch, names[part] + std::string("_bias"),
                          has_bias ? &biases[part] : nullptr);
        }
        for (std::uint32_t part = 0; part < 3; ++part) {
            dispatch.output_matrix(names[part], rows, outs[part], layout);
        }
        for (const std::uint32_t word :
             {rows, k, outs[0], outs[1], outs[2], io ? 1u : 0u, std::uint32_t{type}}) {
            dispatch.param(word);
        }
        dispatch.param(has_bias);
        for (std::uint32_t part = 0; part < 3; ++part) {
            const std::vector<float> expected =
                rounded(product(x, weights[part], outs[part], has_bias ? &biases[part] : nullptr));
            compare(dispatch.run(part), expected, 1.2e-7 * scale_of(expected));
        }
    });
}
