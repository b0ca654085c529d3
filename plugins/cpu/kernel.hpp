// SPDX-License-Identifier: MIT
#pragma once

#include "memory.hpp"
#include "words.hpp"

#include <span>
#include <string_view>

namespace hekla::cpu {

/// One op. A kernel is a struct whose constructor reads its words, member by member in the order of the block, and whose
/// run(Memory&) computes the result from them. To add one: write it in kernels/, put it into that file's list, and that
/// list into kernel.cpp.
struct Kernel {
    std::string_view op;
    void (*list)(Words& words);                 ///< reads the words and does nothing
    void (*run)(Words& words, Memory& memory);  ///< may throw Failure
};

template <class Op>
constexpr Kernel kernel(std::string_view op) {
    return {op, [](Words& words) { (void)Op(words); },
            [](Words& words, Memory& memory) { Op(words).run(memory); }};
}

/// The kernel of an op, or null.
const Kernel* find_kernel(std::string_view op);

/// All kernels, in no order.
std::span<const std::span<const Kernel>> kernel_families();

/// Words and tensors a kernel reads.
BlockLayout layout_of(const Kernel& kernel);

// The lists of kernels/.
std::span<const Kernel> along_kernels();
std::span<const Kernel> attention_kernels();
std::span<const Kernel> binary_kernels();
std::span<const Kernel> cast_kernels();
std::span<const Kernel> compare_kernels();
std::span<const Kernel> conv_kernels();
std::span<const Kernel> embedding_kernels();
std::span<const Kernel> image_norm_kernels();
std::span<const Kernel> index_kernels();
std::span<const Kernel> layout_kernels();
std::span<const Kernel> linear_kernels();
std::span<const Kernel> matmul_kernels();
std::span<const Kernel> norm_kernels();
std::span<const Kernel> order_kernels();
std::span<const Kernel> pixel_kernels();
std::span<const Kernel> pool_kernels();
std::span<const Kernel> position_kernels();
std::span<const Kernel> probe_kernels();
std::span<const Kernel> reduce_kernels();
std::span<const Kernel> repeat_kernels();
std::span<const Kernel> resample_kernels();
std::span<const Kernel> rope_kernels();
std::span<const Kernel> unary_kernels();

}  // namespace hekla::cpu
