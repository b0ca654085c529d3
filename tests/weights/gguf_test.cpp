// SPDX-License-Identifier: MIT
// GGUF files: a true one, all ways of lying (G1 to G16; G17 and G18, which opening alone does not meet, in gguf_lies_test.py), all
// prefixes and bit flips of a small one.
#include "weights/gguf.hpp"

#include "error_of.hpp"
#include "images.hpp"
#include "memory_meter.hpp"
#include "temporary_folder.hpp"
#include "weights/convert.hpp"

#include <bit>
#include <cstring>
#include <functional>
#include <limits>
#include <set>

#include <catch2/catch_test_macros.hpp>

using namespace hekla;
using namespace hekla::weights;

namespace {

const std::string reference = HEKLA_TEST_DATA "/reference/gguf_llama_f16/";

std::string text(std::string_view value) {
    return little_endian(value.size(), 8) + std::string(value);
}
std::string u32(std::uint64_t value) { return little_endian(value, 4); }
std::string u64(std::uint64_t value) { return little_endian(value, 8); }

std::string key(std::string_view name, std::uint32_t type, std::string_view value) {
    return text(name) + u32(type) + std::string(value);
}
std::string list(std::uint32_t type, std::uint64_t count, std::string_view values) {
    return u32(type) + u64(count) + std::string(values);
}

/// A table entry; `sizes` innermost first, as stored.
std::string tensor(std::string_view name, const std::vector<std::uint64_t>& sizes,
                   std::uint32_t type, std::uint64_t offset) {
    std::string entry = text(name) + u32(sizes.size());
    for (const std::uint64_t size : sizes) entry += u64(size);
    return entry + u32(type) + u64(offset);
}

struct Parts {
    std::string start = "GGUF" + u32(3);
    std::vector<std::string> keys = {key("general.architecture", 8, text("llama"))};
    std::vector<std::string> tensors = {tensor("w", {3}, 0, 0)};
    std::size_t data_bytes = 32;
    std::uint64_t alignment = 32;
    std::optional<std::uint64_t> tensor_count = {},
                                 key_count = {};  // what is announced, if not the truth

    std::string image() const {
        std::string all = start + u64(tensor_count.value_or(tensors.size())) +
                          u64(key_count.value_or(keys.size()));
        for (const std::string& part : keys) all += part;
        for (const std::string& part : tensors) all += part;
        all.append((alignment - all.size() % alignment) % alignment, '\0');
        return all.append(data_bytes, '\x07');
    }
};

std::string with_key(std::string part) {
    Parts parts;
    parts.keys.push_back(std::move(part));
    return parts.image();
}
std::string with_tensors(std::vector<std::string> tensors, std::size_t data_bytes = 32) {
    Parts parts;
    parts.tensors = std::move(tensors);
    parts.data_bytes = data_bytes;
    return parts.image();
}

struct Malformed {
    int kind;  // the N of GN
    std::string name;
    std::string image;
    std::string message;
    ErrorCode code = ErrorCode::invalid_file;
};

std::vector<Malformed> corpus() {
    static constexpr std::uint64_t top = ~0ull;
    const std::string good = Parts().image();
    const auto changed = [](auto change) {
        Parts parts;
        change(parts);
        return parts.image();
    };
    return {
        {1, "big_endian_mark", "FUGG" + good.substr(4), "big-endian byte order",
         ErrorCode::unsupported},
        {1, "big_endian_version", changed([](Parts& p) { p.start = "GGUF" + u32(3u << 24); }),
         "big-endian byte order", ErrorCode::unsupported},
        {1, "version_0", changed([](Parts& p) { p.start = "GGUF" + u32(0); }),
         "GGUF version 0 is unknown"},
        {1, "version_1", changed([](Parts& p) { p.start = "GGUF" + u32(1); }),
         "is of GGUF version 1", ErrorCode::unsupported},
        {1, "version_4", changed([](Parts& p) { p.start = "GGUF" + u32(4); }),
         "GGUF version 4 is unknown"},
        {1, "mark_alone", "GGUF", "the version needs 4 bytes, but only 0 follow"},

        {2, "tensors", changed([](Parts& p) { p.tensor_count = top; }),
         "18446744073709551615 tensors announced"},
        {2, "keys", changed([](Parts& p) { p.key_count = top; }),
         "18446744073709551615 metadata keys announced"},
        {2, "a_tensor_more", changed([](Parts& p) { p.tensor_count = 2; }), ""},
        {2, "a_key_more", changed([](Parts& p) { p.key_count = 2; }), ""},
        {2, "many_of_nothing", changed([](Parts& p) { p.tensor_count = 1 << 18; }), ""},

        {3, "empty", with_key(key("", 4, u32(1))), "a metadata key is empty"},
        {3, "twice", with_key(key("general.architecture", 8, text("gpt2"))),
         "metadata 'general.architecture': is given twice"},
        {3, "huge", with_key(key(std::string(65536, 'k'), 4, u32(1))),
         "the key is longer than 65535 bytes"},
        {3, "nul", with_key(key(std::string("a\0b", 3), 4, u32(1))),
         "metadata 'a\\x00b': the key has a control character"},

        {4, "type_13", with_key(key("k", 13, u32(1))), "metadata 'k': unknown type 13"},
        {4, "type_2_32", with_key(key("k", 0xffffffffu, u32(1))),
         "metadata 'k': unknown type 4294967295"},
        {4, "nested", with_key(key("k", 9, list(9, 1, list(4, 1, u32(1))))),
         "metadata 'k': an array of type 9"},
        {4, "nested_and_empty", with_key(key("k", 9, list(9, 0, ""))), "an array of type 9"},
        {4, "unknown_elements", with_key(key("k", 9, list(99, 0, ""))), "an array of type 99"},
        {4, "a_bool_of_2", with_key(key("k", 7, "\x02")),
         "metadata 'k': a bool that is neither 0 nor 1"},
        {4, "bools_of_255", with_key(key("k", 9, list(7, 3, "\x01\x01\xff"))),
         "a bool that is neither 0 nor 1"},

        {5, "as_wide_as_it_says", changed([](Parts& p) {
             p.keys.push_back(key("k", 9, list(0, 1'000'000, "\x01\x02")));
             p.tensors.clear();
             p.data_bytes = 0;
         }),
         "metadata 'k' needs 1000000 bytes, but only"},
        {5, "wrapping", with_key(key("k", 9, list(10, 1ull << 61, ""))),
         "an array of 2305843009213693952 elements is more bytes than can be counted"},
        {5, "strings_1e18", with_key(key("k", 9, list(8, 1'000'000'000'000'000'000, text("a")))),
         "metadata 'k' needs"},

        {6, "value", with_key(key("k", 8, u64(1'000'000))),
         "metadata 'k' needs 1000000 bytes, but only"},
        {6, "value_2_64", with_key(key("k", 8, u64(top))),
         "metadata 'k' needs 18446744073709551615 bytes"},
        {6, "key", with_key(u64(top - 3)), "a metadata key needs 18446744073709551612 bytes"},
        {6, "element", with_key(key("k", 9, list(8, 2, text("a") + u64(top)))),
         "metadata 'k' needs 18446744073709551615 bytes"},
        {6, "tensor_name", with_tensors({u64(1ull << 40)}),
         "a tensor's name needs 1099511627776 bytes"},

        {7, "zero", with_key(key("general.alignment", 4, u32(0))),
         "metadata 'general.alignment': 0 is no power of two up to 65536"},
        {7, "thirteen", with_key(key("general.alignment", 4, u32(13))), "13 is no power of two"},
        {7, "two_to_31", with_key(key("general.alignment", 4, u32(1u << 31))),
         "2147483648 is no power of two up to 65536"},
        {7, "text", with_key(key("general.alignment", 8, text("32"))),
         "metadata 'general.alignment': its type is 8"},
        {7, "u64", with_key(key("general.alignment", 10, u64(32))), "its type is 10"},
        {7, "architecture_is_a_number",
         changed([](Parts& p) { p.keys = {key("general.architecture", 4, u32(1))}; }),
         "metadata 'general.architecture': its type is 4"},
        {7, "architecture_is_empty",
         changed([](Parts& p) { p.keys = {key("general.architecture", 8, text(""))}; }),
         "is no name"},

        {8, "no_dims", with_tensors({tensor("w", {}, 0, 0)}),
         "tensor 'w': 0 dimensions; GGUF has 1 to 4"},
        {8, "five_dims", with_tensors({tensor("w", {1, 1, 1, 1, 3}, 0, 0)}), "5 dimensions"},
        {8, "dims_2_32", with_tensors({text("w") + u32(0xffffffffu)}), "4294967295 dimensions"},
        {8, "zero_size", with_tensors({tensor("w", {3, 0}, 0, 0)}), "tensor 'w': a dimension of 0"},
        {8, "negative_size", with_tensors({tensor("w", {top}, 0, 0)}),
         "a dimension of 18446744073709551615"},

        {8, "not_whole_blocks", with_tensors({tensor("w", {33}, 8, 0)}, 64),
         "tensor 'w': rows of 33 elements; q8_0 stores whole blocks of 32"},
        {8, "rows_of_part_blocks", with_tensors({tensor("w", {128, 2}, 12, 0)}, 160),
         "tensor 'w': rows of 128 elements; q4_k stores whole blocks of 256"},

        {9, "product", with_tensors({tensor("w", {1ull << 32, 1ull << 32}, 0, 0)}),
         "shape [4294967296, 4294967296] is more bytes than can be counted"},
        {9, "times_element", with_tensors({tensor("w", {1ull << 62}, 0, 0)}),
         "is more bytes than can be counted"},
        {9, "padding_wraps",
         with_tensors({tensor("w", {std::numeric_limits<std::int64_t>::max()}, 24, 0)}),
         "its data needs 9223372036854775807 bytes"},

        {10, "unaligned", with_tensors({tensor("w", {3}, 0, 4)}, 64),
         "tensor 'w': its offset 4 is no multiple of the alignment 32"},
        {10, "overlapping", with_tensors({tensor("a", {3}, 0, 0), tensor("b", {3}, 0, 0)}, 64),
         "the tensor before it overlaps it; it ends at 12"},
        {10, "overlapping_further",
         with_tensors({tensor("a", {30}, 0, 0), tensor("b", {3}, 0, 64)}, 128),
         "tensor 'b': its offset is 64, but the tensor before it overlaps it; it ends at 120"},
        {10, "hole", with_tensors({tensor("a", {3}, 0, 0), tensor("b", {3}, 0, 64)}, 96),
         "tensor 'b': its offset is 64, but the tensor before it leaves a hole; it ends at 12"},
        {10, "hole_in_front", with_tensors({tensor("w", {3}, 0, 32)}, 64), "leaves a hole"},
        {10, "outside", with_tensors({tensor("w", {3}, 0, 1ull << 63)}), "leaves a hole"},

        {11, "total_wraps",
         with_tensors(
             {tensor("a", {1ull << 62}, 24, 0), tensor("b", {1ull << 62}, 24, 1ull << 62)}),
         "tensor 'a': its data needs 4611686018427387904 bytes"},
        {11, "offset_near_2_64", with_tensors({tensor("w", {3}, 0, top - 31)}), "leaves a hole"},

        {12, "twice", with_tensors({tensor("w", {3}, 0, 0), tensor("w", {3}, 0, 32)}, 64),
         "tensor 'w': is in the table twice"},
        {12, "64_bytes", with_tensors({tensor(std::string(64, 'n'), {3}, 0, 0)}),
         "its name is longer than 63 bytes"},
        {12, "none", with_tensors({tensor("", {3}, 0, 0)}), "a tensor needs a name"},
        {12, "control_character", with_tensors({tensor("a\x1b", {3}, 0, 0)}),
         "tensor 'a\\x1b': its name has a control character"},

        {13, "q4_2", with_tensors({tensor("w", {32}, 4, 0)}), "unknown or withdrawn type 4"},
        {13, "q4_0_4_4", with_tensors({tensor("w", {32}, 31, 0)}), "unknown or withdrawn type 31"},
        {13, "type_40", with_tensors({tensor("w", {32}, 40, 0)}), "unknown or withdrawn type 40"},
        {13, "type_2_32", with_tensors({tensor("w", {32}, 0xffffffffu, 0)}),
         "unknown or withdrawn type 4294967295"},
        {13, "quantised", with_tensors({tensor("w", {256}, 10, 0)}, 160),
         "tensor 'w': the type Q2_K is not read", ErrorCode::unsupported},

        {14, "a_byte_short", with_tensors({tensor("w", {3}, 0, 0)}, 11), "the file is cut short"},
        {14, "no_data", with_tensors({tensor("w", {3}, 0, 0)}, 0), "only 0 bytes of data follow"},
        {14, "trailing", with_tensors({tensor("w", {3}, 0, 0)}, 33),
         "21 bytes follow the last tensor's data"},

        {15, "blocks_1e9", with_key(key("llama.block_count", 4, u32(1'000'000'000))),
         "metadata 'llama.block_count': 1000000000 blocks announced, in a file of 1 tensors"},
        {15, "blocks_2_63", with_key(key("llama.block_count", 10, u64(1ull << 63))),
         "metadata 'llama.block_count': must be a whole number"},
        {15, "blocks_of_text", with_key(key("llama.block_count", 8, text("2"))),
         "metadata 'llama.block_count': must be a whole number"},
        {15, "blocks_negative", with_key(key("llama.block_count", 5, u32(0xffffffffu))),
         "metadata 'llama.block_count': -1 is no size of a model"},
        {15, "no_heads", changed([](Parts& p) {
             p.keys.push_back(key("llama.attention.head_count", 4, u32(0)));
             p.tensors = {tensor("blk.0.attn_q.weight", {3}, 0, 0)};
         }),
         "metadata 'llama.attention.head_count': is 0, but there is the tensor "
         "'blk.0.attn_q.weight'"},
        {15, "context_2_32", with_key(key("llama.context_length", 4, u32(0xffffffffu))),
         "metadata 'llama.context_length': 4294967295 is no size of a model"},
        {15, "heads_a_million",
         with_key(key("llama.attention.head_count_kv", 9,
                      list(0, 1'000'000, std::string(1'000'000, '\x02')))),
         "metadata 'llama.attention.head_count_kv': 1000000 values, in a file of 1 tensors"},
        {15, "epsilon_nan",
         with_key(key("llama.attention.layer_norm_rms_epsilon", 6, u32(0x7fc00000u))),
         "metadata 'llama.attention.layer_norm_rms_epsilon': nan is no positive number"},
        {15, "base_0", with_key(key("llama.rope.freq_base", 6, u32(0))),
         "metadata 'llama.rope.freq_base': 0 is no positive number"},

        {16, "number_without_count", with_key(key("split.no", 2, std::string("\x03\0", 2))),
         "metadata 'split.no': part 3 of a file that is not split"},
        {16, "tensors_elsewhere", with_key(key("split.tensors.count", 5, u32(7))),
         "metadata 'split.tensors.count': 7 tensors, but the file has 1"},
        {16, "split", with_key(key("split.count", 2, std::string("\x03\0", 2))),
         "is one of 3 parts of a split GGUF file", ErrorCode::unsupported},
        {16, "split_of_text", with_key(key("split.count", 8, text("3"))),
         "metadata 'split.count': its type is 8"},
    };
}

/// A file with a value of every type.
std::string varied() {
    Parts parts;
    parts.keys = {key("general.architecture", 8, text("llama")),
                  key("llama.block_count", 4, u32(2)),
                  key("llama.rope.freq_base", 6, u32(std::bit_cast<std::uint32_t>(5000.5f))),
                  key("a.u8", 0, "\xff"),
                  key("a.i8", 1, "\xff"),
                  key("a.u16", 2, "\xfe\xff"),
                  key("a.i16", 3, "\xfe\xff"),
                  key("a.i32", 5, "\xfd\xff\xff\xff"),
                  key("a.true", 7, "\x01"),
                  key("a.u64", 10, u64(1ull << 40)),
                  key("a.u64_large", 10, u64(1ull << 63)),
                  key("a.i64", 11, u64(~0ull)),
                  key("a.f64", 12, u64(std::bit_cast<std::uint64_t>(0.1))),
                  key("a.texts", 9, list(8, 2, text("x") + text(""))),
                  key("a.numbers", 9, list(5, 3, u32(1) + u32(2) + u32(0xffffffffu))),
                  key("a.bools", 9, list(7, 2, std::string("\x01\0", 2))),
                  key("general.alignment", 4, u32(64)),
                  key("arch.odd", 4, u32(9))};
    parts.alignment = 64;
    parts.tensors = {tensor("b", {5, 3}, 1, 64), tensor("a", {7}, 0, 0),
                     tensor("c", {2, 3, 5, 7}, 30, 128), tensor("d", {1}, 28, 576)};
    parts.data_bytes = 584;
    return parts.image();
}

template <typename T>
T get(const Checkpoint& checkpoint, std::string_view name) {
    const std::optional<ConfigValue> value = checkpoint.config(name);
    INFO(name);
    REQUIRE(value);
    return std::get<T>(value->value);
}

bool opens(std::string_view image) {
    try {
        const auto checkpoint = Checkpoint::from_memory(bytes_of(image), "");
        unsigned sum = 0;
        for (const Tensor& found : checkpoint->tensors())
            for (const std::byte byte : checkpoint->bytes(found))
                sum += static_cast<unsigned>(byte);
        for (const std::string& name : checkpoint->config_keys()) CHECK(checkpoint->config(name));
        return sum < std::numeric_limits<unsigned>::max();
    } catch (const Error& error) {
        CHECK((error.code() == ErrorCode::invalid_file || error.code() == ErrorCode::unsupported));
        return false;
    }
}

}  // namespace

TEST_CASE("a GGUF file opens, and its bytes are the weights") {
    for (const std::string& path : {reference, reference + "model.gguf"}) {
        const auto model = Checkpoint::open(path);
        CHECK(model->format() == "gguf");
        CHECK(model->architecture() == "llama");
        CHECK(model->tensors().size() == 22);
        CHECK(get<std::int64_t>(*model, "arch.attention.head_count_kv") == 2);
        CHECK(get<std::int64_t>(*model, "llama.attention.head_count_kv") == 2);
        CHECK(get<double>(*model, "arch.rope.freq_base") == 5000.0);
        CHECK(get<double>(*model, "arch.attention.layer_norm_rms_epsilon") ==
              static_cast<double>(1e-5f));
        CHECK(get<std::shared_ptr<const ConfigValue::List>>(*model, "tokenizer.ggml.tokens")
                  ->size() == 131);
        CHECK(!model->config("arch.absent"));
        CHECK(!model->config("arch"));
        CHECK(model->config_keys().size() == 19);

        const auto find = [](const Checkpoint& checkpoint, std::string_view name) -> const Tensor& {
            return checkpoint.tensors()[checkpoint.find(name).value()];
        };
        const Tensor& table = find(*model, "token_embd.weight");
        CHECK(table.dtype == DType::f16);
        REQUIRE(table.shape == std::vector<std::int64_t>{131, 64});
        CHECK(find(*model, "blk.0.ffn_down.weight").shape == std::vector<std::int64_t>{64, 96});
        std::vector<float> rows(131 * 64);
        convert_to_f32(table.dtype, model->bytes(table), rows);
        const auto inputs = Checkpoint::open(reference + "inputs.safetensors"),
                   outputs = Checkpoint::open(reference + "expected.safetensors");
        const std::span<const std::byte> hidden = outputs->bytes(find(*outputs, "hidden_embed")),
                                         ids = inputs->bytes(find(*inputs, "input_ids"));
        REQUIRE(hidden.size() == ids.size() / 8 * 64 * 4);
        for (std::size_t i = 0; i < ids.size() / 8; ++i) {
            std::int64_t id = 0;
            std::memcpy(&id, ids.data() + 8 * i, 8);
            REQUIRE(std::memcmp(hidden.data() + i * 64 * 4,
                                &rows[static_cast<std::size_t>(id) * 64], 64 * 4) == 0);
        }
    }
}

TEST_CASE("GGUF metadata of every type, shapes outermost first") {
    const std::string image = varied();
    const auto model = Checkpoint::from_memory(bytes_of(image), "");
    CHECK(get<std::int64_t>(*model, "arch.block_count") == 2);
    CHECK(get<double>(*model, "arch.rope.freq_base") == 5000.5);
    CHECK(get<std::int64_t>(*model, "a.u8") == 255);
    CHECK(get<std::int64_t>(*model, "a.i8") == -1);
    CHECK(get<std::int64_t>(*model, "a.u16") == 65534);
    CHECK(get<std::int64_t>(*model, "a.i16") == -2);
    CHECK(get<std::int64_t>(*model, "a.i32") == -3);
    CHECK(get<bool>(*model, "a.true"));
    CHECK(get<std::int64_t>(*model, "a.u64") == 1ll << 40);
    CHECK(get<double>(*model, "a.u64_large") == 9223372036854775808.0);
    CHECK(get<std::int64_t>(*model, "a.i64") == -1);
    CHECK(get<double>(*model, "a.f64") == 0.1);
    using List = std::shared_ptr<const ConfigValue::List>;
    CHECK(std::get<std::string>(get<List>(*model, "a.texts")->at(0).value) == "x");
    CHECK(std::get<std::int64_t>(get<List>(*model, "a.numbers")->at(2).value) == -1);
    CHECK(!std::get<bool>(get<List>(*model, "a.bools")->at(1).value));
    CHECK(get<std::int64_t>(*model, "arch.odd") == 9);  // a whole key goes first

    REQUIRE(model->tensors().size() == 4);
    CHECK(model->tensors()[0].name == "a");
    CHECK(model->tensors()[1].shape == std::vector<std::int64_t>{3, 5});
    CHECK(model->tensors()[2].shape == std::vector<std::int64_t>{7, 5, 3, 2});
    CHECK(model->tensors()[3].dtype == DType::f64);
    for (const Tensor& found : model->tensors()) {
        CHECK(found.offset_bytes % 64 == 0);
        for (const std::byte byte : model->bytes(found)) REQUIRE(byte == std::byte{7});
    }
    // A configuration given goes first; the file's own stays behind it.
    const auto given =
        Checkpoint::from_memory(bytes_of(image), R"({"hidden_size": 5, "a": {"u8": 6}})");
    CHECK(get<std::int64_t>(*given, "hidden_size") == 5);
    CHECK(get<std::int64_t>(*given, "a.u8") == 6);
    CHECK(get<std::int64_t>(*given, "a.i8") == -1);
    CHECK(given->architecture() == "llama");

    Parts nothing;
    nothing.start = "GGUF" + u32(2);
    nothing.keys.clear();
    nothing.tensors.clear();
    nothing.data_bytes = 0;
    CHECK(Checkpoint::from_memory(bytes_of(nothing.image()), "")->architecture().empty());
    CHECK(Checkpoint::from_memory(bytes_of(nothing.image().substr(0, 24)), "")->tensors().empty());
}

TEST_CASE("lying GGUF files are refused, in memory and on disk, within bounded memory") {
    REQUIRE(opens(Parts().image()));
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
        const auto path = folder.write("model.gguf", file.image);
        CHECK(error_of([&] { Checkpoint::open(path); }).text ==
              path.string() + thrown.text.substr(std::string_view("memory").size()));
    }
    CHECK(kinds == std::set<int>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16});
}

TEST_CASE("all prefixes and single-bit flips of a GGUF file") {
    const std::string file = varied();
    REQUIRE(file.size() < 2048);
    REQUIRE(opens(file));
    const MemoryMeter meter;
    for (std::size_t size = 0; size < file.size(); ++size) {
        const std::string prefix = file.substr(0, size);
        if (opens(prefix)) FAIL_CHECK("opened a prefix of " << size);
    }
    std::size_t refused = 0;
    for (std::size_t bit = 0; bit < file.size() * 8; ++bit) {
        std::string flipped = file;
        flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
        const bool opened = opens(flipped);
        refused += !opened;
        if (bit / 8 >= file.size() - 584 && !opened)
            FAIL_CHECK("refused for a flip in the data, at " << bit / 8);
    }
    CHECK(refused > 1000);
    CHECK(meter.peak_bytes() <= 16 * file.size() + (1 << 20));
}

TEST_CASE("a table of many tensors is read in proportional memory") {
    std::vector<std::string> tensors;
    for (std::uint64_t i = 0; i < 50'000; ++i)
        tensors.push_back(tensor(std::to_string(i), {1}, 0, 32 * i));
    const std::string image = with_tensors(tensors, 32 * 50'000);
    const std::size_t table_bytes = image.size() - 32 * 50'000;
    const MemoryMeter meter;
    CHECK(Checkpoint::from_memory(bytes_of(image), "")->tensors().size() == 50'000);
    CHECK(meter.peak_bytes() <= 16 * table_bytes + (1 << 20));
}
