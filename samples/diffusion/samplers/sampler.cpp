// SPDX-License-Identifier: MIT
#include "sampler.hpp"

#include <cctype>

#include "makers.hpp"

namespace hekla::diffusion {
namespace {

struct Method {
    std::string_view class_name;
    MakeSampler* make;
};

constexpr Method methods[] = {
    {"DDIMScheduler", make_ddim},
    {"DDPMScheduler", make_ddpm},
    {"PNDMScheduler", make_pndm},
    {"LCMScheduler", make_lcm},
    {"EulerDiscreteScheduler", make_euler},
    {"EulerAncestralDiscreteScheduler", make_euler_ancestral},
    {"HeunDiscreteScheduler", make_heun},
    {"LMSDiscreteScheduler", make_lms},
    {"DPMSolverMultistepScheduler", make_dpm_solver},
    {"UniPCMultistepScheduler", make_unipc},
    {"FlowMatchEulerDiscreteScheduler", make_flow_euler},
};

constexpr SamplerName names[] = {
    {"ddim", "DDIMScheduler"},
    {"ddpm", "DDPMScheduler"},
    {"pndm", "PNDMScheduler"},
    {"lcm", "LCMScheduler"},
    {"euler", "EulerDiscreteScheduler"},
    {"euler_karras", "EulerDiscreteScheduler", true},
    {"euler_a", "EulerAncestralDiscreteScheduler"},
    {"heun", "HeunDiscreteScheduler"},
    {"heun_karras", "HeunDiscreteScheduler", true},
    {"lms", "LMSDiscreteScheduler"},
    {"lms_karras", "LMSDiscreteScheduler", true},
    {"dpmpp_2m", "DPMSolverMultistepScheduler"},
    {"dpmpp_2m_karras", "DPMSolverMultistepScheduler", true},
    {"dpmpp_2m_sde", "DPMSolverMultistepScheduler", false, "sde-dpmsolver++"},
    {"dpmpp_2m_sde_karras", "DPMSolverMultistepScheduler", true, "sde-dpmsolver++"},
    {"unipc", "UniPCMultistepScheduler"},
    {"unipc_karras", "UniPCMultistepScheduler", true},
    {"flow_euler", "FlowMatchEulerDiscreteScheduler"},
};

}  // namespace

std::span<const SamplerName> sampler_names() { return names; }

const SamplerName* find_sampler_name(std::string_view name) {
    std::string plain;
    for (const char c : name)
        plain += c == '+' ? 'p'
                 : c == ' ' || c == '-'
                     ? '_'
                     : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    for (const SamplerName& known : names)
        if (known.name == plain || known.class_name == name) return &known;
    return nullptr;
}

std::unique_ptr<Sampler> make_sampler(const SchedulerConfig& config,
                                      const SamplerOptions& options) {
    if (options.steps < 1 || options.steps > config.train_steps)
        throw SamplerError(std::to_string(options.steps) + " steps: there may be 1 to " +
                           std::to_string(config.train_steps) +
                           ", as many as the model was trained on");
    for (const Method& method : methods)
        if (method.class_name == config.class_name) return method.make(config, options);
    throw SamplerError("there is no sampler of the class `" + config.class_name + "`");
}

}  // namespace hekla::diffusion
