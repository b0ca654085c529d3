// SPDX-License-Identifier: MIT
#pragma once

#include "base/error.hpp"
#include "hekla/hekla_plugin.h"
#include "plan/device_traits.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

/// Owning handles over hekla_plugin.h. Every failure of the table becomes a hekla::Error here, and nowhere else.
namespace hekla::execute {

/// Receives what the library has to say; never prints by itself.
using Log = std::function<void(int severity, const std::string& text)>;

struct BackendOptions {
    std::vector<std::filesystem::path> folders;  ///< searched for hekla_plugin_*.so, absolute
    std::string cache_folder;                    ///< empty: no caches
    const void* lent_vulkan = nullptr;           ///< const hekla_vulkan_host*
    Log log;
};

/// An opened plugin.
class Backend {
  public:
    Backend(const std::filesystem::path& library, const BackendOptions& options);
    ~Backend();
    Backend(const Backend&) = delete;
    Backend& operator=(const Backend&) = delete;

    const hekla_plugin& table() const { return *table_; }
    hekla_plugin_backend* handle() const { return handle_; }
    std::string name() const { return table_->name; }
    const std::string& cache_folder() const { return cache_folder_; }  ///< empty: none
    void log(int severity, const std::string& text) const {
        if (log_) log_(severity, text);
    }
    std::uint32_t device_count() const { return table_->device_count(handle_); }
    hekla_plugin_device_info device_info(std::uint32_t index) const;

  private:
    void* library_ = nullptr;
    const hekla_plugin* table_ = nullptr;
    hekla_plugin_backend* handle_ = nullptr;
    hekla_plugin_host host_{};
    Log log_;
    std::string cache_folder_;
};

/// Opens every plugin found. A plugin that cannot be opened (no driver on this machine, another version) is left out, and the log told why.
std::vector<std::shared_ptr<Backend>> open_backends(const BackendOptions& options);

/// The folder this library (or program) was loaded from.
std::filesystem::path library_folder();

struct DeviceOptions {
    bool baseline = false;                ///< forget every optional capability
    std::uint64_t max_binding_bytes = 0;  ///< a limit below the device's own; 0: none
    std::uint32_t subgroup_size = 0;      ///< what kernels are shaped for; 0: the device's own
};

class Device {
  public:
    Device(std::shared_ptr<Backend> backend, std::uint32_t index, const DeviceOptions& options);
    ~Device();
    Device(const Device&) = delete;
    Device& operator=(const Device&) = delete;

    const hekla_plugin& table() const { return backend_->table(); }
    hekla_plugin_device* handle() const { return handle_; }
    const hekla_plugin_device_info& info() const { return info_; }
    const plan::DeviceTraits& traits() const { return traits_; }
    const std::string& id() const { return id_; }  ///< "vulkan:0", "cpu"
    Backend& backend() const { return *backend_; }

    /// Can the kernels' twins be taken that read by address?
    bool has_addresses() const { return has_addresses_; }
    /// Has plans take those twins, or not. Before the device is shared.
    void read_by_address(bool yes) { traits_.by_address = yes && has_addresses_; }
    /// Has plans follow what was measured. Before the device is shared.
    void take_costs(const plan::DeviceCosts& costs);

    /// OK or TIMEOUT; anything else throws.
    bool wait(hekla_plugin_ticket ticket, std::uint64_t timeout_ns) const;

  private:
    std::shared_ptr<Backend> backend_;
    hekla_plugin_device* handle_ = nullptr;
    hekla_plugin_device_info info_{};
    plan::DeviceTraits traits_;
    bool has_addresses_ = false;
    std::string id_;
};

/// "vulkan:0", or the backend's name alone for backends with one device by nature (cpu, null).
std::string device_id(const Backend& backend, std::uint32_t index);

/// Throws hekla::Error with the plugin's words unless the result is OK.
void check(hekla_plugin_result result, const hekla_plugin_error& error, const std::string& doing);

class Buffer {
  public:
    Buffer() = default;
    Buffer(std::shared_ptr<Device> device, std::uint64_t size_bytes, hekla_plugin_memory memory);
    Buffer(Buffer&& other) noexcept { *this = std::move(other); }
    Buffer& operator=(Buffer&& other) noexcept;
    ~Buffer();

    hekla_plugin_buffer* handle() const { return handle_; }
    std::uint64_t size_bytes() const { return size_bytes_; }
    std::byte* data() const { return data_; }  ///< host address; null for device memory

  private:
    std::shared_ptr<Device> device_;
    hekla_plugin_buffer* handle_ = nullptr;
    std::uint64_t size_bytes_ = 0;
    std::byte* data_ = nullptr;
};

class Kernel {
  public:
    Kernel(std::shared_ptr<Device> device, const hekla_plugin_kernel_desc& desc);
    ~Kernel();
    Kernel(const Kernel&) = delete;
    Kernel& operator=(const Kernel&) = delete;
    hekla_plugin_kernel* handle() const { return handle_; }

  private:
    std::shared_ptr<Device> device_;
    hekla_plugin_kernel* handle_ = nullptr;
};

class Program {
  public:
    Program(std::shared_ptr<Device> device, std::span<const hekla_plugin_step> steps, bool timed);
    ~Program();
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;

    hekla_plugin_ticket submit(std::uint32_t segment) const;
    std::vector<hekla_plugin_times> times() const;

  private:
    std::shared_ptr<Device> device_;
    hekla_plugin_program* handle_ = nullptr;
    std::size_t step_count_ = 0;
};

}  // namespace hekla::execute
