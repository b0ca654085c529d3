// SPDX-License-Identifier: MIT
#include "vk_hooks.hpp"

#include "vk_table.hpp"

#include <dlfcn.h>

#include <atomic>
#include <cstring>
#include <mutex>
#include <set>
#include <stdexcept>
#include <type_traits>

namespace hekla::testing {
namespace {

struct State {
    PFN_vkGetInstanceProcAddr real = nullptr;
    std::mutex mutex;  // over all below
    uint64_t fallible = 0;
    uint64_t fail_index = UINT64_MAX;
    VkResult fail_code = VK_SUCCESS;
    bool sticky = false;
    bool bad_map = false;
    std::string failed;
    std::map<std::string, uint64_t> calls;
    std::map<std::string, int64_t> live;
    std::set<std::string> unlisted;
    std::vector<std::vector<uint8_t>> blobs;
};

State& state() {
    static State instance;
    return instance;
}

// "vkCreateBuffer" and "vkDestroyBuffer" are about one kind, "Buffer"; empty for calls that neither create nor destroy.
std::string kind_created(const std::string& name) {
    if (name == "vkAllocateMemory") return "Memory";
    if (name == "vkCreateComputePipelines") return "Pipeline";
    return name.starts_with("vkCreate") ? name.substr(8) : "";
}
std::string kind_destroyed(const std::string& name) {
    if (name == "vkFreeMemory") return "Memory";
    return name.starts_with("vkDestroy") ? name.substr(9) : "";
}

// Counts the call; true if it has to fail with `code`.
bool must_fail(const char* name, VkResult& code) {
    State& s = state();
    const std::scoped_lock lock(s.mutex);
    const uint64_t index = s.fallible++;
    if (index != s.fail_index && !(s.sticky && index > s.fail_index)) return false;
    if (s.failed.empty()) s.failed = name;
    code = s.fail_code;
    return true;
}

void called(const char* name) {
    State& s = state();
    const std::scoped_lock lock(s.mutex);
    ++s.calls[name];
    if (const std::string kind = kind_destroyed(name); !kind.empty()) --s.live[kind];
}

void created(const char* name) {
    State& s = state();
    const std::scoped_lock lock(s.mutex);
    if (const std::string kind = kind_created(name); !kind.empty()) ++s.live[kind];
}

void look_at(const VkPipelineCacheCreateInfo* info) {
    State& s = state();
    const std::scoped_lock lock(s.mutex);
    const auto* data = static_cast<const uint8_t*>(info->pInitialData);
    s.blobs.emplace_back(data, data + info->initialDataSize);
}

// Arguments some hooks look into.
template <class... Arguments>
void inspect(const char* name, Arguments... arguments) {
    if constexpr (sizeof...(Arguments) >= 2) {
        const auto second = std::get<1>(std::tuple(arguments...));
        if constexpr (std::is_same_v<decltype(second), const VkPipelineCacheCreateInfo* const>)
            look_at(second);
    }
    (void)name;
}

template <class Function, int id>
struct Hook;

template <int id, class... Arguments>
struct Hook<VkResult(VKAPI_PTR*)(Arguments...), id> {
    static inline const char* name = "";
    static inline VkResult(VKAPI_PTR* real)(Arguments...) = nullptr;

    static VkResult VKAPI_CALL call(Arguments... arguments) {
        called(name);
        VkResult code = VK_SUCCESS;
        if (must_fail(name, code)) {
            if (state().sticky && std::strcmp(name, "vkWaitForFences") == 0) real(arguments...);
            return code;
        }
        inspect(name, arguments...);
        code = real(arguments...);
        if (code == VK_SUCCESS) created(name);
        if constexpr (std::is_same_v<decltype(real), PFN_vkMapMemory>) {
            if (state().bad_map)
                *std::get<5>(std::tuple(arguments...)) = reinterpret_cast<void*>(UINTPTR_MAX);
        }
        return code;
    }
};

template <int id, class Result, class... Arguments>
struct Hook<Result(VKAPI_PTR*)(Arguments...), id> {
    static inline const char* name = "";
    static inline Result(VKAPI_PTR* real)(Arguments...) = nullptr;

    static Result VKAPI_CALL call(Arguments... arguments) {
        called(name);
        return real(arguments...);
    }
};

// The real pointer goes into the hook; the hook's comes back. Null for what the loader or driver does not have.
template <class H>
PFN_vkVoidFunction install(const char* name, PFN_vkVoidFunction real) {
    if (real == nullptr) return nullptr;
    H::name = name;
    H::real = reinterpret_cast<decltype(H::real)>(real);
    return reinterpret_cast<PFN_vkVoidFunction>(&H::call);
}

void note_unlisted(const char* name) {
    State& s = state();
    const std::scoped_lock lock(s.mutex);
    s.unlisted.insert(name);
}

PFN_vkVoidFunction device_function(const char* wanted, PFN_vkVoidFunction real) {
#define TRY(function)                        \
    if (std::strcmp(wanted, #function) == 0) \
        return install<Hook<PFN_##function, 1000 + __COUNTER__>>(#function, real);
    HEKLA_VK_DEVICE(TRY)
    HEKLA_VK_DEVICE_OPTIONAL(TRY)
#undef TRY
    note_unlisted(wanted);
    return nullptr;
}

PFN_vkGetDeviceProcAddr real_device_proc_addr = nullptr;

PFN_vkVoidFunction VKAPI_CALL get_device_proc_addr(VkDevice device, const char* name) {
    return device_function(name, real_device_proc_addr(device, name));
}

PFN_vkVoidFunction VKAPI_CALL hooked_get_instance_proc_addr(VkInstance instance, const char* name) {
    const PFN_vkVoidFunction real = state().real(instance, name);
    if (std::strcmp(name, "vkGetDeviceProcAddr") == 0) {
        real_device_proc_addr = reinterpret_cast<PFN_vkGetDeviceProcAddr>(real);
        return reinterpret_cast<PFN_vkVoidFunction>(&get_device_proc_addr);
    }
#define TRY(function)                      \
    if (std::strcmp(name, #function) == 0) \
        return install<Hook<PFN_##function, __COUNTER__>>(#function, real);
    HEKLA_VK_GLOBAL(TRY)
    HEKLA_VK_INSTANCE(TRY)
    HEKLA_VK_INSTANCE_OPTIONAL(TRY)
#undef TRY
    note_unlisted(name);
    return nullptr;
}

}  // namespace

void VkHooks::reset() {
    State& s = state();
    if (s.real == nullptr) {
        void* loader = dlopen("libvulkan.so.1", RTLD_NOW | RTLD_LOCAL);
        if (loader == nullptr) throw std::runtime_error("no Vulkan loader");
        s.real =
            reinterpret_cast<PFN_vkGetInstanceProcAddr>(dlsym(loader, "vkGetInstanceProcAddr"));
    }
    const std::scoped_lock lock(s.mutex);
    s.fallible = 0;
    s.fail_index = UINT64_MAX;
    s.sticky = false;
    s.bad_map = false;
    s.failed.clear();
    s.calls.clear();
    s.live.clear();
    s.unlisted.clear();
    s.blobs.clear();
}

PFN_vkGetInstanceProcAddr VkHooks::get_instance_proc_addr() {
    return &hooked_get_instance_proc_addr;
}
PFN_vkGetInstanceProcAddr VkHooks::real() { return state().real; }

void VkHooks::fail_at(uint64_t index, VkResult code, bool sticky) {
    State& s = state();
    const std::scoped_lock lock(s.mutex);
    s.fail_index = index;
    s.fail_code = code;
    s.sticky = sticky;
}

void VkHooks::map_at_minus_one(bool on) { state().bad_map = on; }

uint64_t VkHooks::fallible_calls() {
    const std::scoped_lock lock(state().mutex);
    return state().fallible;
}
std::string VkHooks::failed_call() {
    const std::scoped_lock lock(state().mutex);
    return state().failed;
}
uint64_t VkHooks::calls(const std::string& name) {
    const std::scoped_lock lock(state().mutex);
    const auto found = state().calls.find(name);
    return found == state().calls.end() ? 0 : found->second;
}
std::map<std::string, int64_t> VkHooks::live() {
    const std::scoped_lock lock(state().mutex);
    auto live = state().live;
    std::erase_if(live, [](const auto& entry) { return entry.second == 0; });
    return live;
}
std::vector<std::string> VkHooks::unlisted() {
    const std::scoped_lock lock(state().mutex);
    return {state().unlisted.begin(), state().unlisted.end()};
}
std::vector<std::vector<uint8_t>> VkHooks::cache_blobs() {
    const std::scoped_lock lock(state().mutex);
    return state().blobs;
}

}  // namespace hekla::testing
