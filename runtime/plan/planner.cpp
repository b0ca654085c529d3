// SPDX-License-Identifier: MIT
#include "plan/arena.hpp"
#include "plan/constants.hpp"
#include "plan/dispatch.hpp"

#include <algorithm>
#include <limits>

namespace hekla::plan {
namespace {

/// A range of memory that a step reads or writes.
struct Access {
    std::uint64_t space = 0;  // 0: the arena; else one state slot
    std::uint64_t begin = 0, end = 0;
    bool written = false;
};

/// Barriers from declared accesses, in this one place: a step waits for what came before if it touches memory that an unfinished step
/// writes, or writes memory that an unfinished step reads.
class Hazards {
  public:
    bool conflicts(const std::vector<Access>& accesses) const {
        return std::any_of(accesses.begin(), accesses.end(), [&](const Access& a) {
            return std::any_of(pending_.begin(), pending_.end(), [&](const Access& b) {
                return (a.written || b.written) && a.space == b.space && a.begin < b.end &&
                       b.begin < a.end;
            });
        });
    }
    void clear() { pending_.clear(); }
    void add(const std::vector<Access>& accesses) {
        pending_.insert(pending_.end(), accesses.begin(), accesses.end());
    }

  private:
    std::vector<Access> pending_;
};

void plan_memory(Plan& plan, const Draft& draft) {
    for (Storage& storage : plan.storages)
        storage.first_step = std::numeric_limits<std::uint32_t>::max();
    const auto touch = [&](std::uint32_t s, std::uint32_t step) {
        plan.storages[s].first_step = std::min(plan.storages[s].first_step, step);
        plan.storages[s].last_step = std::max(plan.storages[s].last_step, step);
    };
    for (std::uint32_t step = 0; step < plan.steps.size(); ++step) {
        const Step& s = plan.steps[step];
        if (s.kind == Step::Kind::upload)
            touch(plan.uploads[s.index].storage, step);
        else if (s.kind == Step::Kind::download)
            touch(plan.downloads[s.index].storage, step);
        else
            for (const Binding& binding : plan.dispatches[s.index].bindings)
                touch(binding.storage, step);
    }
    const std::uint64_t alignment = std::max<std::uint64_t>(draft.device.binding_alignment, 16);
    for (Storage& storage : plan.storages)
        if (storage.kind == StorageKind::constant) {
            storage.offset_bytes = plan.constant_bytes;
            plan.constant_bytes += (storage.size_bytes + alignment - 1) / alignment * alignment;
        }
    std::vector<ArenaRequest> requests;
    std::vector<std::uint32_t> which;
    for (std::uint32_t s = 0; s < plan.storages.size(); ++s) {
        const Storage& storage = plan.storages[s];
        if (storage.kind != StorageKind::arena || storage.first_step > storage.last_step) continue;
        requests.push_back({storage.size_bytes, storage.first_step, storage.last_step, 0});
        which.push_back(s);
    }
    const ArenaResult result = plan_arena(requests, alignment);
    for (std::size_t i = 0; i < which.size(); ++i)
        plan.storages[which[i]].offset_bytes = requests[i].offset_bytes;
    plan.arena_bytes = result.total_bytes;
    plan.arena_live_bytes = result.live_bytes;
    plan.arena_sum_bytes = result.sum_bytes;
}

void add_steps(Plan& plan) {
    const auto add = [&](Step::Kind kind, std::size_t first, std::size_t end) {
        for (std::size_t i = first; i < end; ++i)
            plan.steps.push_back({kind, static_cast<std::uint32_t>(i), false, 0});
    };
    add(Step::Kind::dispatch, 0, plan.once_count);
    add(Step::Kind::upload, 0, plan.uploads.size());
    add(Step::Kind::dispatch, plan.once_count, plan.dispatches.size());
    add(Step::Kind::download, 0, plan.downloads.size());
}

void place_barriers(Plan& plan, double segment_cost) {
    const auto access = [&](std::uint32_t s, std::uint64_t offset, std::uint64_t size,
                            bool written) {
        const Storage& storage = plan.storages[s];
        if (storage.kind == StorageKind::arena)
            return Access{0, storage.offset_bytes + offset, storage.offset_bytes + offset + size,
                          written};
        if (storage.kind == StorageKind::constant)
            return Access{~std::uint64_t{1}, storage.offset_bytes + offset,
                          storage.offset_bytes + offset + size, written};
        return Access{storage.kind == StorageKind::state ? 1 + std::uint64_t{storage.source}
                                                         : ~std::uint64_t{0},
                      offset, offset + size, written};
    };
    Hazards hazards;
    double cost = 0;
    std::uint32_t segment = 0;
    for (std::size_t i = 0; i < plan.steps.size(); ++i) {
        Step& step = plan.steps[i];
        std::vector<Access> accesses;
        double its_cost = 0;
        if (step.kind == Step::Kind::dispatch) {
            const Dispatch& dispatch = plan.dispatches[step.index];
            its_cost = dispatch.cost;
            for (const Binding& b : dispatch.bindings)
                accesses.push_back(access(b.storage, b.offset_bytes, b.size_bytes, b.written));
        } else {
            const bool up = step.kind == Step::Kind::upload;
            const Transfer& transfer = up ? plan.uploads[step.index] : plan.downloads[step.index];
            accesses.push_back(access(transfer.storage, 0, transfer.size_bytes, up));
        }
        const bool once_done = plan.once_count > 0 && i == plan.once_count;
        if (once_done || (cost > 0 && cost + its_cost > segment_cost)) {
            ++segment;
            cost = 0;
        }
        if (i == plan.once_count) plan.once_segments = segment;
        cost += its_cost;
        step.segment = segment;
        if (hazards.conflicts(accesses)) {
            step.barrier_before = true;
            ++plan.barrier_count;
            hazards.clear();
        }
        hazards.add(accesses);
    }
    plan.segment_count = plan.steps.empty() ? 0 : segment + 1;
}

}  // namespace

double least_ns(const Dispatch& dispatch, const DeviceCosts& costs) {
    return costs.dispatch_ns + std::max(dispatch.flops * costs.flop_ns,
                                        static_cast<double>(dispatch.bytes) * costs.byte_ns);
}

Plan make_plan(const graph::Graph& graph, const ops::Catalogue& catalogue,
               const DeviceTraits& device, const PlanOptions& options) {
    try {
        Draft draft = make_draft(graph, catalogue, device, options);
        lower(draft);
        if (options.fuse) rewrite(draft);
        LayoutResult layout = settle_layout(draft);
        if (options.fuse) join_copies(draft, layout.launches);

        Plan plan;
        plan.storages = std::move(layout.storages);
        DispatchBuilder builder(draft, plan.storages, plan);
        for (Launch& launch : layout.launches) builder.add(std::move(launch));

        const auto host_place = [](std::uint64_t& total, std::uint64_t size) {
            const std::uint64_t at = total;
            total += (size + 15) / 16 * 16;
            return at;
        };
        for (const auto& [input, storage] : layout.inputs) {
            const std::uint64_t size = plan.storages[storage].size_bytes;
            plan.uploads.push_back({input, storage, host_place(plan.upload_bytes, size), size});
        }
        for (const OutputPlace& output : layout.outputs) {
            const DraftValue& value = draft.values[output.value];
            const std::uint64_t size = plan.storages[output.storage].size_bytes;
            plan.downloads.push_back({static_cast<std::uint32_t>(plan.outputs.size()),
                                      output.storage, host_place(plan.download_bytes, size), size});
            plan.outputs.push_back({output.name, value.dtype, value.sizes});
        }
        find_constants(plan);
        add_steps(plan);
        plan_memory(plan, draft);
        place_barriers(plan, options.segment_cost);
        return plan;
    } catch (const graph::DimOverflow&) {
        throw Error(ErrorCode::limit, "a size of this run overflows 64 bits");
    }
}

}  // namespace hekla::plan
