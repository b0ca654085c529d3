// SPDX-License-Identifier: MIT
// The public headers alone, as C++20.
#include <hekla/hekla_plugin.h>
#include <hekla/hekla.hpp>

int hekla_header_cpp20();
int hekla_header_cpp20() { return static_cast<int>(sizeof(hekla::Tensor)); }
