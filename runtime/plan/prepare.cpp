// SPDX-License-Identifier: MIT
// What is done ahead of a kernel that takes its first input in another layout (`takes:` in its entry), and after one that shares its sums out
// (`shares:`).
#include "plan/dispatch.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace hekla::plan {

using Takes = ops::KernelSpec::Takes;

namespace {

/// Do the cache lines of one place in many channels, `step` elements apart, fall into few sets of a processor's cache? Those repeat every
/// 64 lines of 16 elements.
bool crowds(std::int64_t step) {
    const std::int64_t line = step / 16 % 32;
    return step % 16 != 0 || line % 2 == 0 || line < 4 || line > 28;
}

/// A step between channels of so many elements, a little larger where they are large enough to matter.
std::int64_t spread(std::int64_t elements) {
    constexpr std::int64_t small = 1024;
    while (elements >= small && crowds(elements)) ++elements;
    return elements;
}

/// A Winograd convolution's numbers.
struct Tiling {
    static constexpr std::int64_t points = 36, most_bytes = std::int64_t{16} << 20;

    std::int64_t tile_rows, tile_columns, sixteens, channels, eights;

    explicit Tiling(const Launch& launch)
        : tile_rows((launch.outputs[0].sizes[2].constant() + 3) / 4),
          tile_columns((launch.outputs[0].sizes[3].constant() + 3) / 4),
          sixteens((launch.outputs[0].sizes[0].constant() * tile_rows * tile_columns + 15) / 16),
          channels(launch.inputs[0]->sizes[1].constant()),
          eights((launch.outputs[0].sizes[1].constant() + 7) / 8) {}

    Dims tiles(std::int64_t count) const { return {Dim(points), Dim(count), Dim(channels), Dim(16)}; }
    Dims weight() const {
        return {Dim(points), Dim(eights), Dim((channels + 15) / 16 * 16), Dim(8)};
    }
    Dims sums(std::int64_t count) const { return {Dim(points), Dim(count), Dim(eights), Dim(128)}; }
    /// How many sixteens of tiles are worked on at once: equal parts, of which a processor's larger caches may hold one.
    std::int64_t at_once() const {
        const std::int64_t bytes_each = points * 16 * 4 * (channels + 8 * eights);
        const std::int64_t parts =
            (sixteens + most_bytes / bytes_each) / (most_bytes / bytes_each + 1);
        return (sixteens + parts - 1) / parts;
    }
};

/// The leading axes of matrices that differ along them: those of one matrix for all count as 1.
std::array<std::int64_t, 2> own_batch(const View& matrices) {
    const auto own = [&](std::size_t axis) {
        return matrices.strides[axis] == Dim(0) ? 1 : matrices.sizes[axis].constant();
    };
    return {own(0), own(1)};
}

/// Rows in tiles of 16, or columns in eights, of each of them.
Dims tiled_sizes(const View& a) {
    const auto [b0, b1] = own_batch(a);
    return {Dim(b0), Dim(b1), Dim((a.sizes[2].constant() + 15) / 16), a.sizes[3], Dim(16)};
}
Dims packed_sizes(const View& b) {
    const auto [b0, b1] = own_batch(b);
    return {Dim(b0), Dim(b1), Dim((b.sizes[3].constant() + 7) / 8),
            Dim((b.sizes[2].constant() + 15) / 16 * 16), Dim(8)};
}

/// `laid_out` in the place of `matrices`, for kernels that step along the leading axes alone.
View in_place_of(const View& matrices, const View& laid_out) {
    View out = laid_out;
    out.sizes = matrices.sizes;
    for (std::size_t axis = 0; axis < 4; ++axis)
        out.strides[axis] = axis < 2 && matrices.strides[axis] == Dim(0) ? Dim(0) : laid_out.strides[axis];
    out.strides.resize(4);
    return out;
}

/// The sums of a kernel that shares them out: matrices of parts, one below the other. Of rows as many as there ever are.
Dims shared_sizes(const Launch& launch, const Scope& scope, const std::vector<std::int64_t>& largest) {
    const View& y = launch.outputs[0];
    const Number& shares = *scope.find("shares");
    return {std::get<Dim>(shares) * Dim(y.sizes[0].evaluate(largest)), y.sizes[1]};
}

}  // namespace

/// Fresh memory for an intermediate of the planner's own.
View DispatchBuilder::new_tensor(const Dims& sizes) {
    const std::int64_t count = element_count(sizes).evaluate(draft_.largest);
    storages_.push_back({StorageKind::arena, no_id, static_cast<std::uint64_t>(count) * 4, 0, 0, 0});
    return {static_cast<std::uint32_t>(storages_.size() - 1), DType::f32, Dim(0), sizes,
            contiguous_strides(sizes)};
}

/// The sizes of a kernel's first input as it takes it: tiles of 16 rows or places, or the planes of a convolution, as many rows and columns as its
/// taps reach: [B, C, phase, row, column]. Empty: as the input lies.
Dims DispatchBuilder::prepared_sizes(const Launch& launch, Takes takes) const {
    if (takes == Takes::as_is || takes == Takes::winograd) return {};
    if (takes == Takes::matrices) return tiled_sizes(*launch.inputs[0]);
    const View& x = *launch.inputs[0];
    if (takes == Takes::tiles) {
        const std::int64_t rows = x.sizes[0].evaluate(draft_.largest);
        return {Dim((rows + 15) / 16), x.sizes[1], Dim(16)};
    }
    if (takes == Takes::places)
        return {x.sizes[0], Dim((x.sizes[2].constant() * x.sizes[3].constant() + 15) / 16),
                x.sizes[1], Dim(16)};
    const auto pair = [&](const char* name) {
        const Dims both = std::get<Dims>(*launch.scope.find(name));
        return std::array{both[0].constant(), both[1].constant()};
    };
    const auto kernel = pair("kernel"), stride = pair("stride"), pad = pair("pad"),
               dilation = pair("dilation");
    Dims sizes = {x.sizes[0], x.sizes[1], Dim(1)};
    for (std::size_t axis = 0; axis < 2; ++axis) {
        const std::int64_t reach = dilation[axis] * (kernel[axis] - 1);
        sizes[2] = sizes[2] * Dim(std::min(stride[axis], reach + 1));
        sizes.push_back(launch.outputs[0].sizes[2 + axis] + Dim(reach / stride[axis]));
    }
    const bool as_it_lies = sizes[3] == x.sizes[2] && sizes[4] == x.sizes[3] && pad[0] == 0 &&
                            pad[1] == 0 && *launch.scope.find("up") == Number(Dim(1)) &&
                            x.strides[3] == Dim(1) && x.strides[2] == x.sizes[3] &&
                            spread(x.strides[1].constant()) == x.strides[1].constant();
    return as_it_lies ? Dims() : sizes;
}

/// Bytes of what is made for a kernel beside its operands.
std::uint64_t DispatchBuilder::prepared_bytes(const ops::KernelSpec& kernel, const Launch& launch,
                                              const Scope& scope) const {
    const auto bytes = [&](const Dims& sizes) {
        return sizes.empty() ? 0
                             : static_cast<std::uint64_t>(
                                   element_count(sizes).evaluate(draft_.largest)) *
                                   4;
    };
    if (kernel.shares) return bytes(shared_sizes(launch, scope, draft_.largest));
    if (kernel.takes == Takes::matrices)
        return bytes(tiled_sizes(*launch.inputs[0])) + bytes(packed_sizes(*launch.inputs[1]));
    if (kernel.takes != Takes::winograd) return bytes(prepared_sizes(launch, kernel.takes));
    const Tiling tiling(launch);
    const std::int64_t count = tiling.at_once();
    return bytes(tiling.weight()) + bytes(tiling.tiles(count)) + bytes(tiling.sums(count));
}

/// Dispatches that a kernel needs ahead of its own.
std::int64_t DispatchBuilder::further_dispatches(const Launch& launch, Takes takes) const {
    if (takes == Takes::matrices) {
        const auto [b0, b1] = own_batch(*launch.inputs[0]);
        return b0 * b1 + 1;
    }
    if (takes != Takes::winograd) return prepared_sizes(launch, takes).empty() ? 0 : 1;
    const Tiling tiling(launch);
    const std::int64_t parts = (tiling.sixteens + tiling.at_once() - 1) / tiling.at_once();
    return 3 * parts;  // tiles, products and the kernel's own for each part, and the weight
}

/// The rows of a matrix in tiles, as op `tile_rows` lays them out.
View DispatchBuilder::tiled_copy(const Launch& launch) {
    const View& matrix = *launch.inputs[0];
    Launch before{draft_.catalogue.find("tile_rows"), launch.path, {}, {matrix}, {}};
    before.scope.set("N", Dims{matrix.sizes[0]});
    before.scope.set("K", matrix.sizes[1]);
    const View tiled = new_tensor(prepared_sizes(launch, Takes::tiles));
    before.outputs = {tiled};
    emit(std::move(before));
    return tiled;
}

/// The first of two factors, each of its matrices as op `tile_rows` lays it out.
View DispatchBuilder::tiled_matrices(const Launch& launch) {
    const View& a = *launch.inputs[0];
    const View tiled = new_tensor(tiled_sizes(a));
    const auto [b0, b1] = own_batch(a);
    for (std::int64_t i = 0; i < b0 * b1; ++i) {
        View matrix = slice(slice(a, 0, Dim(i / b1), Dim(1)), 1, Dim(i % b1), Dim(1));
        View into = slice(slice(tiled, 0, Dim(i / b1), Dim(1)), 1, Dim(i % b1), Dim(1));
        for (View* view : {&matrix, &into}) {
            view->sizes.erase(view->sizes.begin(), view->sizes.begin() + 2);
            view->strides.erase(view->strides.begin(), view->strides.begin() + 2);
        }
        Launch before{draft_.catalogue.find("tile_rows"), launch.path, {}, {matrix}, {into}};
        before.scope.set("N", Dims{matrix.sizes[0]});
        before.scope.set("K", matrix.sizes[1]);
        emit(conform(std::move(before)));
    }
    return in_place_of(a, tiled);
}

/// The second of two factors, as op `pack_columns` lays it out.
View DispatchBuilder::packed_matrices(const Launch& launch) {
    const View& b = *launch.inputs[1];
    const auto [b0, b1] = own_batch(b);
    const View packed = new_tensor(packed_sizes(b));
    View own = b;
    own.sizes[0] = Dim(b0);
    own.sizes[1] = Dim(b1);
    Launch before{draft_.catalogue.find("pack_columns"), launch.path, {}, {own}, {packed}};
    before.scope.set("B0", own.sizes[0]);
    before.scope.set("B1", own.sizes[1]);
    before.scope.set("K", own.sizes[2]);
    before.scope.set("N", own.sizes[3]);
    emit(std::move(before));
    return in_place_of(b, packed);
}

/// The same of what the launch's norm makes: by a kernel of that op, or by both where it has none for this device.
View DispatchBuilder::tiled_norm(const Launch& launch) {
    Launch before = conform(*launch.norm);
    before.in_tiles = true;
    const Scope scope = kernel_scope(before);
    const auto& kernels = before.op->kernels;
    // One kernel more to compile, for a pass over memory less, which is worth it where that is long.
    constexpr std::int64_t long_pass = 1 << 19;
    const bool is_long = touched_elements(before.outputs[0], draft_.largest) >= long_pass;
    if (std::none_of(kernels.begin(), kernels.end(), [&](const ops::KernelSpec& kernel) {
            return (is_long || is_forced(kernel)) && obstacle(kernel, before, scope).empty();
        })) {
        add(*launch.norm);
        return tiled_copy(launch);
    }
    Dims sizes = prepared_sizes(launch, Takes::tiles);
    sizes.insert(sizes.begin(), Dim(1));  // as kernels of norms are told of their results
    const View tiled = new_tensor(sizes);
    before.outputs = {tiled};
    emit(std::move(before));
    return tiled;
}

/// The image that a convolution reads, as op `pad_planes` lays it out; [B, C, row, column] of the first phase.
View DispatchBuilder::padded_copy(const Launch& launch) {
    const View& x = *launch.inputs[0];
    const Dims sizes = prepared_sizes(launch, Takes::planes);
    if (sizes.empty()) return x;
    Launch before{draft_.catalogue.find("pad_planes"), launch.path, {}, {x}, {}};
    for (const char* name : {"B", "C", "H", "W", "stride", "pad", "up"})
        before.scope.set(name, *launch.scope.find(name));
    const std::int64_t across = std::get<Dims>(*launch.scope.find("stride"))[1].constant();
    const std::int64_t reach = std::get<Dims>(*launch.scope.find("dilation"))[1].constant() *
                               (std::get<Dims>(*launch.scope.find("kernel"))[1].constant() - 1);
    const std::int64_t columns = std::min(across, reach + 1);
    before.scope.set("phases", Dims{Dim(sizes[2].constant() / columns), Dim(columns)});
    before.scope.set("rows", sizes[3]);
    before.scope.set("columns", sizes[4]);
    const Dim channel(spread(sizes[2].constant() * sizes[3].constant() * sizes[4].constant()));
    View planes = new_tensor({sizes[0], sizes[1], channel});
    before.scope.set("channel_step", channel);
    before.outputs = {planes};
    emit(std::move(before));
    planes.strides = {sizes[1] * channel, channel, sizes[4], Dim(1)};
    planes.sizes = {sizes[0], sizes[1], sizes[3], sizes[4]};
    return planes;
}

/// The image that a 1 x 1 convolution reads, as op `tile_places` lays it out.
View DispatchBuilder::places_copy(const Launch& launch) {
    Launch before{draft_.catalogue.find("tile_places"), launch.path, {}, {launch.inputs[0]}, {}};
    for (const char* name : {"B", "C", "H", "W"}) before.scope.set(name, *launch.scope.find(name));
    const View tiled = new_tensor(prepared_sizes(launch, Takes::places));
    before.outputs = {tiled};
    emit(std::move(before));
    return tiled;
}

/// A convolution by Winograd's algorithm: the weight is turned, then for every part of the tiles x is, the sums are made (ops
/// `winograd_weight`, `winograd_tiles`, `winograd_products`), and the chosen kernel turns these into the result.
void DispatchBuilder::emit_winograd(Launch launch, const Dispatch& chosen) {
    const Tiling tiling(launch);
    const auto step = [&](const char* op, std::vector<std::optional<View>> inputs, const View& output) {
        return Launch{draft_.catalogue.find(op), launch.path, launch.scope, std::move(inputs), {output}};
    };
    const View x = *launch.inputs[0], weight = new_tensor(tiling.weight());
    Launch turn = step("winograd_weight", {launch.inputs[*launch.op->find_slot("weight")]}, weight);
    turn.scope.set("channels", x.sizes[1]);
    emit(std::move(turn));
    const std::int64_t at_once = tiling.at_once();
    View tiles = new_tensor(tiling.tiles(at_once)), sums = new_tensor(tiling.sums(at_once));
    for (std::int64_t first = 0; first < tiling.sixteens; first += at_once) {
        const std::int64_t count = std::min(at_once, tiling.sixteens - first);
        launch.scope.set("first_tile", Dim(first * 16));
        launch.scope.set("tile_count", Dim(count * 16));
        tiles.sizes = tiling.tiles(count);
        tiles.strides = contiguous_strides(tiles.sizes);
        sums.sizes = tiling.sums(count);
        sums.strides = contiguous_strides(sums.sizes);
        Launch cut = step("winograd_tiles", {x}, tiles);
        cut.scope.set("tile_rows", Dim(tiling.tile_rows));
        cut.scope.set("tile_columns", Dim(tiling.tile_columns));
        emit(std::move(cut));
        Launch multiply = step("winograd_products", {tiles, weight}, sums);
        multiply.scope.set("T", Dim(count));
        multiply.scope.set("C", x.sizes[1]);
        multiply.scope.set("O", Dim(tiling.eights));
        emit(std::move(multiply));
        launch.inputs[0] = sums;
        Dispatch last = chosen;
        last.flops = 0;  // told by the products
        write(launch, kernel_scope(launch), std::move(last));
    }
}

/// A matrix whose sums are shared out: the chosen kernel writes parts of them, op `add_shares` adds these and does what else the launch's op
/// does with a sum. What both have a name for is the latter's alone.
void DispatchBuilder::emit_shares(Launch launch, const Scope& scope, Dispatch chosen) {
    const Scope own = own_scope(*chosen.kernel, scope);
    const View parts = new_tensor(shared_sizes(launch, own, draft_.largest));
    Launch finish{draft_.catalogue.find("add_shares"), launch.path, launch.scope, {parts}, launch.outputs};
    finish.scope.set("S", *own.find("shares"));
    finish.scope.set("R", launch.outputs[0].sizes[0]);
    finish.scope.set("C", launch.outputs[0].sizes[1]);
    if (!launch.op->find_attribute("act")) finish.scope.set_word("act", 0);
    for (std::size_t i = 1; i < finish.op->slots.size(); ++i) {
        const std::string& name = finish.op->slots[i].name;
        const auto slot = launch.op->find_slot(name);
        finish.inputs.push_back(slot ? std::exchange(launch.inputs[*slot], std::nullopt)
                                     : std::nullopt);
        finish.scope.set_present(name, finish.inputs.back().has_value());
        launch.scope.set_present(name, false);
    }
    launch.outputs = {parts};
    write(launch, own, std::move(chosen));
    emit(std::move(finish));
}

}  // namespace hekla::plan
