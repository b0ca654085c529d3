// SPDX-License-Identifier: MIT
#include "ops/entry.hpp"
#include "ops/shaders.hpp"

namespace hekla::ops {

Catalogue Catalogue::built_in() {
    Catalogue catalogue;
    for (const EmbeddedEntry& entry : embedded_entries()) catalogue.add(entry.name, entry.yaml);
    return catalogue;
}

}  // namespace hekla::ops
