// SPDX-License-Identifier: MIT
#include "execute/recording.hpp"

#include <algorithm>
#include <cstring>
#include <set>
#include <vector>

namespace hekla::execute {
namespace {

/// Dispatches each kernel once, over no groups: drivers that compile at the first dispatch do it now, and nothing is computed.
void dispatch_kernels(const std::shared_ptr<Device>& device,
                      std::span<const hekla_plugin_step> steps, const Progress& progress) {
    if (device->info().kernels_by_name) return;  // such devices have nothing to compile, and no groups
    std::vector<hekla_plugin_step> empty;
    std::set<const hekla_plugin_kernel*> seen;
    for (hekla_plugin_step step : steps) {
        if (step.kind != HEKLA_PLUGIN_STEP_DISPATCH || !seen.insert(step.kernel).second) continue;
        std::fill_n(step.group_count, 3, 0u);
        step.segment = static_cast<std::uint32_t>(empty.size());
        empty.push_back(step);
    }
    const Program program(device, empty, false);
    for (std::uint32_t i = 0; i < empty.size(); ++i) {
        if (progress && !progress("dispatching kernels", i, empty.size())) throw Cancelled{};
        device->wait(program.submit(i), ~std::uint64_t{0});
    }
    if (progress) progress("dispatching kernels", empty.size(), empty.size());
}

}  // namespace

Recording record(Model& model, plan::Plan made, const ContextMemory& memory, bool timed,
                 bool dispatch_all, const Progress& progress) {
    const auto& device = model.device();
    Recording out;
    out.plan = std::move(made);
    const plan::Plan& plan = out.plan;
    out.params = Buffer(device, std::max<std::uint64_t>(plan.params.size() * 4, 16),
                              HEKLA_PLUGIN_MEMORY_PARAMS);
    out.upload = Buffer(device, plan.upload_bytes, HEKLA_PLUGIN_MEMORY_UPLOAD);
    out.download = Buffer(device, plan.download_bytes, HEKLA_PLUGIN_MEMORY_DOWNLOAD);
    if (plan.constant_bytes > 0)
        out.constants = Buffer(device, plan.constant_bytes, HEKLA_PLUGIN_MEMORY_DEVICE);
    if (!plan.params.empty())  // a plan of copies alone has none
        std::memcpy(out.params.data(), plan.params.data(), plan.params.size() * 4);

    const auto place = [&](std::uint32_t s, std::uint64_t offset,
                           std::uint64_t size) -> hekla_plugin_binding {
        const plan::Storage& storage = plan.storages[s];
        if (storage.kind == plan::StorageKind::arena)
            return {memory.arena, storage.offset_bytes + offset, size};
        if (storage.kind == plan::StorageKind::constant)
            return {out.constants.handle(), storage.offset_bytes + offset, size};
        if (storage.kind == plan::StorageKind::state)
            return {memory.state, memory.state_offsets[storage.source] + offset, size};
        const WeightStore::Place& weight = model.weights()->place(storage.source);
        return {weight.buffer, weight.offset_bytes + offset, size};
    };
    model.compile_kernels(plan, progress);
    std::vector<hekla_plugin_step> steps;
    std::vector<std::vector<hekla_plugin_binding>> bindings(plan.steps.size());
    for (std::size_t i = 0; i < plan.steps.size(); ++i) {
        const plan::Step& step = plan.steps[i];
        hekla_plugin_step now{};
        now.barrier_before = step.barrier_before ? 1 : 0;
        now.segment = step.segment;
        if (step.kind == plan::Step::Kind::dispatch) {
            const plan::Dispatch& dispatch = plan.dispatches[step.index];
            now.kind = HEKLA_PLUGIN_STEP_DISPATCH;
            std::copy_n(dispatch.groups, 3, now.group_count);
            now.kernel = model.kernel(dispatch);
            for (const plan::Binding& b : dispatch.bindings)
                bindings[i].push_back(place(b.storage, b.offset_bytes, b.size_bytes));
            now.params = out.params.handle();
            now.params_offset_bytes = dispatch.params_offset_bytes;
            now.params_size_bytes = dispatch.params_size_bytes;
        } else {
            const bool up = step.kind == plan::Step::Kind::upload;
            const plan::Transfer& t = up ? plan.uploads[step.index] : plan.downloads[step.index];
            now.kind = HEKLA_PLUGIN_STEP_COPY;
            const hekla_plugin_binding host{
                up ? out.upload.handle() : out.download.handle(), t.host_offset_bytes,
                t.size_bytes};
            const hekla_plugin_binding other = place(t.storage, 0, t.size_bytes);
            bindings[i] = up ? std::vector{host, other} : std::vector{other, host};
        }
        now.bindings = bindings[i].data();
        steps.push_back(now);
    }
    for (const plan::AddressWords& words : plan.addresses) {
        const plan::Binding& b = plan.dispatches[words.dispatch].bindings[words.binding];
        const hekla_plugin_binding at = place(b.storage, b.offset_bytes, b.size_bytes);
        const std::uint64_t buffer = device->table().buffer_address(device->handle(), at.buffer);
        if (buffer == 0)
            throw Error(ErrorCode::internal, device->id() + " gave a buffer without an address");
        const std::uint64_t address = buffer + at.offset_bytes;
        std::memcpy(out.params.data() + std::size_t{words.word} * 4, &address, 8);
    }
    out.program = std::make_unique<Program>(device, steps, timed);
    if (dispatch_all) dispatch_kernels(device, steps, progress);
    return out;
}

}  // namespace hekla::execute
