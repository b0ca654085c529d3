// SPDX-License-Identifier: MIT
#pragma once

#include "execute/backend.hpp"
#include "ops/entry.hpp"

#include <memory>
#include <optional>
#include <string_view>

/// What a device takes for the things kernels are made of: measured when it is opened for the first time, then kept in the cache folder.
namespace hekla::execute {

/// Measures with small kernels, tens of milliseconds in all, most of them compiling. The device must not be in use. Throws Error.
plan::DeviceCosts measure_costs(const std::shared_ptr<Device>& device,
                                const std::shared_ptr<const ops::Catalogue>& catalogue);

/// Has the device's traits follow its costs, from the cache folder or measured now. Where they cannot be measured (no timestamps, a failing
/// driver), traits stay as the device's type makes them, and the log is told why. Before anybody else uses the device.
void learn_costs(const std::shared_ptr<Device>& device,
                 const std::shared_ptr<const ops::Catalogue>& catalogue);

/// The file kept for a device, and its text. Reading gives nothing for what was written of another device, driver or Hekla, or is damaged.
std::string costs_file_name(const hekla_plugin_device_info& device, std::string_view backend);
std::string write_costs(const plan::DeviceCosts& costs, const hekla_plugin_device_info& device);
std::optional<plan::DeviceCosts> read_costs(std::string_view text,
                                            const hekla_plugin_device_info& device);

}  // namespace hekla::execute
