// SPDX-License-Identifier: MIT
#include "execute/weight_store.hpp"

#include "execute/parallel.hpp"
#include "execute/weight_image.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <utility>

namespace hekla::execute {
namespace {

/// Small enough to keep loading's peak near the weights' size, large enough that a copy's fixed cost does not count.
constexpr std::uint64_t staging_bytes = std::uint64_t{4} << 20;
constexpr std::uint64_t largest_block = std::uint64_t{1} << 30;

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

std::uint64_t WeightStore::planned_bytes(const graph::Graph& graph,
                                         const std::vector<plan::WeightForm>& forms,
                                         std::uint32_t alignment) {
    std::uint64_t total = 0;
    const std::uint64_t step = std::max<std::uint32_t>(alignment, 16);
    for (std::size_t w = 0; w < graph.weights.size(); ++w) {
        element_count(graph.weights[w]);  // refuses what is too large
        total += (device_bytes(forms[w], graph.weights[w].shape) + step - 1) / step * step;
    }
    return total;
}

WeightStore::WeightStore(std::shared_ptr<Device> device, const graph::Graph& graph,
                         std::shared_ptr<const weights::Checkpoint> checkpoint,
                         const std::vector<plan::WeightForm>& forms, const Progress& progress,
                         bool in_background)
    : block_of_(graph.weights.size()),
      places_(graph.weights.size()),
      total_bytes_(planned_bytes(graph, forms, device->info().binding_alignment)) {
    if (graph.weights.empty()) return;
    const std::uint64_t alignment = std::max<std::uint32_t>(device->info().binding_alignment, 16);
    const std::uint64_t block_limit = std::min(device->info().max_buffer_bytes, largest_block);

    // Blocks in the weights' order; a weight larger than a block gets one of its own.
    std::vector<std::uint64_t> block_bytes;
    for (std::size_t w = 0; w < places_.size(); ++w) {
        const std::uint64_t bytes =
            (device_bytes(forms[w], graph.weights[w].shape) + alignment - 1) / alignment * alignment;
        if (bytes > device->info().max_buffer_bytes)
            throw Error(ErrorCode::unsupported,
                        "weight `" + graph.weights[w].name + "` takes " + std::to_string(bytes) +
                            " bytes; device " + device->id() + " has no buffer above " +
                            std::to_string(device->info().max_buffer_bytes));
        if (block_bytes.empty() || block_bytes.back() + bytes > block_limit)
            block_bytes.push_back(0);
        block_of_[w] = block_bytes.size() - 1;
        places_[w] = {nullptr, block_bytes.back(), device_bytes(forms[w], graph.weights[w].shape)};
        block_bytes.back() += bytes;
    }
    for (const std::uint64_t bytes : block_bytes)
        blocks_.emplace_back(device, bytes, HEKLA_PLUGIN_MEMORY_WEIGHTS);
    for (std::size_t w = 0; w < places_.size(); ++w)
        places_[w].buffer = blocks_[block_of_[w]].handle();

    // What goes through staging buffers takes the device's queue, which the first run's kernels want.
    const bool all_mapped = std::all_of(blocks_.begin(), blocks_.end(),
                                        [](const Buffer& block) { return block.data() != nullptr; });
    if (in_background && all_mapped)
        loading_ = std::async(std::launch::async, [this, device, &graph, checkpoint, &forms] {
                       load(device, graph, checkpoint.get(), forms, {});
                   }).share();
    else
        load(device, graph, checkpoint.get(), forms, progress);
}

bool WeightStore::is_loaded() const {
    return !loading_.valid() ||
           loading_.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
}

void WeightStore::wait() const {
    if (loading_.valid()) loading_.get();
}

void WeightStore::load(const std::shared_ptr<Device>& device, const graph::Graph& graph,
                       const weights::Checkpoint* checkpoint,
                       const std::vector<plan::WeightForm>& forms, const Progress& progress) {
    // Memory that is the host's too is filled where it is, on all cores; the rest through the ring. Largest first, so that no core has one of
    // these left at the end.
    std::vector<std::uint32_t> mapped, staged;
    for (std::uint32_t w = 0; w < places_.size(); ++w)
        (blocks_[block_of_[w]].data() ? mapped : staged).push_back(w);
    std::stable_sort(mapped.begin(), mapped.end(), [&](std::uint32_t a, std::uint32_t b) {
        return places_[a].size_bytes > places_[b].size_bytes;
    });
    std::atomic<std::uint64_t> done{0};
    std::uint64_t total = 0;
    for (const Place& place : places_) total += place.size_bytes;
    const auto load = [&](std::uint32_t w, Ring* ring, bool ask) {
        const weights::Tensor* tensor =
            checkpoint ? &checkpoint->tensors()[graph.weights[w].tensor] : nullptr;
        const WeightImage image(graph.weights[w], w, forms[w], checkpoint, tensor);
        const Place& place = places_[w];
        for (std::uint64_t first = 0; first < place.size_bytes; first += staging_bytes) {
            const std::uint64_t piece = std::min(place.size_bytes - first, staging_bytes);
            image.fill(first, ring ? ring->next().first(piece)
                                   : std::span(blocks_[block_of_[w]].data() + place.offset_bytes + first, piece));
            if (ring) ring->send(piece, place, first);
            done += piece;
            if (ask && progress && !progress("loading weights", done, total)) throw Cancelled{};
        }
        if (tensor) checkpoint->release(*tensor);
    };
    if (progress && !progress("loading weights", 0, total)) throw Cancelled{};
    in_parallel(mapped.size(),
                [&](std::size_t i, bool caller) { load(mapped[i], nullptr, caller); });
    if (!staged.empty()) {
        Ring ring(device);
        for (const std::uint32_t w : staged) load(w, &ring, true);
        ring.drain();
    }
    if (progress && !progress("loading weights", total, total)) throw Cancelled{};
}

}  // namespace hekla::execute
