// SPDX-License-Identifier: MIT
#include "loader.hpp"

#include <dlfcn.h>

namespace hekla::vulkan {

Loader::Loader() {
#ifdef __APPLE__
    const char* names[] = {"libvulkan.1.dylib", "libMoltenVK.dylib"};
#else
    const char* names[] = {"libvulkan.so.1", "libvulkan.so"};
#endif
    for (const char* name : names) {
        library_ = dlopen(name, RTLD_NOW | RTLD_LOCAL);
        if (library_ == nullptr) continue;
        entry_ =
            reinterpret_cast<PFN_vkGetInstanceProcAddr>(dlsym(library_, "vkGetInstanceProcAddr"));
        if (entry_ != nullptr) return;
        dlclose(library_);
        library_ = nullptr;
    }
}

// The library stays mapped until the process ends: drivers and layers keep threads and thread-local state of their own, which
// crash when their code is taken from under them (seen with GPU-assisted validation on lavapipe, four runs in five).
Loader::~Loader() = default;

}  // namespace hekla::vulkan
