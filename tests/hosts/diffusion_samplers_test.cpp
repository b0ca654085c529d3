// SPDX-License-Identifier: MIT
//
// Samplers against the library that defines their configurations, the network replaced by a list of outputs
// (tests/reference/schedulers).
#include "samplers/sampler.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "samplers/sigma_curve.hpp"
#include "tensor_file.hpp"

using namespace hekla::diffusion;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;
using nlohmann::json;

namespace {

const std::string folder = HEKLA_TEST_DATA "/reference/schedulers/";

/// The case file has an infinity in it, which JSON has not.
json read_case() {
    std::ifstream file(folder + "case.json");
    std::string text(std::istreambuf_iterator<char>(file), {});
    for (std::size_t at; (at = text.find(": -Infinity")) != std::string::npos;)
        text.replace(at, 11, ": \"-Infinity\"");
    return json::parse(text);
}

/// Part i of a tensor whose first axis counts `parts`.
Values part(const hekla::Tensor& tensor, std::size_t i) {
    const auto all = tensor.as<float>();
    const std::size_t size = all.size() / static_cast<std::size_t>(tensor.shape[0]);
    return {all.begin() + static_cast<std::ptrdiff_t>(i * size),
            all.begin() + static_cast<std::ptrdiff_t>((i + 1) * size)};
}

struct Judge {
    const json& outputs;
    const hekla::host::Tensors& expected;

    void check(const std::string& name, std::size_t i, const Values& got) const {
        const Values want = i == whole ? Values(expected.at(name).as<float>().begin(),
                                                expected.at(name).as<float>().end())
                                       : part(expected.at(name), i);
        const double bound =
            outputs[name]["std"].get<double>() * outputs[name]["tolerance_rel_std"].get<double>();
        REQUIRE(got.size() == want.size());
        double worst = 0;
        for (std::size_t k = 0; k < got.size(); ++k)
            worst = std::max(worst, std::isfinite(got[k]) ? std::fabs(got[k] - want[k]) : 1e30);
        INFO(name << "[" << i << "]");
        CHECK_THAT(worst, WithinAbs(0, bound));
    }
    static constexpr std::size_t whole = ~std::size_t{0};
};

const char* trained =
    R"("_class_name": "PNDMScheduler", "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear")";

SchedulerConfig config(const std::string& more, const char* sampler = "") {
    return read_scheduler_config(
        "{" + std::string(trained) + (more.empty() ? "" : ", ") + more + "}", sampler);
}

std::string error_of(const std::string& json, const char* sampler = "", int steps = 5) {
    try {
        make_sampler(read_scheduler_config(json, sampler), {.steps = steps});
    } catch (const SamplerError& e) {
        return e.what();
    }
    return "";
}

}  // namespace

TEST_CASE("Every configuration of the reference, step by step") {
    const json data = read_case();
    const auto inputs = hekla::host::read_tensors(folder + "inputs.safetensors");
    const auto expected = hekla::host::read_tensors(folder + "expected.safetensors");
    const Judge judge{data["outputs"], expected};
    for (const auto& [name, setting] : data["settings"]["samplers"].items()) {
        INFO(name);
        const auto sampler =
            make_sampler(read_scheduler_config(setting["config"].dump()),
                         {.steps = setting["steps"], .eta = setting.value("eta", 0.0)});
        judge.check(name + ".timesteps", Judge::whole, sampler->timesteps());
        CHECK(expected.contains(name + ".sigmas") == !sampler->sigmas().empty());
        if (!sampler->sigmas().empty())
            judge.check(name + ".sigmas", Judge::whole, sampler->sigmas());

        std::size_t drawn = 0;
        const auto draw = [&] { return part(inputs.at("noise"), drawn++); };
        Values sample = part(inputs.at("sample"), 0);
        for (double& x : sample) x *= sampler->initial_noise();
        judge.check(name + ".latents", 0, sample);
        for (std::size_t i = 0; i < sampler->timesteps().size(); ++i) {
            if (expected.contains(name + ".scaled_input"))
                judge.check(name + ".scaled_input", i, sampler->scaled(i, sample));
            sample = sampler->step(i, part(inputs.at("model_output"), i), sample, draw);
            judge.check(name + ".latents", i + 1, sample);
        }
    }
}

TEST_CASE("Every sampler ends where a perfect network points, from any start") {
    // A network that always sees the same clean sample: whatever the path, the end must be that sample, and so must the end of a
    // run that begins in the middle with the clean sample noised to there.
    const Values clean{0.5, -1, 2, 0}, noise{1, -0.3, 0.2, -2};
    for (const SamplerName& name : sampler_names()) {
        const bool flow = name.class_name.starts_with("Flow");
        for (const std::string more : {"", "\"timestep_spacing\": \"trailing\"",
                                       "\"timestep_spacing\": \"leading\", \"steps_offset\": 1"}) {
            INFO(name.name << " " << more);
            SchedulerConfig c = config(more, std::string(name.name).c_str());
            c.prediction = Prediction::sample;
            for (const std::size_t start : {0, 2}) {
                const auto sampler = make_sampler(c, {.steps = 8});
                const auto first =
                    start * static_cast<std::size_t>(sampler->evaluations_per_step());
                Values x = sampler->noised(first, clean, noise);
                for (std::size_t i = first; i < sampler->timesteps().size(); ++i) {
                    Values output = clean;
                    if (flow)  // its network gives the direction from data to noise
                        for (std::size_t k = 0; k < x.size(); ++k)
                            output[k] = (x[k] - clean[k]) / sampler->sigmas()[i];
                    x = sampler->step(i, output, x, [&] { return noise; });
                }
                // Methods that end at the schedule's first timestep keep its little noise: sqrt(1 - alpha) = 0.029, here times 2,
                // and half as much again where earlier steps are extrapolated.
                for (std::size_t k = 0; k < x.size(); ++k)
                    CHECK_THAT(x[k], WithinAbs(clean[k], 0.09));
            }
        }
    }
}

TEST_CASE("A chosen sampler keeps what training fixed and takes its own method") {
    const auto euler = config(
        "\"timestep_spacing\": \"leading\", \"steps_offset\": 1, \"prediction_type\": "
        "\"v_prediction\"",
        "euler");
    CHECK(euler.class_name == "EulerDiscreteScheduler");
    CHECK(euler.spacing == Spacing::linspace);
    CHECK(euler.beta_schedule == "scaled_linear");
    CHECK(euler.steps_offset == 1);
    CHECK(euler.prediction == Prediction::velocity);
    CHECK(!config("", "ddim").clip);  // made for pixels
    CHECK(config("\"timestep_spacing\": \"trailing\"", "pndm").spacing == Spacing::trailing);
    CHECK(config("", "DPM++ 2M Karras").curve == SigmaCurve::karras);
    CHECK(config("", "dpmpp_2m_sde").algorithm == "sde-dpmsolver++");
    CHECK(config("", "UniPCMultistepScheduler").solver_type == "bh2");
}

TEST_CASE("Published files say -Infinity and null") {
    const auto c = read_scheduler_config(
        R"({"_class_name": "DPMSolverMultistepScheduler", "lambda_min_clipped": -Infinity, "trained_betas": null, "note": "a \"NaN\" in a text"})");
    CHECK(c.lambda_min_clipped == -std::numeric_limits<double>::infinity());
    CHECK(c.trained_betas.empty());
}

TEST_CASE("What cannot be is refused with the key and what it may say") {
    CHECK_THAT(error_of("{"), ContainsSubstring("not JSON"));
    CHECK_THAT(error_of("[]"), ContainsSubstring("not a JSON object"));
    CHECK_THAT(error_of("{}"), ContainsSubstring("_class_name"));
    CHECK_THAT(error_of(R"({"_class_name": "KarrasVeScheduler"})"),
               ContainsSubstring("KarrasVeScheduler"));
    CHECK_THAT(error_of(R"({"_class_name": "DDIMScheduler", "beta_start": "low"})"),
               ContainsSubstring("beta_start"));
    CHECK_THAT(error_of(R"({"_class_name": "DDIMScheduler", "beta_end": 2})"),
               ContainsSubstring("beta_end"));
    CHECK_THAT(error_of(R"({"_class_name": "DDIMScheduler", "beta_schedule": "quadratic"})"),
               ContainsSubstring("squaredcos_cap_v2"));
    CHECK_THAT(error_of(R"({"_class_name": "DDIMScheduler", "prediction_type": "noise"})"),
               ContainsSubstring("v_prediction"));
    CHECK_THAT(error_of(R"({"_class_name": "DDIMScheduler", "trained_betas": [0.1, 0.2]})"),
               ContainsSubstring("trained_betas"));
    CHECK_THAT(error_of(R"({"_class_name": "DDIMScheduler", "num_train_timesteps": 1e300})"),
               ContainsSubstring("num_train_timesteps"));
    CHECK_THAT(error_of(R"({"_class_name": "DDIMScheduler", "rescale_betas_zero_snr": true})"),
               ContainsSubstring("v_prediction"));
    CHECK_THAT(error_of(R"({"_class_name": "DDPMScheduler", "variance_type": "learned_range"})"),
               ContainsSubstring("learned_range"));
    CHECK_THAT(
        error_of(
            R"({"_class_name": "EulerDiscreteScheduler", "use_karras_sigmas": true, "use_beta_sigmas": true})"),
        ContainsSubstring("only one"));
    CHECK_THAT(
        error_of(
            R"({"_class_name": "DPMSolverMultistepScheduler", "algorithm_type": "dpmsolver"})"),
        ContainsSubstring("sigma_min"));
    CHECK_THAT(error_of(R"({"_class_name": "DPMSolverMultistepScheduler", "solver_order": 4})"),
               ContainsSubstring("solver_order"));
    CHECK_THAT(error_of(R"({"_class_name": "PNDMScheduler"})", "", 3),
               ContainsSubstring("at least 4"));
    CHECK_THAT(error_of(R"({"_class_name": "LCMScheduler"})", "", 51), ContainsSubstring("50"));
    CHECK_THAT(error_of(R"({"_class_name": "DDIMScheduler"})", "", 1001),
               ContainsSubstring("1000"));
    CHECK_THAT(error_of(R"({"_class_name": "DDIMScheduler"})", "", 0),
               ContainsSubstring("0 steps"));
    CHECK_THAT(error_of(R"({"_class_name": "DDIMScheduler"})", "eulr"),
               ContainsSubstring("euler_a"));
}

TEST_CASE("Quantiles of the beta distribution") {
    // Symmetric about 1/2; for shape 1/2 the arcsine law sin^2(pi p / 2), for 1 the uniform one.
    CHECK_THAT(beta_quantile(0.25, 0.5), WithinAbs(0.14644660940672624, 1e-14));
    CHECK_THAT(beta_quantile(0.3, 1), WithinAbs(0.3, 1e-14));
    CHECK_THAT(beta_quantile(0.9, 0.6) + beta_quantile(0.1, 0.6), WithinAbs(1, 1e-14));
    CHECK(beta_quantile(0, 0.6) == 0);
    CHECK(beta_quantile(1, 0.6) == 1);
}
