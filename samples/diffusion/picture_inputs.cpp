// SPDX-License-Identifier: MIT
#include "picture_inputs.hpp"

#include <stdexcept>

#include "picture_tensor.hpp"
#include "png.hpp"

namespace hekla::diffusion {
namespace {

Field from_picture(const host::Image& image, host::ValueRange range) {
    const host::Pictures pictures = host::to_tensor(image, range);
    return {pictures.shape(), Values(pictures.values.begin(), pictures.values.end())};
}

host::Image sized(const host::Image& image, const PictureSources& sources) {
    const auto height = static_cast<std::size_t>(sources.height),
               width = static_cast<std::size_t>(sources.width);
    if (height == 0 || (image.height == height && image.width == width)) return image;
    return host::resized(image, width, height);
}

std::optional<Field> from_tensor(const host::Tensors& given, const char* name,
                                 std::int64_t channels) {
    const auto at = given.find(name);
    if (at == given.end()) return std::nullopt;
    host::require_shape(at->second, Shape{-1, channels, -1, -1}, name);
    const auto values = at->second.as<float>();
    return Field{at->second.shape, Values(values.begin(), values.end())};
}

std::string size_text(std::int64_t height, std::int64_t width) {
    return std::to_string(width) + "x" + std::to_string(height);
}

}  // namespace

PictureInputs read_pictures(const PictureSources& sources, const host::Tensors& given) {
    const bool has_mask = !sources.mask.empty() || given.contains("mask");
    if (has_mask && sources.image.empty() && !given.contains("image"))
        throw std::runtime_error("a mask says what of a picture to paint anew: --image is missing");
    PictureInputs out{from_tensor(given, "image", 3), from_tensor(given, "mask", 1)};
    std::optional<host::Image> image, mask;
    if (!sources.image.empty())
        image = host::to_rgb(host::without_alpha(host::read_png(sources.image)));
    if (!sources.mask.empty())
        mask = host::to_gray(host::without_alpha(host::read_png(sources.mask)));
    if (image && mask && (image->width != mask->width || image->height != mask->height))
        throw std::runtime_error("the mask " + sources.mask + " is " + mask->size_text() +
                                 ", the picture " + sources.image + " is " + image->size_text() +
                                 ": both must have one size");
    if (image) out.picture = from_picture(sized(*image, sources), host::signed_range);
    if (mask) out.mask = from_picture(sized(*mask, sources), host::unit_range);
    if (!out.mask) return out;
    if (out.mask->height() != out.picture->height() || out.mask->width() != out.picture->width())
        throw std::runtime_error("the mask is " + size_text(out.mask->height(), out.mask->width()) +
                                 ", the picture is " +
                                 size_text(out.picture->height(), out.picture->width()) +
                                 ": both must have one size");
    for (double& x : out.mask->values) x = x >= 0.5 ? 1 : 0;
    return out;
}

Field repeated(const Field& field, std::int64_t count) {
    if (field.count() == count) return field;
    if (field.count() != 1)
        throw std::runtime_error(std::to_string(field.count()) + " pictures are given where 1 or " +
                                 std::to_string(count) + " are needed");
    Field out{field.shape, {}};
    out.shape[0] = count;
    for (std::int64_t i = 0; i < count; ++i)
        out.values.insert(out.values.end(), field.values.begin(), field.values.end());
    return out;
}

Field shrunk_mask(const Field& mask, std::int64_t height, std::int64_t width) {
    Field out = zeros({mask.count(), 1, height, width});
    for (std::int64_t n = 0; n < out.count(); ++n)
        for (std::int64_t y = 0; y < height; ++y)
            for (std::int64_t x = 0; x < width; ++x)
                out.row(n, 0, y)[x] =
                    mask.row(n, 0, y * mask.height() / height)[x * mask.width() / width];
    return out;
}

Field masked(const Field& picture, const Field& mask) {
    Field out = picture;
    for (std::int64_t n = 0; n < out.count(); ++n)
        for (std::int64_t c = 0; c < out.channels(); ++c)
            for (std::int64_t y = 0; y < out.height(); ++y)
                for (std::int64_t x = 0; x < out.width(); ++x)
                    if (mask.row(n, 0, y)[x] >= 0.5) out.row(n, c, y)[x] = 0;
    return out;
}

}  // namespace hekla::diffusion
