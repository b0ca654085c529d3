// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

#include "field.hpp"
#include "tensor_file.hpp"

namespace hekla::diffusion {

/// The picture a run begins with, and what of it may change.
struct PictureInputs {
    std::optional<Field> picture;  ///< [count, 3, h, w] in -1 .. 1
    std::optional<Field> mask;     ///< [count, 1, h, w]: 1 is painted anew, 0 is kept
};

/// Where they come from, and the size that is wanted.
struct PictureSources {
    std::string image, mask;             ///< PNG files; empty: not given
    std::int64_t height = 0, width = 0;  ///< that pictures are brought to; 0: as they are
};

/// Reads them from PNG files, or else from tensors named `image` and `mask`. Throws std::runtime_error: a mask of another size than the
/// picture, a mask without a picture.
PictureInputs read_pictures(const PictureSources& sources, const host::Tensors& given);

/// The same picture `count` times, if there is one.
Field repeated(const Field& field, std::int64_t count);

/// A mask at the size of a latent: each place takes the nearest pixel.
Field shrunk_mask(const Field& mask, std::int64_t height, std::int64_t width);

/// The picture with all that is to be painted anew in middle grey.
Field masked(const Field& picture, const Field& mask);

}  // namespace hekla::diffusion
