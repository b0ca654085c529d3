// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace hekla::host {

/// An 8-bit picture: rows from the top, pixels from the left, channels side by side,
/// pixels: [height, width, channels].
struct Image {
    std::size_t width = 0, height = 0;
    std::size_t channels = 3;  ///< 1 gray, 2 gray and alpha, 3 RGB, 4 RGB and alpha
    std::vector<std::uint8_t> pixels;

    /// All bytes `value`.
    static Image filled(std::size_t width, std::size_t height, std::size_t channels,
                        std::uint8_t value);

    bool has_alpha() const { return channels == 2 || channels == 4; }
    bool is_gray() const { return channels < 3; }
    std::size_t size_bytes() const { return width * height * channels; }
    std::uint8_t* pixel(std::size_t x, std::size_t y) {
        return pixels.data() + (y * width + x) * channels;
    }
    const std::uint8_t* pixel(std::size_t x, std::size_t y) const {
        return pixels.data() + (y * width + x) * channels;
    }
    /// "640x480"
    std::string size_text() const;

    bool operator==(const Image&) const = default;
};

/// Gray to RGB by repeating; RGB to gray by the luma of ITU-R BT.601 (0.299, 0.587, 0.114). Alpha goes
/// along.
Image to_rgb(const Image& image);
Image to_gray(const Image& image);

/// The colours without alpha, as they are stored (not premultiplied).
Image without_alpha(const Image& image);
/// The alpha channel as a gray picture; fully opaque where there is none.
Image alpha_of(const Image& image);
/// `color` without alpha, `alpha` gray, of equal size.
Image with_alpha(const Image& color, const Image& alpha);

/// The part of `width` x `height` whose left upper corner is at (x, y); it must lie within.
Image crop(const Image& image, std::size_t x, std::size_t y, std::size_t width, std::size_t height);

/// Each pixel `times` by `times`: for small pictures that are to be looked at.
Image enlarged(const Image& image, std::size_t times);

/// To another size. Downwards each new pixel is the mean of the area it covers, upwards the values
/// are interpolated linearly between pixel centres.
Image resized(const Image& image, std::size_t width, std::size_t height);

}  // namespace hekla::host
