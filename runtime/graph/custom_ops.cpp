// SPDX-License-Identifier: MIT
#include "graph/checker.hpp"

namespace hekla::graph {

void Checker::declare_custom_ops() {}

}  // namespace hekla::graph
