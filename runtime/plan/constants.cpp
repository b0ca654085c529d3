// SPDX-License-Identifier: MIT
#include "plan/constants.hpp"

#include <algorithm>

namespace hekla::plan {
namespace {

/// A result that is larger is made anew in every run: its memory would be taken for good.
constexpr std::uint64_t most_bytes = std::uint64_t{4} << 20;

/// Does the dispatch have parameters that are rewritten before each run?
bool has_dynamic_words(const Plan& plan, const Dispatch& dispatch) {
    const std::uint32_t first = dispatch.params_offset_bytes / 4,
                        last = first + dispatch.params_size_bytes / 4;
    return std::any_of(plan.dynamic_words.begin(), plan.dynamic_words.end(),
                       [&](const DynamicWord& d) { return d.word >= first && d.word < last; });
}

}  // namespace

void find_constants(Plan& plan) {
    // Weights do not change; nor does what is made of them alone, and what is made of that.
    std::vector<bool> varies(plan.storages.size());
    for (std::size_t s = 0; s < varies.size(); ++s)
        varies[s] = plan.storages[s].kind == StorageKind::state ||
                    (plan.storages[s].kind == StorageKind::arena &&
                     plan.storages[s].size_bytes > most_bytes);
    for (const Transfer& upload : plan.uploads) varies[upload.storage] = true;
    std::vector<bool> repeated(plan.dispatches.size());
    for (std::size_t d = 0; d < repeated.size(); ++d)
        repeated[d] = has_dynamic_words(plan, plan.dispatches[d]);
    for (bool changed = true; changed;) {
        changed = false;
        for (std::size_t d = 0; d < repeated.size(); ++d) {
            const auto& bindings = plan.dispatches[d].bindings;
            if (!repeated[d] && std::any_of(bindings.begin(), bindings.end(),
                                            [&](const Binding& b) { return varies[b.storage]; }))
                changed = repeated[d] = true;
            if (!repeated[d]) continue;
            for (const Binding& b : bindings)
                if (b.written && !varies[b.storage]) changed = varies[b.storage] = true;
        }
    }
    std::vector<std::uint32_t> order;
    for (const bool later : {false, true})
        for (std::uint32_t d = 0; d < repeated.size(); ++d)
            if (repeated[d] == later) order.push_back(d);
    std::vector<std::uint32_t> place(order.size());
    std::vector<Dispatch> dispatches;
    for (std::uint32_t i = 0; i < order.size(); ++i) {
        place[order[i]] = i;
        dispatches.push_back(std::move(plan.dispatches[order[i]]));
    }
    plan.dispatches = std::move(dispatches);
    for (AddressWords& words : plan.addresses) words.dispatch = place[words.dispatch];
    plan.once_count =
        static_cast<std::uint32_t>(std::count(repeated.begin(), repeated.end(), false));
    for (std::uint32_t d = 0; d < plan.once_count; ++d)
        for (const Binding& b : plan.dispatches[d].bindings)
            if (b.written) plan.storages[b.storage].kind = StorageKind::constant;
}

}  // namespace hekla::plan
