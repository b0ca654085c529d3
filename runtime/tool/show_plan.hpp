// SPDX-License-Identifier: MIT
#pragma once

#include "tool/tool.hpp"

namespace hekla::tool {

/// What `hekla show --plan` takes.
struct PlanArguments {
    ModelArguments model;
    std::vector<std::string> dims, then, only, capacity;
    std::string random_weights;
    int below = 100;  ///< integer inputs of measured runs are drawn below this
    bool measure = false;
    bool json = false;
};

/// Prints the dispatches of a run of these sizes: what each is, and why this kernel.
int show_plan(const PlanArguments& arguments);

}  // namespace hekla::tool
