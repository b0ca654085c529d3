// SPDX-License-Identifier: MIT
#include "scheduler_config.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "sampler.hpp"

namespace hekla::diffusion {
namespace {

using nlohmann::json;

/// Published files hold `-Infinity`, which JSON does not know: bare words of that kind become strings.
std::string with_quoted_infinities(std::string_view text) {
    std::string out;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '"') in_string = !in_string;
        if (in_string && text[i] == '\\' && i + 1 < text.size()) out += text[i++];
        bool replaced = false;
        if (!in_string)
            for (const std::string_view word : {"-Infinity", "Infinity", "NaN"})
                if (text.substr(i).starts_with(word)) {
                    out += '"' + std::string(word) + '"';
                    i += word.size() - 1;
                    replaced = true;
                    break;
                }
        if (!replaced) out += text[i];
    }
    return out;
}

/// The keys of a file, read with their types. Keys of the method are not seen if the file is another class's.
class Keys {
  public:
    Keys(const json& object, std::string file, bool own)
        : object_(object), file_(std::move(file)), own_(own) {}

    /// What training fixed: holds whichever sampler is used.
    template <typename T>
    void training(const char* key, T& out) const {
        if (const json* value = find(key)) read(key, *value, out);
    }
    /// What belongs to the sampler.
    template <typename T>
    void method(const char* key, T& out) const {
        if (own_) training(key, out);
    }
    /// One of some words; the position of the file's, or `otherwise`.
    std::size_t word(const char* key, std::initializer_list<std::string_view> words,
                     std::size_t otherwise, bool of_method) const {
        const json* value = find(key);
        if (!value || (of_method && !own_)) return otherwise;
        std::string text;
        read(key, *value, text);
        const auto at = std::find(words.begin(), words.end(), text);
        if (at == words.end()) {
            std::string known;
            for (const auto w : words) known += (known.empty() ? "" : ", ") + std::string(w);
            fail(key, "`" + text + "` is not one of " + known);
        }
        return static_cast<std::size_t>(at - words.begin());
    }
    [[noreturn]] void fail(const std::string& key, const std::string& what) const {
        throw SamplerError(file_ + ": " + key + ": " + what);
    }

  private:
    const json* find(const char* key) const {
        const auto at = object_.find(key);
        return at == object_.end() || at->is_null() ? nullptr : &*at;
    }
    void read(const char* key, const json& value, bool& out) const {
        if (!value.is_boolean()) fail(key, value.dump() + " is not true or false");
        out = value.get<bool>();
    }
    void read(const char* key, const json& value, int& out) const {
        if (!value.is_number() || value.get<double>() != std::floor(value.get<double>()) ||
            std::fabs(value.get<double>()) > 1e6)
            fail(key, value.dump() + " is not a whole number of a sensible size");
        out = static_cast<int>(value.get<double>());
    }
    void read(const char* key, const json& value, double& out) const {
        if (value == "-Infinity")
            out = -std::numeric_limits<double>::infinity();
        else if (value == "Infinity")
            out = std::numeric_limits<double>::infinity();
        else if (value.is_number())
            out = value.get<double>();
        else
            fail(key, value.dump() + " is not a number");
    }
    void read(const char* key, const json& value, std::optional<double>& out) const {
        read(key, value, out.emplace());
    }
    void read(const char* key, const json& value, std::string& out) const {
        if (!value.is_string()) fail(key, value.dump() + " is not a word");
        out = value.get<std::string>();
    }
    template <typename T>
    void read(const char* key, const json& value, std::vector<T>& out) const {
        if (!value.is_array()) fail(key, "is not a list of numbers");
        for (const json& item : value) read(key, item, out.emplace_back());
    }

    const json& object_;
    std::string file_;
    bool own_;
};

bool is(const SchedulerConfig& config, std::initializer_list<std::string_view> classes) {
    return std::find(classes.begin(), classes.end(), config.class_name) != classes.end();
}

void read_training(const Keys& keys, SchedulerConfig& c) {
    if (is(c, {"HeunDiscreteScheduler", "LCMScheduler"})) {
        c.beta_start = 0.00085;
        c.beta_end = 0.012;
    }
    if (is(c, {"LCMScheduler"})) c.beta_schedule = "scaled_linear";
    keys.training("num_train_timesteps", c.train_steps);
    if (c.train_steps < 1 || c.train_steps > 100000)
        keys.fail("num_train_timesteps",
                  std::to_string(c.train_steps) + " is not between 1 and 100000");
    keys.training("beta_schedule", c.beta_schedule);
    keys.word("beta_schedule",
              {"linear", "scaled_linear", "squaredcos_cap_v2", "exp", "laplace", "sigmoid"}, 0,
              false);
    keys.training("beta_start", c.beta_start);
    keys.training("beta_end", c.beta_end);
    if (!(c.beta_start > 0 && c.beta_start < 1 && c.beta_end > 0 && c.beta_end < 1))
        keys.fail("beta_start, beta_end", "both must lie between 0 and 1");
    keys.training("trained_betas", c.trained_betas);
    if (!c.trained_betas.empty() && std::ssize(c.trained_betas) != c.train_steps)
        keys.fail("trained_betas", "holds " + std::to_string(c.trained_betas.size()) +
                                       " numbers; num_train_timesteps is " +
                                       std::to_string(c.train_steps));
    for (const double beta : c.trained_betas)
        if (!(beta > 0 && beta < 1)) keys.fail("trained_betas", "all must lie between 0 and 1");
    c.prediction = static_cast<Prediction>(keys.word(
        "prediction_type", {"epsilon", "v_prediction", "sample", "flow_prediction"}, 0, false));
    if (!is(c, {"PNDMScheduler", "HeunDiscreteScheduler", "LMSDiscreteScheduler"}))
        keys.training("rescale_betas_zero_snr", c.zero_terminal_snr);
    keys.training("steps_offset", c.steps_offset);
    c.final_alpha_one = !is(c, {"PNDMScheduler"});
    keys.training("set_alpha_to_one", c.final_alpha_one);
}

void read_sigma_curve(const Keys& keys, SchedulerConfig& c) {
    int set = 0;
    const auto curve = [&](const char* key, SigmaCurve meant) {
        bool on = false;
        keys.method(key, on);
        if (on) c.curve = meant;
        set += on;
    };
    curve("use_karras_sigmas", SigmaCurve::karras);
    curve("use_exponential_sigmas", SigmaCurve::exponential);
    curve("use_beta_sigmas", SigmaCurve::beta);
    if (is(c, {"DPMSolverMultistepScheduler"})) curve("use_lu_lambdas", SigmaCurve::lu);
    if (is(c, {"DPMSolverMultistepScheduler", "UniPCMultistepScheduler"})) {
        curve("use_flow_sigmas", SigmaCurve::flow);
        keys.method("flow_shift", c.flow_shift);
    }
    if (set > 1) keys.fail("use_..._sigmas", "only one of these may be true");
    if (!is(c,
            {"HeunDiscreteScheduler", "LMSDiscreteScheduler", "FlowMatchEulerDiscreteScheduler"})) {
        keys.method("sigma_min", c.sigma_min);
        keys.method("sigma_max", c.sigma_max);
    }
}

void read_method(const Keys& keys, SchedulerConfig& c) {
    const bool of_alphas =
        is(c, {"DDIMScheduler", "DDPMScheduler", "PNDMScheduler", "LCMScheduler"});
    c.spacing = static_cast<Spacing>(keys.word(
        "timestep_spacing", {"linspace", "leading", "trailing"}, of_alphas ? 1 : 0, true));
    if (!of_alphas && !is(c, {"EulerAncestralDiscreteScheduler"})) read_sigma_curve(keys, c);
    if (is(c, {"EulerDiscreteScheduler", "DPMSolverMultistepScheduler", "UniPCMultistepScheduler"}))
        c.final_sigma_zero = keys.word("final_sigmas_type", {"zero", "sigma_min"}, 0, true) == 0;

    if (is(c, {"DDIMScheduler", "DDPMScheduler", "LCMScheduler", "HeunDiscreteScheduler"})) {
        bool clip = is(c, {"DDIMScheduler", "DDPMScheduler"});
        keys.method("clip_sample", clip);
        keys.method("clip_sample_range", c.clip_range);
        c.clip = clip;
    }
    if (!is(c, {"HeunDiscreteScheduler"})) {
        keys.method("thresholding", c.threshold);
        keys.method("dynamic_thresholding_ratio", c.threshold_ratio);
        keys.method("sample_max_value", c.threshold_max);
        if (!(c.threshold_ratio >= 0 && c.threshold_ratio <= 1))
            keys.fail("dynamic_thresholding_ratio", "must lie between 0 and 1");
    }
    if (is(c, {"DDPMScheduler"})) {
        keys.method("variance_type", c.variance_type);
        if (c.variance_type != "fixed_small" && c.variance_type != "fixed_small_log" &&
            c.variance_type != "fixed_large")
            keys.fail("variance_type",
                      "`" + c.variance_type +
                          "` is not supported; fixed_small, fixed_small_log and fixed_large are");
    }
    keys.method("skip_prk_steps", c.skip_prk_steps);
    keys.method("lambda_min_clipped", c.lambda_min_clipped);
    keys.method("euler_at_final", c.euler_at_final);
    keys.method("lower_order_final", c.lower_order_final);
    keys.method("predict_x0", c.predict_clean);
    keys.method("disable_corrector", c.uncorrected_steps);
    keys.method("original_inference_steps", c.original_steps);
    if (c.original_steps < 1 || c.original_steps > c.train_steps)
        keys.fail("original_inference_steps", "must lie between 1 and num_train_timesteps");
    keys.method("timestep_scaling", c.timestep_scaling);
}

void read_solver(const Keys& keys, SchedulerConfig& c) {
    keys.method("solver_order", c.solver_order);
    if (c.solver_order < 1 || c.solver_order > 3)
        keys.fail("solver_order", std::to_string(c.solver_order) + " is not 1, 2 or 3");
    // Configurations are passed on from solver to solver; the other's words mean this one's default.
    const bool unipc = is(c, {"UniPCMultistepScheduler"});
    const std::size_t type =
        keys.word("solver_type", {"midpoint", "heun", "logrho", "bh1", "bh2"}, unipc ? 4 : 0, true);
    c.solver_type = unipc ? (type == 3 ? "bh1" : "bh2") : (type == 1 ? "heun" : "midpoint");
    if (unipc) return void(c.lambda_min_clipped = -std::numeric_limits<double>::infinity());
    keys.method("algorithm_type", c.algorithm);
    if (keys.word("algorithm_type",
                  {"dpmsolver++", "dpmsolver", "sde-dpmsolver++", "sde-dpmsolver", "deis"}, 0,
                  true) == 4)
        c.algorithm = "dpmsolver++";
}

void read_euler(const Keys& keys, SchedulerConfig& c) {
    c.log_linear = keys.word("interpolation_type", {"linear", "log_linear"}, 0, true) == 1;
    c.continuous_time = keys.word("timestep_type", {"discrete", "continuous"}, 0, true) == 1 &&
                        c.prediction == Prediction::velocity;
}

void read_flow(const Keys& keys, SchedulerConfig& c) {
    c.prediction = Prediction::flow;
    keys.method("shift", c.flow_shift);
    keys.method("shift_terminal", c.shift_terminal);
    keys.method("invert_sigmas", c.invert_sigmas);
    keys.method("stochastic_sampling", c.stochastic);
    bool dynamic = false;
    keys.method("use_dynamic_shifting", dynamic);
    if (dynamic)
        keys.fail("use_dynamic_shifting",
                  "a shift that depends on the picture's size is not supported");
}

}  // namespace

SchedulerConfig read_scheduler_config(std::string_view text, std::string_view sampler,
                                      const std::string& name) {
    json object;
    try {
        object = json::parse(with_quoted_infinities(text));
    } catch (const json::exception& e) {
        throw SamplerError(name + " is not JSON: " + e.what());
    }
    if (!object.is_object()) throw SamplerError(name + " is not a JSON object");

    std::string own_class;
    Keys(object, name, true).training("_class_name", own_class);
    SchedulerConfig config;
    config.class_name = own_class;
    const SamplerName* chosen = nullptr;
    if (!sampler.empty()) {
        chosen = find_sampler_name(sampler);
        if (!chosen) {
            std::string known;
            for (const SamplerName& n : sampler_names())
                known += (known.empty() ? "" : ", ") + std::string(n.name);
            throw SamplerError("there is no sampler `" + std::string(sampler) + "`; there are " +
                               known);
        }
        config.class_name = chosen->class_name;
    }
    const Keys keys(object, name, own_class == config.class_name);
    if (!find_sampler_name(config.class_name))
        keys.fail("_class_name", config.class_name.empty() ? "says no scheduler"
                                                           : "there is no sampler of the class `" +
                                                                 config.class_name + "`");

    read_training(keys, config);
    read_method(keys, config);
    if (is(config, {"DPMSolverMultistepScheduler", "UniPCMultistepScheduler"}))
        read_solver(keys, config);
    if (is(config, {"EulerDiscreteScheduler"})) read_euler(keys, config);
    if (is(config, {"FlowMatchEulerDiscreteScheduler"})) read_flow(keys, config);
    if (chosen && chosen->karras) config.curve = SigmaCurve::karras;
    if (chosen && !chosen->algorithm.empty()) config.algorithm = chosen->algorithm;
    if (own_class != config.class_name)
        config.clip = false;  // made for pixels; latents have no bounds
    return config;
}

}  // namespace hekla::diffusion
