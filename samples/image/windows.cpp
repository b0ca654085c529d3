// SPDX-License-Identifier: MIT
#include "windows.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace hekla::image {

float Window::weight(double centre) const {
    const auto ramp = [](double distance, std::int64_t fade) {
        if (fade == 0) return distance > 0 ? 1.0 : 0.0;
        return std::clamp(0.5 + distance / (2.0 * static_cast<double>(fade)), 0.0, 1.0);
    };
    return static_cast<float>(std::min(ramp(centre - static_cast<double>(from), fade_in),
                                       ramp(static_cast<double>(to) - centre, fade_out)));
}

std::vector<Window> windows_over(std::int64_t length, std::int64_t size, std::int64_t overlap,
                                 bool blend) {
    if (size >= length) return {{0, length, 0, length}};
    const std::int64_t stride = size - 2 * overlap;
    if (overlap < 0 || stride <= 0)
        throw std::logic_error("windows of " + std::to_string(size) +
                               " pixels do not go on past an overlap of " +
                               std::to_string(overlap) + " on either side");
    std::vector<Window> out;
    for (std::int64_t start = 0;; start += stride) {
        start = std::min(start, length - size);
        Window window{start, size, 0, length};
        if (!out.empty()) {
            Window& before = out.back();
            const std::int64_t shared = before.start + size - start;
            window.from = before.to = start + shared / 2;
            // Cuts are half a stride apart at least (before the last window), so that fades never meet.
            if (blend) window.fade_in = before.fade_out = std::min(shared / 2, stride / 4);
        }
        out.push_back(window);
        if (start == length - size) return out;
    }
}

}  // namespace hekla::image
