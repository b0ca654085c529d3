// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <hekla/hekla.hpp>
#include <optional>
#include <string>

#include "model_ports.hpp"
#include "picture_tensor.hpp"
#include "session.hpp"

namespace hekla::image {

/// A model that makes a picture of a picture, of any size: a graph with the input `image` [B, C, H, W] and the output `upscaled` or `styled`
/// [B, C, k*H, k*W]. One or three channels.
class PictureFilter {
  public:
    PictureFilter(host::Session& session, const host::ModelChoice& choice);

    /// Whether the output is called `upscaled`: the same picture, larger.
    bool upscales() const { return upscales_; }
    std::int64_t channels() const { return channels_; }
    /// Output pixels along each side of an input pixel.
    std::int64_t scale() const { return scale_; }
    /// What heights and widths must be multiples of.
    std::int64_t multiple() const { return multiple_; }
    /// Longest side that the graph allows; 0: any.
    std::int64_t longest_side() const { return longest_; }

    /// Whether a picture of this size may be run at once: within the graph's limits and the memory budget, by hekla_model_memory.
    bool fits(std::int64_t height, std::int64_t width) const;
    hekla_memory_report memory(std::int64_t height, std::int64_t width) const;

    /// One run. `image`: [1, C, H, W] in the numbers the model takes; [1, C, k*H, k*W] comes back.
    host::Pictures run(const host::Pictures& image);

    /// How far, in input pixels, a cut through the picture shows in the output: measured by running noise whole, and its right part alone.
    /// Nothing: everywhere, as with instance norm, whose statistics are the whole picture's (or further than half of 512 pixels). `range`: the numbers of black and white,
    /// differences below 1e-5 of it do not count. A multiple of multiple(). Square kernels are taken for granted. Measured once; later calls tell it again.
    std::optional<std::int64_t> measure_reach(host::ValueRange range);

  private:
    std::optional<std::int64_t> find_reach(host::ValueRange range);

    host::Session& session_;
    Model model_;
    host::ModelPorts ports_;
    std::string output_, batch_dim_, height_dim_, width_dim_;
    bool upscales_ = false;
    std::int64_t channels_ = 3, scale_ = 1, multiple_ = 1, longest_ = 0;
    std::optional<Context> context_;
    std::optional<std::int64_t> reach_;
    bool measured_ = false;
};

}  // namespace hekla::image
