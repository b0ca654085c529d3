// SPDX-License-Identifier: MIT
// The public headers alone, as C++20.
#include <hekla/hekla.hpp>
#include <hekla/hekla_plugin.h>

int hekla_header_cpp20();
int hekla_header_cpp20() { return static_cast<int>(sizeof(hekla::Tensor)); }
