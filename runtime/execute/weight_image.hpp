// SPDX-License-Identifier: MIT
#pragma once

#include "graph/graph.hpp"
#include "plan/weight_form.hpp"
#include "weights/checkpoint.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace hekla::execute {

/// Elements of a weight. Throws Error(limit) for axes of size 0 and for sizes past 64 bits.
std::uint64_t element_count(const graph::Weight& weight);

/// A weight as it will lie on the device, made piece by piece.
class WeightImage {
  public:
    /// From `tensor` of `checkpoint`, both of which must outlive the image; null: random values, seeded by the weight's number, of the
    /// size that keeps activations near 1.
    WeightImage(const graph::Weight& weight, std::uint32_t number, const plan::WeightForm& form,
                const weights::Checkpoint* checkpoint, const weights::Tensor* tensor);

    /// Writes bytes [first, first + out.size()) of the image. `first` is a multiple of 4096; `out` is aligned to words and, but at the
    /// image's end, as long as a multiple of 4096. Throws Error(invalid_file) naming the weight for values the form cannot hold.
    void fill(std::uint64_t first, std::span<std::byte> out) const;

  private:
    void fill_rows(std::uint64_t first, std::span<std::byte> out) const;
    void fill_packed(std::uint64_t first, std::span<std::byte> out) const;
    void fill_random(std::uint64_t first_element, std::span<std::byte> out) const;

    const graph::Weight& weight_;
    std::uint32_t number_;
    plan::WeightForm form_;
    std::uint64_t count_;
    const weights::Tensor* tensor_;
    std::span<const std::byte> source_;
};

}  // namespace hekla::execute
