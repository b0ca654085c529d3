// SPDX-License-Identifier: MIT
// Every prefix and every single-bit flip of a small valid file: opened or refused, never worse, in bounded memory.
#include "error_of.hpp"
#include "images.hpp"
#include "memory_meter.hpp"
#include "weights/checkpoint.hpp"
#include "weights/shard_index.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace hekla;
using namespace hekla::weights;

namespace {

std::string small_file() {
    return image_of(
        R"({"__metadata__":{"format":"pt"},"h.0.bias":{"dtype":"F32","shape":[7],"data_offsets":[0,28]},"h.0.weight":{"dtype":"BF16","shape":[3,5],"data_offsets":[28,58]},"ids":{"dtype":"I64","shape":[],"data_offsets":[58,66]},"mask":{"dtype":"BOOL","shape":[2,0],"data_offsets":[66,66]}}    )",
        66);
}

/// Whether it opens; touches every byte that the tensors claim.
bool opens(std::string_view image) {
    try {
        const auto checkpoint = Checkpoint::from_memory(bytes_of(image), "");
        std::uint64_t claimed = 0;
        unsigned sum = 0;
        for (const Tensor& tensor : checkpoint->tensors()) {
            claimed += tensor.size_bytes;
            for (const std::byte byte : checkpoint->bytes(tensor))
                sum += static_cast<unsigned>(byte);
        }
        CHECK(claimed < image.size());
        CHECK((sum > 0 || claimed == 0));
        return true;
    } catch (const Error& error) {
        CHECK((error.code() == ErrorCode::invalid_file || error.code() == ErrorCode::unsupported));
        return false;
    }
}

}  // namespace

TEST_CASE("all prefixes of a safetensors file are refused") {
    const std::string file = small_file();
    REQUIRE(file.size() < 2048);
    REQUIRE(opens(file));
    const MemoryMeter meter;
    for (std::size_t size = 0; size < file.size(); ++size) {
        // A copy of just that size, so that a read past its end is seen by AddressSanitizer.
        const std::string prefix = file.substr(0, size);
        if (opens(prefix)) FAIL_CHECK("opened a prefix of " << size);
    }
    CHECK(meter.peak_bytes() <= 16 * file.size() + (1 << 20));
}

TEST_CASE("all single-bit flips of a safetensors file are opened or refused") {
    const std::string file = small_file();
    const std::size_t header_end = file.size() - 66;
    const MemoryMeter meter;
    std::size_t opened_headers = 0;
    for (std::size_t bit = 0; bit < file.size() * 8; ++bit) {
        std::string flipped = file;
        flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
        const bool opened = opens(flipped);
        if (bit / 8 >= header_end && !opened)
            FAIL_CHECK("refused for a flip in the data, at " << bit / 8);
        if (bit / 8 < 8 && opened) FAIL_CHECK("opened with another header length");
        if (bit / 8 < header_end) opened_headers += opened;
    }
    CHECK(meter.peak_bytes() <= 16 * file.size() + (1 << 20));
    // Names and metadata may change unseen, and a type into one as wide; structure may not.
    CHECK(opened_headers > 0);
    CHECK(opened_headers < header_end * 2);
}

TEST_CASE("all prefixes and single-bit flips of a shard index and a configuration") {
    const std::string index =
        R"({"metadata":{"total_size":12},"weight_map":{"a.w":"1.safetensors","b":"2.safetensors"}})";
    const std::string config =
        R"({"model_type":"llama","n":[1,2.5,{"x":null}],"rope":{"t":-1e-5,"\u00e9":"\n"}})";
    const auto read = [&](std::string_view text) {
        for (const bool as_index : {false, true}) {
            try {
                if (as_index)
                    (void)read_shard_index(text, "i.json");
                else
                    (void)Checkpoint::from_memory(
                        bytes_of(std::string_view("\2\0\0\0\0\0\0\0{}", 10)), text);
            } catch (const Error& error) {
                CHECK(error.code() == ErrorCode::invalid_file);
            }
        }
    };
    const MemoryMeter meter;
    for (const std::string& text : {index, config}) {
        for (std::size_t size = 0; size < text.size(); ++size) read(text.substr(0, size));
        for (std::size_t bit = 0; bit < text.size() * 8; ++bit) {
            std::string flipped = text;
            flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
            read(flipped);
        }
    }
    CHECK(meter.peak_bytes() <= 16 * index.size() + (1 << 20));
}
