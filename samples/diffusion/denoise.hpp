// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <optional>

#include "denoiser.hpp"
#include "noise.hpp"
#include "samplers/sampler.hpp"

namespace hekla::diffusion {

/// What of a picture stays as it is: after each step it is put back, with as much noise as the step leaves.
struct KeptPart {
    Field picture;  ///< latent, without noise
    Values noise;
    Field mask;  ///< at the latent's size: 1 is painted anew
};

struct DenoiseRun {
    std::size_t first = 0;  ///< index of the first evaluation
    std::optional<KeptPart> kept;
    Prediction prediction = Prediction::noise;
    /// Told after each evaluation; `clean` is what the network sees behind the noise.
    std::function<void(std::size_t done, std::size_t total, const Field& clean)> watch;
    bool record = false;
};

struct Denoised {
    Field latent;
    // If recorded:
    std::vector<Values> trail;  ///< the sample before the first step and after each
    Values first_prediction;
};

/// From a noisy latent to a clean one.
Denoised denoise(Sampler& sampler, Denoiser& denoiser, Noise& noise, Field start,
                 const DenoiseRun& run);

}  // namespace hekla::diffusion
