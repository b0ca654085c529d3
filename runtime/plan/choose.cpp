// SPDX-License-Identifier: MIT
// Which of an op's kernels a launch takes, and what their entries' expressions see.
#include "plan/dispatch.hpp"

#include "graph/parse.hpp"

#include <algorithm>
#include <cstdio>
#include <optional>

namespace hekla::plan {
namespace {

using Takes = ops::KernelSpec::Takes;

/// Can every row of a strided tensor, bound from element `base` on, be read four elements at a time?
bool in_quads(const View& view, std::int64_t base) {
    const auto whole = [](const Dim& d) { return d.is_constant() && d.constant() % 4 == 0; };
    return whole(view.offset - Dim(base)) && whole(view.sizes.back()) &&
           view.strides.back() == Dim(1) &&
           std::all_of(view.strides.begin(), view.strides.end() - 1, whole);
}

/// How far apart a tensor's elements lie along its last axis: 1, 0 (one element, repeated), or 2, which stands for anything else.
std::int64_t step_along(const View& view) {
    const Dim& stride = view.strides.back();
    return stride == Dim(0) ? 0 : stride == Dim(1) ? 1 : 2;
}

}  // namespace

void refuse(const Launch& launch, const std::string& what) {
    throw Error(ErrorCode::unsupported, "`" + launch.path + "` (" + launch.op->name + "): " + what);
}

bool norms_itself(const ops::KernelSpec& kernel, const Launch& launch) {
    return launch.norm && kernel.norms == launch.norm->op->name &&
           *launch.norm->scope.find("act") == Number(std::string("none"));
}

const std::optional<View>& norm_weight(const Launch& launch) {
    return launch.norm->inputs[*launch.norm->op->find_slot("weight")];
}

/// What a kernel's `when`, `spec`, `grid` and `cost` see; none of it may depend on carried dims.
Scope DispatchBuilder::kernel_scope(const Launch& launch) const {
    Scope scope = launch.scope;
    scope.freeze(draft_.largest);
    scope.set("subgroup", Dim(local_size(ops::KernelSpec::subgroup)));
    scope.set("lanes", Dim(local_size(ops::KernelSpec::lanes)));
    scope.set("software", Dim(draft_.device.software));
    scope.set("shared_bytes", Dim(draft_.device.max_shared_bytes));
    scope.set("matrix_m", Dim(draft_.device.matrix_m));
    scope.set("matrix_n", Dim(draft_.device.matrix_n));
    scope.set("matrix_k", Dim(draft_.device.matrix_k));
    scope.set("by_address", Dim(draft_.device.by_address ? 1 : 0));
    const ops::Entry& op = *launch.op;
    const bool normed = std::any_of(op.kernels.begin(), op.kernels.end(), [&](const auto& kernel) {
        return norms_itself(kernel, launch);
    });
    scope.set("normed", Dim(!normed ? 0 : norm_weight(launch) ? 2 : 1));
    const auto tell_layout = [&](const std::optional<View>& view, const std::string& name,
                                std::uint32_t strided) {
        std::int64_t base = 0;
        if (view && strided > 0) bind(launch, *view, name, false, draft_.device.by_address, base);
        scope.set_quads(name, view && strided > 0 && in_quads(*view, base));
        scope.set_along(name, view && strided > 0 ? step_along(*view) : 0);
    };
    for (std::size_t i = 0; i < op.slots.size(); ++i)
        tell_layout(launch.inputs[i], op.slots[i].name, op.slots[i].strided);
    for (std::size_t o = 0; o < launch.outputs.size(); ++o)
        tell_layout(launch.outputs[o], op.outputs[o].name, op.outputs[o].strided);
    return scope;
}

/// The same for one kernel, with `shares` where it has any. Without what the kernel needs there may be nothing to count them by.
Scope DispatchBuilder::own_scope(const ops::KernelSpec& kernel, const Scope& scope) const {
    Scope own = scope;
    if (kernel.shares && missing(kernel).empty())
        own.set("shares", Dim(scope.integer(*kernel.shares)));
    return own;
}

std::uint32_t DispatchBuilder::local_size(std::uint32_t size) const {
    const std::uint32_t subgroup = std::max<std::uint32_t>(draft_.device.subgroup_size, 1);
    if (size == ops::KernelSpec::subgroup) return subgroup;
    if (size == ops::KernelSpec::lanes) return std::max<std::uint32_t>(subgroup, 8);
    return size;
}

/// What the kernel needs and the device lacks; empty: nothing.
std::string DispatchBuilder::missing(const ops::KernelSpec& kernel) const {
    for (const std::string& need : kernel.needs)
        if (const auto bit = find_capability(need); !bit || !(draft_.device.capabilities & *bit))
            return need;
    return {};
}

/// Why the kernel cannot be taken; empty: it can.
std::string DispatchBuilder::obstacle(const ops::KernelSpec& kernel, const Launch& launch,
                                      const Scope& scope) const {
    const DeviceTraits& device = draft_.device;
    if (kernel.gives_tiles != launch.in_tiles)
        return kernel.gives_tiles ? "its reader takes no tiles" : "its reader takes tiles";
    const std::size_t bindings = launch.inputs.size() + launch.outputs.size() + 1;
    if (!kernel.norms.empty() && bindings > device.max_bindings)
        return "it binds " + std::to_string(bindings) + " tensors";
    if (const std::string need = missing(kernel); !need.empty()) return "the device lacks " + need;
    std::uint64_t invocations = 1;
    for (const std::uint32_t size : kernel.local) invocations *= local_size(size);
    if (invocations > device.max_workgroup_invocations)
        return "a workgroup of " + std::to_string(invocations) + " is too large";
    if (kernel.when && scope.integer(*kernel.when) == 0)
        return "not so: " + graph::to_text(*kernel.when);
    if (kernel.takes != Takes::as_is && kernel.takes != Takes::tiles) {
        const auto is_fixed = [](const Dims& sizes) {
            return std::all_of(sizes.begin(), sizes.end(), [](const Dim& d) { return d.is_constant(); });
        };
        const View& last = *launch.inputs[kernel.takes == Takes::matrices ? 1 : 0];
        if (!is_fixed(launch.inputs[0]->sizes) || !is_fixed(launch.inputs[0]->strides) ||
            !is_fixed(last.sizes) || !is_fixed(launch.outputs[0].sizes))
            return "its sizes follow a carried dim";
        const View& x = *launch.inputs[0];
        if (kernel.takes == Takes::places &&
            !(x.strides[3] == Dim(1) && (x.strides[2] == x.sizes[3] || x.sizes[2] == Dim(1))))
            return "the image's planes do not lie in one piece each";
    }
    const std::uint64_t prepared = prepared_bytes(kernel, launch, scope);
    const std::string what = kernel.shares ? "what it makes, its parts of the sums,"
                                           : "what it reads, laid out as it wants,";
    if ((kernel.shares || !device.by_address) && prepared > device.max_binding_bytes)
        return what + " is larger than the device binds";
    if (prepared > draft_.options.most_prepared_bytes)
        return what + " is more than memory is allowed for";
    return {};
}

/// As its entry says, and what the dispatches ahead of it take.
double DispatchBuilder::cost_of(const ops::KernelSpec& kernel, const Launch& launch,
                                const Scope& scope) const {
    const double own = kernel.cost ? scope.real(*kernel.cost) : 1;
    const DeviceCosts& costs = draft_.device.costs;
    if (costs.flop_ns == 0) return own;
    return own + static_cast<double>(further_dispatches(launch, kernel.takes)) * costs.dispatch_ns /
                     (flops_per_cost * costs.flop_ns);
}

/// For people: the kernel, its constants, and what it would cost or why it cannot be taken.
std::string DispatchBuilder::describe(const ops::KernelSpec& kernel, const Launch& launch,
                                      const Scope& seen) const {
    const Scope scope = own_scope(kernel, seen);
    const std::string why_not = obstacle(kernel, launch, scope);
    std::string constants;
    if (why_not.empty())
        for (const auto& constant : kernel.spec)
            constants += (constants.empty() ? "(" : ", ") +
                         std::to_string(static_cast<std::uint32_t>(scope.integer(*constant)));
    std::string cost = why_not;
    if (why_not.empty()) {
        char text[32];
        std::snprintf(text, sizeof text, "cost %.3g", cost_of(kernel, launch, scope));
        cost = text;
    }
    return kernel.name + constants + (constants.empty() ? "" : ")") + ": " + cost;
}

bool DispatchBuilder::is_forced(const ops::KernelSpec& kernel) const {
    const auto& forced = draft_.options.force_kernels;
    return std::find(forced.begin(), forced.end(), kernel.name) != forced.end();
}

const ops::KernelSpec& DispatchBuilder::choose(const Launch& launch, const Scope& seen,
                                               double& cost) const {
    const ops::Entry& op = *launch.op;
    if (op.kernels.empty()) refuse(launch, "the op has no kernel yet: graphs that use it can be checked, not run");
    const DeviceTraits& device = draft_.device;
    if (device.has_kernel) {
        if (!device.has_kernel(op.name)) refuse(launch, "this backend has no kernel for the op");
        cost = op.kernels[0].cost ? seen.real(*op.kernels[0].cost) : 1;
        return op.kernels[0];
    }
    const ops::KernelSpec* best = nullptr;
    bool best_forced = false;
    std::optional<Scope> own;  // of the few kernels that have one: scopes take time to copy
    for (const ops::KernelSpec& kernel : op.kernels) {
        const Scope& scope = kernel.shares ? own.emplace(own_scope(kernel, seen)) : seen;
        if (!obstacle(kernel, launch, scope).empty()) continue;
        const bool forced = is_forced(kernel);
        const double its_cost = cost_of(kernel, launch, scope);
        if (best && (best_forced > forced || (best_forced == forced && its_cost >= cost))) continue;
        best = &kernel;
        best_forced = forced;
        cost = its_cost;
    }
    if (!best)
        refuse(launch, "no kernel of the op fits this device (a workgroup may have " +
                           std::to_string(device.max_workgroup_invocations) + " invocations)");
    return *best;
}

}  // namespace hekla::plan
