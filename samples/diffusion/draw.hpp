// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "denoise.hpp"
#include "options.hpp"
#include "pipeline_folder.hpp"
#include "session.hpp"

namespace hekla::diffusion {

/// What is to be drawn, as the command line says it.
struct Request {
    std::string model;
    std::vector<std::string> prompts;
    std::string negative;
    std::string sampler, scheduler_config;  ///< in place of the pipeline's; empty: that one
    int steps = 20;
    double guidance = 7.5, eta = 0;
    std::uint64_t seed = 0;
    std::int64_t batch = 1;              ///< pictures of each prompt
    std::int64_t height = 0, width = 0;  ///< 0: the picture's own, or what the model was trained on
    std::string mode;                    ///< "text", "image" or "inpaint"; empty: by what is given
    std::string image, mask;
    double strength = -1;  ///< below 0: 0.8 of an image, all of a mask
    std::int64_t vae_tile = 0;
    std::size_t preview_every = 0;  ///< 0: none
    std::string preview, taesd;
    std::string inputs;   ///< tensors in place of prompts and seeded noise; empty: none
    bool record = false;  ///< keep the tensors that `--outputs` asks for
};

struct Drawn {
    Field pictures;  ///< [count, 3, h, w] in -1 .. 1, not clamped
    host::Tensors record;
    std::string sampler;  ///< the scheduler's class
    std::string mode;
};

/// Draws. Throws std::runtime_error, SamplerError, TokenizerError or Failure with what is wrong; before any model is loaded where it can be
/// known by then.
Drawn draw(host::Session& session, const host::RunOptions& options, const Request& request);

}  // namespace hekla::diffusion
