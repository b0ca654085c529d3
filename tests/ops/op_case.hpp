// SPDX-License-Identifier: MIT
#pragma once

#include "graph/document.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

/// The case files of ops, tests/ops/<op>.yaml:
///
///   uses: linear_fused          # op whose kernels must have run; the file's own name if it is left out; `none` for views
///   with: convolve_planes       # kernels of other ops, with commas between, that are taken along with each of these
///   reference:                  # cases of tests/reference/ops/<file>.json
///     - {file: linear, id: 0, weights: {fc.weight: weight}, graph: {y: "linear(x, w.fc, out=19)"}}
///   cases:                      # truth: the cpu backend, one dispatch per node
///     - in: {x: "float[2, 5, 37]"}                      # random; `from -4 to 4`: evenly; i32: `below 31`; bool: either
///       weights: {fc.weight: "f16[29, 37]"}             # `stored[29, 37]`: one case each for f32, f16, bf16
///       graph: {y: "linear(x, w.fc, out=29)"}
///       out: {y: "float[2, 5, 29]"}
///       tolerance: 1e-4                                 # times the standard deviation of the truth
namespace hekla::test {

struct HostTensor {
    std::string type;  ///< as in graph files: float, i32, bool; weights: f32, f16, bf16
    std::vector<std::int64_t> shape;
    std::vector<std::byte> bytes;  ///< f32, i32, one byte per bool; weights as in files

    std::size_t count() const;
};

struct OpCase {
    std::string name;  ///< for messages
    std::vector<std::pair<std::string, HostTensor>> inputs;
    std::vector<std::pair<std::string, HostTensor>> weights;
    std::vector<std::pair<std::string, std::string>> graph;
    std::vector<std::pair<std::string, HostTensor>> outputs;  ///< bytes: the truth, or empty
    std::map<std::string, double> tolerance;                  ///< absolute, by output; 0: exact. Without one: `relative`
    double relative = 1e-4;
};

struct CaseFile {
    std::string op;
    std::string uses, with;
    std::vector<OpCase> references, cases;
};

/// Reads <folder>/ops/<op>.yaml and what it refers to; throws std::runtime_error saying what is wrong.
CaseFile read_case_file(const std::string& folder, const std::string& op);

/// "float[2, 5] from -4 to 4", as in case files; `stored` is the type of "stored[...]".
HostTensor make_tensor(const std::string& text, std::uint64_t seed, const std::string& stored = "f32");

/// A safetensors file of these tensors.
std::string safetensors_image(const std::vector<std::pair<std::string, HostTensor>>& tensors);

}  // namespace hekla::test
