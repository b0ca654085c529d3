// SPDX-License-Identifier: MIT
#include "memory.hpp"

#include "failure.hpp"

#include <algorithm>
#include <limits>
#include <new>

namespace hekla::cpu {

namespace {

constexpr std::align_val_t scratch_alignment{64};

}  // namespace

void Scratch::Free::operator()(double* memory) const noexcept {
    ::operator delete(memory, scratch_alignment);
}

double* Scratch::take(std::uint64_t count) {
    if (count > capacity_) {
        constexpr std::uint64_t limit =
            std::numeric_limits<std::size_t>::max() / sizeof(double) / 2;
        void* memory = nullptr;
        // Half as much again: a context that grows by one position a run does not allocate at each.
        const std::uint64_t wanted = count <= limit ? count + count / 2 : limit;
        if (count <= limit) {
            memory_.reset();
            capacity_ = 0;
            memory = ::operator new(static_cast<std::size_t>(wanted) * sizeof(double),
                                    scratch_alignment, std::nothrow);
        }
        if (memory == nullptr) {
            throw Failure(HEKLA_PLUGIN_OUT_OF_MEMORY,
                          "no memory for " + std::to_string(count) + " numbers of working space");
        }
        memory_.reset(static_cast<double*>(memory));
        capacity_ = wanted;
    }
    return memory_.get();
}

void Memory::fail(const std::string& what) const {
    throw Failure(HEKLA_PLUGIN_INTERNAL, std::string(op_) + ": " + what);
}

void Memory::outside(const Tensor& tensor) const {
    fail("the parameter block reaches beyond what is bound as '" + std::string(tensor.name) +
         "' (binding " + std::to_string(tensor.binding + 1) + ", " +
         std::to_string(ranges_[tensor.binding].size_bytes) + " bytes, offset " +
         std::to_string(tensor.offset) + ")");
}

std::byte* Memory::elements(const Tensor& tensor, std::uint64_t count) const {
    const Range& range = ranges_[tensor.binding];
    const std::uint64_t capacity = range.size_bytes / 4;
    if (count == 0) return range.data;
    if (tensor.offset >= capacity || count > capacity - tensor.offset) outside(tensor);
    return range.data + std::uint64_t{tensor.offset} * 4;
}

std::byte* Memory::reach(const Tensor& tensor, std::span<const std::uint32_t> strides,
                         std::span<const std::uint32_t> sizes, bool written) const {
    const Range& range = ranges_[tensor.binding];
    if (std::ranges::find(sizes, 0u) != sizes.end()) return range.data;
    const std::uint64_t capacity = range.size_bytes / 4;
    if (tensor.offset >= capacity) outside(tensor);
    std::uint64_t left = capacity - 1 - tensor.offset;
    for (std::size_t axis = 0; axis < sizes.size(); ++axis) {
        const std::uint64_t last = sizes[axis] - 1;
        const std::uint64_t stride = strides[axis];
        if (written && last > 0 && stride == 0) {
            fail("the output '" + std::string(tensor.name) + "' has stride 0 along axis " +
                 std::to_string(axis) + " of " + std::to_string(sizes[axis]));
        }
        // Both are below 2^32, so the product holds.
        if (last * stride > left) outside(tensor);
        left -= last * stride;
    }
    return range.data + std::uint64_t{tensor.offset} * 4;
}

Stored Memory::stored(const Tensor& tensor, std::uint32_t type, std::uint64_t count) const {
    if (type > static_cast<std::uint32_t>(StoredType::bf16)) {
        fail("'" + std::string(tensor.name) + "' is stored as number " + std::to_string(type) +
             "; known are 0 (f32), 1 (f16), 2 (bf16)");
    }
    const Range& range = ranges_[tensor.binding];
    Stored result{range.data, static_cast<StoredType>(type)};
    if (count == 0) return result;
    const std::uint64_t begin = std::uint64_t{tensor.offset} * 4;
    if (begin >= range.size_bytes || count > (range.size_bytes - begin) / result.element_size()) {
        outside(tensor);
    }
    result.data += begin;
    return result;
}

Sizes<4> Memory::sizes(std::uint32_t count, std::uint32_t d1, std::uint32_t d2,
                       std::uint32_t d3) const {
    if (count == 0) return {0, d1, d2, d3};
    std::uint32_t rest = count;
    for (const std::uint32_t size : {d1, d2, d3}) {
        if (size == 0 || rest % size != 0) {
            fail(std::to_string(count) + " elements are not a multiple of " + std::to_string(d1) +
                 " x " + std::to_string(d2) + " x " + std::to_string(d3));
        }
        rest /= size;
    }
    return {rest, d1, d2, d3};
}

}  // namespace hekla::cpu
