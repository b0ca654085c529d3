// SPDX-License-Identifier: MIT
#pragma once

#include "tool/bench_nodes.hpp"

#include <nlohmann/json.hpp>

/// Nodes against what the device could do at best (Williams et al. 2009, "Roofline"): no node is faster than its bytes over the
/// bandwidth, nor than its operations over the rate of arithmetic.
namespace hekla::tool {

/// The least milliseconds that a device of these limits could take.
double least_milliseconds(const NodeCost& node, const DeviceLimits& limits);

/// Lines of a table, most time first.
std::string roofline_table(const std::vector<NodeCost>& nodes, const DeviceLimits& limits);

nlohmann::ordered_json roofline_json(const std::vector<NodeCost>& nodes,
                                     const DeviceLimits& limits);

/// The picture: operations a byte to the right, operations a second upwards, both logarithmic; a disc per node, its area its share of the time.
std::string roofline_svg(const std::string& title, const std::vector<NodeCost>& nodes,
                         const DeviceLimits& limits);

}  // namespace hekla::tool
