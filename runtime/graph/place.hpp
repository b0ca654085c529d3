// SPDX-License-Identifier: MIT
#pragma once

#include "base/place.hpp"

namespace hekla::graph {

/// A stretch of the graph file's text. Lines and columns count from 1; columns and length count code points.
/// line 0: no place.
using hekla::Place;

}  // namespace hekla::graph
