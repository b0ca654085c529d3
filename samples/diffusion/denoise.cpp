// SPDX-License-Identifier: MIT
#include "denoise.hpp"

#include "samplers/predicted.hpp"

namespace hekla::diffusion {
namespace {

void put_back(const KeptPart& kept, const Values& around, Field& sample) {
    for (std::int64_t n = 0; n < sample.count(); ++n)
        for (std::int64_t c = 0; c < sample.channels(); ++c)
            for (std::int64_t y = 0; y < sample.height(); ++y) {
                double* row = sample.row(n, c, y);
                const double* mask = kept.mask.row(n, 0, y);
                const double* kept_row = around.data() + (row - sample.values.data());
                for (std::int64_t x = 0; x < sample.width(); ++x)
                    row[x] = mask[x] * row[x] + (1 - mask[x]) * kept_row[x];
            }
}

/// The clean latent in a network's input, by how the sampler mixes signal and noise there.
Field seen_clean(const Sampler& sampler, std::size_t i, Prediction prediction, const Values& input,
                 const Values& output, const Shape& shape) {
    const double signal = sampler.scaled(i, sampler.noised(i, {1}, {0}))[0];
    const double spread = sampler.scaled(i, sampler.noised(i, {0}, {1}))[0];
    return {shape, predicted_clean(prediction, signal, spread, input, output)};
}

}  // namespace

Denoised denoise(Sampler& sampler, Denoiser& denoiser, Noise& noise, Field start,
                 const DenoiseRun& run) {
    Denoised out;
    Field& sample = out.latent = std::move(start);
    if (run.record) out.trail.push_back(sample.values);
    const std::size_t count = sampler.timesteps().size();
    for (std::size_t i = run.first; i < count; ++i) {
        const Values input = sampler.scaled(i, sample.values);
        const Values output = denoiser.predict(input, sampler.timesteps()[i]);
        if (run.record && i == run.first) out.first_prediction = output;
        sample.values =
            sampler.step(i, output, sample.values, [&] { return noise.draw_next("step_noise"); });
        if (run.kept)
            put_back(*run.kept,
                     i + 1 < count
                         ? sampler.noised(i + 1, run.kept->picture.values, run.kept->noise)
                         : run.kept->picture.values,
                     sample);
        if (run.record) out.trail.push_back(sample.values);
        if (run.watch)
            run.watch(i + 1 - run.first, count - run.first,
                      seen_clean(sampler, i, run.prediction, input, output, sample.shape));
    }
    return out;
}

}  // namespace hekla::diffusion
