// SPDX-License-Identifier: MIT
// Safetensors files that lie, by class: S1 to S17. (Shard indices, S18, are in shards_test.cpp.)
#include "error_of.hpp"
#include "images.hpp"
#include "memory_meter.hpp"
#include "temporary_folder.hpp"
#include "weights/checkpoint.hpp"

#include <set>
#include <vector>

#include <catch2/catch_test_macros.hpp>

using namespace hekla;
using namespace hekla::weights;

namespace {

struct Malformed {
    int kind;  // the N of SN
    std::string name;
    std::string image;
    std::string message;  // a part of what must be said
    ErrorCode code = ErrorCode::invalid_file;
};

/// One entry of a header.
std::string entry(std::string_view name, std::string_view dtype, std::string_view shape,
                  std::string_view offsets) {
    std::string text = "\"";
    text.append(name)
        .append("\":{\"dtype\":\"")
        .append(dtype)
        .append("\",\"shape\":")
        .append(shape);
    return text.append(",\"data_offsets\":").append(offsets).append("}");
}

/// A file with one tensor w whose fields are as given.
std::string single(std::string_view dtype, std::string_view shape, std::string_view offsets,
                   std::size_t data_bytes) {
    return image_of("{" + entry("w", dtype, shape, offsets) + "}", data_bytes);
}

std::string repeated(std::string_view text, int count) {
    std::string all;
    for (int i = 0; i < count; ++i) all += text;
    return all;
}

std::vector<Malformed> corpus() {
    const std::string good_entry = entry("w", "F32", "[3]", "[0,12]");
    const std::string good = image_of("{" + good_entry + "}", 12);
    std::vector<Malformed> files = {
        {1, "empty", "", "0 bytes are too short"},
        {1, "seven_bytes", std::string(7, '\0'), "7 bytes are too short"},
        {1, "length_alone", little_endian(2, 8),
         "at byte 8: the header needs 2 bytes, but only 0 follow"},

        {2, "header_0", little_endian(0, 8) + "{}", "its header does not start with {"},
        {2, "header_1", little_endian(1, 8) + "{", "byte 9: not JSON"},
        {2, "header_2_63", little_endian(1ull << 63, 8) + "{}",
         "its header would be 9223372036854775808 bytes long"},
        {2, "header_2_64", little_endian(~0ull, 8) + "{}",
         "its header would be 18446744073709551615 bytes long"},
        {2, "header_past_the_end", little_endian(3, 8) + "{}",
         "the header needs 3 bytes, but only 2 follow"},
        {2, "header_100_mb", little_endian(100'000'001, 8) + "{}", "and 100000000 are allowed"},
        {2, "header_shorter_than_its_json",
         little_endian(good.size() - 8 - 12 - 5, 8) + good.substr(8), "not JSON"},

        {3, "list", image_of("[]", 0), "does not start with {"},
        {3, "text", image_of("\"{}\"", 0), "does not start with {"},
        {3, "white_space_first", image_of(" {}", 0), "does not start with {"},
        {3, "byte_order_mark", image_of("\xef\xbb\xbf{}", 0), "does not start with {"},
        {3, "bad_utf8", image_of("{\"\xff\":{}}", 0), "byte 10: not JSON"},
        {3, "overlong_utf8", image_of("{\"\xc0\x80\":{}}", 0), "not JSON"},
        {3, "lone_surrogate", image_of("{\"\\ud800\":{}}", 0), "not JSON"},
        {3, "two_values", image_of("{}{}", 0), "byte 10: not JSON"},
        {3, "nul_padding", image_of(std::string("{}\0\0\0\0\0\0", 8), 0), "byte 10: not JSON"},
        {3, "comment", image_of("{/* */}", 0), "not JSON"},
        {3, "trailing_comma", image_of("{" + good_entry + ",}", 12), "not JSON"},
        {3, "tensor_is_a_number", image_of("{\"w\":1}", 0),
         "tensor 'w': a scalar where {dtype, shape, data_offsets} belongs"},
        {3, "tensor_is_a_list", image_of("{\"w\":[]}", 0), "tensor 'w': a list where"},
        {3, "no_dtype", image_of(R"({"w":{"shape":[1],"data_offsets":[0,4]}})", 4),
         "tensor 'w': has no dtype"},
        {3, "no_shape", image_of(R"({"w":{"dtype":"F32","data_offsets":[0,4]}})", 4),
         "tensor 'w': has no shape"},
        {3, "no_offsets", image_of(R"({"w":{"dtype":"F32","shape":[1]}})", 4),
         "tensor 'w': has no data_offsets"},
        {3, "unknown_field",
         image_of(R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"zip":true}})", 4),
         "unknown field 'zip'"},
        {3, "dtype_twice",
         image_of(R"({"w":{"dtype":"F32","dtype":"F16","shape":[1],"data_offsets":[0,4]}})", 4),
         "dtype is given twice"},
        {3, "shape_is_text", single("F32", "\"3\"", "[0,12]", 12),
         "tensor 'w': text where shape's list of whole numbers belongs"},
        {3, "dtype_is_a_list",
         image_of(R"({"w":{"dtype":["F32"],"shape":[1],"data_offsets":[0,4]}})", 4),
         "a list where dtype's text belongs"},

        {4, "deep_lists", image_of("{\"w\":" + std::string(1'000'000, '['), 0),
         "tensor 'w': a list where"},
        {4, "deep_shape", single("F32", std::string(100'000, '['), "[0,4]", 4),
         "a list where shape's list of whole numbers belongs"},
        {4, "deep_objects", image_of(repeated("{\"a\":", 200'000), 0), "unknown field 'a'"},
        {4, "deep_metadata", image_of("{\"__metadata__\":" + repeated("{\"a\":", 200'000), 0),
         "__metadata__ may hold text only"},

        {5, "name_twice",
         image_of("{" + good_entry + "," + entry("w", "F32", "[1]", "[12,16]") + "}", 16),
         "tensor 'w': is in the header twice"},
        {5, "name_twice_by_escape",
         image_of("{" + good_entry + "," + entry("\\u0077", "F32", "[3]", "[0,12]") + "}", 12),
         "is in the header twice"},
        {5, "metadata_twice", image_of(R"({"__metadata__":{},"__metadata__":{}})", 0),
         "__metadata__ is given twice"},

        {6, "hole_in_front", single("U8", "[4]", "[2,6]", 6),
         "tensor 'w': bytes 0 to 2 of the data area, before it, belong to no tensor"},
        {6, "hole_between",
         image_of(
             "{" + entry("a", "U8", "[1]", "[0,1]") + "," + entry("b", "U8", "[1]", "[2,3]") + "}",
             3),
         "tensor 'b': bytes 1 to 2 of the data area, before it, belong to no tensor"},

        {7, "same_bytes",
         image_of(
             "{" + entry("a", "U8", "[4]", "[0,4]") + "," + entry("b", "I8", "[4]", "[0,4]") + "}",
             4),
         "its data overlaps that of tensor"},
        {7, "one_byte",
         image_of(
             "{" + entry("a", "U8", "[4]", "[0,4]") + "," + entry("b", "U8", "[4]", "[3,7]") + "}",
             7),
         "tensor 'b': its data overlaps that of tensor 'a'"},
        {7, "inside",
         image_of(
             "{" + entry("a", "U8", "[9]", "[0,9]") + "," + entry("b", "U8", "[1]", "[4,5]") + "}",
             9),
         "tensor 'b': its data overlaps that of tensor 'a'"},
        {7, "empty_inside",
         image_of(
             "{" + entry("a", "U8", "[9]", "[0,9]") + "," + entry("b", "U8", "[0]", "[4,4]") + "}",
             9),
         "tensor 'b': its data overlaps"},

        {8, "reversed", single("F32", "[3]", "[12,0]", 12), "data_offsets [12, 0] run backwards"},
        {8, "negative", single("F32", "[3]", "[-12,0]", 12),
         "data_offsets must hold whole numbers from 0"},
        {8, "fraction", single("F32", "[3]", "[0.0,12]", 12),
         "data_offsets must hold whole numbers"},
        {8, "exponent", single("F32", "[3]", "[0,1.2e1]", 12),
         "data_offsets must hold whole numbers"},
        {8, "past_2_64", single("F32", "[3]", "[0,18446744073709551628]", 12),
         "data_offsets must hold whole numbers"},
        {8, "text", single("F32", "[3]", "[\"0\",12]", 12), "data_offsets must hold whole numbers"},
        {8, "null", single("F32", "[3]", "[null,12]", 12), "data_offsets must hold whole numbers"},
        {8, "one_offset", single("F32", "[3]", "[12]", 12),
         "data_offsets must be [begin, end], not 1 numbers"},
        {8, "three_offsets", single("F32", "[3]", "[0,12,12]", 12), "not 3 numbers"},
        {8, "object", single("F32", "[3]", "{}", 12), "an object where data_offsets's list"},

        {9, "too_few_bytes", single("F32", "[3]", "[0,11]", 11),
         "shape [3] of F32 needs 12 bytes, but data_offsets give it 11"},
        {9, "too_many_bytes", single("F32", "[3]", "[0,13]", 13),
         "needs 12 bytes, but data_offsets give it 13"},
        {9, "scalar", single("F64", "[]", "[0,4]", 4), "shape [] of F64 needs 8 bytes"},
        {9, "empty_with_bytes", single("F32", "[5,0]", "[0,4]", 4),
         "shape [5, 0] of F32 needs 0 bytes"},
        {9, "negative_size", single("F32", "[-3]", "[0,12]", 12),
         "shape must hold whole numbers from 0"},
        {9, "negative_twice", single("F32", "[-1,-3]", "[0,12]", 12),
         "shape must hold whole numbers from 0"},

        {10, "product", single("F32", "[4294967296,4294967296]", "[0,0]", 0),
         "shape [4294967296, 4294967296] of F32 is more bytes than can be counted"},
        {10, "times_size", single("F64", "[2305843009213693952]", "[0,0]", 0),
         "is more bytes than can be counted"},
        {10, "wraps_to_12", single("F32", "[4611686018427387907]", "[0,12]", 12),
         "is more bytes than can be counted"},
        {10, "hidden_by_zero", single("U8", "[4294967296,4294967296,0]", "[0,0]", 0),
         "is more bytes than can be counted"},
        {10, "past_the_file", single("U8", "[9223372036854775807]", "[0,9223372036854775807]", 3),
         "the file is cut short"},

        {11, "unknown", single("F33", "[3]", "[0,12]", 12), "unknown type 'F33'"},
        {11, "lower_case", single("f32", "[3]", "[0,12]", 12), "unknown type 'f32'"},
        {11, "empty", single("", "[3]", "[0,12]", 12), "unknown type ''"},
        {11, "sub_byte", single("F4", "[8]", "[0,4]", 4),
         "tensor 'w': the type F4 is not supported", ErrorCode::unsupported},
        {11, "eight_bits", single("F8_E4M3", "[4]", "[0,4]", 4),
         "the type F8_E4M3 is not supported", ErrorCode::unsupported},

        {12, "one_byte", good + "x", "1 bytes follow the last tensor's data"},
        {12, "no_tensors", image_of("{}", 5), "5 bytes follow the last tensor's data"},
        {12, "a_zip_behind", good + std::string("PK\x05\x06\0\0", 6), "6 bytes follow"},
        {12, "cut_short", good.substr(0, good.size() - 1),
         "its data ends at byte 12 of the data area, which has only 11; the file is cut short"},

        {13, "rank_10000", single("F32", "[1" + repeated(",1", 9999) + "]", "[0,4]", 4),
         "shape has more than 16 numbers"},
        {13, "rank_17", single("F32", "[1" + repeated(",1", 16) + "]", "[0,4]", 4),
         "shape has more than 16 numbers"},
        {13, "offsets_1e6", single("F32", "[1]", "[0" + repeated(",0", 1'000'000) + "]", 4),
         "data_offsets has more than 16 numbers"},

        {14, "number", image_of(R"({"__metadata__":{"a":1}})", 0),
         "__metadata__ may hold text only"},
        {14, "null", image_of(R"({"__metadata__":{"a":null}})", 0),
         "__metadata__ may hold text only"},
        {14, "list", image_of(R"({"__metadata__":{"a":["b"]}})", 0),
         "__metadata__ may hold text only"},
        {14, "object", image_of(R"({"__metadata__":{"a":{}}})", 0),
         "__metadata__ may hold text only"},
        {14, "not_an_object", image_of(R"({"__metadata__":"a"})", 0),
         "tensor '__metadata__': a scalar where"},

        {17, "nul_in_name", image_of("{" + entry("w\\u0000x", "F32", "[3]", "[0,12]") + "}", 12),
         "tensor 'w\\x00x': its name has a control character"},
        {17, "escape_in_name",
         image_of("{" + entry("\\u001b[2J", "F32", "[3]", "[0,12]") + "}", 12),
         "its name has a control character"},
        {17, "no_name", image_of("{" + entry("", "F32", "[3]", "[0,12]") + "}", 12),
         "a tensor needs a name"},
        {17, "long_name",
         image_of("{" + entry(std::string(100'000, 'n'), "F32", "[3]", "[0,12]") + "}", 12),
         "its name is longer than 1024 bytes"},
    };
    std::string many = "{";
    for (int i = 0; i < 1'000'000; ++i)
        many += entry(std::to_string(i), "U8", "[0]", "[0,0]") + (i < 999'999 ? "," : "}");
    files.push_back({17, "tensors_1e6", image_of(many, 0), "more than 262144 tensors"});
    std::string pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:aa\nsize 5\n";
    files.push_back({16, "lfs_pointer", pointer, "this is a Git LFS pointer"});
    files.push_back({16, "lfs_pointer_of_another_version",
                     "version https://git-lfs.github.com/spec/v2\n", "this is a Git LFS pointer"});
    return files;
}

}  // namespace

TEST_CASE("lying safetensors files are refused, in memory and on disk, within bounded memory") {
    const TemporaryFolder folder;
    std::set<int> kinds;
    for (const Malformed& file : corpus()) {
        CAPTURE(file.kind, file.name);
        kinds.insert(file.kind);
        const MemoryMeter meter;
        const Thrown thrown = error_of([&] { Checkpoint::from_memory(bytes_of(file.image), ""); });
        CHECK(meter.peak_bytes() <= 16 * file.image.size() + (1 << 20));
        CAPTURE(thrown.text);
        CHECK(thrown.code == file.code);
        CHECK(thrown.has(file.message));
        CHECK(thrown.text.find("memory: ") == 0);
        CHECK(thrown.text.size() < 1000);

        if (file.image.size() > 1 << 20) continue;
        const auto path = folder.write("model.safetensors", file.image);
        const Thrown from_disk = error_of([&] { Checkpoint::open(path); });
        CHECK(from_disk.code == file.code);
        CHECK(from_disk.text ==
              path.string() + thrown.text.substr(std::string_view("memory").size()));
    }
    CHECK(kinds == std::set<int>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16, 17});
}

TEST_CASE("S15: data at odd addresses is accepted; so is all that the format allows") {
    struct Good {
        std::string name;
        std::string image;
        std::size_t tensors;
    };
    const std::string padding(7, ' ');
    const Good files[] = {
        {"unaligned_header", image_of("{" + entry("w", "F64", "[1]", "[0,8]") + "}" + padding, 8),
         1},
        {"unaligned_tensor",
         image_of("{" + entry("a", "U8", "[3]", "[0,3]") + "," +
                      entry("w", "F64", "[1]", "[3,11]") + "}",
                  11),
         2},
        {"no_tensors", image_of("{}", 0), 0},
        {"only_metadata", image_of(R"({"__metadata__":{"format":"pt","\u00e9":"\n"}})", 0), 0},
        {"scalar", single("F16", "[]", "[0,2]", 2), 1},
        {"empty", single("F16", "[0,7]", "[0,0]", 0), 1},
        {"empties_at_every_border",
         image_of("{" + entry("a", "U8", "[0]", "[0,0]") + "," + entry("b", "U8", "[2]", "[0,2]") +
                      "," + entry("c", "U8", "[0]", "[2,2]") + "," +
                      entry("d", "U8", "[1]", "[2,3]") + "," + entry("e", "U8", "[0]", "[3,3]") +
                      "}",
                  3),
         5},
        {"any_order",
         image_of(
             "{" + entry("b", "U8", "[1]", "[4,5]") + "," + entry("a", "F32", "[1]", "[0,4]") + "}",
             5),
         2},
        {"fields_in_any_order",
         image_of(R"({"w":{"data_offsets":[0,4],"shape":[1,1,2],"dtype":"BF16"}})", 4), 1},
        {"rank_16", single("BOOL", "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,5]", "[0,5]", 5), 1},
    };
    for (const Good& file : files) {
        CAPTURE(file.name);
        const auto checkpoint = Checkpoint::from_memory(bytes_of(file.image), "");
        CHECK(checkpoint->tensors().size() == file.tensors);
        std::size_t bytes = 0;
        for (const Tensor& tensor : checkpoint->tensors())
            for (const std::byte byte : checkpoint->bytes(tensor)) {
                CHECK(byte == std::byte{7});
                ++bytes;
            }
        CHECK(bytes == file.image.size() - file.image.find_last_not_of('\x07') - 1);
    }
    for (const char* dtype : {"F64", "F32", "F16", "BF16", "I64", "I32", "I16", "I8", "U64", "U32",
                              "U16", "U8", "BOOL"}) {
        CAPTURE(dtype);
        const std::string digits(dtype + (dtype[0] == 'B' ? (dtype[1] == 'F' ? 2 : 4) : 1));
        const std::size_t bytes = digits.empty() ? 1 : std::stoul(digits) / 8;
        const std::string image =
            single(dtype, "[5]", "[0," + std::to_string(5 * bytes) + "]", 5 * bytes);
        CHECK(Checkpoint::from_memory(bytes_of(image), "")->tensors()[0].size_bytes == 5 * bytes);
    }
}

TEST_CASE("a header of many tensors is read in proportional memory") {
    std::string header = "{";
    for (int i = 0; i < 100'000; ++i)
        header +=
            (i > 0 ? "," : "") + entry(std::to_string(i), "U8", "[]",
                                       "[" + std::to_string(i) + "," + std::to_string(i + 1) + "]");
    const std::string image = image_of(header + "}", 100'000);
    const MemoryMeter meter;
    CHECK(Checkpoint::from_memory(bytes_of(image), "")->tensors().size() == 100'000);
    CHECK(meter.peak_bytes() <= 16 * image.size() + (1 << 20));
}
