// SPDX-License-Identifier: MIT
#include "noise.hpp"

#include <stdexcept>

#include "picture_tensor.hpp"

namespace hekla::diffusion {

Noise::Noise(std::uint64_t seed, Shape shape, const host::Tensors& given)
    : shape_(std::move(shape)), given_(given) {
    for (std::int64_t i = 0; i < shape_[0]; ++i)
        streams_.emplace_back(seed, static_cast<std::uint64_t>(i));
}

Values Noise::draw(const std::string& purpose) {
    const auto at = given_.find(purpose);
    if (at == given_.end()) return seeded();
    host::require_shape(at->second, shape_, purpose);
    const auto values = at->second.as<float>();
    return {values.begin(), values.end()};
}

Values Noise::draw_next(const std::string& purpose) {
    const auto at = given_.find(purpose);
    if (at == given_.end()) return seeded();
    Shape list = shape_;
    list.insert(list.begin(), -1);
    host::require_shape(at->second, list, purpose);
    const std::size_t turn = drawn_[purpose]++, size = elements(shape_);
    const auto values = at->second.as<float>();
    if ((turn + 1) * size > values.size())
        throw std::runtime_error("`" + purpose + "` holds " + std::to_string(at->second.shape[0]) +
                                 " draws; the sampler asks for more");
    const auto part = values.subspan(turn * size, size);
    return {part.begin(), part.end()};
}

Values Noise::seeded() {
    Values out;
    std::vector<float> image(elements(shape_) / streams_.size());
    for (host::Random& stream : streams_) {
        stream.fill_normal(image);
        out.insert(out.end(), image.begin(), image.end());
    }
    return out;
}

}  // namespace hekla::diffusion
