// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model_config.hpp"

namespace hekla::gan {

/// The classes that a conditional model draws: their number, and names where its config.json has them.
class Labels {
  public:
    explicit Labels(const host::ModelConfig& config);

    /// 0: not known.
    std::size_t count() const { return count_; }
    /// A label of the command line: a number, or a name in any case. Throws std::runtime_error that lists the names there are.
    std::int32_t find(const std::string& text) const;

  private:
    std::vector<std::string> names_;
    std::size_t count_ = 0;
};

}  // namespace hekla::gan
