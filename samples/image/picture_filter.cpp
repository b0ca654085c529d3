// SPDX-License-Identifier: MIT
#include "picture_filter.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <stdexcept>
#include <vector>

#include "budget.hpp"
#include "random.hpp"

namespace hekla::image {

using host::Pictures;

PictureFilter::PictureFilter(host::Session& session, const host::ModelChoice& choice)
    : session_(session), model_(session.load(choice)), ports_(model_) {
    ports_.allow_inputs({"image"});
    const host::Port& in = ports_.require_input({"image"});
    const host::Port& out = ports_.require_output({"upscaled", "styled"});
    output_ = out.name;
    upscales_ = output_ == "upscaled";
    const auto refuse = [&] {
        throw std::runtime_error("the graph `" + model_.name() + "` makes " + out.text() + " of " +
                                 in.text() +
                                 "; expected are [B, C, k*H, k*W] of [B, C, H, W], C 1 or 3");
    };
    if (in.shape.size() != 4 || out.shape.size() != 4 || in.shape[2].number || in.shape[3].number)
        refuse();
    batch_dim_ = in.shape[0].text;
    height_dim_ = in.shape[2].text;
    width_dim_ = in.shape[3].text;
    channels_ = in.shape[1].number.value_or(0);
    const auto tall = out.shape[2].growth(height_dim_), wide = out.shape[3].growth(width_dim_);
    if (!tall || !wide || tall->times != wide->times || (channels_ != 1 && channels_ != 3) ||
        out.shape[1].number.value_or(0) != channels_)
        refuse();
    scale_ = tall->times;
    for (const std::int64_t multiple :
         {tall->multiple, wide->multiple, ports_.dim_multiple(height_dim_),
          ports_.dim_multiple(width_dim_)})
        multiple_ = std::lcm(multiple_, multiple);
    const std::int64_t limits[] = {ports_.dim_max(height_dim_), ports_.dim_max(width_dim_)};
    for (const std::int64_t limit : limits)
        if (limit > 0) longest_ = longest_ > 0 ? std::min(longest_, limit) : limit;
    context_.emplace(model_);
}

hekla_memory_report PictureFilter::memory(std::int64_t height, std::int64_t width) const {
    const hekla_dim_value dims[] = {
        {batch_dim_.c_str(), 1}, {height_dim_.c_str(), height}, {width_dim_.c_str(), width}};
    return model_.memory(dims);
}

bool PictureFilter::fits(std::int64_t height, std::int64_t width) const {
    if (longest_ > 0 && std::max(height, width) > longest_) return false;
    const hekla_dim_value dims[] = {
        {batch_dim_.c_str(), 1}, {height_dim_.c_str(), height}, {width_dim_.c_str(), width}};
    return host::fits(model_, dims, session_.options());
}

Pictures PictureFilter::run(const Pictures& image) {
    const auto shape = image.shape();
    host::set_input(*context_, "image", image.values, shape);
    const char* outputs[] = {output_.c_str()};
    context_->run(outputs);
    const Tensor tensor = context_->read(output_.c_str());
    const std::int64_t expected[] = {1, channels_, scale_ * image.height, scale_ * image.width};
    host::require_shape(tensor, expected, "`" + output_ + "`");
    Pictures out{expected[0], expected[1], expected[2], expected[3], {}};
    out.values.assign(tensor.as<float>().begin(), tensor.as<float>().end());
    return out;
}

std::optional<std::int64_t> PictureFilter::measure_reach(host::ValueRange range) {
    if (!measured_) reach_ = find_reach(range);
    measured_ = true;
    return reach_;
}

std::optional<std::int64_t> PictureFilter::find_reach(host::ValueRange range) {
    constexpr std::int64_t least_height = 16, longest_measured = 512;
    const auto up = [&](std::int64_t size) {
        return (size + multiple_ - 1) / multiple_ * multiple_;
    };
    const std::int64_t height = up(least_height);
    for (std::int64_t width = up(32); width <= longest_measured; width *= 2) {
        if (!fits(height, 2 * width)) return {};
        Pictures whole{1, channels_, height, 2 * width, {}};
        host::Random random(1);
        for (std::int64_t i = 0; i < channels_ * height * 2 * width; ++i)
            whole.values.push_back(range.black + static_cast<float>(random.fraction()) *
                                                     (range.white - range.black));
        const Pictures right =
            host::part_of(run(whole), scale_ * width, 0, scale_ * width, scale_ * height);
        const Pictures alone = run(host::part_of(whole, width, 0, width, height));
        const float threshold = 1e-5f * std::abs(range.white - range.black);
        std::int64_t reach = 0;  // in output pixels
        for (std::size_t i = 0; i < right.values.size(); ++i)
            if (!(std::abs(right.values[i] - alone.values[i]) <= threshold))
                reach = std::max(reach, static_cast<std::int64_t>(i) % right.width + 1);
        const std::int64_t pixels = up((reach + scale_ - 1) / scale_);
        if (2 * pixels <= width) return pixels;
    }
    return {};
}

}  // namespace hekla::image
