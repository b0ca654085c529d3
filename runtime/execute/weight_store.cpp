// SPDX-License-Identifier: MIT
#include "execute/weight_store.hpp"

#include "weights/convert.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

namespace hekla::execute {
namespace {

/// Small enough to keep loading's peak near the weights' size, large enough that a copy's fixed cost does not count.
constexpr std::uint64_t staging_bytes = std::uint64_t{4} << 20;
constexpr std::uint64_t largest_block = std::uint64_t{1} << 30;

std::uint64_t element_count(const graph::Weight& weight) {
    std::uint64_t count = 1;
    for (const std::int64_t size : weight.shape)
        if (size <= 0 || __builtin_mul_overflow(count, static_cast<std::uint64_t>(size), &count))
            throw Error(ErrorCode::limit, "weight `" + weight.name + "` has an axis of size " +
                                              std::to_string(size) + ", or is too large");
    return count;
}

/// Raw half-precision tensors end on a whole word.
std::uint64_t device_bytes(const graph::Weight& weight, DType type) {
    std::uint64_t bytes = 0;
    if (__builtin_mul_overflow(element_count(weight), static_cast<std::uint64_t>(size_bytes(type)),
                               &bytes))
        throw Error(ErrorCode::limit, "weight `" + weight.name + "` is too large");
    return (bytes + 3) / 4 * 4;
}

/// Uniform numbers from a counter (SplitMix64, Steele et al. 2014), so that any stretch can be made on its own.
float uniform(std::uint64_t counter) {
    std::uint64_t z = (counter + 1) * 0x9e3779b97f4a7c15ull;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    z ^= z >> 31;
    return static_cast<float>(z >> 40) * 0x1p-23f - 1.0f;
}

/// Matrices scaled by fan-in; vectors near 1 (norm weights).
void fill_random(const graph::Weight& weight, std::uint32_t index, DType type, std::uint64_t first,
                 std::span<std::byte> out) {
    const std::uint64_t count = out.size() / size_bytes(type);
    const bool vector = weight.shape.size() < 2;
    const float scale = vector ? 0.1f : std::sqrt(3.0f / static_cast<float>(weight.shape.back()));
    for (std::uint64_t i = 0; i < count; ++i) {
        const float value =
            (vector ? 1.0f : 0.0f) + scale * uniform((std::uint64_t{index} << 40) + first + i);
        if (type == DType::f16) {
            const std::uint16_t half = weights::f32_to_f16(value);
            std::memcpy(out.data() + i * 2, &half, 2);
        } else {
            std::memcpy(out.data() + i * 4, &value, 4);
        }
    }
}

/// Two staging buffers: one is filled while the other is copied.
class Ring {
  public:
    explicit Ring(std::shared_ptr<Device> device) : device_(std::move(device)) {
        for (auto& slot : slots_)
            slot.buffer = Buffer(device_, staging_bytes, HEKLA_PLUGIN_MEMORY_UPLOAD);
    }
    ~Ring() {
        try {
            drain();
        } catch (
            const Error&) {  // a lost device has nothing left to wait for; the error was or will be seen elsewhere
        }
    }
    Ring(const Ring&) = delete;
    Ring& operator=(const Ring&) = delete;

    std::span<std::byte> next() {
        current_ ^= 1;
        wait(slots_[current_]);
        return {slots_[current_].buffer.data(), staging_bytes};
    }
    void send(std::uint64_t bytes, const WeightStore::Place& to, std::uint64_t offset) {
        hekla_plugin_error error{};
        Slot& slot = slots_[current_];
        check(device_->table().copy(device_->handle(), slot.buffer.handle(), 0, to.buffer,
                                    to.offset_bytes + offset, (bytes + 3) / 4 * 4, &slot.ticket,
                                    &error),
              error, "uploading weights to " + device_->id());
    }
    void drain() {
        for (Slot& slot : slots_) wait(slot);
    }

  private:
    struct Slot {
        Buffer buffer;
        hekla_plugin_ticket ticket = 0;
    };
    void wait(Slot& slot) {
        if (slot.ticket != 0) device_->wait(std::exchange(slot.ticket, 0), ~std::uint64_t{0});
    }
    std::shared_ptr<Device> device_;
    Slot slots_[2];
    std::size_t current_ = 0;
};

}  // namespace

std::uint64_t WeightStore::planned_bytes(const graph::Graph& graph, const std::vector<DType>& types,
                                         std::uint32_t alignment) {
    std::uint64_t total = 0;
    const std::uint64_t step = std::max<std::uint32_t>(alignment, 16);
    for (std::size_t w = 0; w < graph.weights.size(); ++w)
        total += (device_bytes(graph.weights[w], types[w]) + step - 1) / step * step;
    return total;
}

WeightStore::WeightStore(std::shared_ptr<Device> device, const graph::Graph& graph,
                         const weights::Checkpoint* checkpoint, const std::vector<DType>& types,
                         const Progress& progress)
    : places_(graph.weights.size()),
      total_bytes_(planned_bytes(graph, types, device->info().binding_alignment)) {
    if (graph.weights.empty()) return;
    const std::uint64_t alignment = std::max<std::uint32_t>(device->info().binding_alignment, 16);
    const std::uint64_t block_limit = std::min(device->info().max_buffer_bytes, largest_block);

    // Blocks in the weights' order; a weight larger than a block gets one of its own.
    std::vector<std::uint64_t> block_bytes;
    std::vector<std::size_t> block_of(places_.size());
    for (std::size_t w = 0; w < places_.size(); ++w) {
        const std::uint64_t bytes =
            (device_bytes(graph.weights[w], types[w]) + alignment - 1) / alignment * alignment;
        if (bytes > device->info().max_buffer_bytes)
            throw Error(ErrorCode::unsupported,
                        "weight `" + graph.weights[w].name + "` takes " + std::to_string(bytes) +
                            " bytes; device " + device->id() + " has no buffer above " +
                            std::to_string(device->info().max_buffer_bytes));
        if (block_bytes.empty() || block_bytes.back() + bytes > block_limit)
            block_bytes.push_back(0);
        block_of[w] = block_bytes.size() - 1;
        places_[w] = {nullptr, block_bytes.back(), device_bytes(graph.weights[w], types[w])};
        block_bytes.back() += bytes;
    }
    for (const std::uint64_t bytes : block_bytes)
        blocks_.emplace_back(device, bytes, HEKLA_PLUGIN_MEMORY_DEVICE);
    for (std::size_t w = 0; w < places_.size(); ++w)
        places_[w].buffer = blocks_[block_of[w]].handle();

    Ring ring(device);
    std::uint64_t done = 0, total = 0;
    for (const Place& place : places_) total += place.size_bytes;
    for (std::uint32_t w = 0; w < places_.size(); ++w) {
        const graph::Weight& weight = graph.weights[w];
        const weights::Tensor* tensor =
            checkpoint ? &checkpoint->tensors()[weight.tensor] : nullptr;
        const std::span<const std::byte> source =
            tensor ? checkpoint->bytes(*tensor) : std::span<const std::byte>{};
        const std::uint64_t count = element_count(weight), size = size_bytes(types[w]);
        for (std::uint64_t first = 0; first < count; first += staging_bytes / size) {
            if (progress && !progress("loading weights", done, total)) throw Cancelled{};
            const std::uint64_t elements = std::min(count - first, staging_bytes / size);
            const std::span<std::byte> staging = ring.next();
            const std::span<std::byte> target = staging.first(elements * size);
            if (tensor) {
                const std::uint64_t file_size = size_bytes(tensor->dtype);
                if (const auto bad = weights::convert(
                        tensor->dtype, source.subspan(first * file_size, elements * file_size),
                        types[w], target))
                    throw Error(ErrorCode::invalid_file, "weight `" + weight.name + "`: element " +
                                                             std::to_string(first + *bad) +
                                                             " does not fit 32 bits");
            } else {
                fill_random(weight, w, types[w], first, target);
            }
            if (elements * size % 4 != 0)
                std::memset(staging.data() + elements * size, 0, 4 - elements * size % 4);
            ring.send(elements * size, places_[w], first * size);
            done += elements * size;
        }
        if (tensor) checkpoint->release(*tensor);
    }
    ring.drain();
    if (progress && !progress("loading weights", total, total)) throw Cancelled{};
}

}  // namespace hekla::execute
