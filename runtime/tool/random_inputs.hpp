// SPDX-License-Identifier: MIT
#pragma once

#include "tool/tool.hpp"

#include <random>

namespace hekla::tool {

/// Random inputs of the sizes asked for; a dim not named is 1. Integers are below `below`, floats between -1 and 1, bools true.
void set_random_inputs(Context& context, const Model& model, const Sizes& sizes, int below,
                       std::mt19937& random);

}  // namespace hekla::tool
