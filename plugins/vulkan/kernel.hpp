// SPDX-License-Identifier: MIT
#pragma once

#include "gpu.hpp"
#include "pipeline_cache.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace hekla::vulkan {

/// The layout of all kernels with one number of storage buffers: binding 0 a uniform block, 1..n storage buffers.
struct KernelLayout {
    OwnedSetLayout set;
    OwnedPipelineLayout pipeline;
};

struct Kernel {
    std::string name;
    uint32_t binding_count;
    const KernelLayout* layout;  // lives as long as the device
    OwnedPipeline pipeline;
};

/// Makes kernels; keeps one layout per number of buffers. Any thread.
class KernelMaker {
  public:
    KernelMaker(const Gpu& gpu, PipelineCache& cache) : gpu_(gpu), cache_(cache) {}

    /// Checks the module against the device and the description, then compiles it. Throws Failure: INVALID_FILE for a module that
    /// is none, UNSUPPORTED for one that asks for more than the device has (enabled).
    std::unique_ptr<Kernel> create(const hekla_plugin_kernel_desc& desc);

  private:
    const KernelLayout& layout_for(uint32_t binding_count);

    const Gpu& gpu_;
    PipelineCache& cache_;
    std::mutex mutex_;
    std::map<uint32_t, KernelLayout> layouts_;
};

}  // namespace hekla::vulkan
