// SPDX-License-Identifier: MIT
#include "picture_tensor.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace hekla::host {
namespace {

std::string shape_text(std::span<const std::int64_t> shape) {
    std::string out = "[";
    for (const std::int64_t size : shape)
        out += (out.size() > 1 ? ", " : "") + (size < 0 ? "any" : std::to_string(size));
    return out + "]";
}

std::vector<Image> planes_to_images(std::span<const float> values, std::int64_t count,
                                    std::int64_t channels, std::int64_t height, std::int64_t width,
                                    ValueRange range) {
    if (channels != 1 && channels != 3)
        throw std::runtime_error("pictures have 1 or 3 channels; the model gave " +
                                 std::to_string(channels));
    const float scale = 255 / (range.white - range.black);
    const auto plane = static_cast<std::size_t>(height * width);
    std::vector<Image> out;
    for (std::int64_t n = 0; n < count; ++n) {
        Image image =
            Image::filled(static_cast<std::size_t>(width), static_cast<std::size_t>(height),
                          static_cast<std::size_t>(channels), 0);
        for (std::size_t c = 0; c < image.channels; ++c) {
            const auto from =
                values.subspan((static_cast<std::size_t>(n) * image.channels + c) * plane, plane);
            for (std::size_t i = 0; i < plane; ++i) {
                if (!std::isfinite(from[i]))
                    throw std::runtime_error("the model gave a value that is not finite: " +
                                             std::to_string(from[i]));
                const float byte = std::clamp((from[i] - range.black) * scale, 0.0f, 255.0f);
                image.pixels[i * image.channels + c] =
                    static_cast<std::uint8_t>(std::floor(byte + 0.5f));
            }
        }
        out.push_back(std::move(image));
    }
    return out;
}

}  // namespace

Pictures to_tensor(std::span<const Image> images, ValueRange range) {
    Pictures out;
    if (images.empty()) return out;
    out.count = static_cast<std::int64_t>(images.size());
    out.channels = static_cast<std::int64_t>(images[0].channels);
    out.height = static_cast<std::int64_t>(images[0].height);
    out.width = static_cast<std::int64_t>(images[0].width);
    const float scale = (range.white - range.black) / 255;
    out.values.reserve(images.size() * images[0].size_bytes());
    for (const Image& image : images) {
        if (image.channels != images[0].channels || image.width != images[0].width ||
            image.height != images[0].height)
            throw std::logic_error("pictures of one tensor have one size");
        for (std::size_t c = 0; c < image.channels; ++c)
            for (std::size_t i = 0; i < image.width * image.height; ++i)
                out.values.push_back(
                    range.black + scale * static_cast<float>(image.pixels[i * image.channels + c]));
    }
    return out;
}

Pictures to_tensor(const Image& image, ValueRange range) {
    return to_tensor(std::span(&image, 1), range);
}

std::vector<Image> to_images(const Tensor& tensor, ValueRange range) {
    const std::int64_t any[] = {-1, -1, -1, -1};
    require_shape(tensor, any, "the picture");
    return planes_to_images(tensor.as<float>(), tensor.shape[0], tensor.shape[1], tensor.shape[2],
                            tensor.shape[3], range);
}

std::vector<Image> to_images(const Pictures& pictures, ValueRange range) {
    return planes_to_images(pictures.values, pictures.count, pictures.channels, pictures.height,
                            pictures.width, range);
}

Pictures reflected(const Pictures& pictures, std::int64_t height, std::int64_t width) {
    if (height < pictures.height || width < pictures.width)
        throw std::logic_error("reflection makes pictures larger");
    const auto mirror = [](std::int64_t i, std::int64_t size) {
        if (size == 1) return std::int64_t{0};
        i %= 2 * size - 2;
        return i < size ? i : 2 * size - 2 - i;
    };
    Pictures out{pictures.count, pictures.channels, height, width, {}};
    out.values.reserve(static_cast<std::size_t>(out.count * out.channels * height * width));
    for (std::int64_t plane = 0; plane < out.count * out.channels; ++plane)
        for (std::int64_t y = 0; y < height; ++y) {
            const std::int64_t row = plane * pictures.height + mirror(y, pictures.height);
            for (std::int64_t x = 0; x < width; ++x)
                out.values.push_back(pictures.values[static_cast<std::size_t>(
                    row * pictures.width + mirror(x, pictures.width))]);
        }
    return out;
}

Pictures part_of(const Pictures& pictures, std::int64_t x, std::int64_t y, std::int64_t width,
                 std::int64_t height) {
    if (x < 0 || y < 0 || x + width > pictures.width || y + height > pictures.height)
        throw std::logic_error("a part leaves its picture");
    Pictures out{pictures.count, pictures.channels, height, width, {}};
    out.values.reserve(static_cast<std::size_t>(out.count * out.channels * height * width));
    for (std::int64_t plane = 0; plane < out.count * out.channels; ++plane)
        for (std::int64_t row = 0; row < height; ++row) {
            const auto from = pictures.values.begin() +
                              ((plane * pictures.height + y + row) * pictures.width + x);
            out.values.insert(out.values.end(), from, from + width);
        }
    return out;
}

void require_shape(const Tensor& tensor, std::span<const std::int64_t> shape,
                   const std::string& name) {
    bool good = tensor.dtype == HEKLA_F32 && tensor.shape.size() == shape.size();
    for (std::size_t i = 0; good && i < shape.size(); ++i)
        good = shape[i] < 0 || shape[i] == tensor.shape[i];
    if (!good)
        throw std::runtime_error(name + " is " +
                                 (tensor.dtype == HEKLA_F32 ? "" : "no f32 tensor but ") +
                                 shape_text(tensor.shape) + "; expected " + shape_text(shape));
}

void set_input(Context& context, const char* name, std::span<const float> values,
               std::span<const std::int64_t> shape) {
    context.set_input(name, HEKLA_F32, shape, std::as_bytes(values));
}

}  // namespace hekla::host
