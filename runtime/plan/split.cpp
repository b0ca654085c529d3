// SPDX-License-Identifier: MIT
#include "plan/split.hpp"

#include <algorithm>
#include <functional>
#include <numeric>

namespace hekla::plan {

namespace {

std::int64_t round_up(std::int64_t value, std::int64_t unit) {
    return (value + unit - 1) / unit * unit;
}

}  // namespace

std::uint64_t bytes_per_element(const View& view) {
    return view.dtype == DType::f16 || view.dtype == DType::bf16 ? 2 : 4;
}

Range reach(const View& view, const std::vector<std::int64_t>& largest) {
    if (view.packed_row_bytes != 0) {
        const auto row = view.offset.constant() / view.strides[view.packed_axis].constant();
        const auto rows = round_up(view.sizes[view.packed_axis].constant(), weights::packed_rows);
        return {static_cast<std::uint64_t>(row) * view.packed_row_bytes,
                static_cast<std::uint64_t>(rows) * view.packed_row_bytes};
    }
    std::uint64_t span = 1;
    for (std::size_t i = 0; i < view.sizes.size(); ++i)
        span += static_cast<std::uint64_t>((view.sizes[i].evaluate(largest) - 1) *
                                           view.strides[i].evaluate(largest));
    const std::uint64_t start =
        static_cast<std::uint64_t>(view.offset.constant()) * bytes_per_element(view);
    return {start, (span * bytes_per_element(view) + 3) / 4 * 4};
}

double touched_elements(const View& view, const std::vector<std::int64_t>& largest) {
    double count = 1;
    for (std::size_t i = 0; i < view.sizes.size(); ++i)
        if (view.strides[i].evaluate(largest) != 0)
            count *= static_cast<double>(view.sizes[i].evaluate(largest));
    return count;
}

std::uint64_t touched_bytes(const View& view, const std::vector<std::int64_t>& largest) {
    if (view.packed_row_bytes != 0) return reach(view, largest).size_bytes;
    return static_cast<std::uint64_t>(touched_elements(view, largest)) * bytes_per_element(view);
}

/// The axis of each tensor along which it is cut, or nothing for those that stay whole.
struct Splitter::Cut {
    using Axes = std::vector<std::optional<std::size_t>>;
    Axes inputs, outputs;
    std::int64_t extent = 0, unit = 1;
    std::optional<std::size_t> sum;  // the input through which later pieces add what earlier ones gave
    std::function<void(Scope&, std::int64_t first, std::int64_t count)> rename;

    /// Calls f(view, axis, slot or output) of every tensor that is cut.
    template <class LaunchType, class F>
    void each(LaunchType& launch, F&& f) const {
        for (std::size_t i = 0; i < inputs.size(); ++i)
            if (inputs[i]) f(*launch.inputs[i], *inputs[i], launch.op->slots[i]);
        for (std::size_t o = 0; o < outputs.size(); ++o)
            if (outputs[o]) f(launch.outputs[o], *outputs[o], launch.op->outputs[o]);
    }
};

namespace {

bool all_constant(const View& view) {
    const auto constant = [](const Dim& d) { return d.is_constant(); };
    return view.offset.is_constant() &&
           std::all_of(view.sizes.begin(), view.sizes.end(), constant) &&
           std::all_of(view.strides.begin(), view.strides.end(), constant);
}

/// Where the size called `name` stands in a tensor's type: for a `*N`, its axis number `within`.
std::optional<std::size_t> find_axis(const std::vector<graph::ExprPtr>& types, std::size_t rank,
                                     const std::string& name, std::size_t within,
                                     const Scope& scope) {
    using Kind = graph::Expr::Kind;
    std::size_t axis = 0;
    for (const auto& type : types) {
        const graph::Expr* e = type.get();
        if (e->kind == Kind::rest) {
            if (e->text == name) return axis + within;
            axis += rank - (types.size() - 1);
            continue;
        }
        while (e->kind == Kind::conditional)
            e = e->children[scope.integer(*e->children[1]) != 0 ? 0 : 2].get();
        if ((e->kind == Kind::name || e->kind == Kind::bind) && e->text == name) return axis;
        ++axis;
    }
    return std::nullopt;
}

/// Can kernels take a piece as it lies? (Those that take rows need its rows together. Inputs without strides are copied, results cannot be.)
bool keeps_layout(const View& view, std::uint32_t strided, std::size_t axis) {
    if (view.packed_row_bytes != 0) return axis == view.packed_axis;
    if (strided == 4 || (strided == 2 && axis + 1 == view.sizes.size())) return true;
    return std::all_of(view.sizes.begin(), view.sizes.begin() + static_cast<std::ptrdiff_t>(axis),
                       [](const Dim& size) { return size == Dim(1); });
}

}  // namespace

bool Splitter::too_large(const View& view) const {
    const std::uint64_t limit = draft_.device.max_binding_bytes;
    if (storages_[view.storage].size_bytes <= limit || !all_constant(view)) return false;
    const Range range = reach(view, draft_.largest);
    const std::uint64_t alignment = std::max<std::uint64_t>(draft_.device.binding_alignment, 4);
    return range.size_bytes + range.offset_bytes % alignment > limit;
}

std::vector<Splitter::Cut> Splitter::cuts_of(const Launch& launch,
                                             const ops::SplitSpec& spec) const {
    const ops::Entry& op = *launch.op;
    const Number& named = *launch.scope.find(spec.over);
    const auto* list = std::get_if<Dims>(&named);
    const Dims sizes = list ? *list : Dims{std::get<Dim>(named)};
    std::vector<Cut> cuts;
    for (std::size_t within = 0; within < sizes.size(); ++within) {
        if (!sizes[within].is_constant() || sizes[within].constant() < 2) continue;
        Cut cut;
        cut.extent = sizes[within].constant();
        cut.unit = spec.every ? launch.scope.integer(*spec.every) : 1;
        if (!spec.sum.empty()) cut.sum = op.find_slot(spec.sum);
        const auto axis_of = [&](const std::string& name, const std::vector<graph::ExprPtr>& type,
                                 const View& view) -> std::optional<std::size_t> {
            std::optional<std::size_t> found;
            for (const auto& [tensor, axis] : spec.of)
                if (tensor == name) found = axis;
            if (spec.of.empty())
                found = find_axis(type, view.sizes.size(), spec.over, within, launch.scope);
            // A packed matrix is cut along its rows alone; kernels find a stretch of its columns by themselves.
            return view.packed_row_bytes != 0 && found != view.packed_axis ? std::nullopt : found;
        };
        for (std::size_t i = 0; i < op.slots.size(); ++i)
            cut.inputs.push_back(
                launch.inputs[i] ? axis_of(op.slots[i].name,
                                           op.slots[i].broadcast.empty() ? op.slots[i].type.sizes
                                                                         : op.slots[i].broadcast,
                                           *launch.inputs[i])
                                 : std::nullopt);
        for (std::size_t o = 0; o < op.outputs.size(); ++o)
            cut.outputs.push_back(
                axis_of(op.outputs[o].name, op.outputs[o].type.sizes, launch.outputs[o]));
        cut.rename = [&spec, within](Scope& scope, std::int64_t first, std::int64_t count) {
            scope.set("first", Dim(first));
            scope.set("count", Dim(count));
            std::vector<Number> values;
            for (const auto& [name, value] : spec.set) values.push_back(scope.evaluate(*value));
            for (std::size_t i = 0; i < values.size(); ++i) scope.set(spec.set[i].first, values[i]);
            Number over = *scope.find(spec.over);
            if (auto* several = std::get_if<Dims>(&over))
                (*several)[within] = Dim(count);
            else
                over = Dim(count);
            scope.set(spec.over, std::move(over));
        };
        cuts.push_back(std::move(cut));
    }
    return cuts;
}

/// How many of the cut's extent a piece takes: the fewest equal pieces in which all it cuts fits, or pieces of one unit if none fits.
std::int64_t Splitter::stretch(const Launch& launch, const Cut& cut) const {
    const auto alignment =
        static_cast<std::int64_t>(std::max<std::uint32_t>(draft_.device.binding_alignment, 4));
    std::int64_t fit = cut.extent, unit = cut.unit;
    bool possible = true;
    cut.each(launch, [&](const View& view, std::size_t axis, const auto& spec) {
        constexpr bool is_input = std::is_same_v<std::decay_t<decltype(spec)>, ops::Slot>;
        const bool copied = is_input && spec.strided == 0 && view.packed_row_bytes == 0;
        possible = possible && (copied || keeps_layout(view, spec.strided, axis));
        const bool large = too_large(view);
        if (!large && !view.is_raw()) return;
        const std::int64_t step = static_cast<std::int64_t>(
            view.packed_row_bytes != 0 ? view.packed_row_bytes
                                       : static_cast<std::uint64_t>(view.strides[axis].constant()) *
                                             bytes_per_element(view));
        if (step == 0) return;
        if (view.is_raw())  // has no offset beside its binding's, and is copied by words
            unit = std::lcm(unit, keeps_layout(view, 0, axis) ? alignment / std::gcd(step, alignment)
                                                              : std::int64_t{2});
        if (view.packed_row_bytes != 0) unit = std::lcm(unit, std::int64_t{weights::packed_rows});
        if (!large) return;
        const Range range = reach(view, draft_.largest);
        const std::int64_t slack = step % alignment == 0
                                       ? static_cast<std::int64_t>(range.offset_bytes) % alignment
                                       : alignment - 1;
        const std::int64_t others =
            static_cast<std::int64_t>(range.size_bytes) - (cut.extent - 1) * step + slack;
        const std::int64_t room =
            static_cast<std::int64_t>(draft_.device.max_binding_bytes) - others;
        fit = std::min(fit, room < 0 ? 0 : room / step + 1);
    });
    if (!possible || fit >= cut.extent) return cut.extent;
    fit = std::max(fit / unit, std::int64_t{1}) * unit;
    const std::int64_t pieces = (cut.extent + fit - 1) / fit;
    return std::min(round_up((cut.extent + pieces - 1) / pieces, unit), fit);
}

void Splitter::apply(Launch launch, const std::vector<Cut>& cuts, std::size_t from,
                     std::vector<Launch>& out) const {
    for (; from < cuts.size(); ++from) {
        const Cut& cut = cuts[from];
        const std::int64_t count = stretch(launch, cut);
        if (count >= cut.extent) continue;
        for (std::int64_t first = 0; first < cut.extent; first += count) {
            Launch part = launch;
            const std::int64_t now = std::min(count, cut.extent - first);
            cut.each(part, [&](View& view, std::size_t axis, const auto& spec) {
                view = slice(view, axis, Dim(first), Dim(now));
                part.scope.set_shape(spec.name, view.sizes);
            });
            if (cut.sum && first > 0) {
                const std::string& name = part.op->slots[*cut.sum].name;
                part.inputs[*cut.sum] = part.outputs[0];
                part.scope.set_present(name, true);
                part.scope.set_shape(name, part.outputs[0].sizes);
            }
            cut.rename(part.scope, first, now);
            apply(std::move(part), cuts, from + 1, out);
        }
        return;
    }
    out.push_back(std::move(launch));
}

/// Inputs that kernels see broadcast, as they see them.
Launch Splitter::with_broadcasts(Launch launch) const {
    for (std::size_t i = 0; i < launch.op->slots.size(); ++i) {
        const ops::Slot& slot = launch.op->slots[i];
        if (!launch.inputs[i] || slot.broadcast.empty()) continue;
        Dims sizes;
        for (const auto& e : slot.broadcast) sizes.push_back(launch.scope.dim(*e));
        launch.inputs[i] = broadcast(*launch.inputs[i], sizes);
    }
    return launch;
}

bool Splitter::exceeds(const Launch& launch) const {
    const auto large = [&](const auto& view) { return view && too_large(*view); };
    return std::any_of(launch.inputs.begin(), launch.inputs.end(), large) ||
           std::any_of(launch.outputs.begin(), launch.outputs.end(),
                       [&](const View& view) { return too_large(view); });
}

Launch Splitter::whole(Launch launch) const {
    launch = with_broadcasts(std::move(launch));
    for (const ops::SplitSpec& spec : launch.op->split) {
        if (spec.set.empty()) continue;
        launch.scope.set("first", Dim(0));
        launch.scope.set("count",
                         launch.scope.find(spec.over) ? *launch.scope.find(spec.over) : Dim(0));
        for (const auto& [name, value] : spec.set)
            launch.scope.set(name, launch.scope.evaluate(*value));
    }
    return launch;
}

std::vector<Launch> Splitter::by_entry(Launch launch) const {
    launch = whole(std::move(launch));
    std::vector<Cut> cuts;
    for (const ops::SplitSpec& spec : launch.op->split)
        for (Cut& cut : cuts_of(launch, spec)) cuts.push_back(std::move(cut));
    std::vector<Launch> out;
    apply(std::move(launch), cuts, 0, out);
    return out;
}

std::vector<Launch> Splitter::by_place(Launch launch) const {
    const ops::Entry& op = *launch.op;
    std::vector<Cut> cuts;
    using Iterate = ops::Entry::Iterate;
    for (std::size_t d = 0; d < (op.iterate == Iterate::reduce ? 2 : op.iterate == Iterate::rows ? 3 : 4); ++d) {
        const std::string name = "d" + std::to_string(d);
        const Dim& size = std::get<Dim>(*launch.scope.find(name));
        if (!size.is_constant() || size.constant() < 2) continue;
        Cut cut;
        cut.extent = size.constant();
        for (std::size_t i = 0; i < op.slots.size(); ++i)
            cut.inputs.push_back(launch.inputs[i] && op.slots[i].strided > 0 ? std::optional(d)
                                                                             : std::nullopt);
        cut.outputs.assign(op.outputs.size(), d);
        cut.rename = [name](Scope& scope, std::int64_t, std::int64_t count) {
            scope.set(name, Dim(count));
        };
        cuts.push_back(std::move(cut));
    }
    std::vector<Launch> out;
    apply(std::move(launch), cuts, 0, out);
    return out;
}

}  // namespace hekla::plan
