// SPDX-License-Identifier: MIT
#include "execute/backend.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace hekla::execute {

void check(hekla_plugin_result result, const hekla_plugin_error& error, const std::string& doing) {
    if (result == HEKLA_PLUGIN_OK) return;
    const bool known = result <= HEKLA_PLUGIN_INVALID_ARGUMENT && result >= HEKLA_PLUGIN_INTERNAL;
    const std::string words =
        error.text[0] ? error.text
                      : "the backend gave no reason (result " + std::to_string(result) + ")";
    throw Error(known ? static_cast<ErrorCode>(result) : ErrorCode::internal, doing + ": " + words);
}

std::string device_id(const Backend& backend, std::uint32_t index) {
    const std::string name = backend.name();
    return name == "cpu" || name == "null" ? name : name + ":" + std::to_string(index);
}

Device::Device(std::shared_ptr<Backend> backend, std::uint32_t index, const DeviceOptions& options)
    : backend_(std::move(backend)), id_(device_id(*backend_, index)) {
    hekla_plugin_device_request request{};
    request.size = sizeof request;
    request.baseline = options.baseline ? 1 : 0;
    hekla_plugin_error error{};
    check(table().device_create(backend_->handle(), index, &request, &handle_, &error), error,
          "cannot open device " + id_);
    info_.size = sizeof info_;
    table().device_describe(handle_, &info_);

    traits_.capabilities = info_.capabilities;
    if (options.max_binding_bytes != 0)
        info_.max_binding_bytes = std::min(info_.max_binding_bytes, options.max_binding_bytes);
    if (options.subgroup_size != 0) info_.subgroup_size = options.subgroup_size;
    traits_.max_binding_bytes = info_.max_binding_bytes;
    traits_.binding_alignment = info_.binding_alignment;
    traits_.params_alignment = info_.params_alignment;
    traits_.max_bindings = info_.max_bindings;
    traits_.max_workgroup_invocations = info_.max_workgroup_invocations;
    std::copy_n(info_.max_workgroup_size, 3, traits_.max_workgroup_size);
    std::copy_n(info_.max_group_count, 3, traits_.max_group_count);
    traits_.max_shared_bytes = info_.max_shared_bytes;
    traits_.subgroup_size = info_.subgroup_size;
    traits_.matrix_m = info_.matrix_m;
    traits_.matrix_n = info_.matrix_n;
    traits_.matrix_k = info_.matrix_k;
    traits_.software = info_.type == HEKLA_PLUGIN_DEVICE_CPU;
    // The twins are written for subgroups of eight that are one vector of a processor.
    constexpr std::uint64_t needed =
        HEKLA_PLUGIN_CAP_BUFFER_ADDRESS | HEKLA_PLUGIN_CAP_STORAGE_16BIT |
        HEKLA_PLUGIN_CAP_SUBGROUP_ARITHMETIC | HEKLA_PLUGIN_CAP_SUBGROUP_SHUFFLE;
    has_addresses_ = traits_.software && info_.subgroup_size == 8 &&
                     (info_.capabilities & needed) == needed && table().buffer_address != nullptr;
    traits_.by_address = has_addresses_;
    if (info_.kernels_by_name)
        traits_.has_kernel = [this](std::string_view op) {
            return table().has_kernel && table().has_kernel(handle_, std::string(op).c_str()) != 0;
        };
}

Device::~Device() {
    if (handle_) table().device_destroy(handle_);
}

void Device::take_costs(const plan::DeviceCosts& costs) {
    traits_.costs = costs;
    // The twins read one word for a whole subgroup wherever they can, without a binding's bounds: both must be worth something.
    constexpr double worthwhile = 1.1;
    read_by_address(costs.bounds_factor == 0 || (costs.bounds_factor > worthwhile &&
                                                 costs.gathers_factor > worthwhile));
}

bool Device::wait(hekla_plugin_ticket ticket, std::uint64_t timeout_ns) const {
    hekla_plugin_error error;
    error.text[0] = 0;
    const hekla_plugin_result result = table().wait(handle_, ticket, timeout_ns, &error);
    if (result == HEKLA_PLUGIN_OK) return true;  // the way of every run: no text is made
    if (result == HEKLA_PLUGIN_TIMEOUT) return false;
    check(result, error, "waiting for " + id_);
    return true;
}

Buffer::Buffer(std::shared_ptr<Device> device, std::uint64_t size_bytes, hekla_plugin_memory memory)
    : device_(std::move(device)), size_bytes_(size_bytes) {
    if (size_bytes_ == 0) return;
    hekla_plugin_error error{};
    check(device_->table().buffer_create(device_->handle(), size_bytes_, memory, &handle_, &error),
          error, "cannot get " + std::to_string(size_bytes_) + " bytes on " + device_->id());
    if (memory != HEKLA_PLUGIN_MEMORY_DEVICE)
        data_ = static_cast<std::byte*>(device_->table().buffer_map(device_->handle(), handle_));
}

Buffer& Buffer::operator=(Buffer&& other) noexcept {
    std::swap(device_, other.device_);
    std::swap(handle_, other.handle_);
    std::swap(size_bytes_, other.size_bytes_);
    std::swap(data_, other.data_);
    return *this;
}

Buffer::~Buffer() {
    if (handle_) device_->table().buffer_destroy(device_->handle(), handle_);
}

Kernel::Kernel(std::shared_ptr<Device> device, const hekla_plugin_kernel_desc& desc)
    : device_(std::move(device)) {
    hekla_plugin_error error{};
    check(device_->table().kernel_create(device_->handle(), &desc, &handle_, &error), error,
          std::string("kernel ") + desc.name);
}

Kernel::~Kernel() {
    if (handle_) device_->table().kernel_destroy(device_->handle(), handle_);
}

Program::Program(std::shared_ptr<Device> device, std::span<const hekla_plugin_step> steps,
                 bool timed)
    : device_(std::move(device)), step_count_(steps.size()) {
    const hekla_plugin_program_desc desc{sizeof(hekla_plugin_program_desc), steps.data(),
                                         static_cast<std::uint32_t>(steps.size()), timed ? 1u : 0u};
    hekla_plugin_error error{};
    check(device_->table().program_create(device_->handle(), &desc, &handle_, &error), error,
          "recording on " + device_->id());
}

Program::~Program() {
    if (handle_) device_->table().program_destroy(device_->handle(), handle_);
}

hekla_plugin_ticket Program::submit(std::uint32_t segment) const {
    hekla_plugin_ticket ticket = 0;
    hekla_plugin_error error;
    error.text[0] = 0;
    const hekla_plugin_result result =
        device_->table().submit(device_->handle(), handle_, segment, &ticket, &error);
    if (result != HEKLA_PLUGIN_OK) check(result, error, "running on " + device_->id());
    return ticket;
}

std::vector<hekla_plugin_times> Program::times() const {
    std::vector<hekla_plugin_times> out(step_count_);
    hekla_plugin_error error{};
    if (!device_->table().program_times)
        throw Error(ErrorCode::unsupported, "device " + device_->id() + " has no timestamps");
    check(device_->table().program_times(device_->handle(), handle_, out.data(), &error), error,
          "reading times of " + device_->id());
    return out;
}

}  // namespace hekla::execute
