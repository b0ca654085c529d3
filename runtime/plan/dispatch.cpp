// SPDX-License-Identifier: MIT
#include "plan/dispatch.hpp"

#include "ops/shaders.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <numeric>
#include <optional>

namespace hekla::plan {
namespace {

using Iterate = ops::Entry::Iterate;
using Takes = ops::KernelSpec::Takes;

/// Axes right-aligned to `rank`: leading ones of size 1, stride 0.
void pad_rank(View& view, std::size_t rank) {
    if (view.sizes.size() >= rank) return;
    const std::size_t missing = rank - view.sizes.size();
    view.sizes.insert(view.sizes.begin(), missing, Dim(1));
    view.strides.insert(view.strides.begin(), missing, Dim(0));
}

/// The axes that an attribute `axis` or `axes` names; rules have made them count from the front.
std::vector<std::int64_t> named_axes(const Scope& scope) {
    std::vector<std::int64_t> axes;
    if (const Number* axis = scope.find("axis")) axes.push_back(std::get<Dim>(*axis).constant());
    if (const Number* list = scope.find("axes"))
        for (const Dim& axis : std::get<Dims>(*list)) axes.push_back(axis.constant());
    return axes;
}

/// A view of raw half-precision elements as the 32-bit words that a copy moves; nothing where pairs do not stay together.
std::optional<View> as_words(const View& view) {
    View words = view;
    words.dtype = DType::f32;
    std::int64_t run = 1;
    while (!words.sizes.empty() && words.strides.back() == Dim(run)) {
        run *= words.sizes.back().constant();
        words.sizes.pop_back();
        words.strides.pop_back();
    }
    const auto even = [](const Dim& d) { return d.constant() % 2 == 0; };
    if (run % 2 != 0 || !even(words.offset) ||
        !std::all_of(words.strides.begin(), words.strides.end(), even))
        return std::nullopt;
    words.offset = Dim(words.offset.constant() / 2);
    for (Dim& stride : words.strides) stride = Dim(stride.constant() / 2);
    words.sizes.emplace_back(run / 2);
    words.strides.emplace_back(1);
    return words;
}

}  // namespace

View DispatchBuilder::packed_copy(const View& view, const std::string& path) {
    std::uint64_t count = 1;
    for (const Dim& size : view.sizes)
        count *= static_cast<std::uint64_t>(size.evaluate(draft_.largest));
    storages_.push_back({StorageKind::arena, no_id, (count * bytes_per_element(view) + 3) / 4 * 4, 0, 0, 0});
    const View packed{static_cast<std::uint32_t>(storages_.size() - 1), view.dtype, Dim(0),
                      view.sizes, contiguous_strides(view.sizes)};
    const bool raw = view.is_raw();
    const auto from = raw ? as_words(view) : std::optional(view);
    if (!from)
        throw Error(ErrorCode::unsupported,
                    "`" + path + "`: this device binds at most " +
                        std::to_string(draft_.device.max_binding_bytes) +
                        " bytes at once, and a part of its half-precision weight that fits would not "
                        "be whole 32-bit words");
    View to = raw ? *as_words(packed) : packed;
    to = *reshape(to, from->sizes);
    Launch launch{draft_.catalogue.find("copy"), path, {}, {*from}, {to}};
    launch.scope.set("N", from->sizes);
    add(std::move(launch));
    return packed;
}

Launch DispatchBuilder::conform(Launch launch) {
    const ops::Entry& op = *launch.op;
    const bool iterates = op.iterate != Iterate::none;
    const auto matrix = [&](View& view) {
        if (!view.sizes.empty() && !(view.sizes.back() == Dim(1)) &&
            !(view.strides.back() == Dim(1)))
            return false;
        if (view.sizes.size() > 1)
            merge_axes(view.sizes, {&view.strides}, 0, view.sizes.size() - 1);
        if (!view.strides.empty()) view.strides.back() = Dim(1);
        return view.sizes.size() <= 2;
    };
    for (std::size_t i = 0; i < op.slots.size(); ++i) {
        if (!launch.inputs[i]) continue;
        const ops::Slot& slot = op.slots[i];
        View& view = *launch.inputs[i];
        const bool too_deep = slot.strided == 4 && !iterates && view.sizes.size() > 4;
        View as_matrix = view;
        if (slot.strided == 2 && matrix(as_matrix))
            view = as_matrix;
        else if ((slot.strided == 0 && view.packed_row_bytes == 0 && !is_contiguous(view)) ||
                 slot.strided == 2 || too_deep) {
            view = packed_copy(view, launch.path);
            if (slot.strided == 2) matrix(view);
            if (too_deep) refuse(launch, "`" + slot.name + "` has more than four axes");
        }
    }
    for (std::size_t o = 0; o < launch.outputs.size(); ++o) {
        View& view = launch.outputs[o];
        if (op.outputs[o].strided == 2 && !matrix(view)) refuse(launch, "its result has no rows");
    }
    if (!iterates) {
        for (std::size_t i = 0; i < op.slots.size(); ++i)
            if (launch.inputs[i] && op.slots[i].strided > 0) {
                View& view = *launch.inputs[i];
                pad_rank(view, op.slots[i].strided);
                // So that kernels may go beyond it: what has one place there is broadcast.
                for (std::size_t axis = 0; axis + 1 < view.sizes.size(); ++axis)
                    if (view.sizes[axis] == Dim(1)) view.strides[axis] = Dim(0);
            }
        for (std::size_t o = 0; o < launch.outputs.size(); ++o)
            if (op.outputs[o].strided > 0) pad_rank(launch.outputs[o], op.outputs[o].strided);
        return launch;
    }
    if (op.iterate == Iterate::reduce) {
        conform_reduction(launch);
        return launch;
    }
    // Element-wise: one common shape, axes merged where every tensor allows it.
    Dims sizes = launch.outputs[0].sizes;
    std::vector<std::int64_t> order(sizes.size());
    std::iota(order.begin(), order.end(), 0);
    if (op.iterate == Iterate::rows)
        for (const std::int64_t axis : named_axes(launch.scope))
            std::rotate(order.begin() + axis, order.begin() + axis + 1, order.end());
    std::vector<Dims*> strides;
    for (std::size_t i = 0; i < op.slots.size(); ++i) {
        if (!launch.inputs[i] || op.slots[i].strided == 0) continue;
        *launch.inputs[i] = permute(broadcast(*launch.inputs[i], sizes), order);
        strides.push_back(&launch.inputs[i]->strides);
    }
    for (View& output : launch.outputs) {
        output = permute(broadcast(output, sizes), order);
        strides.push_back(&output.strides);
    }
    sizes = launch.outputs[0].sizes;
    if (sizes.empty()) {
        sizes = {Dim(1)};
        for (Dims* s : strides) s->push_back(Dim(0));
    }
    merge_axes(sizes, strides, 0, op.iterate == Iterate::rows ? sizes.size() - 1 : sizes.size());
    if (sizes.size() > 4) refuse(launch, "its tensors need more than four axes");
    const auto settle = [&](View& view) {
        view.sizes = sizes;
        pad_rank(view, 4);
    };
    for (std::size_t i = 0; i < op.slots.size(); ++i)
        if (launch.inputs[i] && op.slots[i].strided > 0) settle(*launch.inputs[i]);
    for (View& output : launch.outputs) settle(output);
    sizes.insert(sizes.begin(), 4 - sizes.size(), Dim(1));
    for (std::size_t d = 0; d < 4; ++d) launch.scope.set("d" + std::to_string(d), sizes[d]);
    return launch;
}

/// The axes that are kept come first, merged to d0 and d1, those taken out come last, as d2 and d3. The result is contiguous.
void DispatchBuilder::conform_reduction(Launch& launch) {
    const std::vector<std::int64_t> taken = named_axes(launch.scope);
    View& x = *launch.inputs[0];
    std::vector<std::int64_t> order;
    for (std::int64_t axis = 0; axis < static_cast<std::int64_t>(x.sizes.size()); ++axis)
        if (std::find(taken.begin(), taken.end(), axis) == taken.end()) order.push_back(axis);
    const auto kept = static_cast<std::ptrdiff_t>(order.size());
    order.insert(order.end(), taken.begin(), taken.end());
    x = permute(x, order);
    const auto merged = [&](std::ptrdiff_t first, std::ptrdiff_t last) {
        View part = x;
        part.sizes = {x.sizes.begin() + first, x.sizes.begin() + last};
        part.strides = {x.strides.begin() + first, x.strides.begin() + last};
        merge_axes(part.sizes, {&part.strides}, 0, part.sizes.size());
        pad_rank(part, 2);
        return part;
    };
    const auto rank = static_cast<std::ptrdiff_t>(order.size());
    View rows = merged(0, kept), columns = merged(kept, rank);
    if (rows.sizes.size() > 2 || columns.sizes.size() > 2) {
        x = packed_copy(x, launch.path);
        rows = merged(0, kept);
        columns = merged(kept, rank);
    }
    x.sizes = {rows.sizes[0], rows.sizes[1], columns.sizes[0], columns.sizes[1]};
    x.strides = {rows.strides[0], rows.strides[1], columns.strides[0], columns.strides[1]};
    for (View& output : launch.outputs) {
        output.sizes = {x.sizes[0], x.sizes[1]};
        output.strides = contiguous_strides(output.sizes);
    }
    for (std::size_t d = 0; d < 4; ++d) launch.scope.set("d" + std::to_string(d), x.sizes[d]);
}

void DispatchBuilder::add(Launch launch) {
    // Of a launch that is cut, every part would have a norm of its own.
    if (launch.norm && (splitter_.exceeds(launch) || splitter_.exceeds(*launch.norm))) {
        add(*launch.norm);
        launch.norm = nullptr;
    }
    // A kernel by address binds nothing: what it takes need not be cut.
    if (draft_.device.by_address && launch.op->iterate == Iterate::none &&
        splitter_.exceeds(launch)) {
        Launch whole = conform(splitter_.whole(launch));
        double cost = 0;
        if (ops::has_twin(choose(whole, kernel_scope(whole), cost).name))
            return emit(std::move(whole));
    }
    for (Launch& part : splitter_.by_entry(std::move(launch))) {
        part = conform(std::move(part));
        if (part.op->iterate == Iterate::none)
            emit(std::move(part));
        else
            for (Launch& piece : splitter_.by_place(std::move(part))) emit(std::move(piece));
    }
}

void DispatchBuilder::push_word(const Dim& value) {
    if (value.is_constant()) {
        const std::int64_t v = value.constant();
        if (v < std::numeric_limits<std::int32_t>::min() ||
            v > std::numeric_limits<std::uint32_t>::max())
            throw Error(ErrorCode::limit,
                        "a tensor is too large for 32-bit indices (" + std::to_string(v) + ")");
        plan_.params.push_back(static_cast<std::uint32_t>(v));
        return;
    }
    const std::int64_t top = value.evaluate(draft_.largest);
    if (top > std::numeric_limits<std::uint32_t>::max())
        throw Error(ErrorCode::limit, "a tensor is too large for 32-bit indices");
    auto at = std::find(plan_.expressions.begin(), plan_.expressions.end(), value);
    if (at == plan_.expressions.end()) at = plan_.expressions.insert(at, value);
    plan_.dynamic_words.push_back({static_cast<std::uint32_t>(plan_.params.size()),
                                   static_cast<std::uint32_t>(at - plan_.expressions.begin())});
    plan_.params.push_back(0);
}

void DispatchBuilder::push_float(double value) {
    plan_.params.push_back(std::bit_cast<std::uint32_t>(static_cast<float>(value)));
}

Binding DispatchBuilder::bind(const Launch& launch, const View& view, const std::string& name,
                              bool written, bool by_address,
                              std::int64_t& base_elements) const {
    const Storage& storage = storages_[view.storage];
    Binding binding{view.storage, 0, storage.size_bytes, written};
    base_elements = 0;
    if (storage.size_bytes <= draft_.device.max_binding_bytes && !view.is_raw()) return binding;
    // Too large to bind whole, or raw words, whose place must be whole words: bind from the view's first element on.
    if (!view.offset.is_constant())
        refuse(launch, "`" + name + "` is larger than this device can bind");
    const Range range = reach(view, draft_.largest);
    const std::uint64_t start = range.offset_bytes;
    const std::uint64_t alignment = std::max<std::uint64_t>(draft_.device.binding_alignment, 4);
    binding.offset_bytes = start / alignment * alignment;
    binding.size_bytes =
        std::min(start + range.size_bytes, storage.size_bytes) - binding.offset_bytes;
    if (view.is_raw() && binding.offset_bytes != start)
        refuse(launch, "`" + name + "` does not begin on a binding's boundary");
    if (binding.size_bytes > draft_.device.max_binding_bytes && !by_address)
        refuse(launch, "`" + name + "` takes " + std::to_string(binding.size_bytes) +
                           " bytes; this device binds at most " +
                           std::to_string(draft_.device.max_binding_bytes) + " at once");
    base_elements = static_cast<std::int64_t>(binding.offset_bytes / bytes_per_element(view));
    return binding;
}

void DispatchBuilder::set_groups(Dispatch& dispatch, const Launch& launch,
                                 const Scope& scope) const {
    const ops::KernelSpec& kernel = *dispatch.kernel;
    const auto& limit = draft_.device.max_group_count;
    for (std::size_t i = 0; i < kernel.grid.size(); ++i) {
        const std::int64_t wanted = scope.integer(*kernel.grid[i]);
        const std::int64_t local = kernel.threads ? dispatch.spec[i] : 1;
        const std::int64_t groups = (wanted + local - 1) / local;
        if (groups <= 0) refuse(launch, "its grid is empty");
        std::uint32_t* out = dispatch.groups;
        if (groups <= limit[i]) {
            out[i] = static_cast<std::uint32_t>(groups);
        } else if (kernel.grid.size() == 1) {
            const std::int64_t rows = (groups + limit[0] - 1) / limit[0];
            if (rows > limit[1]) refuse(launch, "its grid is larger than this device's");
            out[0] = static_cast<std::uint32_t>((groups + rows - 1) / rows);
            out[1] = static_cast<std::uint32_t>(rows);
        } else {
            refuse(launch, "its grid has " + std::to_string(groups) +
                               " groups along an axis; this device takes " +
                               std::to_string(limit[i]));
        }
    }
}

void DispatchBuilder::emit(Launch launch) {
    const ops::Entry& op = *launch.op;
    Dispatch dispatch;
    dispatch.op = &op;
    dispatch.path = launch.path;
    const Scope scope = kernel_scope(launch);
    dispatch.kernel = &choose(launch, scope, dispatch.cost);
    if (draft_.options.explain && !draft_.device.has_kernel)
        for (const ops::KernelSpec& kernel : op.kernels)
            if (&kernel != dispatch.kernel)
                dispatch.others += (dispatch.others.empty() ? "" : "; ") + describe(kernel, launch, scope);
    dispatch.flops = op.flops ? scope.real(*op.flops)
                              : touched_elements(launch.outputs[0], draft_.largest);
    if (dispatch.kernel->takes == Takes::winograd)
        return emit_winograd(std::move(launch), dispatch);
    if (dispatch.kernel->takes == Takes::tiles) {
        launch.inputs[0] = launch.norm ? tiled_norm(launch) : tiled_copy(launch);
    } else if (norms_itself(*dispatch.kernel, launch)) {
        launch.inputs[0] = launch.norm->inputs[0];
        launch = conform(std::move(launch));
        if (draft_.options.explain)
            dispatch.others = "does the " + dispatch.kernel->norms + " before it itself; " + dispatch.others;
    } else if (launch.norm) {
        add(*launch.norm);
        launch.norm = nullptr;
    }
    if (dispatch.kernel->shares) return emit_shares(std::move(launch), scope, std::move(dispatch));
    if (dispatch.kernel->takes == Takes::planes) launch.inputs[0] = padded_copy(launch);
    if (dispatch.kernel->takes == Takes::places) launch.inputs[0] = places_copy(launch);
    if (dispatch.kernel->takes == Takes::matrices) {
        launch.inputs[0] = tiled_matrices(launch);
        launch.inputs[1] = packed_matrices(launch);
    }
    write(launch, scope, std::move(dispatch));
}

/// Appends a dispatch whose kernel is chosen and whose inputs lie as it takes them.
void DispatchBuilder::write(const Launch& launch, const Scope& scope, Dispatch dispatch) {
    const ops::Entry& op = *launch.op;
    const std::size_t alignment_words =
        std::max<std::size_t>(draft_.device.params_alignment / 4, 1);
    plan_.params.resize(
        (plan_.params.size() + alignment_words - 1) / alignment_words * alignment_words, 0);
    const std::size_t first_word = plan_.params.size();
    dispatch.params_offset_bytes = static_cast<std::uint32_t>(first_word * 4);

    plan_.params.push_back(0);  // grid_x, known below
    dispatch.by_address = draft_.device.by_address && ops::has_twin(dispatch.kernel->name);
    const auto add_address = [&] {
        if (!dispatch.by_address) return;
        plan_.addresses.push_back({static_cast<std::uint32_t>(plan_.params.size()),
                                   static_cast<std::uint32_t>(plan_.dispatches.size()),
                                   static_cast<std::uint32_t>(dispatch.bindings.size() - 1)});
        plan_.params.insert(plan_.params.end(), 2, 0);
    };
    const auto add_tensor = [&](const std::optional<View>& view, const std::string& name,
                                std::uint32_t strided, bool written) {
        if (!view) {
            for (std::uint32_t i = 0; i <= strided; ++i) push_word(Dim(0));
            dispatch.bindings.push_back({no_id, 0, 0, false});
            return add_address();
        }
        std::int64_t base = 0;
        dispatch.bindings.push_back(bind(launch, *view, name, written, dispatch.by_address, base));
        dispatch.bytes += touched_bytes(*view, draft_.largest);
        push_word(view->is_raw() ? Dim(0) : view->offset - Dim(base));
        for (std::uint32_t i = 0; i < strided; ++i) push_word(view->strides[i]);
        add_address();
    };
    for (std::size_t i = 0; i < op.slots.size(); ++i)
        add_tensor(launch.inputs[i], op.slots[i].name, op.slots[i].strided, false);
    for (std::size_t o = 0; o < launch.outputs.size(); ++o)
        add_tensor(launch.outputs[o], op.outputs[o].name, op.outputs[o].strided, true);
    if (!dispatch.kernel->norms.empty()) {
        const bool itself = norms_itself(*dispatch.kernel, launch);
        add_tensor(itself ? norm_weight(launch) : std::nullopt, "norm_weight", 0, false);
        for (const char* name : {"eps", "offset"})
            push_float(itself ? launch.norm->scope.number(name) : 0);
    }
    if (dispatch.bindings.size() > draft_.device.max_bindings)
        refuse(launch, "it binds " + std::to_string(dispatch.bindings.size()) +
                           " tensors; this device takes " +
                           std::to_string(draft_.device.max_bindings));
    // What was left out is bound to the first tensor there is, and not read.
    const auto present = std::find_if(dispatch.bindings.begin(), dispatch.bindings.end(),
                                      [](const Binding& b) { return b.storage != no_id; });
    for (Binding& binding : dispatch.bindings)
        if (binding.storage == no_id)
            binding = {present->storage, present->offset_bytes, present->size_bytes, false};

    for (const ops::ParamSpec& param : op.params) {
        if (param.is_float)
            push_float(launch.scope.real(*param.value));
        else
            push_word(launch.scope.dim(*param.value));
    }
    for (const std::uint32_t size : dispatch.kernel->local)
        dispatch.spec.push_back(local_size(size));
    for (const auto& e : dispatch.kernel->spec)
        dispatch.spec.push_back(static_cast<std::uint32_t>(scope.integer(*e)));
    set_groups(dispatch, launch, scope);
    plan_.params[first_word] = dispatch.groups[0];
    // Blocks are bound in whole 16-byte rows, as std140 sizes them.
    plan_.params.resize((plan_.params.size() + 3) / 4 * 4, 0);
    dispatch.params_size_bytes = static_cast<std::uint32_t>((plan_.params.size() - first_word) * 4);
    plan_.dispatches.push_back(std::move(dispatch));
}

}  // namespace hekla::plan
