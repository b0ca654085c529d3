// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

namespace hekla::image {

/// One window on one axis of a picture, in its pixels. The model sees [start, start + size); of what it gives, [from, to) is kept, fading in
/// over `fade_in` pixels to either side of `from`, and out over `fade_out` around `to`.
struct Window {
    std::int64_t start = 0, size = 0;
    std::int64_t from = 0, to = 0;
    std::int64_t fade_in = 0, fade_out = 0;

    /// Share of this window at pixel x, whose centre is x + 0.5. Those of all windows add up to 1 at every pixel.
    float weight(double centre) const;
    /// First pixel, and first past the last, of any weight.
    std::int64_t first() const { return from - fade_in; }
    std::int64_t last() const { return to + fade_out; }
};

/// How windows of one size cover a length.
///
/// All have the same size, so that the model is planned once: the last ends where the picture does. Neighbours overlap by 2 * overlap at
/// least and are cut in the middle of that, so what is kept lies `overlap` or more from where its window was cut out of the picture. `blend`:
/// around the cut one window fades into the next (over the overlap, or half a stride where that is less); otherwise the cut is sharp. Windows
/// start at multiples of what `length`, `size` and `overlap` are multiples of. Throws std::logic_error unless size > 2 * overlap or size >= length.
std::vector<Window> windows_over(std::int64_t length, std::int64_t size, std::int64_t overlap,
                                 bool blend);

}  // namespace hekla::image
