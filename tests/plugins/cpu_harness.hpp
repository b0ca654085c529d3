// SPDX-License-Identifier: MIT
#pragma once

#include <hekla/hekla_plugin.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

/// Runs single kernels of the cpu plugin through its table, with parameter blocks built by hand from the contract in
/// shaders/README.md, and reads the reference cases of tests/reference/ops.
namespace cpu_test {

using Shape = std::vector<std::uint32_t>;

std::uint64_t element_count(const Shape& shape);

/// A logical tensor of floats, row-major.
struct Values {
    Shape shape;
    std::vector<float> data;
};

/// Where a tensor's elements lie in its buffer.
struct Placement {
    std::uint32_t offset = 0;
    std::vector<std::uint32_t> strides;
    std::uint64_t extent = 0;  ///< elements up to the last one

    std::uint64_t at(const Shape& shape, std::uint64_t index) const;
};

/// How operands are laid out: packed; packed behind an offset; axes stored in reverse with gaps between; every second element.
enum class Layout { packed, offset, reversed, spaced };
inline constexpr Layout layouts[] = {Layout::packed, Layout::offset, Layout::reversed,
                                     Layout::spaced};

Placement place(const Shape& shape, Layout layout);
/// A matrix as `strided: 2` slots have it: the last stride is 1.
Placement place_matrix(std::uint32_t rows, std::uint32_t columns, Layout layout);

/// One dispatch. Operands are added in the order of the entry's slots and outputs, then params in the entry's order.
class Dispatch {
  public:
    explicit Dispatch(std::string op);

    /// x broadcast to `to` (stride 0 where it has size 1 or no axis), right-aligned to `rank` strides.
    void input(std::string name, const Values& x, const Shape& to, std::size_t rank, Layout layout);
    void matrix(std::string name, const Values& x, Layout layout);
    /// Contiguous.
    void input(std::string name, const Values& x);
    void input(std::string name, const std::vector<std::int32_t>& x);
    void input(std::string name, const std::vector<std::int32_t>& x, const Shape& shape,
               const Shape& to);
    void raw(std::string name, const std::vector<std::byte>& x);
    /// A slot left out: bound to four bytes that nobody may read.
    void absent(std::string name, std::size_t rank);
    /// A float output of `shape`; `rank` strides.
    void output(std::string name, const Shape& shape, std::size_t rank, Layout layout);
    void output_matrix(std::string name, std::uint32_t rows, std::uint32_t columns, Layout layout);
    /// An input that is a part of a larger tensor: at `placement` within `x`.
    void input_part(std::string name, const std::vector<float>& x, const Placement& placement);
    /// Unless `strided`, the block has the offset alone.
    void output_part(std::string name, const std::vector<float>& before, const Shape& shape,
                     const Placement& placement, bool strided = true);

    void param(std::uint32_t value) { params_.push_back(value); }
    void param(int value) { params_.push_back(static_cast<std::uint32_t>(value)); }
    void param(bool value) { params_.push_back(value ? 1 : 0); }
    void param(double value);
    /// count (or, `all` false, rows and k), d1, d2 (and d3) of the merged sizes.
    void sizes_all(const Shape& shape);

    /// Runs it; the elements of output `index`. Fails the test if the plugin refuses, if a place between the output's elements
    /// was written, or if the same dispatch with any one binding a word shorter is not refused with op and tensor named.
    std::vector<float> run(std::size_t index = 0);
    /// Runs it and returns the refusal's sentence; fails the test if it is not refused with `code`.
    std::string refusal(hekla_plugin_result code);
    /// Bytes of output `index` after run().
    const std::vector<std::byte>& bytes(std::size_t index) const;

  private:
    struct Operand {
        std::string name;
        std::vector<std::byte> bytes;
        std::vector<std::uint32_t> words;  ///< offset and strides
        bool absent = false;
        Shape shape = {};  ///< outputs
        Placement placement = {};
        std::uint64_t unbound = 0;  ///< bytes at the end that are left out of the binding
    };

    void add(Operand operand);
    void add_floats(std::string name, const Values& x, std::vector<std::uint32_t> strides,
                    const Placement& placement);
    hekla_plugin_result submit(std::string* text);

    std::string op_;
    std::vector<Operand> operands_;
    std::vector<std::size_t> outputs_;
    std::vector<std::uint32_t> params_;
};

/// A case of tests/reference/ops.
struct Case {
    std::string id;
    std::map<std::string, double> numbers;
    std::map<std::string, std::string> words;
    std::map<std::string, Values> floats;                       ///< inputs
    std::map<std::string, std::vector<std::int64_t>> integers;  ///< inputs of type int64 and bool
    std::map<std::string, Shape> shapes;                        ///< of all inputs
    Values expected;
    double
        allowed;  ///< largest difference: 4 times the measured effect of f32 rounding + 1e-6, in units of std

    double number(const std::string& name, double otherwise) const;
};

std::vector<Case> read_cases(std::string_view op);

/// Every value finite and no further than `allowed` from the expected one.
void compare(const std::vector<float>& got, const std::vector<float>& expected, double allowed);

/// Reproducible values around 0, of about unit size.
Values random_values(Shape shape, std::uint32_t seed);

}  // namespace cpu_test
