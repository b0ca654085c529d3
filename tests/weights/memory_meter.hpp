// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

/// Bytes that operator new gave out in this process, measured by replacing it (memory_meter.cpp). For one thread.
class MemoryMeter {
  public:
    MemoryMeter();
    /// The most bytes held at once since construction, above what was held then.
    std::size_t peak_bytes() const;

  private:
    std::size_t start_bytes_;
};
