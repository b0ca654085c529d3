// SPDX-License-Identifier: MIT
#include "encoder.hpp"

#include <algorithm>
#include <numeric>
#include <stdexcept>

namespace hekla::vae {

using host::Image;

namespace {

host::ModelChoice entry_of(host::ModelChoice choice, const char* entry) {
    choice.entry = entry;
    return choice;
}

/// The largest part of the same proportions as width to height, from the middle.
Image middle(const Image& image, std::size_t width, std::size_t height) {
    const std::size_t wide = std::max<std::size_t>(image.height * width / height, 1);
    const std::size_t tall = std::max<std::size_t>(image.width * height / width, 1);
    const std::size_t w = std::min(wide, image.width), h = std::min(tall, image.height);
    return crop(image, (image.width - w) / 2, (image.height - h) / 2, w, h);
}

}  // namespace

Encoder::Encoder(host::Session& session, host::ModelChoice choice, std::int64_t pixels_each)
    : session_(session),
      model_(session.load(entry_of(std::move(choice), "encode"))),
      ports_(model_) {
    ports_.allow_inputs({"image"});
    const host::Port& in = ports_.require_input({"image"});
    output_ = ports_.require_output({"mu", "mean", "latent"}).name;
    if (in.shape.size() != 4 || !in.shape[1].number ||
        (*in.shape[1].number != 1 && *in.shape[1].number != 3) ||
        in.shape[2].number.has_value() != in.shape[3].number.has_value())
        throw std::runtime_error("the graph `" + model_.name() + "` encodes " + in.text() +
                                 "; expected are pictures [B, C, H, W], C 1 or 3");
    channels_ = *in.shape[1].number;
    height_ = in.shape[2].number.value_or(0);
    width_ = in.shape[3].number.value_or(0);
    batch_dim_ = in.shape[0].text;
    height_dim_ = in.shape[2].text;
    width_dim_ = in.shape[3].text;
    if (height_ == 0) {
        height_multiple_ = std::lcm(ports_.dim_multiple(height_dim_), pixels_each);
        width_multiple_ = std::lcm(ports_.dim_multiple(width_dim_), pixels_each);
    }
    context_.emplace(model_);
}

Image Encoder::prepared(const Image& image) const {
    const Image colours = without_alpha(channels_ == 1 ? to_gray(image) : to_rgb(image));
    if (height_ == 0) return colours;
    const auto width = static_cast<std::size_t>(width_), height = static_cast<std::size_t>(height_);
    if (colours.width == width && colours.height == height) return colours;
    return resized(middle(colours, width, height), width, height);
}

Encoded Encoder::encode(const Image& image, host::ValueRange range) {
    const host::Stopwatch watch;
    const auto up = [](std::int64_t size, std::int64_t multiple) {
        return (size + multiple - 1) / multiple * multiple;
    };
    host::Pictures tensor = to_tensor(image, range);
    tensor =
        reflected(tensor, up(tensor.height, height_multiple_), up(tensor.width, width_multiple_));
    std::vector<hekla_dim_value> dims = {{batch_dim_.c_str(), 1}};
    if (height_ == 0) {
        dims.push_back({height_dim_.c_str(), tensor.height});
        dims.push_back({width_dim_.c_str(), tensor.width});
    }
    session_.report().add_memory(model_.memory(dims), "encode");
    host::set_input(*context_, "image", tensor.values, tensor.shape());
    const char* outputs[] = {output_.c_str()};
    context_->run(outputs);
    const Tensor mean = context_->read(output_.c_str());
    Encoded out;
    out.latent.values.assign(mean.as<float>().begin(), mean.as<float>().end());
    out.sizes.assign(mean.shape.begin() + 1, mean.shape.end());
    session_.report().add_time("encode", watch.seconds());
    return out;
}

}  // namespace hekla::vae
