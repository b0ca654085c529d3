// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "field.hpp"
#include "model_dims.hpp"
#include "pipeline_folder.hpp"
#include "session.hpp"

namespace hekla::diffusion {

/// A latent autoencoder: AutoencoderKL, or AutoencoderTiny. Pictures are in -1 .. 1. Latents are scaled as the UNet wants them.
/// What does not fit the memory or the device's bindings whole goes through in overlapping tiles that are blended.
class Autoencoder {
  public:
    /// `tile`: pixels along a tile's side; 0: whole if it fits, else the largest tiles that do.
    Autoencoder(host::Session& session, const host::RunOptions& options, const Part& part,
                std::int64_t tile);

    /// Pictures of a latent, not clamped.
    Field decode(const Field& latent);
    /// A draw from the distribution of latents that the encoder gives (of AutoencoderTiny: the latent).
    Field encode(const Field& pictures, const Values& noise);
    /// Gives the memory of weights back until the next use.
    void release();
    /// Shape of a latent for pictures.
    Shape latent_shape(const Field& pictures) const;

  private:
    enum class Way { encode, decode };
    /// Runs an entry over images one by one, in tiles where needed; its outputs side by side in channels.
    Field run(Way way, const Field& input);
    ModelDims tile_dims(const Model& model, std::int64_t height, std::int64_t width) const;
    std::int64_t tile_size(const Model& model, std::int64_t height, std::int64_t width) const;

    host::Session& session_;
    const host::RunOptions& options_;
    Part part_;
    std::optional<Model> models_[2];  // by way, once used
    std::int64_t tile_, scale_;
    double scaling_, shift_;
    bool tiny_;
};

}  // namespace hekla::diffusion
