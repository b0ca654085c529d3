// SPDX-License-Identifier: MIT
// What file_faults.py runs under strace: opens a checkpoint, reads all of it, and writes its first tensor to a file.
// Exit code 0 when all went well, 3 when an Error was thrown (its text on stderr).
#include "base/error.hpp"
#include "weights/checkpoint.hpp"
#include "weights/safetensors_writer.hpp"

#include <cstdio>

#include <unistd.h>

int main(int count, char** words) {
    if (count != 3) return 2;
    int exit_code = 0;
    (void)::getppid();  // marks the start in strace's output; nothing else here calls it
    try {
        const auto checkpoint = hekla::weights::Checkpoint::open(words[1]);
        for (const hekla::weights::Tensor& tensor : checkpoint->tensors()) {
            unsigned sum = 0;
            for (const std::byte byte : checkpoint->bytes(tensor))
                sum += static_cast<unsigned>(byte);
            if (sum == 0) exit_code = 4;
            checkpoint->release(tensor);
        }
        const hekla::weights::Tensor& first = checkpoint->tensors().front();
        const hekla::weights::TensorImage image = {{first.name, first.dtype, first.shape},
                                                   checkpoint->bytes(first)};
        hekla::weights::write_safetensors(words[2], std::span(&image, 1));
    } catch (const hekla::Error& error) {
        std::fprintf(stderr, "%s\n", error.what());
        exit_code = 3;
    }
    (void)::getppid();
    return exit_code;
}
