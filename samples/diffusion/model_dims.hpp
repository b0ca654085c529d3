// SPDX-License-Identifier: MIT
#pragma once

#include <hekla/hekla.hpp>
#include <map>
#include <string>
#include <vector>

namespace hekla::diffusion {

/// Sizes for hekla_model_memory, which wants every dim of a graph: those known, and 1 for others (of entries that are not run).
class ModelDims {
  public:
    ModelDims(const Model& model, const std::map<std::string, std::int64_t>& known)
        : infos_(model.dims()) {
        for (const hekla_dim_info& info : infos_) {
            const auto at = known.find(info.name);
            values_.push_back({info.name, at == known.end() ? 1 : at->second});
        }
    }
    std::span<const hekla_dim_value> values() const { return values_; }

  private:
    std::vector<hekla_dim_info> infos_;
    std::vector<hekla_dim_value> values_;
};

}  // namespace hekla::diffusion
