// SPDX-License-Identifier: MIT
#include "denoiser.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "model_dims.hpp"

namespace hekla::diffusion {
namespace {

void append(std::vector<float>& out, std::span<const float> more) {
    out.insert(out.end(), more.begin(), more.end());
}

/// The embedding of a guidance scale for models that were distilled with it (Meng et al. 2023, arXiv 2210.03142): sines, then cosines, of
/// 1000 (scale - 1) at falling frequencies.
std::vector<float> guidance_embedding(double scale, std::int64_t size) {
    std::vector<float> out(static_cast<std::size_t>(size));
    const std::int64_t half = size / 2;
    for (std::int64_t i = 0; i < half; ++i) {
        const double angle = 1000 * (scale - 1) *
                             std::exp(-std::log(10000.0) * static_cast<double>(i) /
                                      static_cast<double>(std::max<std::int64_t>(half - 1, 1)));
        out[static_cast<std::size_t>(i)] = static_cast<float>(std::sin(angle));
        out[static_cast<std::size_t>(half + i)] = static_cast<float>(std::cos(angle));
    }
    return out;
}

}  // namespace

Denoiser::Denoiser(host::Session& session, const PipelineFolder& pipeline, Condition condition,
                   Shape shape)
    : session_(session),
      condition_(std::move(condition)),
      shape_(std::move(shape)),
      model_(session.load({pipeline.unet.folder.string(), {}, {}})),
      ports_(model_),
      context_(model_) {
    ports_.allow_inputs({"sample", "time", "text", "pooled", "sizes", "guidance"});
    ports_.require_output({"noise"});
    const auto width = ports_.require_input({"text"}).shape.back().number;
    if (width && *width != condition_.wanted.width)
        throw std::runtime_error("the text encoder gives " +
                                 std::to_string(condition_.wanted.width) +
                                 " numbers a place, the UNet takes " + std::to_string(*width) +
                                 ": parts of different pipelines, or a config.json that is wrong");
    if (ports_.input("pooled") && condition_.wanted.pooled.empty())
        throw std::runtime_error(
            "the UNet takes a pooled text embedding, which a single text encoder "
            "does not give: the pipeline lacks `text_encoder_2`");
    // A distilled model is told the scale instead of being run twice.
    guided_ = condition_.guidance > 1 && !ports_.input("guidance");
    const std::int64_t most = ports_.dim_max("B");
    at_once_ = most > 0 ? std::max<std::int64_t>(most / (guided_ ? 2 : 1), 1) : shape_[0];
    at_once_ = std::min(at_once_, shape_[0]);
    const std::int64_t rows = at_once_ * (guided_ ? 2 : 1);
    const ModelDims dims(model_, {{"B", rows},
                                  {"LH", shape_[2]},
                                  {"LW", shape_[3]},
                                  {"L", condition_.wanted.places},
                                  {"K", 6}});
    session.report().add_memory(model_.memory(dims.values()));
}

void Denoiser::set_conditions(std::int64_t first, std::int64_t count) {
    if (set_ == first) return;
    set_ = first;
    std::vector<float> text, pooled, sizes, scale;
    std::int64_t rows = 0;
    const auto add = [&](const TextCondition& from) {
        for (std::int64_t i = first; i < first + count; ++i, ++rows) {
            append(text, from.text_of(i));
            append(pooled, from.pooled_of(i));
            const auto h = static_cast<float>(condition_.height),
                       w = static_cast<float>(condition_.width);
            append(sizes, std::vector{h, w, 0.0f, 0.0f, h, w});
        }
    };
    if (guided_) add(condition_.avoided);
    add(condition_.wanted);
    const auto& wanted = condition_.wanted;
    context_.set_input("text", text, {rows, wanted.places, wanted.width});
    if (ports_.input("pooled")) context_.set_input("pooled", pooled, {rows, wanted.pooled_width});
    if (ports_.input("sizes")) context_.set_input("sizes", sizes, {rows, 6});
    if (const host::Port* port = ports_.input("guidance")) {
        const std::int64_t size = port->elements_each();
        for (std::int64_t i = 0; i < rows; ++i)
            append(scale, guidance_embedding(condition_.guidance, size));
        context_.set_input("guidance", scale, {rows, size});
    }
}

Values Denoiser::predict_some(const Values& sample, double timestep, std::int64_t first,
                              std::int64_t count) {
    set_conditions(first, count);
    const std::size_t image = elements(shape_) / static_cast<std::size_t>(shape_[0]);
    const std::size_t extra = condition_.beside.size() / static_cast<std::size_t>(shape_[0]);
    const std::int64_t rows = count * (guided_ ? 2 : 1);
    std::vector<float> input;
    for (std::int64_t row = 0; row < rows; ++row) {
        const auto i = static_cast<std::size_t>(first + row % count);
        for (std::size_t k = 0; k < image; ++k)
            input.push_back(static_cast<float>(sample[i * image + k]));
        append(input, std::span(condition_.beside).subspan(i * extra, extra));
    }
    const auto place = static_cast<std::size_t>(shape_[2] * shape_[3]);
    context_.set_input(
        "sample", input,
        {rows, shape_[1] + static_cast<std::int64_t>(extra / place), shape_[2], shape_[3]});
    context_.set_input(
        "time", std::vector<float>(static_cast<std::size_t>(rows), static_cast<float>(timestep)),
        {rows});
    const char* outputs[] = {"noise"};
    context_.run(outputs);
    context_.read("noise", noise_);
    const auto got = noise_.as<float>();
    if (got.size() != image * static_cast<std::size_t>(rows))
        throw std::runtime_error(
            "the UNet's output has another size than the sample: its out_channels "
            "is not the vae's latent_channels");
    const std::size_t half = image * static_cast<std::size_t>(count);
    Values out(half);
    for (std::size_t k = 0; k < half; ++k)
        out[k] = guided_ ? got[k] + condition_.guidance * (double{got[half + k]} - got[k]) : got[k];
    for (const double x : out)
        if (!std::isfinite(x))
            throw std::runtime_error("the UNet gave a value that is not finite, at timestep " +
                                     std::to_string(timestep));
    return out;
}

Values Denoiser::predict(const Values& sample, double timestep) {
    const host::Stopwatch watch;
    Values out;
    for (std::int64_t first = 0; first < shape_[0]; first += at_once_) {
        const Values some =
            predict_some(sample, timestep, first, std::min(at_once_, shape_[0] - first));
        out.insert(out.end(), some.begin(), some.end());
    }
    session_.report().add_time("unet", watch.seconds());
    return out;
}

}  // namespace hekla::diffusion
