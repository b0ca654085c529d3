// SPDX-License-Identifier: MIT
#include "graph/op_call.hpp"

#include "graph/parse.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace hekla::graph {

namespace {

std::string which_dimension(std::size_t axis, std::size_t rank) {
    return axis + 1 == rank ? "the last dimension" : "dimension " + std::to_string(axis);
}

/// The shape that two broadcast to, as numpy does it: sizes are aligned at the end, 1 fits everything.
std::vector<Dim> common_shape(OpCall& call, const std::string& name, const std::vector<Dim>& a, const std::vector<Dim>& b) {
    const std::size_t rank = std::max(a.size(), b.size());
    std::vector<Dim> shape(rank);
    for (std::size_t k = 0; k < rank; ++k) {
        const Dim one = 1;
        const Dim& x = k < a.size() ? a[a.size() - 1 - k] : one;
        const Dim& y = k < b.size() ? b[b.size() - 1 - k] : one;
        if (x == y || y == one) {
            shape[rank - 1 - k] = x;
        } else if (x == one) {
            shape[rank - 1 - k] = y;
        } else {
            call.fail("HK2104", "`" + name + "` needs equal sizes: " + which_dimension(rank - 1 - k, rank) + " is " +
                                    call.explained(x) + " on the left, " + call.explained(y) + " on the right");
        }
    }
    return shape;
}

/// Two tensors, or one and a number. What works on every element type says `any` in its entry.
void broadcast(OpCall& call) {
    const ops::Entry& entry = call.entry();
    const std::string name = call.call().kind == Expr::Kind::binary ? call.call().text : entry.name;
    const bool any = entry.slots[0].type.name == "any";
    if (!call.has_slot(1)) {
        call.bind_rest("N", call.slot_type(0).shape);
        if (is_floating(call.slot_type(0).dtype)) return;
        if (!any) {
            call.fail("HK2102", "`" + name + "` needs float, got " + call.type_of_slot_text(0),
                      "insert `cast(…, \"float\")`");
        }
        constexpr double exact = 1 << 24;  // kernels get the number as f32
        const double number = std::get<double>(call.attribute("number"));
        if (number != std::floor(number) || std::abs(number) > exact) {
            call.fail("HK2105", "`" + name + "` of " + call.type_of_slot_text(0) + " needs a whole number, at most 2^24 in size");
        }
        return;
    }
    const TensorType& a = call.slot_type(0);
    const TensorType& b = call.slot_type(1);
    if (a.dtype != b.dtype) {
        const DType wanted = is_floating(a.dtype) ? a.dtype : b.dtype;
        call.fail("HK2102", "`" + entry.name + "` of " + std::string(name_of(a.dtype)) + " and " + std::string(name_of(b.dtype)),
                  "convert one side: `cast(…, \"" + std::string(name_of(wanted)) + "\")`",
                  call.type_of_slot_text(0) + "  and  " + call.type_of_slot_text(1));
    }
    if (!any && !is_floating(a.dtype)) {
        call.fail("HK2102", "`" + name + "` needs float, got " + call.type_of_slot_text(0) + " and " + call.type_of_slot_text(1),
                  "insert `cast(…, \"float\")`");
    }
    call.bind_rest("N", common_shape(call, name, a.shape, b.shape));
}

/// A condition and two tensors of one type.
void where(OpCall& call) {
    const TensorType& a = call.slot_type(1);
    const TensorType& b = call.slot_type(2);
    if (a.dtype != b.dtype) {
        call.fail("HK2102", "`where` of " + std::string(name_of(a.dtype)) + " and " + std::string(name_of(b.dtype)),
                  "convert one side: `cast(…, \"" + std::string(name_of(a.dtype)) + "\")`");
    }
    call.bind_rest("N", common_shape(call, "where", call.slot_type(0).shape, common_shape(call, "where", a.shape, b.shape)));
}

void reshape(OpCall& call) {
    const std::vector<Dim>& sizes = call.integers("dims");
    const auto product = [](const std::vector<Dim>& shape) {
        Dim result = 1;
        for (const Dim& dim : shape) result = result * dim;
        return result;
    };
    for (const Dim& dim : sizes) {
        if (dim.is_constant() && dim.constant() < 0) {
            call.fail("HK2107", "reshape: a size cannot be " + dim.text(call.symbols().names));
        }
    }
    const Dim before = product(call.slot_type(0).shape);
    const Dim after = product(sizes);
    if (!(before == after)) {
        call.fail("HK2111", "reshape changes the number of elements: " + call.type_of_slot_text(0) + " has " +
                                before.text(call.symbols().names) + ", " + shape_text(sizes, call.symbols()) + " has " +
                                after.text(call.symbols().names));
    }
    call.bind_rest("M", sizes);
}

void transpose(OpCall& call) {
    const std::vector<Dim>& shape = call.slot_type(0).shape;
    std::vector<Dim> order = call.integers("perm");
    std::vector<Dim> result;
    std::vector<bool> seen(shape.size());
    bool fits = order.size() == shape.size();
    for (Dim& axis : order) {
        if (!fits || !axis.is_constant()) {
            fits = false;
            break;
        }
        std::int64_t number = axis.constant();
        const auto rank = static_cast<std::int64_t>(shape.size());
        if (number < 0) number += rank;
        fits = number >= 0 && number < rank && !seen[static_cast<std::size_t>(number)];
        if (!fits) break;
        seen[static_cast<std::size_t>(number)] = true;
        result.push_back(shape[static_cast<std::size_t>(number)]);
        axis = Dim(number);
    }
    if (!fits) {
        call.fail("HK2114", "transpose: " + shape_text(order, call.symbols()) + " does not name each axis of " +
                                call.type_of_slot_text(0) + " once");
    }
    call.attribute("perm") = std::move(order);
    call.bind_rest("M", std::move(result));
}

/// Positions counted in the result, which has `rank` axes; sorted, each once.
std::vector<std::size_t> axes_of(OpCall& call, std::string_view name, std::size_t rank) {
    std::vector<std::size_t> axes;
    for (const Dim& dim : call.integers(name)) {
        const std::int64_t number =
            !dim.is_constant() ? -1 : dim.constant() < 0 ? dim.constant() + static_cast<std::int64_t>(rank) : dim.constant();
        if (number < 0 || number >= static_cast<std::int64_t>(rank)) {
            call.fail("HK2114", call.entry().name + ": axis " + dim.text(call.symbols().names) + " is out of range; there are " +
                                    std::to_string(rank) + (rank == 1 ? " axis" : " axes"));
        }
        axes.push_back(static_cast<std::size_t>(number));
    }
    std::sort(axes.begin(), axes.end());
    if (std::adjacent_find(axes.begin(), axes.end()) != axes.end()) {
        call.fail("HK2114", call.entry().name + ": an axis is named twice");
    }
    call.attribute(name) = std::vector<Dim>(axes.begin(), axes.end());
    return axes;
}

void unsqueeze(OpCall& call) {
    std::vector<Dim> shape = call.slot_type(0).shape;
    const std::size_t rank = shape.size() + call.integers("axes").size();
    for (const std::size_t axis : axes_of(call, "axes", rank)) {
        shape.insert(shape.begin() + static_cast<std::ptrdiff_t>(axis), Dim(1));
    }
    call.bind_rest("M", std::move(shape));
}

/// The axes that are turned around, counted from the front.
void flip(OpCall& call) { axes_of(call, "axes", call.slot_type(0).shape.size()); }

/// sum, argmax: the axes are taken out, or left with size 1 by `keep`.
void reduce(OpCall& call) {
    const std::vector<Dim>& shape = call.slot_type(0).shape;
    std::vector<std::size_t> axes;
    if (call.entry().find_attribute("axes")) {
        axes = axes_of(call, "axes", shape.size());
    } else {
        axes = {call.axis("axis", shape.size())};
    }
    const bool keep = std::get<bool>(call.attribute("keep"));
    std::vector<Dim> result;
    for (std::size_t i = 0; i < shape.size(); ++i) {
        if (std::find(axes.begin(), axes.end(), i) == axes.end()) {
            result.push_back(shape[i]);
        } else if (keep) {
            result.emplace_back(1);
        }
    }
    call.bind_rest("M", std::move(result));
}

/// softmax and others that work along one axis: the shape stays.
void along(OpCall& call) { call.axis("axis", call.slot_type(0).shape.size()); }

/// The most axes that kernels without merged ones take.
constexpr std::size_t most_axes = 4;

void expand(OpCall& call) {
    const std::vector<Dim>& shape = call.slot_type(0).shape;
    const std::vector<Dim>& dims = call.integers("dims");
    bool fits = dims.size() >= shape.size();
    for (std::size_t k = 0; fits && k < shape.size(); ++k) {
        const Dim& size = shape[shape.size() - 1 - k];
        fits = size == Dim(1) || size == dims[dims.size() - 1 - k];
    }
    if (!fits) {
        call.fail("HK2104", "expand: " + call.type_of_slot_text(0) + " does not broadcast to " + shape_text(dims, call.symbols()));
    }
    call.bind_rest("M", dims);
}

void repeat_interleave(OpCall& call) {
    std::vector<Dim> shape = call.slot_type(0).shape;
    const std::size_t axis = call.axis("axis", shape.size());
    const std::int64_t count = call.integer("n");
    if (count < 1) call.fail("HK2105", "repeat_interleave: n is " + std::to_string(count));
    shape[axis] = shape[axis] * Dim(count);
    call.bind_rest("M", std::move(shape));
}

void tile(OpCall& call) {
    std::vector<Dim> shape = call.slot_type(0).shape;
    const std::vector<Dim>& repeats = call.integers("repeats");
    if (repeats.size() != shape.size() || shape.size() > most_axes) {
        call.fail("HK2105", "tile: " + shape_text(repeats, call.symbols()) + " must say for each axis of " + call.type_of_slot_text(0) +
                                ", at most " + std::to_string(most_axes) + ", how often it is repeated");
    }
    for (std::size_t i = 0; i < shape.size(); ++i) shape[i] = shape[i] * repeats[i];
    call.bind_rest("M", std::move(shape));
}

/// The axis is replaced by the index tensor's axes.
void gather(OpCall& call) {
    std::vector<Dim> shape = call.slot_type(0).shape;
    const auto axis = static_cast<std::ptrdiff_t>(call.axis("axis", shape.size()));
    const std::vector<Dim>& ids = call.slot_type(1).shape;
    shape.erase(shape.begin() + axis);
    shape.insert(shape.begin() + axis, ids.begin(), ids.end());
    call.bind_rest("M", std::move(shape));
}

/// gather_elements, scatter: the index tensor has x's axes and fits into it but for `axis`.
void gather_elements(OpCall& call) {
    const std::vector<Dim>& shape = call.slot_type(0).shape;
    const std::vector<Dim>& ids = call.slot_type(1).shape;
    const std::size_t axis = call.axis("axis", shape.size());
    if (ids.size() != shape.size() || shape.size() > most_axes) {
        call.fail("HK2103", call.entry().name + ": x and ids must have the same number of dimensions, at most " + std::to_string(most_axes));
    }
    for (std::size_t k = 0; k < shape.size(); ++k) {
        const Dim room = shape[k] - ids[k];
        if (k != axis && room.is_constant() && room.constant() < 0) {
            call.fail("HK2104", call.entry().name + ": ids go beyond x in " + which_dimension(k, shape.size()));
        }
    }
}

void topk(OpCall& call) {
    std::vector<Dim> shape = call.slot_type(0).shape;
    const std::size_t axis = call.axis("axis", shape.size());
    const Dim k = std::get<Dim>(call.attribute("k"));
    const Dim room = shape[axis] - k;
    if ((k.is_constant() && k.constant() < 1) || (room.is_constant() && room.constant() < 0)) {
        call.fail("HK2115", "topk: k is " + k.text(call.symbols().names) + " of " + call.explained(shape[axis]) + " elements");
    }
    shape[axis] = k;
    call.bind_rest("M", std::move(shape));
}

void matmul(OpCall& call) {
    const auto leading = [&](std::size_t slot) {
        const std::vector<Dim>& shape = call.slot_type(slot).shape;
        if (shape.size() > most_axes) call.fail("HK2103", "matmul: " + call.type_of_slot_text(slot) + " has more than four dimensions");
        return std::vector<Dim>(shape.begin(), shape.end() - 2);
    };
    call.bind_rest("C", common_shape(call, "matmul", leading(0), leading(1)));
}

[[noreturn]] void differ(OpCall& call, const std::string& what, const std::string& a, const std::string& b, std::size_t axis) {
    call.fail("HK2104", what + ": " + a + " and " + b + " differ in dimension " + std::to_string(axis));
}

/// The parts' shapes but for `axis`, where they are added up.
std::vector<Dim> joined(OpCall& call, const std::string& what, const std::vector<const TensorType*>& parts, std::size_t axis) {
    std::vector<Dim> shape = parts.front()->shape;
    for (std::size_t i = 1; i < parts.size(); ++i) {
        const TensorType& a = *parts.front();
        const TensorType& b = *parts[i];
        const std::string a_text = type_text(a, call.symbols());
        const std::string b_text = type_text(b, call.symbols());
        if (a.shape.size() != b.shape.size()) {
            call.fail("HK2103", what + ": " + a_text + " and " + b_text + " have different numbers of dimensions");
        }
        if (a.dtype != b.dtype) {
            call.fail("HK2102", what + ": " + a_text + " and " + b_text + " have different types");
        }
        for (std::size_t k = 0; k < shape.size(); ++k) {
            if (k != axis && !(a.shape[k] == b.shape[k])) differ(call, what, a_text, b_text, k);
        }
        shape[axis] = shape[axis] + b.shape[axis];
    }
    return shape;
}

void concat(OpCall& call) {
    if (call.list.empty()) call.fail("HK2303", "concat needs at least one tensor");
    std::vector<const TensorType*> parts;
    for (const Given& given : call.list) parts.push_back(&call.type_of(given));
    const std::size_t axis = call.axis("axis", parts.front()->shape.size());
    call.bind_rest("M", joined(call, "concat", parts, axis));
}

/// A new axis, as long as there are parts.
void stack(OpCall& call) {
    if (call.list.empty()) call.fail("HK2303", "stack needs at least one tensor");
    const TensorType& first = call.type_of(call.list.front());
    for (const Given& given : call.list) {
        const TensorType& other = call.type_of(given);
        if (other.dtype != first.dtype || !(other.shape == first.shape)) {
            call.fail("HK2104", "stack needs equal types: " + type_text(first, call.symbols()) + " and " + type_text(other, call.symbols()));
        }
    }
    std::vector<Dim> shape = first.shape;
    const auto axis = static_cast<std::ptrdiff_t>(call.axis("axis", shape.size() + 1));
    shape.insert(shape.begin() + axis, Dim(static_cast<std::int64_t>(call.list.size())));
    call.bind_rest("M", std::move(shape));
}

void append(OpCall& call) {
    if (call.state == no_id) {
        call.fail("HK2704", "append writes a state slot, but its first input is " + call.type_of_slot_text(0),
                  "join tensors with `concat([a, b], axis=)`");
    }
    const std::size_t axis = call.axis("axis", call.slot_type(0).shape.size());
    call.bind_rest("N", joined(call, "append to `" + call.state_path() + "`", {&call.slot_type(0), &call.slot_type(1)}, axis));
}

void split(OpCall& call) {
    std::vector<Dim> shape = call.slot_type(0).shape;
    const std::size_t axis = call.axis("axis", shape.size());
    const std::int64_t count = call.integer("n");
    if (count < 1 || count > call.largest_list()) {
        call.fail("HK2105", "split: the number of parts is " + std::to_string(count));
    }
    const auto part = shape[axis].exact_div(count, call.symbols().multiples);
    if (!part) {
        call.fail("HK2108", "split: " + call.explained(shape[axis]) + " cannot be split into " + std::to_string(count) + " equal parts");
    }
    shape[axis] = *part;
    call.bind_size("size", *part);
    call.bind_rest("M", std::move(shape));
    call.result_count = static_cast<std::size_t>(count);
    call.result_is_list = true;
}

void slice(OpCall& call) {
    std::vector<Dim> shape = call.slot_type(0).shape;
    const std::size_t axis = call.axis("axis", shape.size());
    const auto number = [&](std::string_view name) {
        const auto* dim = std::get_if<Dim>(&call.attribute(name));
        return dim != nullptr ? *dim : Dim();
    };
    Dim start = number("start");
    const Dim count = number("count");
    const Dim full = shape[axis];
    if (start.is_constant() && start.constant() < 0) start = full + start;
    const Dim room = full - start - count;
    const auto negative = [](const Dim& dim) { return dim.is_constant() && dim.constant() < 0; };
    if (negative(room) || negative(count) || negative(start)) {
        const auto& names = call.symbols().names;
        call.fail("HK2115", "slice: places " + start.text(names) + " to " + (start + count - 1).text(names) + " of axis " +
                                std::to_string(axis) + ", which has " + full.text(names));
    }
    call.attribute("start") = start;
    shape[axis] = count;
    call.bind_rest("M", std::move(shape));
}

/// pads: pairs (before, after) from the last axis on.
void pad(OpCall& call) {
    std::vector<Dim> shape = call.slot_type(0).shape;
    const auto* value = std::get_if<double>(&call.attribute("value"));
    if (value != nullptr && *value != 0 && !is_floating(call.slot_type(0).dtype)) {
        call.fail("HK2102", "pad: a value other than 0 is for float, got " + call.type_of_slot_text(0));
    }
    const std::vector<Dim>& pads = call.integers("pads");
    if (pads.size() % 2 != 0 || pads.size() / 2 > shape.size()) {
        call.fail("HK2105", "pad: " + shape_text(pads, call.symbols()) + " must be pairs (before, after), from the last axis on");
    }
    for (std::size_t i = 0; i < pads.size(); i += 2) {
        Dim& size = shape[shape.size() - 1 - i / 2];
        size = size + pads[i] + pads[i + 1];
    }
    call.bind_rest("M", std::move(shape));
}

/// floor(size * scale). A scale that is no fraction of small numbers needs a size known at load.
Dim scaled(OpCall& call, const Dim& size, double scale) {
    for (std::int64_t divisor = 1; divisor <= 64; ++divisor) {
        const double product = scale * static_cast<double>(divisor);
        const double whole = std::round(product);
        if (std::abs(product - whole) < 1e-9 * product && whole >= 1 && whole < 1e9) {
            return (size * Dim(static_cast<std::int64_t>(whole))).floor_div(divisor, call.symbols().multiples);
        }
    }
    if (!size.is_constant()) call.fail("HK2105", "interpolate: scale must be a fraction with a divisor of at most 64", "or give `size=`");
    return Dim(static_cast<std::int64_t>(std::floor(static_cast<double>(size.constant()) * scale)));
}

/// Sizes of the image axes: size, or scale times what they are, or like's.
void interpolate(OpCall& call) {
    const auto word = [&](std::string_view name) { return std::get<std::string>(call.attribute(name)); };
    const auto on = [&](std::string_view name) { return std::get<bool>(call.attribute(name)); };
    const std::vector<Dim> axes(call.slot_type(0).shape.begin() + 2, call.slot_type(0).shape.end());
    const std::string mode = word("mode");
    const bool nearest = mode == "nearest" || mode == "nearest-exact";
    if (axes.empty() || axes.size() > 2 || (!nearest && (mode == "linear") != (axes.size() == 1))) {
        call.fail("HK2103", "interpolate: mode " + mode + " is for " + (mode == "linear" ? "[B, C, L]" : nearest ? "[B, C, L] or [B, C, H, W]" : "[B, C, H, W]") +
                                ", got " + call.type_of_slot_text(0),
                  axes.size() == 1 ? "the mode for signals is `linear`" : axes.size() == 2 ? "the modes for images are `bilinear` and `bicubic`" : "");
    }
    if (!nearest && !is_floating(call.slot_type(0).dtype)) {
        call.fail("HK2102", "interpolate: mode " + mode + " needs float, got " + call.type_of_slot_text(0), "insert `cast(…, \"float\")`");
    }
    if (on("align_corners") && nearest) call.fail("HK2112", "interpolate: align_corners is for linear, bilinear and bicubic, not for " + mode);
    if (on("antialias") && mode != "bilinear" && mode != "bicubic") call.fail("HK2112", "interpolate: antialias is for bilinear and bicubic, not for " + mode);

    std::vector<Dim> size = call.integers("size");
    const double scale = std::get<double>(call.attribute("scale"));
    if ((size.empty() ? 0 : 1) + (scale != 0 ? 1 : 0) + (call.has_slot(1) ? 1 : 0) != 1 || scale < 0) {
        call.fail("HK2303", "interpolate needs one of `size=`, `scale=` above 0, `like=`");
    }
    if (call.has_slot(1)) {
        const std::vector<Dim>& like = call.slot_type(1).shape;
        if (like.size() != axes.size() + 2) call.fail("HK2103", "interpolate: x and like have different numbers of dimensions: " + call.type_of_slot_text(0) + "  and  " + call.type_of_slot_text(1));
        size.assign(like.begin() + 2, like.end());
    } else if (size.empty()) {
        for (const Dim& axis : axes) size.push_back(scaled(call, axis, scale));
    } else if (size.size() == 1) {
        size.resize(axes.size(), size[0]);
    } else if (size.size() != axes.size()) {
        call.fail("HK2105", "interpolate: size is " + shape_text(size, call.symbols()) + " for " + call.type_of_slot_text(0));
    }
    call.bind_rest("M", std::move(size));
}

/// All that attention needs beyond the entry's pattern are the broadcasts of mask and bias, which its slots declare.
void attention(OpCall&) {}

struct Rule {
    std::string_view name;
    void (*run)(OpCall&);
};

constexpr std::array rules{
    Rule{"along", along},
    Rule{"append", append},
    Rule{"attention", attention},
    Rule{"broadcast", broadcast},
    Rule{"concat", concat},
    Rule{"expand", expand},
    Rule{"flip", flip},
    Rule{"gather", gather},
    Rule{"gather_elements", gather_elements},
    Rule{"interpolate", interpolate},
    Rule{"matmul", matmul},
    Rule{"pad", pad},
    Rule{"reduce", reduce},
    Rule{"repeat_interleave", repeat_interleave},
    Rule{"reshape", reshape},
    Rule{"slice", slice},
    Rule{"split", split},
    Rule{"stack", stack},
    Rule{"tile", tile},
    Rule{"topk", topk},
    Rule{"transpose", transpose},
    Rule{"unsqueeze", unsqueeze},
    Rule{"where", where},
};

}  // namespace

bool run_shape_rule(std::string_view name, OpCall& call) {
    const auto found = std::find_if(rules.begin(), rules.end(), [&](const Rule& rule) { return rule.name == name; });
    if (found == rules.end()) return false;
    found->run(call);
    return true;
}

}  // namespace hekla::graph
