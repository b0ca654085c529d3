// SPDX-License-Identifier: MIT
#include "execute/backend.hpp"

#include "base/file.hpp"

#include <dlfcn.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>

namespace hekla::execute {
namespace {

constexpr std::string_view prefix = "hekla_plugin_", suffix = ".so";

/// A plugin's code runs with all our rights: nobody but its owner or root may be able to change it.
void check_trusted(const std::filesystem::path& path) {
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode))
        throw Error(ErrorCode::io, path.string() + " is not a regular file");
    if (status.st_mode & S_IWOTH)
        throw Error(ErrorCode::io,
                    path.string() + " may be written by anybody; it is not loaded (chmod o-w)");
}

}  // namespace

std::filesystem::path library_folder() {
    Dl_info info{};
    if (dladdr(reinterpret_cast<const void*>(&library_folder), &info) == 0 || !info.dli_fname)
        return {};
    std::error_code ignored;
    return std::filesystem::canonical(info.dli_fname, ignored).parent_path();
}

Backend::Backend(const std::filesystem::path& path, const BackendOptions& options)
    : log_(options.log), cache_folder_(options.cache_folder) {
    check_trusted(path);
    library_ = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!library_) {
        const char* reason = dlerror();
        throw Error(ErrorCode::unsupported,
                    path.string() + " cannot be loaded: " + (reason ? reason : "unknown reason"));
    }
    const auto refuse = [&](const std::string& why) {
        if (handle_ && table_) table_->close(handle_);
        dlclose(library_);
        throw Error(ErrorCode::unsupported, path.string() + ": " + why);
    };
    const auto function =
        reinterpret_cast<hekla_plugin_table_function>(dlsym(library_, "hekla_plugin_table"));
    if (!function) refuse("it exports no hekla_plugin_table");
    table_ = function(HEKLA_PLUGIN_ABI);
    if (!table_) refuse("it does not serve plugin ABI " + std::to_string(HEKLA_PLUGIN_ABI));
    if (table_->abi != HEKLA_PLUGIN_ABI || table_->size < sizeof(hekla_plugin))
        refuse("it was built for plugin ABI " + std::to_string(table_->abi) + " with a table of " +
               std::to_string(table_->size) + " bytes; this library has ABI " +
               std::to_string(HEKLA_PLUGIN_ABI) + " and " + std::to_string(sizeof(hekla_plugin)) +
               " bytes");
    const bool complete = table_->name && table_->open && table_->close && table_->device_count &&
                          table_->device_info && table_->device_create && table_->device_destroy &&
                          table_->device_describe && table_->buffer_create &&
                          table_->buffer_destroy && table_->buffer_map && table_->kernel_create &&
                          table_->kernel_destroy && table_->program_create &&
                          table_->program_destroy && table_->submit && table_->copy && table_->wait;
    if (!complete) refuse("its table lacks a function");

    host_.size = sizeof host_;
    host_.abi = HEKLA_PLUGIN_ABI;
    host_.user = this;
    host_.log = [](void* user, hekla_plugin_severity severity, const char* text) {
        const auto* self = static_cast<const Backend*>(user);
        if (self->log_) self->log_(severity, text);
    };
    host_.cache_folder = cache_folder_.empty() ? nullptr : cache_folder_.c_str();
    host_.lent_device = std::strcmp(table_->name, "vulkan") == 0 ? options.lent_vulkan : nullptr;
    hekla_plugin_error error{};
    const hekla_plugin_result result = table_->open(&host_, &handle_, &error);
    if (result != HEKLA_PLUGIN_OK) {
        handle_ = nullptr;
        refuse(error.text[0] ? error.text : "it cannot be opened");
    }
}

Backend::~Backend() {
    if (handle_) table_->close(handle_);
    // Drivers keep state in threads and exit handlers; unloading them here crashes some. The plugin stays mapped until the process ends.
}

hekla_plugin_device_info Backend::device_info(std::uint32_t index) const {
    hekla_plugin_device_info info{};
    info.size = sizeof info;
    hekla_plugin_error error{};
    check(table_->device_info(handle_, index, &info, &error), error,
          "device " + device_id(*this, index));
    return info;
}

std::vector<std::shared_ptr<Backend>> open_backends(const BackendOptions& options) {
    std::vector<std::filesystem::path> folders;
    if (const auto own = library_folder(); !own.empty()) folders.push_back(own);
    folders.insert(folders.end(), options.folders.begin(), options.folders.end());

    std::vector<std::shared_ptr<Backend>> out;
    for (const auto& folder : folders) {
        if (!folder.is_absolute())
            throw Error(ErrorCode::invalid_argument,
                        "plugin folder " + folder.string() + " is not an absolute path");
        std::error_code ignored;
        if (!std::filesystem::is_directory(folder, ignored)) continue;
        for (const std::string& file : list_folder(folder)) {
            if (file.size() <= prefix.size() + suffix.size() || !file.starts_with(prefix) ||
                !file.ends_with(suffix))
                continue;
            const std::string name =
                file.substr(prefix.size(), file.size() - prefix.size() - suffix.size());
            const bool have = std::any_of(out.begin(), out.end(),
                                          [&](const auto& b) { return b->name() == name; });
            if (have) continue;
            try {
                out.push_back(std::make_shared<Backend>(folder / file, options));
            } catch (const Error& e) {
                if (options.log)
                    options.log(HEKLA_PLUGIN_INFO,
                                std::string("backend ") + name + " is not available: " + e.what());
            }
        }
    }
    return out;
}

}  // namespace hekla::execute
