// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "scheduler_config.hpp"
#include "values.hpp"

namespace hekla::diffusion {

/// Standard normal numbers, as many as a sample has; called only where a step needs them.
using DrawNoise = std::function<Values()>;

/// One run of a sampler: from noise to a clean sample, one network evaluation at a time.
///
///     Values sample = noise * sampler.initial_noise();
///     for (std::size_t i = 0; i < sampler.timesteps().size(); ++i)
///         sample = sampler.step(i, network(sampler.scaled(i, sample), sampler.timesteps()[i]), sample, draw);
///
/// A run may begin later than at 0 (image-to-image), but then goes on without gaps. Index i counts evaluations, which some
/// methods have more of than steps.
class Sampler {
  public:
    virtual ~Sampler() = default;

    /// What the network is told, for each evaluation.
    const std::vector<double>& timesteps() const { return timesteps_; }
    /// The noise levels between evaluations, one more than timesteps; empty for methods that think in alphas.
    const std::vector<double>& sigmas() const { return sigmas_; }
    /// Standard deviation of the sample a run begins with.
    virtual double initial_noise() const { return 1; }
    /// Evaluations that one of the user's steps takes.
    virtual int evaluations_per_step() const { return 1; }
    /// The network's input for a sample at index i.
    virtual Values scaled(std::size_t, const Values& sample) const { return sample; }
    /// A clean sample with noise added as a run has it at index i.
    virtual Values noised(std::size_t i, const Values& clean, const Values& noise) const = 0;
    /// The sample at i + 1 from the sample at i and what the network said about it.
    virtual Values step(std::size_t i, const Values& output, const Values& sample,
                        const DrawNoise& draw) = 0;

  protected:
    std::vector<double> timesteps_, sigmas_;
};

struct SamplerOptions {
    int steps = 20;
    double eta = 0;          ///< DDIM: 0 without, 1 with as much fresh noise as DDPM
    std::size_t images = 1;  ///< in a sample; thresholds are found for each
};

/// Throws SamplerError if the configuration or the number of steps cannot be.
std::unique_ptr<Sampler> make_sampler(const SchedulerConfig& config, const SamplerOptions& options);

/// A name for --sampler. It stands for a class, and for what a variant of it sets besides.
struct SamplerName {
    std::string_view name, class_name;
    bool karras = false;
    std::string_view algorithm = {};
};

/// All names, the best known first.
std::span<const SamplerName> sampler_names();

/// By a short name in any usual spelling ("dpm++ 2m", "DPMPP-2M") or a class's own; null if there is none.
const SamplerName* find_sampler_name(std::string_view name);

}  // namespace hekla::diffusion
