// SPDX-License-Identifier: MIT
#include "plan/layout.hpp"

#include <algorithm>
#include <numeric>

namespace hekla::plan {
namespace {

using graph::ValueKind;
using ops::ViewStep;

constexpr std::uint64_t element_bytes = 4;

/// A view step with its arguments evaluated, and the sizes it is applied to.
struct PlainStep {
    ViewStep::Kind kind;
    Dims before;
    Dims sizes;                      // reshape, expand
    std::vector<std::int64_t> axes;  // permute
    std::size_t axis = 0;            // slice
    Dim start, count;
};

class Layout {
  public:
    explicit Layout(const Draft& draft)
        : draft_(draft),
          views_(draft.values.size()),
          readers_(draft.consumers()),
          copy_(draft.catalogue.find("copy")) {}

    LayoutResult run() {
        bind_inputs();
        for (const DraftNode& node : draft_.nodes) place(node);
        bind_outputs();
        return std::move(result_);
    }

  private:
    void bind_inputs() {
        for (std::uint32_t i = 0; i < draft_.graph.inputs.size(); ++i) {
            const ValueId v = draft_.graph.inputs[i].value;
            if (readers_[v].empty() && !draft_.values[v].wanted)
                continue;  // nothing asked for depends on it
            views_[v] = fresh(draft_.values[v]);
            result_.inputs.emplace_back(i, views_[v]->storage);
        }
    }

    void bind_outputs() {
        for (const auto& [name, v] : draft_.outputs) {
            View view = of(v);
            if (view.is_raw())
                throw Error(
                    ErrorCode::unsupported,
                    "`" + name +
                        "` is a weight kept as its file has it; `hekla weights` reads weights");
            const bool own =
                result_.storages[view.storage].kind == StorageKind::arena && view.offset == Dim(0);
            if (!own || !is_contiguous(view)) {
                View packed = fresh(draft_.values[v]);
                copy(view, packed, name);
                view = packed;
            }
            result_.outputs.push_back({name, v, view.storage});
        }
    }

    std::uint64_t bytes_of(const Dims& sizes, std::uint64_t per_element) const {
        std::uint64_t count = 1;
        for (const Dim& size : sizes) {
            const std::int64_t n = size.evaluate(draft_.largest);
            if (n <= 0 || __builtin_mul_overflow(count, static_cast<std::uint64_t>(n), &count))
                throw Error(ErrorCode::limit,
                            n <= 0 ? "a tensor has an axis of size " + std::to_string(n)
                                   : "a tensor's size overflows 64 bits");
        }
        if (__builtin_mul_overflow(count, per_element, &count))
            throw Error(ErrorCode::limit, "a tensor's size overflows 64 bits");
        return (count + 3) / 4 * 4;
    }

    View fresh(const DraftValue& value) {
        result_.storages.push_back(
            {StorageKind::arena, no_id, bytes_of(value.sizes, element_bytes), 0, 0, 0});
        return {static_cast<std::uint32_t>(result_.storages.size() - 1), value.dtype, Dim(0),
                value.sizes, contiguous_strides(value.sizes)};
    }

    std::uint32_t shared_storage(StorageKind kind, std::uint32_t source, std::uint64_t bytes) {
        for (std::uint32_t s = 0; s < result_.storages.size(); ++s)
            if (result_.storages[s].kind == kind && result_.storages[s].source == source) return s;
        result_.storages.push_back({kind, source, bytes, 0, 0, 0});
        return static_cast<std::uint32_t>(result_.storages.size() - 1);
    }

    View weight_view(const DraftValue& value) {
        WeightForm form{value.dtype};
        if (value.source < draft_.options.weight_forms.size())
            form = draft_.options.weight_forms[value.source];
        const auto& shape = draft_.graph.weights[value.source].shape;
        const std::uint64_t bytes = device_bytes(form, shape);
        const std::uint32_t s = shared_storage(StorageKind::weight, value.source, bytes);
        View view{s, form.type, Dim(0), value.sizes, contiguous_strides(value.sizes)};
        if (form.packed) {
            view.packed_row_bytes = packed_matrix(form, shape).row_words() * 4;
            view.packed_axis = form.transposed ? 1 : 0;
        }
        return view;
    }

    /// All of a slot, as large as its capacity.
    View state_view(std::uint32_t state) {
        const graph::State& slot = draft_.graph.states[state];
        Dims sizes;
        for (const std::int64_t n : state_shape(slot, draft_.options.symbols))
            sizes.emplace_back(n);
        const std::uint32_t s =
            shared_storage(StorageKind::state, state, bytes_of(sizes, element_bytes));
        return {s, DType::f32, Dim(0), sizes, contiguous_strides(sizes)};
    }

    View of(ValueId v) {
        if (views_[v]) return *views_[v];
        const DraftValue& value = draft_.values[v];
        if (value.kind == ValueKind::weight) {
            views_[v] = weight_view(value);
        } else if (value.kind == ValueKind::state) {
            View whole = state_view(value.source);
            whole.sizes = value.sizes;
            views_[v] = whole;
        } else {
            throw Error(ErrorCode::internal, "`" + value.path + "` is read before it is made");
        }
        return *views_[v];
    }

    void copy(const View& from, const View& to, const std::string& path) {
        if (!copy_) throw Error(ErrorCode::internal, "the catalogue has no op `copy`");
        Launch launch{copy_, path, {}, {from}, {to}};
        launch.scope.set("N", from.sizes);
        result_.launches.push_back(std::move(launch));
    }

    /// ---- view ops ----

    std::vector<PlainStep> plain_steps(const DraftNode& node, std::size_t output) {
        Scope scope = make_scope(draft_, node);
        Dims sizes = draft_.values[node.inputs[0]].sizes;
        const auto axis_of = [&](std::int64_t axis) {
            const auto rank = static_cast<std::int64_t>(sizes.size());
            if (axis < 0) axis += rank;
            if (axis < 0 || axis >= rank) fail(ErrorCode::internal, node, "axis out of range");
            return static_cast<std::size_t>(axis);
        };
        if (node.op->rule == "split") {
            const std::size_t axis =
                axis_of(scope.find("axis") ? std::get<Dim>(*scope.find("axis")).constant() : -1);
            scope.set("part", Dim(static_cast<std::int64_t>(output)));
            scope.set("size", draft_.values[node.outputs[output]].sizes[axis]);
        }
        std::vector<PlainStep> steps;
        for (const ViewStep& step : node.op->view) {
            PlainStep plain{step.kind, sizes, {}, {}, 0, {}, {}};
            if (step.kind == ViewStep::Kind::reshape || step.kind == ViewStep::Kind::expand) {
                if (step.arguments.size() == 1)
                    plain.sizes = scope.dims(*step.arguments[0]);
                else
                    for (const auto& argument : step.arguments)
                        plain.sizes.push_back(scope.dim(*argument));
                sizes = plain.sizes;
            } else if (step.kind == ViewStep::Kind::permute) {
                Dims axes;
                if (step.arguments.size() == 1)
                    axes = scope.dims(*step.arguments[0]);
                else
                    for (const auto& argument : step.arguments)
                        axes.push_back(scope.dim(*argument));
                Dims permuted;
                for (const Dim& axis : axes) {
                    plain.axes.push_back(static_cast<std::int64_t>(axis_of(axis.constant())));
                    permuted.push_back(sizes[static_cast<std::size_t>(plain.axes.back())]);
                }
                sizes = permuted;
            } else {
                plain.axis = axis_of(scope.integer(*step.arguments[0]));
                plain.start = scope.dim(*step.arguments[1]);
                plain.count = scope.dim(*step.arguments[2]);
                if (plain.start.is_constant() && plain.start.constant() < 0)
                    plain.start = sizes[plain.axis] + plain.start;
                sizes[plain.axis] = plain.count;
            }
            steps.push_back(std::move(plain));
        }
        return steps;
    }

    static std::optional<View> forward(View view, const std::vector<PlainStep>& steps) {
        for (const PlainStep& step : steps) {
            if (step.kind == ViewStep::Kind::reshape) {
                auto next = reshape(view, step.sizes);
                if (!next) return std::nullopt;
                view = std::move(*next);
            } else if (step.kind == ViewStep::Kind::permute) {
                view = permute(view, step.axes);
            } else if (step.kind == ViewStep::Kind::expand) {
                view = broadcast(view, step.sizes);
            } else {
                view = slice(view, step.axis, step.start, step.count);
            }
        }
        return view;
    }

    /// The view of the op's input that makes its result `view`, or nothing.
    static std::optional<View> backward(View view, const std::vector<PlainStep>& steps) {
        for (std::size_t i = steps.size(); i-- > 0;) {
            const PlainStep& step = steps[i];
            if (step.kind == ViewStep::Kind::reshape) {
                auto next = reshape(view, step.before);
                if (!next) return std::nullopt;
                view = std::move(*next);
            } else if (step.kind == ViewStep::Kind::permute) {
                std::vector<std::int64_t> inverse(step.axes.size());
                for (std::size_t k = 0; k < inverse.size(); ++k)
                    inverse[static_cast<std::size_t>(step.axes[k])] = static_cast<std::int64_t>(k);
                view = permute(view, inverse);
            } else {
                return std::nullopt;
            }
        }
        return view;
    }

    void place_view(const DraftNode& node) {
        for (std::size_t o = 0; o < node.outputs.size(); ++o) {
            const auto steps = plain_steps(node, o);
            View input = of(node.inputs[0]);
            auto out = forward(input, steps);
            if (!out) {
                // Only a reshape can fail: everything before it is done by the copy that makes the rest possible.
                std::size_t done = steps.size();
                std::optional<View> partial;
                while (!(
                    partial = forward(
                        input, {steps.begin(), steps.begin() + static_cast<std::ptrdiff_t>(done)})))
                    --done;
                DraftValue packed = draft_.values[node.inputs[0]];
                packed.sizes = partial->sizes;
                View to = fresh(packed);
                to.dtype = partial->dtype;
                copy(*partial, to, node.path);
                out = forward(to, {steps.begin() + static_cast<std::ptrdiff_t>(done), steps.end()});
            }
            if (!out) fail(ErrorCode::internal, node, "its view cannot be expressed");
            out->dtype = input.dtype;
            views_[node.outputs[o]] = std::move(out);
        }
    }

    /// ---- places that readers want ----

    View appended_region(const DraftNode& append) {
        const DraftValue& slot = draft_.values[append.inputs[0]];
        const graph::State& state = draft_.graph.states[slot.source];
        const View whole = state_view(slot.source);
        return slice_to(whole, state.axis, slot.sizes[state.axis],
                        draft_.values[append.inputs[1]].sizes);
    }

    static View slice_to(View view, std::size_t axis, const Dim& start, const Dims& sizes) {
        view.offset = view.offset + start * view.strides[axis];
        view.sizes = sizes;
        return view;
    }

    View concat_part(const DraftNode& concat, std::size_t part) {
        const ValueId y = concat.outputs[0];
        if (!views_[y]) views_[y] = place_of(y).value_or(View{});
        if (views_[y]->storage == no_id) views_[y] = fresh(draft_.values[y]);
        const std::int64_t given = std::get<Dim>(draft_.attribute(concat, "axis")).constant();
        const std::size_t axis = static_cast<std::size_t>(
            given < 0 ? given + static_cast<std::int64_t>(views_[y]->sizes.size()) : given);
        Dim start = 0;
        for (std::size_t i = 0; i < part; ++i)
            start = start + draft_.values[concat.inputs[i]].sizes[axis];
        return slice_to(*views_[y], axis, start, draft_.values[concat.inputs[part]].sizes);
    }

    /// Where the only reader of `v` would like it to lie, or nothing.
    std::optional<View> place_of(ValueId v) {
        if (draft_.values[v].wanted || readers_[v].size() != 1) return std::nullopt;
        const DraftNode& reader = draft_.nodes[readers_[v][0]];
        if (reader.op->name == "append")
            return reader.inputs[1] == v ? std::optional(appended_region(reader)) : std::nullopt;
        if (reader.op->name == "concat") {
            const auto at = std::find(reader.inputs.begin(), reader.inputs.end(), v);
            return concat_part(reader, static_cast<std::size_t>(at - reader.inputs.begin()));
        }
        if (reader.op->view.empty() || reader.outputs.size() != 1) return std::nullopt;
        const auto steps = plain_steps(reader, 0);
        if (auto place = place_of(reader.outputs[0])) return backward(*place, steps);
        const DraftValue& value = draft_.values[v];
        const View plain{no_id, value.dtype, Dim(0), value.sizes, contiguous_strides(value.sizes)};
        if (forward(plain, steps)) return std::nullopt;
        const DraftValue& result = draft_.values[reader.outputs[0]];
        const View wanted{no_id, value.dtype, Dim(0), result.sizes,
                          contiguous_strides(result.sizes)};
        auto place = backward(wanted, steps);
        if (place) place->storage = fresh(value).storage;
        return place;
    }

    /// Can a kernel that writes `strides` strides write this view?
    static bool writable(const View& view, std::uint32_t strides) {
        if (strides == 0) return false;
        if (strides >= 4) return view.sizes.size() <= 4;
        Dims sizes = view.sizes, steps = view.strides;
        if (sizes.empty() || !(steps.back() == Dim(1))) return false;
        merge_axes(sizes, {&steps}, 0, sizes.size() - 1);
        return sizes.size() <= strides;
    }

    /// ---- nodes ----

    void place(const DraftNode& node) {
        if (!node.op->view.empty()) return place_view(node);
        if (node.op->name == "append") return place_append(node);
        if (node.op->name == "concat") return place_concat(node);
        result_.launches.push_back(launch_of(node));
    }

    Launch launch_of(const DraftNode& node) {
        Launch launch{node.op, node.path, make_scope(draft_, node), {}, {}};
        for (std::size_t i = 0; i < node.op->slots.size(); ++i) {
            const ValueId v = node.inputs[i];
            launch.inputs.push_back(v == no_id ? std::nullopt : std::optional(of(v)));
        }
        for (std::size_t o = 0; o < node.outputs.size(); ++o) {
            const ValueId v = node.outputs[o];
            if (node.op->outputs[o].strided > 0)
                if (auto wanted = place_of(v);
                    wanted && writable(*wanted, node.op->outputs[o].strided)) {
                    wanted->dtype = draft_.values[v].dtype;
                    views_[v] = std::move(wanted);
                }
            if (!views_[v]) views_[v] = fresh(draft_.values[v]);
            launch.outputs.push_back(*views_[v]);
        }
        if (node.norm) {
            launch.norm = std::make_shared<const Launch>(launch_of(*node.norm));
            launch.inputs[0] = launch.norm->outputs[0];
        }
        return launch;
    }

    static bool same_place(const View& a, const View& b) {
        if (a.storage != b.storage || !(a.offset == b.offset) || !(a.sizes == b.sizes))
            return false;
        for (std::size_t i = 0; i < a.sizes.size(); ++i)
            if (!(a.sizes[i] == Dim(1)) && !(a.strides[i] == b.strides[i])) return false;
        return true;
    }

    void place_append(const DraftNode& node) {
        const View region = appended_region(node);
        const View x = of(node.inputs[1]);
        if (!same_place(x, region)) copy(x, region, node.path);
        View joined = state_view(draft_.values[node.inputs[0]].source);
        joined.sizes = draft_.values[node.outputs[0]].sizes;
        views_[node.outputs[0]] = std::move(joined);
    }

    void place_concat(const DraftNode& node) {
        for (std::size_t i = 0; i < node.inputs.size(); ++i) {
            if (node.inputs[i] == no_id) continue;
            const View region = concat_part(node, i);
            const View part = of(node.inputs[i]);
            if (!same_place(part, region)) copy(part, region, node.path);
        }
    }

    const Draft& draft_;
    std::vector<std::optional<View>> views_;
    std::vector<std::vector<std::uint32_t>> readers_;
    const ops::Entry* copy_;
    LayoutResult result_;
};

}  // namespace

LayoutResult settle_layout(const Draft& draft) { return Layout(draft).run(); }

}  // namespace hekla::plan
