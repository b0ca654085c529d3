// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace hekla::graph {

/// A size: an integer polynomial of the graph's symbols, whose factors may also be rounded quotients
/// `floor(p / n)`. Kept in a normal form, so that equal routes compare equal (`floor(floor((H+1)/2 + 1)/2)` is `floor((H+3)/4)`).
/// A value type; immutable parts are shared, so copies are cheap. Arithmetic that leaves 64 bits, or grows past a few
/// thousand factors (hostile files), throws DimOverflow.
class Dim {
public:
    Dim() = default;  ///< zero
    Dim(std::int64_t constant);  // NOLINT: a number is a size
    static Dim symbol(std::uint32_t id);

    bool is_constant() const;
    std::int64_t constant() const;  ///< only when is_constant()

    friend Dim operator+(const Dim&, const Dim&);
    friend Dim operator-(const Dim&, const Dim&);
    friend Dim operator*(const Dim&, const Dim&);
    bool operator==(const Dim&) const;

    /// floor(this / divisor), divisor > 0. `multiples[s]` is what symbol s is known to be a multiple of (empty: 1),
    /// so that LH / 8 stays exact where the file says `multiple: 8`.
    Dim floor_div(std::int64_t divisor, std::span<const std::int64_t> multiples = {}) const;

    /// this / divisor if every term divides exactly given what the symbols are multiples of; else nothing. divisor != 0.
    std::optional<Dim> exact_div(std::int64_t divisor, std::span<const std::int64_t> multiples = {}) const;

    /// The same size with its rounded parts worked out anew under other multiples.
    Dim assuming(std::span<const std::int64_t> multiples) const;

    /// True when the symbol occurs.
    bool uses(std::uint32_t symbol) const;

    /// The number for given symbol values; no allocation. Throws DimOverflow.
    std::int64_t evaluate(std::span<const std::int64_t> symbols) const;

    /// This with every symbol s for which `known[s]` is true replaced by `values[s]`.
    Dim substitute(std::span<const std::int64_t> values, const std::vector<bool>& known) const;

    /// Text in the language's own spelling, e.g. `P+T`, `320*B*LH`, `floor((LH+3)/4)`.
    std::string text(std::span<const std::string> names) const;

    struct Polynomial;  ///< the non-constant terms; known to dim.cpp alone

private:
    friend struct DimParts;
    std::int64_t constant_ = 0;
    std::shared_ptr<const Polynomial> polynomial_;  // null: the constant alone
};

struct DimOverflow {};

}  // namespace hekla::graph
