// SPDX-License-Identifier: MIT
// The build's check: every entry loads, every kernel's SPIR-V is what its entry says, and no shader is left over.
#include "base/error.hpp"
#include "ops/reflection.hpp"
#include "ops/shaders.hpp"

#include <cstdio>
#include <deque>
#include <set>

int main() {
    using namespace hekla::ops;
    int wrong = 0;
    const auto complain = [&](const std::string& text) {
        std::fprintf(stderr, "shaders: %s\n", text.c_str());
        ++wrong;
    };
    try {
        const Catalogue catalogue = Catalogue::built_in();
        std::set<std::string_view> used;
        std::deque<std::string> twins;
        for (const auto& entry : catalogue.entries()) {
            for (const KernelSpec& kernel : entry->kernels) {
                used.insert(kernel.name);
                for (const std::string& text : compare_with_entry(*entry, kernel, find_shader(kernel.name))) complain(text);
                if (!has_twin(kernel.name)) continue;
                used.insert(twins.emplace_back(kernel.name + std::string(twin_suffix)));
                for (const std::string& text : compare_with_entry(*entry, kernel, find_twin(kernel.name), true)) complain(text);
            }
        }
        for (const EmbeddedShader& shader : embedded_shaders())
            if (!used.contains(shader.name)) complain("no entry names " + std::string(shader.name) + ".comp");
    } catch (const hekla::Error& error) {
        complain(error.what());
    }
    return wrong == 0 ? 0 : 1;
}
