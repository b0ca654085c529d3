// SPDX-License-Identifier: MIT
#include "draw.hpp"

#include <algorithm>
#include <stdexcept>

#include "autoencoder.hpp"
#include "files.hpp"
#include "picture_inputs.hpp"
#include "preview.hpp"
#include "progress.hpp"
#include "prompt_ids.hpp"

namespace hekla::diffusion {
namespace {

std::string mode_of(const Request& r, const host::Tensors& given) {
    if (!r.mode.empty()) return r.mode;
    if (!r.mask.empty()) return "inpaint";
    if (!r.image.empty()) return "image";
    // A file of inputs may hold more than one run needs: what it begins with decides, and --strength asks for a picture.
    if (given.contains("latents"))
        return r.strength >= 0 && given.contains("image") ? "image" : "text";
    if (given.contains("mask")) return "inpaint";
    return given.contains("image") ? "image" : "text";
}

/// Height and width in pixels.
std::pair<std::int64_t, std::int64_t> size_of(const Request& r, const PipelineFolder& pipeline,
                                              const PictureInputs& pictures,
                                              const host::Tensors& given) {
    const std::int64_t scale = pixels_per_place(pipeline.vae);
    auto size = pipeline.trained_size();
    if (pictures.picture)
        size = {pictures.picture->height(), pictures.picture->width()};
    else if (const auto at = given.find("latents");
             at != given.end() && at->second.shape.size() == 4)
        size = {at->second.shape[2] * scale, at->second.shape[3] * scale};
    else if (r.height > 0)
        size = {r.height, r.width};
    const std::int64_t unit = std::max<std::int64_t>(scale, 8);
    const auto [height, width] = size;
    if (height < unit || width < unit || height % unit != 0 || width % unit != 0)
        throw std::runtime_error(
            "pictures of " + std::to_string(width) + "x" + std::to_string(height) +
            " pixels cannot be drawn: width and height must be multiples of " +
            std::to_string(unit) + ", such as --size " +
            std::to_string(std::max(width / unit, std::int64_t{1}) * unit) + "x" +
            std::to_string(std::max(height / unit, std::int64_t{1}) * unit));
    return size;
}

std::unique_ptr<Sampler> open_sampler(const Request& r, const SchedulerConfig& config,
                                      std::int64_t images) {
    return make_sampler(
        config, {.steps = r.steps, .eta = r.eta, .images = static_cast<std::size_t>(images)});
}

/// What the pictures given become: where the run starts, and what the network is shown beside the sample.
struct Start {
    Field sample;
    DenoiseRun run;
    std::vector<float> beside;
};

Start start_from_pictures(const Request& r, const PipelineFolder& pipeline,
                          const PictureInputs& pictures, const Sampler& sampler,
                          Autoencoder& autoencoder, const Shape& shape, Noise& noise,
                          host::Tensors& record) {
    const double strength = r.strength >= 0 ? r.strength : pictures.mask ? 1 : 0.8;
    const int taken = std::min(static_cast<int>(r.steps * strength), r.steps);
    if (taken < 1)
        throw std::runtime_error("of " + std::to_string(r.steps) +
                                 " steps none is left at a strength of " +
                                 std::to_string(strength) + ": take more of either");
    Start out;
    out.run.first = static_cast<std::size_t>((r.steps - taken) * sampler.evaluations_per_step());
    const Field picture = repeated(*pictures.picture, shape[0]);
    const std::optional<Field> mask =
        pictures.mask ? std::optional(repeated(*pictures.mask, shape[0])) : std::nullopt;
    const bool all_new = pictures.mask && strength >= 1, shows_picture = pipeline.inpaints();

    std::optional<Field> latent;
    if (!all_new || !shows_picture) {
        latent = autoencoder.encode(picture, noise.draw("posterior_noise"));
        record["init_latents"] = host::make_tensor(shape, floats(latent->values));
    }
    const Values fresh = noise.draw("noise");
    out.sample = {shape, all_new ? combine({{sampler.initial_noise(), fresh}})
                                 : sampler.noised(out.run.first, latent->values, fresh)};
    if (!mask) return out;
    const Field small = shrunk_mask(*mask, shape[2], shape[3]);
    record["mask_latent"] = host::make_tensor(small.shape, floats(small.values));
    if (!shows_picture) {
        out.run.kept = KeptPart{*latent, fresh, small};
        return out;
    }
    const Field seen = autoencoder.encode(masked(picture, *mask), noise.draw("posterior_noise"));
    const std::size_t place = elements({shape[2], shape[3]}),
                      image = elements(seen.shape) / static_cast<std::size_t>(shape[0]);
    for (std::size_t n = 0; n < static_cast<std::size_t>(shape[0]); ++n) {
        for (std::size_t k = 0; k < place; ++k)
            out.beside.push_back(static_cast<float>(small.values[n * place + k]));
        for (std::size_t k = 0; k < image; ++k)
            out.beside.push_back(static_cast<float>(seen.values[n * image + k]));
    }
    return out;
}

void record_run(const Denoised& done, const Sampler& sampler, const DenoiseRun& run,
                host::Tensors& record) {
    const Shape& shape = done.latent.shape;
    std::vector<float> trail,
        timesteps(sampler.timesteps().begin() + static_cast<std::ptrdiff_t>(run.first),
                  sampler.timesteps().end());
    for (const Values& sample : done.trail) trail.insert(trail.end(), sample.begin(), sample.end());
    Shape stacked = shape;
    stacked.insert(stacked.begin(), std::ssize(done.trail));
    record["timesteps"] = host::make_tensor({std::ssize(timesteps)}, timesteps);
    record["latents"] = host::make_tensor(stacked, trail);
    record["guided_noise0"] = host::make_tensor(shape, floats(done.first_prediction));
}

}  // namespace

Drawn draw(host::Session& session, const host::RunOptions& options, const Request& r) {
    // All that can be wrong before a model is loaded.
    const PipelineFolder pipeline = read_pipeline(r.model);
    const host::Tensors given = r.inputs.empty() ? host::Tensors{} : host::read_tensors(r.inputs);
    Drawn out;
    out.mode = mode_of(r, given);
    PictureInputs pictures;
    if (out.mode != "text") {
        pictures = read_pictures({r.image, r.mask, r.height, r.width}, given);
        if (!pictures.picture)
            throw std::runtime_error("there is no picture to begin with: --image is missing");
        if (out.mode == "image") pictures.mask.reset();
        if (out.mode == "inpaint" && !pictures.mask)
            throw std::runtime_error("what is to be painted anew is not said: --mask is missing");
    }
    if (pipeline.inpaints() && !pictures.mask)
        throw std::runtime_error(r.model +
                                 " is a pipeline for inpainting: give --image and --mask");
    const auto [height, width] = size_of(r, pipeline, pictures, given);
    const SchedulerConfig config = read_scheduler_config(
        host::read_file(
            r.scheduler_config.empty() ? pipeline.scheduler_config.string() : r.scheduler_config,
            1 << 20),
        r.sampler,
        r.scheduler_config.empty() ? pipeline.scheduler_config.string() : r.scheduler_config);
    out.sampler = config.class_name;
    const Prompts prompts = prompt_ids(pipeline, r.prompts, r.negative, given);
    const std::int64_t wanted = prompts.wanted[0].count, count = wanted * r.batch;
    const auto sampler = open_sampler(r, config, count);
    Autoencoder autoencoder(session, options, pipeline.vae, r.vae_tile);
    std::optional<Preview> preview;
    if (r.preview_every > 0) preview.emplace(session, options, r.preview_every, r.preview, r.taesd);

    // Text.
    const bool guided = r.guidance > 1;
    const bool from_avoided = guided && !prompts.avoided.empty();
    const TextCondition text = encode_prompts(
        session, pipeline, from_avoided ? joined(prompts.wanted, prompts.avoided) : prompts.wanted);
    Condition condition{text.spread(0, wanted, count), {}, r.guidance, height, width, {}};
    if (from_avoided)
        condition.avoided = text.spread(wanted, prompts.avoided[0].count, count);
    else if (guided)
        condition.avoided = condition.wanted.nothing();
    const Shape states{count, text.places, text.width};
    out.record["text_cond"] = host::make_tensor(states, condition.wanted.text);
    if (guided) out.record["text_uncond"] = host::make_tensor(states, condition.avoided.text);

    // Where to start.
    const std::int64_t scale = pixels_per_place(pipeline.vae);
    const Shape shape{count, pipeline.latent_channels(), height / scale, width / scale};
    Noise noise(r.seed, shape, given);
    Start start;
    if (pictures.picture) {
        start = start_from_pictures(r, pipeline, pictures, *sampler, autoencoder, shape, noise,
                                    out.record);
        autoencoder.release();
    } else {
        start.sample = {shape, combine({{sampler->initial_noise(), noise.draw("latents")}})};
    }
    condition.beside = std::move(start.beside);
    start.run.record = r.record;
    start.run.prediction = config.prediction;

    // Steps. The UNet is gone before the pictures are decoded.
    Field latent;
    {
        Denoiser denoiser(session, pipeline, std::move(condition), shape);
        host::Progress progress("drawing", sampler->timesteps().size() - start.run.first,
                                options.quiet);
        start.run.watch = [&](std::size_t done, std::size_t total, const Field& clean) {
            progress.show(done);
            if (preview) preview->show(clean, done, total);
        };
        const Denoised done =
            denoise(*sampler, denoiser, noise, std::move(start.sample), start.run);
        if (r.record) record_run(done, *sampler, start.run, out.record);
        latent = done.latent;
    }
    preview.reset();
    out.pictures = autoencoder.decode(latent);
    if (r.record) {
        std::vector<float> values = floats(out.pictures.values);
        out.record["decoded"] = host::make_tensor(out.pictures.shape, values);
        for (float& x : values) x = std::clamp(x / 2 + 0.5f, 0.0f, 1.0f);
        out.record["image"] = host::make_tensor(out.pictures.shape, values);
    }
    return out;
}

}  // namespace hekla::diffusion
