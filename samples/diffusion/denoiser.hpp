// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "field.hpp"
#include "model_ports.hpp"
#include "pipeline_folder.hpp"
#include "session.hpp"
#include "text_condition.hpp"

namespace hekla::diffusion {

/// What the network is told beside the sample and the time, for all images.
struct Condition {
    TextCondition wanted,
        avoided;            ///< a row per image; `avoided` is not read where guidance is off
    double guidance = 7.5;  ///< 1 and below: off
    std::int64_t height = 0, width = 0;  ///< of the picture, in pixels (SDXL)
    std::vector<float>
        beside;  ///< inpainting: channels that follow the sample's, [count, extra, lh, lw]; else empty
};

/// The UNet of a pipeline. With guidance, what is wanted and what is to be avoided run as one batch of twice as many images (Ho and Salimans
/// 2022, arXiv 2207.12598).
class Denoiser {
  public:
    Denoiser(host::Session& session, const PipelineFolder& pipeline, Condition condition,
             Shape shape);

    /// What the network says of a sample, [count, channels, lh, lw] as `shape` in the constructor: guided, avoided + guidance * (wanted - avoided).
    Values predict(const Values& sample, double timestep);

  private:
    void set_conditions(std::int64_t first, std::int64_t count);
    Values predict_some(const Values& sample, double timestep, std::int64_t first,
                        std::int64_t count);

    host::Session& session_;
    Condition condition_;
    Shape shape_;  // of the sample
    Model model_;
    host::ModelPorts ports_;
    Context context_;
    bool guided_;
    std::int64_t at_once_ = 1;  // images in one run
    std::int64_t set_ = -1;     // first image whose conditions the context holds
    Tensor noise_;
};

}  // namespace hekla::diffusion
