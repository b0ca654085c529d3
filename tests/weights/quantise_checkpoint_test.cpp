// SPDX-License-Identifier: MIT
// Whole checkpoints, written smaller and read back.
#include "weights/quantise_checkpoint.hpp"

#include "base/file.hpp"
#include "error_of.hpp"
#include "temporary_folder.hpp"
#include "weights/checkpoint.hpp"
#include "weights/convert.hpp"
#include "weights/gguf.hpp"
#include "weights/gguf_writer.hpp"
#include "weights/quantise.hpp"
#include "weights/quantised.hpp"
#include "weights/safetensors_writer.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <cstring>
#include <limits>

using namespace hekla;
using namespace hekla::weights;

namespace {

const std::string reference = HEKLA_TEST_DATA "/reference/";
constexpr std::array quantised_types = {DType::q4_0, DType::q4_1, DType::q5_0, DType::q5_1,
                                        DType::q8_0, DType::q4_k, DType::q5_k, DType::q6_k};

std::vector<float> values_of(const Checkpoint& checkpoint, const std::string& name) {
    const Tensor& tensor = checkpoint.tensors()[checkpoint.find(name).value()];
    std::size_t count = 1;
    for (const std::int64_t size : tensor.shape) count *= static_cast<std::size_t>(size);
    std::vector<float> values(count);
    convert_to_f32(tensor.dtype, checkpoint.bytes(tensor), values);
    return values;
}

DType type_of(const Checkpoint& checkpoint, const std::string& name) {
    return checkpoint.tensors()[checkpoint.find(name).value()].dtype;
}

/// A checkpoint folder with a matrix of 3 x 512, one whose rows are no blocks, a vector, and whole numbers.
void write_model(const TemporaryFolder& folder, float special = 0.5f) {
    std::vector<float> wide(3 * 512), narrow(5 * 7), vector(9);
    for (std::size_t i = 0; i < wide.size(); ++i)
        wide[i] = std::sin(static_cast<float>(i * i % 977));
    for (std::size_t i = 0; i < narrow.size(); ++i) narrow[i] = static_cast<float>(i) / 8;
    wide[77] = special;
    const std::int64_t count = 5;
    const TensorImage tensors[] = {
        {{"a.weight", DType::f32, {3, 512}}, std::as_bytes(std::span(wide))},
        {{"b.weight", DType::f32, {5, 7}}, std::as_bytes(std::span(narrow))},
        {{"c.bias", DType::f32, {9}}, std::as_bytes(std::span(vector))},
        {{"d.steps", DType::i64, {1}}, std::as_bytes(std::span(&count, 1))}};
    write_safetensors(folder.path() / "model.safetensors", tensors);
    folder.write(
        "config.json",
        R"({"model_type": "odd", "n": 3, "eps": 1e-5, "on": true, "none": null, "rope": {"type": "a"},
                     "list": [1, 2.5], "mixed": [1, "a"], "words": ["x", "y"]})");
}

}  // namespace

TEST_CASE("a safetensors folder becomes a GGUF file that says the same") {
    const TemporaryFolder folder;
    write_model(folder);
    folder.write("tokenizer.json", "{\"a\": 1}");
    const auto full = Checkpoint::open(folder.path());
    const auto out = folder.path() / "small.gguf";
    for (const DType type : quantised_types) {
        INFO(name_of(type));
        const QuantiseReport report = quantise_checkpoint(folder.path(), type, out);
        const auto small = Checkpoint::open(out);
        CHECK(small->format() == "safetensors");  // whose names and layouts these are
        CHECK(small->architecture() == "odd");
        REQUIRE(small->tensors().size() == 4);

        const std::vector<float> wide = values_of(*full, "a.weight");
        std::vector<std::byte> blocks(wide.size() / block_of(type).elements * block_of(type).bytes);
        quantise(type, wide, blocks);
        const Tensor& written = small->tensors()[small->find("a.weight").value()];
        CHECK(written.dtype == type);
        CHECK(written.shape == std::vector<std::int64_t>{3, 512});
        const auto stored = small->bytes(written);
        CHECK(std::equal(stored.begin(), stored.end(), blocks.begin(), blocks.end()));
        CHECK(type_of(*small, "b.weight") == DType::f16);
        CHECK(values_of(*small, "b.weight") == values_of(*full, "b.weight"));
        CHECK(type_of(*small, "c.bias") == DType::f32);
        CHECK(type_of(*small, "d.steps") == DType::i64);

        CHECK(report.changed == 1);
        REQUIRE(report.kept.size() == 3);
        CHECK(report.kept[0].tensor == "b.weight");
        CHECK(report.kept[0].reason.find("rows of 7 are no whole blocks") == 0);
        CHECK(report.kept[1].reason == "has one dimension");
        CHECK(report.kept[2].reason == "holds whole numbers");
        CHECK(report.error > 0);
        CHECK(report.error < 0.12);
        CHECK(report.bytes_before == 4u * (3 * 512 + 35 + 9) + 8);
        CHECK(report.bytes_after == stored.size() + 2 * 35 + 4 * 9 + 8);

        for (const char* key : {"n", "eps", "on", "rope.type", "list", "words"}) {
            INFO(key);
            const auto before = full->config(key), after = small->config(key);
            REQUIRE(after);
            CHECK(after->value.index() == before->value.index());
        }
        CHECK(std::get<std::int64_t>(small->config("n")->value) == 3);
        CHECK(std::get<double>(small->config("eps")->value) == 1e-5);
        CHECK(std::get<std::string>(small->config("rope.type")->value) == "a");
        CHECK_FALSE(small->config("none"));
        CHECK_FALSE(small->config("mixed"));
        CHECK(std::get<std::string>(small->config("tokenizer.huggingface.json")->value) ==
              "{\"a\": 1}");
        CHECK(small->config("general.file_type"));
    }
}

TEST_CASE("f16 and bf16, in both formats") {
    const TemporaryFolder folder;
    write_model(folder);
    const auto full = Checkpoint::open(folder.path());
    for (const DType type : {DType::f16, DType::bf16})
        for (const char* name : {"half.gguf", "half.safetensors"}) {
            INFO(name_of(type) << " " << name);
            const auto out = folder.path() / name;
            quantise_checkpoint(folder.path() / "model.safetensors", type, out);
            const auto half = Checkpoint::open(out);
            CHECK(half->format() == "safetensors");
            for (const char* tensor : {"a.weight", "b.weight", "c.bias"}) {
                const bool kept = out.extension() == ".gguf" && tensor[0] == 'c';
                CHECK(type_of(*half, tensor) == (kept ? DType::f32 : type));
                const std::vector<float> before = values_of(*full, tensor),
                                         after = values_of(*half, tensor);
                for (std::size_t i = 0; i < before.size(); ++i)
                    CHECK(std::abs(after[i] - before[i]) <=
                          std::abs(before[i]) * (type == DType::f16 ? 0x1p-11f : 0x1p-8f) + 1e-7f);
            }
            CHECK(type_of(*half, "d.steps") == DType::i64);
        }
}

TEST_CASE("a GGUF file's metadata is carried over as it stands") {
    const TemporaryFolder folder;
    const std::string in = reference + "gguf_llama_f16/model.gguf";
    const auto out = folder.path() / "small.gguf";
    const QuantiseReport report = quantise_checkpoint(in, DType::q5_1, out);
    const auto full = Checkpoint::open(in), small = Checkpoint::open(out);
    CHECK(small->format() == "gguf");
    CHECK(small->architecture() == "llama");
    CHECK(report.changed == 16);  // of 22: the norms and rope_freqs have one dimension
    const std::string before = read_whole_file(in, 1 << 24), after = read_whole_file(out, 1 << 24);
    const auto old_keys = read_gguf(std::as_bytes(std::span(before)), "before").metadata;
    const auto new_keys = read_gguf(std::as_bytes(std::span(after)), "after").metadata;
    for (const std::string& key : old_keys.keys()) {
        if (key == "general.file_type") continue;
        INFO(key);
        const auto a = old_keys.stored(key), b = new_keys.stored(key);
        CHECK(a.type == b.type);
        CHECK(std::equal(a.bytes.begin(), a.bytes.end(), b.bytes.begin(), b.bytes.end()));
    }
    CHECK(std::get<std::int64_t>(small->config("general.file_type")->value) == 9);
    CHECK(std::get<std::int64_t>(small->config("general.quantization_version")->value) == 2);
    // What is quantised once more, from a copy in f16, is the same to the byte.
    const auto again = folder.path() / "again.gguf";
    quantise_checkpoint(in, DType::f16, folder.path() / "half.gguf");
    quantise_checkpoint(folder.path() / "half.gguf", DType::q5_1, again);
    CHECK(read_whole_file(again, 1 << 24) == after);
}

TEST_CASE("what cannot be quantised is refused, and nothing is written") {
    const TemporaryFolder folder;
    write_model(folder);
    const auto out = folder.path() / "out.gguf";
    const auto refused = [&](const std::filesystem::path& in, DType type,
                             const std::filesystem::path& to) {
        const Thrown thrown = error_of([&] { quantise_checkpoint(in, type, to); });
        CHECK_FALSE(std::filesystem::exists(out));
        return thrown;
    };
    CHECK(refused(folder.path(), DType::f32, out).has("nothing is quantised to f32"));
    CHECK(refused(folder.path(), DType::q8_0, folder.path() / "out.safetensors")
              .has("safetensors files have no type q8_0; write f16 or bf16, or a .gguf file"));
    CHECK(refused(folder.path(), DType::q8_0, folder.path() / "out.bin")
              .has("must end in .gguf or .safetensors"));
    CHECK(refused(folder.path(), DType::f16, folder.path() / "model.safetensors")
              .has("is the file that is read"));
    CHECK(refused(reference + "gguf_llama_q4_k", DType::q8_0, out).has("is quantised already"));
    CHECK(refused(reference + "gguf_llama_f16", DType::f16, folder.path() / "out.safetensors")
              .has("write a .gguf file"));
    CHECK(refused(folder.path() / "nothing", DType::f16, out).code == ErrorCode::not_found);
    for (const float value :
         {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
        write_model(folder, value);
        const Thrown thrown = refused(folder.path(), DType::q8_0, out);
        CHECK(thrown.code == ErrorCode::invalid_file);
        CHECK(thrown.has("tensor 'a.weight': element 77 is "));
    }
    write_model(folder, 1e6f);
    CHECK(refused(folder.path(), DType::f16, out).has("too large for f16; bf16 holds it"));
    write_model(folder, 1e30f);
    CHECK(refused(folder.path(), DType::q4_0, out).has("tensor 'a.weight': "));
    CHECK(error_of([&] { quantise_checkpoint(folder.path(), DType::bf16, out); }).text ==
          "(nothing was thrown)");
}

TEST_CASE("the GGUF writer refuses what its reader would") {
    const TemporaryFolder folder;
    const auto path = folder.path() / "x.gguf";
    const auto refused = [&](std::vector<TensorHeader> tensors) {
        const Thrown thrown = error_of([&] { GgufWriter(path, GgufKeys(), tensors); });
        CHECK(thrown.code == ErrorCode::invalid_argument);
        CHECK_FALSE(std::filesystem::exists(path));
        return thrown.text;
    };
    using namespace std::string_literals;
    const auto has = [](const std::string& text, const char* part) {
        return text.find(part) != text.npos;
    };
    CHECK(has(refused({{std::string(64, 'n'), DType::f32, {1}}}), "longer than the 63 bytes"));
    CHECK(has(refused({{"", DType::f32, {1}}}), "no name"));
    CHECK(has(refused({{"w", DType::f32, {}}}), "0 dimensions"));
    CHECK(has(refused({{"w", DType::f32, {1, 1, 1, 1, 1}}}), "5 dimensions"));
    CHECK(has(refused({{"w", DType::f32, {3, 0}}}), "a dimension of 0"));
    CHECK(has(refused({{"w", DType::boolean, {3}}}), "the type bool is not in GGUF"));
    CHECK(has(refused({{"w", DType::q8_0, {33}}}), "no whole blocks"));
    CHECK(has(refused({{"w", DType::f32, {1}}, {"w", DType::f32, {1}}}), "given twice"));
    GgufWriter writer(path, GgufKeys(), std::vector<TensorHeader>{{"w", DType::f32, {2}}});
    CHECK(error_of([&] { writer.commit(); }).has("1 tensors are still to be written"));
    CHECK(error_of([&] { writer.append(std::vector<std::byte>(9)); }).code == ErrorCode::internal);
    writer.append(std::vector<std::byte>(3));
    writer.append(std::vector<std::byte>(5));
    writer.commit();
    CHECK(Checkpoint::open(path)->tensors().size() == 1);
    GgufKeys keys;
    CHECK(error_of([&] { keys.set("", true); }).code == ErrorCode::invalid_argument);
}
