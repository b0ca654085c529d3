// SPDX-License-Identifier: MIT
#pragma once

#include "plan/layout.hpp"

#include <cstdint>
#include <vector>

/// Tensors larger than a device binds at once (maxStorageBufferRange): their launches are cut into stretches that fit.
namespace hekla::plan {

/// f16 and bf16 tensors are weights as they lie in the file, which kernels read as 32-bit words.
std::uint64_t bytes_per_element(const View& view);

/// A stretch of a storage in bytes.
struct Range {
    std::uint64_t offset_bytes = 0, size_bytes = 0;
};

/// From the first to the last element of a view, in whole words. Its offset must be constant.
Range reach(const View& view, const std::vector<std::int64_t>& largest);
/// How many elements and bytes a view has, repeated ones once.
double touched_elements(const View& view, const std::vector<std::int64_t>& largest);
std::uint64_t touched_bytes(const View& view, const std::vector<std::int64_t>& largest);

class Splitter {
  public:
    Splitter(const Draft& draft, const std::vector<Storage>& storages)
        : draft_(draft), storages_(storages) {}

    /// Does it take or give something that is too large?
    bool exceeds(const Launch& launch) const;
    /// Gives the names that the entry's `split` sets their values for the whole.
    Launch whole(Launch launch) const;
    /// The same, and cuts the launch by its entry's `split` where something is too large.
    /// What no cut makes fit is left as it is.
    std::vector<Launch> by_entry(Launch launch) const;
    /// The same for a launch whose tensors have the common sizes d0 to d3.
    std::vector<Launch> by_place(Launch launch) const;

  private:
    struct Cut;

    Launch with_broadcasts(Launch launch) const;
    bool too_large(const View& view) const;
    std::vector<Cut> cuts_of(const Launch& launch, const ops::SplitSpec& spec) const;
    void apply(Launch launch, const std::vector<Cut>& cuts, std::size_t from,
               std::vector<Launch>& out) const;
    std::int64_t stretch(const Launch& launch, const Cut& cut) const;

    const Draft& draft_;
    const std::vector<Storage>& storages_;
};

}  // namespace hekla::plan
