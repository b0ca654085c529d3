// SPDX-License-Identifier: MIT
// The words and tensors that each cpu kernel reads are those of its op entry, by name, order and kind, so that the two cannot
// drift apart. An op without a kernel here is only told: adding an op takes no more than shader, entry and test.
#include "kernel.hpp"
#include "ops/entry.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <vector>

namespace {

/// shaders/README.md, "What a kernel gets".
hekla::cpu::BlockLayout layout_by_entry(const hekla::ops::Entry& entry) {
    hekla::cpu::BlockLayout layout;
    layout.words.push_back({"grid_x", false});
    const auto add = [&](const std::string& name, auto strided) {
        layout.tensors.push_back(name);
        layout.words.push_back({name + "_offset", false});
        for (int axis = 0; axis < static_cast<int>(strided); ++axis) {
            layout.words.push_back({name + "_s" + std::to_string(axis), false});
        }
    };
    for (const hekla::ops::Slot& slot : entry.slots) add(slot.name, slot.strided);
    for (const hekla::ops::OutputSpec& output : entry.outputs) add(output.name, output.strided);
    for (const hekla::ops::ParamSpec& param : entry.params) {
        layout.words.push_back({param.name, param.is_float});
    }
    return layout;
}

std::vector<std::string> spelled(const hekla::cpu::BlockLayout& layout) {
    std::vector<std::string> words;
    for (const hekla::cpu::WordName& word : layout.words) {
        words.push_back((word.is_float ? "float " : "uint ") + word.name);
    }
    return words;
}

}  // namespace

TEST_CASE("cpu: kernels read what the entries say") {
    const hekla::ops::Catalogue catalogue = hekla::ops::Catalogue::built_in();
    std::size_t compared = 0;
    for (const auto& entry : catalogue.entries()) {
        if (entry->kernels.empty()) continue;
        INFO(entry->name);
        const hekla::cpu::Kernel* kernel = hekla::cpu::find_kernel(entry->name);
        if (kernel == nullptr) {
            WARN(entry->name << " has no kernel in the cpu plugin");
            continue;
        }
        ++compared;
        const hekla::cpu::BlockLayout own = hekla::cpu::layout_of(*kernel);
        const hekla::cpu::BlockLayout wanted = layout_by_entry(*entry);
        CHECK(own.tensors == wanted.tensors);
        CHECK(spelled(own) == spelled(wanted));
    }
    CHECK(compared >= 27);
}

TEST_CASE("cpu: every kernel has its op") {
    const hekla::ops::Catalogue catalogue = hekla::ops::Catalogue::built_in();
    for (const auto family : hekla::cpu::kernel_families()) {
        for (const hekla::cpu::Kernel& kernel : family) {
            INFO(kernel.op);
            CHECK(catalogue.find(kernel.op) != nullptr);
        }
    }
}
