// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace hekla::diffusion {

/// What is wrong with a scheduler's configuration, or with what is asked of it.
struct SamplerError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// What the network says about a noisy sample.
enum class Prediction { noise, velocity, sample, flow };

/// Which training timesteps a run visits (Lin et al. 2024, arXiv 2305.08891, table 2).
enum class Spacing { linspace, leading, trailing };

/// Where the sigmas of a run come from: the training schedule at its timesteps, or a curve between the schedule's ends.
enum class SigmaCurve { schedule, karras, exponential, beta, lu, flow };

/// A `scheduler_config.json` as diffusers publishes it: its keys, with the defaults of its class for those left out.
/// Keys of other classes, which published files carry along, are ignored.
struct SchedulerConfig {
    std::string class_name;  ///< "DDIMScheduler"

    // how the network was trained
    int train_steps = 1000;
    std::string beta_schedule = "linear";
    double beta_start = 0.0001, beta_end = 0.02;
    std::vector<double> trained_betas;  ///< in place of a beta schedule, if not empty
    bool zero_terminal_snr = false;
    Prediction prediction = Prediction::noise;

    // where a run goes
    Spacing spacing = Spacing::linspace;
    int steps_offset = 0;
    SigmaCurve curve = SigmaCurve::schedule;
    std::optional<double> sigma_min, sigma_max;  ///< ends of a curve other than the schedule's
    bool final_sigma_zero = true;                ///< else the smallest sigma of training
    bool final_alpha_one = true;                 ///< of DDIM, PNDM and LCM
    double flow_shift = 1;
    double lambda_min_clipped = -std::numeric_limits<double>::infinity();

    // bounds of the predicted clean sample
    bool clip = false;
    double clip_range = 1;
    bool threshold = false;
    double threshold_ratio = 0.995, threshold_max = 1;

    // of one class or two
    std::string variance_type = "fixed_small";  ///< DDPM
    bool skip_prk_steps = false;                ///< PNDM
    int solver_order = 2;                       ///< DPM-Solver, UniPC
    std::string algorithm = "dpmsolver++";      ///< DPM-Solver
    std::string solver_type;                    ///< DPM-Solver: midpoint, heun; UniPC: bh1, bh2
    bool lower_order_final = true;              ///< DPM-Solver, UniPC
    bool euler_at_final = false;                ///< DPM-Solver
    bool predict_clean = true;                  ///< UniPC
    std::vector<int> uncorrected_steps;         ///< UniPC
    int original_steps = 50;                    ///< LCM
    double timestep_scaling = 10;               ///< LCM
    bool log_linear = false;       ///< Euler: sigmas between the schedule's ends, in logarithms
    bool continuous_time = false;  ///< Euler: the network is told log(sigma) / 4
    double shift_terminal = 0;     ///< flow: the last sigma; 0: as it comes
    bool invert_sigmas = false;    ///< flow
    bool stochastic = false;       ///< flow
};

/// Reads a configuration. `sampler`, if not empty, replaces its class: a name of `sampler_names` or a class's own name.
/// Throws SamplerError naming the key, what it says and what it may say. `name` stands for the file.
SchedulerConfig read_scheduler_config(std::string_view json, std::string_view sampler = {},
                                      const std::string& name = "scheduler_config.json");

}  // namespace hekla::diffusion
