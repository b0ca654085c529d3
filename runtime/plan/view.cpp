// SPDX-License-Identifier: MIT
#include "plan/view.hpp"

#include <algorithm>

namespace hekla::plan {

using graph::Dim;

Dims contiguous_strides(const Dims& sizes) {
    Dims strides(sizes.size());
    Dim step = 1;
    for (std::size_t i = sizes.size(); i-- > 0;) {
        strides[i] = step;
        step = step * sizes[i];
    }
    return strides;
}

bool is_contiguous(const View& view) {
    const Dims wanted = contiguous_strides(view.sizes);
    for (std::size_t i = 0; i < wanted.size(); ++i)
        if (!(view.sizes[i] == Dim(1)) && !(view.strides[i] == wanted[i])) return false;
    return true;
}

Dim element_count(const Dims& sizes) {
    Dim count = 1;
    for (const Dim& size : sizes) count = count * size;
    return count;
}

std::optional<View> reshape(const View& view, const Dims& sizes) {
    View out = view;
    out.sizes = sizes;
    if (is_contiguous(view)) {
        out.strides = contiguous_strides(sizes);
        return out;
    }
    // Runs of old axes and runs of new axes with equal element counts correspond. Within a run the old axes must be one evenly
    // strided stretch; the new axes divide it.
    out.strides.assign(sizes.size(), Dim(0));
    std::size_t i = 0, j = 0;
    while (i < view.sizes.size() || j < sizes.size()) {
        std::size_t i_end = i, j_end = j;
        Dim old_count = 1, new_count = 1;
        if (i_end < view.sizes.size()) old_count = view.sizes[i_end++];
        if (j_end < sizes.size()) new_count = sizes[j_end++];
        while (!(old_count == new_count)) {
            const bool constants = old_count.is_constant() && new_count.is_constant();
            const bool grow_old =
                constants ? old_count.constant() < new_count.constant() : i_end - i <= j_end - j;
            if (grow_old && i_end < view.sizes.size())
                old_count = old_count * view.sizes[i_end++];
            else if (j_end < sizes.size())
                new_count = new_count * sizes[j_end++];
            else if (i_end < view.sizes.size())
                old_count = old_count * view.sizes[i_end++];
            else
                return std::nullopt;
        }
        Dim step = 1;  // of the run's innermost place
        bool have_step = false;
        Dim expected;
        for (std::size_t k = i_end; k-- > i;) {
            if (view.sizes[k] == Dim(1)) continue;
            if (!have_step) {
                step = view.strides[k];
                have_step = true;
            } else if (!(view.strides[k] == expected)) {
                return std::nullopt;
            }
            expected = view.strides[k] * view.sizes[k];
        }
        for (std::size_t k = j_end; k-- > j;) {
            out.strides[k] = step;
            step = step * sizes[k];
        }
        i = i_end;
        j = j_end;
    }
    return out;
}

View permute(const View& view, std::span<const std::int64_t> axes) {
    View out = view;
    for (std::size_t i = 0; i < axes.size(); ++i) {
        out.sizes[i] = view.sizes[static_cast<std::size_t>(axes[i])];
        out.strides[i] = view.strides[static_cast<std::size_t>(axes[i])];
    }
    return out;
}

View slice(const View& view, std::size_t axis, const Dim& start, const Dim& count) {
    View out = view;
    out.offset = view.offset + start * view.strides[axis];
    out.sizes[axis] = count;
    return out;
}

View broadcast(const View& view, const Dims& sizes) {
    View out = view;
    out.sizes = sizes;
    out.strides.assign(sizes.size(), Dim(0));
    const std::size_t lead = sizes.size() - view.sizes.size();
    for (std::size_t i = 0; i < view.sizes.size(); ++i)
        if (view.sizes[i] == sizes[lead + i]) out.strides[lead + i] = view.strides[i];
    return out;
}

void merge_axes(Dims& sizes, std::vector<Dims*> strides, std::size_t first, std::size_t last) {
    const auto erase = [&](std::size_t axis) {
        const auto at = static_cast<std::ptrdiff_t>(axis);
        sizes.erase(sizes.begin() + at);
        for (Dims* s : strides) s->erase(s->begin() + at);
        --last;
    };
    for (std::size_t axis = first; axis < last && sizes.size() > 1;) {
        if (sizes[axis] == Dim(1))
            erase(axis);
        else
            ++axis;
    }
    for (std::size_t axis = last; axis-- > first + 1;) {
        const bool mergeable = std::all_of(strides.begin(), strides.end(), [&](const Dims* s) {
            return (*s)[axis - 1] == (*s)[axis] * sizes[axis];
        });
        if (!mergeable) continue;
        sizes[axis - 1] = sizes[axis - 1] * sizes[axis];
        for (Dims* s : strides) (*s)[axis - 1] = (*s)[axis];
        erase(axis);
    }
}

}  // namespace hekla::plan
