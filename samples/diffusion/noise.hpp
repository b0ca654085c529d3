// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>
#include <vector>

#include "field.hpp"
#include "random.hpp"
#include "tensor_file.hpp"

namespace hekla::diffusion {

/// The standard normal numbers of a run, for latents of one shape: from the seed, a stream for each image, so that an image does not depend
/// on the batch it is in; or as given by name.
class Noise {
  public:
    /// `given` outlives this.
    Noise(std::uint64_t seed, Shape shape, const host::Tensors& given);

    /// Numbers for a purpose: those given under its name, or else the seed's next.
    Values draw(const std::string& purpose);
    /// The next of a list given under a name: [draws, ...shape].
    Values draw_next(const std::string& purpose);

  private:
    Values seeded();

    Shape shape_;
    const host::Tensors& given_;
    std::vector<host::Random> streams_;
    std::map<std::string, std::size_t> drawn_;
};

}  // namespace hekla::diffusion
