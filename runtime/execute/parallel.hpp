// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>

namespace hekla::execute {

/// Calls work(i, caller) for every i below count, on as many threads as the machine has cores; caller says that it is the calling thread, the
/// only one that asks the host; it gets one i at least. When a call throws, those not yet begun are left out and the exception of the lowest i is thrown on.
void in_parallel(std::size_t count, const std::function<void(std::size_t i, bool caller)>& work);

}  // namespace hekla::execute
