// SPDX-License-Identifier: MIT
#include "api/handles.hpp"

#include "base/file.hpp"
#include "execute/device_costs.hpp"

#include <algorithm>
#include <cctype>

namespace hekla::api {
namespace {

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

/// Smaller is better. Software Vulkan comes after every GPU, the cpu backend after that, null last.
int rank(const hekla_runtime::Listed& listed) {
    const std::string name = listed.backend->name();
    if (name == "null") return 9;
    if (name == "cpu") return 6;
    switch (listed.info.type) {
        case HEKLA_PLUGIN_DEVICE_DISCRETE:
            return 0;
        case HEKLA_PLUGIN_DEVICE_INTEGRATED:
            return 1;
        case HEKLA_PLUGIN_DEVICE_VIRTUAL:
            return 2;
        case HEKLA_PLUGIN_DEVICE_OTHER:
            return 3;
        default:
            return 4;
    }
}

const hekla_runtime::Listed& find_device(const hekla_runtime& runtime, const char* which) {
    std::string listing;
    for (const auto& listed : runtime.devices)
        listing +=
            "\n  " + execute::device_id(*listed.backend, listed.index) + "  " + listed.info.name;
    if (runtime.devices.empty())
        throw Error(
            ErrorCode::not_found,
            "there is no device: no backend plugin could be opened (`hekla devices` says why)");
    if (!which) {
        if (rank(runtime.devices.front()) == 9)
            throw Error(ErrorCode::not_found,
                        "there is no device but `null`, which computes nothing");
        return runtime.devices.front();
    }
    const std::string wanted = lower(which);
    for (const auto& listed : runtime.devices)
        if (lower(execute::device_id(*listed.backend, listed.index)) == wanted) return listed;
    for (const auto& listed : runtime.devices)
        if (lower(listed.backend->name()) == wanted) return listed;
    if (!wanted.empty())
        for (const auto& listed : runtime.devices)
            if (lower(listed.info.name).find(wanted) != std::string::npos) return listed;
    throw Error(ErrorCode::not_found,
                "no device is called `" + std::string(which) + "`; there are:" + listing);
}

}  // namespace

void describe(hekla_device_info& out, const std::string& id, const hekla_plugin_device_info& info) {
    set_text(out.id, id);
    set_text(out.name, info.name);
    set_text(out.driver, info.driver);
    static constexpr const char* types[] = {"other", "integrated", "discrete", "virtual", "cpu"};
    set_text(out.type, types[std::min<std::uint32_t>(info.type, 4)]);
    std::string capabilities;
    for (const plan::Capability& capability : plan::capabilities())
        if (info.capabilities & capability.bit)
            capabilities += (capabilities.empty() ? "" : " ") + std::string(capability.name);
    set_text(out.capabilities, capabilities);
    out.memory_bytes = info.memory_bytes;
    out.max_binding_bytes = info.max_binding_bytes;
    out.subgroup_size = info.subgroup_size;
    out.max_workgroup_invocations = info.max_workgroup_invocations;
}

}  // namespace hekla::api

using namespace hekla;
using namespace hekla::api;

const char* hekla_version(void) { return "0.1.0"; }

hekla_result hekla_runtime_create(const hekla_runtime_desc* given, hekla_runtime** out,
                                  hekla_error* error) {
    return guarded(error, [&] {
        *need(out, "`out`") = nullptr;
        const hekla_runtime_desc desc = sized(given);
        execute::BackendOptions options;
        for (std::uint32_t i = 0; i < desc.plugin_folder_count; ++i)
            options.folders.emplace_back(
                need(need(desc.plugin_folders, "`plugin_folders`")[i], "a plugin folder"));
        if (desc.cache_folder) {
            create_private_folder(desc.cache_folder);
            options.cache_folder = desc.cache_folder;
        }
        options.lent_vulkan = desc.vulkan_host;
        if (desc.log)
            options.log = [log = desc.log, user = desc.user](int severity,
                                                             const std::string& text) {
                log(user, static_cast<hekla_severity>(severity), text.c_str());
            };
        auto runtime = std::make_unique<hekla_runtime>();
        runtime->catalogue = std::make_shared<const ops::Catalogue>(ops::Catalogue::built_in());
        runtime->backends = execute::open_backends(options);
        for (const auto& backend : runtime->backends)
            for (std::uint32_t i = 0; i < backend->device_count(); ++i)
                runtime->devices.push_back({backend, i, backend->device_info(i)});
        std::stable_sort(runtime->devices.begin(), runtime->devices.end(),
                         [](const auto& a, const auto& b) { return rank(a) < rank(b); });
        *out = runtime.release();
        return HEKLA_OK;
    });
}

void hekla_runtime_destroy(hekla_runtime* runtime) { delete runtime; }

uint32_t hekla_runtime_device_count(const hekla_runtime* runtime) {
    return runtime ? static_cast<std::uint32_t>(runtime->devices.size()) : 0;
}

hekla_result hekla_runtime_device_info(const hekla_runtime* runtime, uint32_t index,
                                       hekla_device_info* out, hekla_error* error) {
    return guarded(error, [&] {
        need(runtime, "`runtime`");
        if (index >= runtime->devices.size())
            throw Error(ErrorCode::not_found, "there is no device number " + std::to_string(index));
        hekla_device_info info{};
        describe(
            info,
            execute::device_id(*runtime->devices[index].backend, runtime->devices[index].index),
            runtime->devices[index].info);
        give(out, info);
        return HEKLA_OK;
    });
}

hekla_result hekla_device_open(hekla_runtime* runtime, const char* which,
                               const hekla_device_desc* given, hekla_device** out,
                               hekla_error* error) {
    return guarded(error, [&] {
        *need(out, "`out`") = nullptr;
        const hekla_device_desc desc = sized(given);
        const auto& listed = find_device(*need(runtime, "`runtime`"), which);
        const std::uint32_t subgroup = desc.subgroup_size;
        if (subgroup > 128 || (subgroup & (subgroup - 1)) != 0)
            throw Error(ErrorCode::invalid_argument,
                        "subgroups of " + std::to_string(subgroup) +
                            "; their size is a power of two up to 128");
        auto device = std::make_unique<hekla_device>();
        const execute::DeviceOptions options{desc.baseline != 0, desc.max_binding_bytes, subgroup};
        device->device = std::make_shared<execute::Device>(listed.backend, listed.index, options);
        device->catalogue = runtime->catalogue;
        if (!desc.unmeasured) execute::learn_costs(device->device, device->catalogue);
        *out = device.release();
        return HEKLA_OK;
    });
}

void hekla_device_destroy(hekla_device* device) { delete device; }

hekla_result hekla_device_describe(const hekla_device* device, hekla_device_info* out,
                                   hekla_error* error) {
    return guarded(error, [&] {
        hekla_device_info info{};
        describe(info, need(device, "`device`")->device->id(), device->device->info());
        give(out, info);
        return HEKLA_OK;
    });
}
