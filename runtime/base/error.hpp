// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace hekla {

/// What kind of thing went wrong. The numbers are those of hekla_result in hekla.h.
enum class ErrorCode : std::int32_t {
    invalid_argument = -1,
    invalid_file = -2,   ///< a file, or what it says, is wrong
    not_found = -3,      ///< a file, device, entry or tensor that was asked for is not there
    unsupported = -4,    ///< the device or backend cannot do it
    out_of_memory = -5,  ///< host, device, or the budget the caller set
    device_lost = -6,
    io = -7,             ///< the system refused a file operation
    limit = -8,          ///< a limit of the graph, the host or the run was reached (context full, nesting, repeat)
    internal = -9,       ///< our mistake
};

/// The one exception that crosses folders. The text says what, where, why, and what to do; it needs no prefix.
/// Converted to a result once, in the C API.
class Error : public std::runtime_error {
public:
    Error(ErrorCode code, const std::string& text) : std::runtime_error(text), code_(code) {}
    ErrorCode code() const { return code_; }

private:
    ErrorCode code_;
};

}  // namespace hekla
