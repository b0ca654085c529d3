// SPDX-License-Identifier: MIT
#include "image.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace hekla::host {
namespace {

/// The share that each old place has in a new one, along one axis: weights[i] belongs to first + i.
struct Share {
    std::size_t first = 0;
    std::vector<double> weights;
};

/// Triangles as wide as the larger of the two grids' steps: linear interpolation upwards, a weighted mean downwards.
std::vector<Share> shares(std::size_t from, std::size_t to) {
    const double step = static_cast<double>(from) / static_cast<double>(to);
    const double reach = std::max(step, 1.0);
    std::vector<Share> out(to);
    for (std::size_t i = 0; i < to; ++i) {
        const double centre = (static_cast<double>(i) + 0.5) * step - 0.5;
        const double last = static_cast<double>(from - 1);
        const auto low = static_cast<std::size_t>(std::clamp(std::ceil(centre - reach), 0.0, last));
        const auto high =
            static_cast<std::size_t>(std::clamp(std::floor(centre + reach), 0.0, last));
        double sum = 0;
        out[i].first = low;
        for (std::size_t j = low; j <= high; ++j) {
            // Beyond the border the outermost pixel goes on, so that near it weight is never lost.
            const double weight =
                std::max(1.0 - std::abs(static_cast<double>(j) - centre) / reach, 0.0);
            out[i].weights.push_back(weight);
            sum += weight;
        }
        for (double& weight : out[i].weights) weight /= sum;
    }
    return out;
}

template <typename PerPixel>
Image converted(const Image& image, std::size_t channels, PerPixel&& per_pixel) {
    Image out = Image::filled(image.width, image.height, channels, 0);
    for (std::size_t i = 0; i < image.width * image.height; ++i)
        per_pixel(image.pixels.data() + i * image.channels, out.pixels.data() + i * channels);
    return out;
}

}  // namespace

Image Image::filled(std::size_t width, std::size_t height, std::size_t channels,
                    std::uint8_t value) {
    Image out;
    out.width = width;
    out.height = height;
    out.channels = channels;
    out.pixels.assign(width * height * channels, value);
    return out;
}

std::string Image::size_text() const {
    return std::to_string(width) + "x" + std::to_string(height);
}

Image to_rgb(const Image& image) {
    if (!image.is_gray()) return image;
    return converted(image, image.channels + 2, [&](const std::uint8_t* in, std::uint8_t* out) {
        out[0] = out[1] = out[2] = in[0];
        if (image.has_alpha()) out[3] = in[1];
    });
}

Image to_gray(const Image& image) {
    if (image.is_gray()) return image;
    return converted(image, image.channels - 2, [&](const std::uint8_t* in, std::uint8_t* out) {
        out[0] = static_cast<std::uint8_t>((299 * in[0] + 587 * in[1] + 114 * in[2] + 500) / 1000);
        if (image.has_alpha()) out[1] = in[3];
    });
}

Image without_alpha(const Image& image) {
    if (!image.has_alpha()) return image;
    const std::size_t channels = image.channels - 1;
    return converted(image, channels, [&](const std::uint8_t* in, std::uint8_t* out) {
        std::copy_n(in, channels, out);
    });
}

Image alpha_of(const Image& image) {
    if (!image.has_alpha()) return Image::filled(image.width, image.height, 1, 255);
    return converted(image, 1, [&](const std::uint8_t* in, std::uint8_t* out) {
        out[0] = in[image.channels - 1];
    });
}

Image with_alpha(const Image& color, const Image& alpha) {
    if (color.has_alpha() || alpha.channels != 1 || color.width != alpha.width ||
        color.height != alpha.height)
        throw std::logic_error("colours and alpha do not fit together");
    Image out = Image::filled(color.width, color.height, color.channels + 1, 0);
    for (std::size_t i = 0; i < color.width * color.height; ++i) {
        std::copy_n(color.pixels.data() + i * color.channels, color.channels,
                    out.pixels.data() + i * out.channels);
        out.pixels[i * out.channels + color.channels] = alpha.pixels[i];
    }
    return out;
}

Image crop(const Image& image, std::size_t x, std::size_t y, std::size_t width,
           std::size_t height) {
    if (x + width > image.width || y + height > image.height)
        throw std::logic_error("a part of " + std::to_string(width) + "x" + std::to_string(height) +
                               " leaves the picture of " + image.size_text());
    Image out = Image::filled(width, height, image.channels, 0);
    for (std::size_t row = 0; row < height; ++row)
        std::copy_n(image.pixel(x, y + row), width * image.channels, out.pixel(0, row));
    return out;
}

Image enlarged(const Image& image, std::size_t times) {
    Image out = Image::filled(image.width * times, image.height * times, image.channels, 0);
    for (std::size_t y = 0; y < out.height; ++y)
        for (std::size_t x = 0; x < out.width; ++x)
            std::copy_n(image.pixel(x / times, y / times), image.channels, out.pixel(x, y));
    return out;
}

Image resized(const Image& image, std::size_t width, std::size_t height) {
    if (width == 0 || height == 0 || image.width == 0 || image.height == 0)
        throw std::logic_error("a picture of no size");
    const auto across = shares(image.width, width), down = shares(image.height, height);
    Image out = Image::filled(width, height, image.channels, 0);
    std::vector<double> row(image.width * image.channels);  // a new row at the old width
    for (std::size_t y = 0; y < height; ++y) {
        std::fill(row.begin(), row.end(), 0.0);
        for (std::size_t j = 0; j < down[y].weights.size(); ++j) {
            const std::uint8_t* from = image.pixel(0, down[y].first + j);
            for (std::size_t i = 0; i < row.size(); ++i) row[i] += down[y].weights[j] * from[i];
        }
        for (std::size_t x = 0; x < width; ++x)
            for (std::size_t c = 0; c < image.channels; ++c) {
                double sum = 0;
                for (std::size_t j = 0; j < across[x].weights.size(); ++j)
                    sum += across[x].weights[j] * row[(across[x].first + j) * image.channels + c];
                out.pixel(x, y)[c] =
                    static_cast<std::uint8_t>(std::lround(std::clamp(sum, 0.0, 255.0)));
            }
    }
    return out;
}

}  // namespace hekla::host
