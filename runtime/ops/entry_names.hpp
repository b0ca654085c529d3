// SPDX-License-Identifier: MIT
#pragma once

#include "base/diagnostic.hpp"
#include "ops/entry.hpp"

#include <cstdint>
#include <span>

namespace hekla::ops {

enum class NumberKind : std::uint8_t {
    integer,
    real,   ///< a `num` attribute or `real(...)`
    mixed,  ///< a `num` attribute deep in an expression
};

/// What word of the parameter block an expression gives.
NumberKind number_kind(const graph::Expr& expr, std::span<const AttributeSpec> attributes);

/// Complains about names and functions in the entry's expressions that nothing defines.
void check_names(const Entry& entry, const SourcePtr& source, Diagnostics& out);

}  // namespace hekla::ops
