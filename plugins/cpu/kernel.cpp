// SPDX-License-Identifier: MIT
#include "kernel.hpp"

#include <array>

namespace hekla::cpu {

std::span<const std::span<const Kernel>> kernel_families() {
    static const std::array families = {
        along_kernels(),
        attention_kernels(),
        binary_kernels(),
        cast_kernels(),
        compare_kernels(),
        conv_kernels(),
        embedding_kernels(),
        image_norm_kernels(),
        index_kernels(),
        layout_kernels(),
        linear_kernels(),
        matmul_kernels(),
        norm_kernels(),
        order_kernels(),
        pixel_kernels(),
        pool_kernels(),
        position_kernels(),
        probe_kernels(),
        reduce_kernels(),
        repeat_kernels(),
        resample_kernels(),
        rope_kernels(),
        unary_kernels(),
    };
    return families;
}

const Kernel* find_kernel(std::string_view op) {
    for (const std::span<const Kernel> family : kernel_families()) {
        for (const Kernel& candidate : family) {
            if (candidate.op == op) return &candidate;
        }
    }
    return nullptr;
}

BlockLayout layout_of(const Kernel& kernel) {
    BlockLayout layout;
    Words words(layout);
    kernel.list(words);
    return layout;
}

}  // namespace hekla::cpu
