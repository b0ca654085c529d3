/* SPDX-License-Identifier: MIT */
/* The public headers alone, as C11: each must bring what it needs. */
#include <hekla/hekla.h>
#include <hekla/hekla_plugin.h>

int hekla_header_c11(void);
int hekla_header_c11(void) {
    hekla_runtime_desc desc = {.size = sizeof desc};
    return (int)(desc.size + HEKLA_PLUGIN_ABI + (unsigned)HEKLA_OK);
}
