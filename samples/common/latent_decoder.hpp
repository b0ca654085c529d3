// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <hekla/hekla.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "latent.hpp"
#include "model_config.hpp"
#include "model_ports.hpp"
#include "session.hpp"

namespace hekla::host {

/// A model that makes pictures from latents: any graph with an input `z` or `latent`, perhaps `labels` [B] and `psi` [], and an output
/// `image` [B, C, H, W] of one or three channels. What it takes is asked of the model.
class LatentDecoder {
  public:
    /// `entry`: empty for graphs with one. Throws for a model that takes or gives something else.
    LatentDecoder(Session& session, const ModelChoice& choice);

    bool takes_labels() const { return labels_ != nullptr; }
    bool takes_psi() const { return psi_ != nullptr; }
    /// The latent's sizes without the batch; unknown where runs decide them ([4, LH, LW]).
    const std::vector<PortSize>& latent_sizes() const { return latent_sizes_; }
    /// Pixels along an axis of the picture for one element of the latent's, where runs decide sizes; 1 otherwise.
    std::int64_t pixels_each() const { return pixels_each_; }

    /// Pictures in the latents' order, in batches that the model and the memory budget allow. `sizes`: the latent's, e.g. {100} or
    /// {4, 32, 32}. `range`: what black and white are. `psi`: of the truncation, where the model takes it. Shows progress.
    std::vector<Image> draw(std::span<const Latent> latents, std::span<const std::int64_t> sizes,
                            ValueRange range, float psi = 1);

  private:
    std::size_t batch_for(std::size_t count, std::span<const std::int64_t> sizes);

    Session& session_;
    Model model_;
    ModelPorts ports_;
    const Port *latent_, *labels_, *psi_, *image_;
    std::vector<PortSize> latent_sizes_;
    std::int64_t pixels_each_ = 1;
    std::optional<Context> context_;
};

}  // namespace hekla::host
