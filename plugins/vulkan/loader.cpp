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

Loader::~Loader() {
    if (library_ != nullptr) dlclose(library_);
}

}  // namespace hekla::vulkan
