// SPDX-License-Identifier: MIT
#include "plan/layout.hpp"

namespace hekla::plan {
namespace {

/// More axes than kernels take might not merge where two copies lie differently.
constexpr std::size_t most_axes = 4;

bool joinable(const Launch& a, const Launch& b) {
    return a.op->name == "copy" && b.op->name == "copy" &&
           a.outputs[0].sizes == b.outputs[0].sizes && a.outputs[0].sizes.size() <= most_axes &&
           a.inputs[0]->dtype == b.inputs[0]->dtype && !a.inputs[0]->is_raw() &&
           !b.inputs[0]->is_raw() && a.outputs[0].storage != b.inputs[0]->storage &&
           b.outputs[0].storage != a.inputs[0]->storage;
}

}  // namespace

void join_copies(const Draft& draft, std::vector<Launch>& launches) {
    const ops::Entry* op = draft.catalogue.find("copy_pair");
    if (!op || (draft.device.has_kernel && !draft.device.has_kernel(op->name))) return;
    std::vector<Launch> joined;
    for (Launch& launch : launches) {
        if (joined.empty() || !joinable(joined.back(), launch)) {
            joined.push_back(std::move(launch));
            continue;
        }
        Launch& pair = joined.back();
        pair.op = op;
        pair.inputs.push_back(std::move(launch.inputs[0]));
        pair.outputs.push_back(std::move(launch.outputs[0]));
    }
    launches = std::move(joined);
}

}  // namespace hekla::plan
