// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <hekla/hekla.hpp>
#include <optional>
#include <string>
#include <vector>

#include "latent.hpp"
#include "model_ports.hpp"
#include "picture_tensor.hpp"
#include "session.hpp"

namespace hekla::vae {

/// A picture in the model's own terms.
struct Encoded {
    host::Latent latent;              ///< the mean, where the model gives a distribution
    std::vector<std::int64_t> sizes;  ///< of the latent, without the batch
};

/// The entry `encode` of an autoencoder: `image` [B, C, H, W] to `mu`, `mean` or `latent`.
class Encoder {
  public:
    /// `choice.entry` is set here. `pixels_each`: pixels that the decoder makes of one element of the latent, so that what it gives is no
    /// smaller than the picture.
    Encoder(host::Session& session, host::ModelChoice choice, std::int64_t pixels_each);

    /// The picture as the model is to see it: gray or RGB without alpha; where the model has one size, its middle, resized to that.
    host::Image prepared(const host::Image& image) const;
    /// Of a prepared picture. Filled up by reflection at the right and bottom to what the model takes sizes to be multiples of.
    Encoded encode(const host::Image& image, host::ValueRange range);

  private:
    host::Session& session_;
    Model model_;
    host::ModelPorts ports_;
    std::string output_;
    std::int64_t channels_ = 0;
    std::int64_t height_ = 0, width_ = 0;  // 0: any
    std::int64_t height_multiple_ = 1, width_multiple_ = 1;
    std::string batch_dim_, height_dim_, width_dim_;
    std::optional<Context> context_;
};

}  // namespace hekla::vae
