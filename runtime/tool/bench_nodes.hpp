// SPDX-License-Identifier: MIT
#pragma once

#include "hekla/hekla.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace hekla::tool {

/// The value below which a share `q` of them lies.
double quantile(std::vector<double> values, double q);

/// Nodes of one place in the graph, turns of a repeat together (`h[*].q`), that ran the same kernel.
struct NodeCost {
    std::string node, kernel;
    std::uint32_t calls = 0;  ///< dispatches in one run
    double bytes = 0;         ///< of tensors read and written, by all calls of one run
    double flops = 0;
    std::vector<double> milliseconds;  ///< all calls together, one number per run
};

/// Where the device's time goes, over runs of a timed context.
class NodeTimes {
  public:
    /// Takes the context's last run. Runs must be of the same sizes and outputs.
    void add(const Context& context);

    /// Most time first.
    std::vector<NodeCost> nodes() const;
    /// Per run: from the first dispatch's begin to the last one's end, less the copies from and to the host between them.
    const std::vector<double>& run_milliseconds() const { return run_milliseconds_; }

  private:
    std::vector<NodeCost> nodes_;
    std::vector<double> run_milliseconds_;
};

/// What a device can do at best, as far as kernels of this runtime can tell.
struct DeviceLimits {
    double read_bytes_per_second = 0;
    double flops_per_second = 0;  ///< f32 multiplications and additions
};

/// Runs two small kernels that do nothing but read and nothing but multiply and add: some 100 ms and 100 MiB.
DeviceLimits measure_limits(const Device& device);

}  // namespace hekla::tool
