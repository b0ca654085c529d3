// SPDX-License-Identifier: MIT
#pragma once

#include "hekla/hekla.hpp"

#include <string>

namespace hekla::tool {

/// Writes the last run of a timed context as Chrome trace events (read by Perfetto and chrome://tracing): one complete event per step, named after the graph's node.
void write_trace(const Context& context, const std::string& process, const std::string& path);

}  // namespace hekla::tool
