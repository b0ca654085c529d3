// SPDX-License-Identifier: MIT
#pragma once

#include "plan/plan.hpp"

namespace hekla::plan {

/// Moves the dispatches that depend on weights and literals alone to the front, as `once_count` of them, and gives their results memory that
/// is kept: they are computed before the first run, and not again.
void find_constants(Plan& plan);

}  // namespace hekla::plan
