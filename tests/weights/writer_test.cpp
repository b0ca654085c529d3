// SPDX-License-Identifier: MIT
#include "weights/safetensors_writer.hpp"

#include "error_of.hpp"
#include "images.hpp"
#include "temporary_folder.hpp"
#include "weights/checkpoint.hpp"

#include <limits>

#include <catch2/catch_test_macros.hpp>

using namespace hekla;
using namespace hekla::weights;

namespace {

const std::string zeros(1000, '\0');

Thrown refused(std::vector<TensorHeader> tensors) {
    return error_of([&] { safetensors_header(tensors); });
}

}  // namespace

TEST_CASE("written files read back, whatever the type") {
    const TemporaryFolder folder;
    const DType types[] = {DType::boolean, DType::f32, DType::f16, DType::bf16, DType::f64,
                           DType::i8,      DType::u8,  DType::i16, DType::u16,  DType::i32,
                           DType::u32,     DType::i64, DType::u64};
    std::string data;
    for (int i = 0; i < 1000; ++i) data += static_cast<char>(i * 7);
    std::vector<TensorImage> tensors;
    for (const DType type : types) {
        const std::string name = "t." + std::string(name_of(type));
        tensors.push_back(
            {{name, type, {3, 7}}, bytes_of(data).subspan(tensors.size(), 21 * size_bytes(type))});
        tensors.push_back(
            {{name + ".scalar", type, {}}, bytes_of(data).subspan(1, size_bytes(type))});
        tensors.push_back({{name + ".empty", type, {5, 0, 2}}, {}});
    }
    tensors.push_back({{"quoted \"\\ é", DType::u8, {1}}, bytes_of(data).subspan(9, 1)});
    const auto file = folder / "out.safetensors";
    write_safetensors(file, tensors, {{"format", "pt"}, {"note", "a \"b\"\n"}});
    const std::vector<std::byte> image =
        safetensors_image(tensors, {{"format", "pt"}, {"note", "a \"b\"\n"}});
    const std::string written = content_of(file);
    const auto bytes = bytes_of(written);
    CHECK(std::equal(bytes.begin(), bytes.end(), image.begin(), image.end()));

    const auto read = Checkpoint::open(file);
    REQUIRE(read->tensors().size() == tensors.size());
    for (const TensorImage& expected : tensors) {
        CAPTURE(expected.header.name);
        const auto found = read->find(expected.header.name);
        REQUIRE(found);
        const Tensor& tensor = read->tensors()[*found];
        CHECK(tensor.dtype == expected.header.dtype);
        CHECK(tensor.shape == expected.header.shape);
        CHECK(tensor.offset_bytes % size_bytes(tensor.dtype) == 0);  // aligned
        const auto got = read->bytes(tensor);
        CHECK(std::equal(got.begin(), got.end(), expected.bytes.begin(), expected.bytes.end()));
    }
}

TEST_CASE("the bytes of a small file, as the format has them") {
    const float values[] = {1.0f, -2.0f};
    const TensorImage tensor = {{"a", DType::f32, {2}}, std::as_bytes(std::span(values))};
    const std::vector<std::byte> image = safetensors_image(std::span(&tensor, 1));
    const std::string header = R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}  )";
    const std::string expected =
        little_endian(56, 8) + header + std::string("\0\0\x80\x3f\0\0\0\xc0", 8);
    REQUIRE(header.size() == 56);
    const auto bytes = bytes_of(expected);
    CHECK(std::equal(bytes.begin(), bytes.end(), image.begin(), image.end()));
    CHECK(safetensors_header({}) == little_endian(8, 8) + "{}      ");
}

TEST_CASE("large tensors are written in pieces") {
    const TemporaryFolder folder;
    const auto file = folder / "out.safetensors";
    const std::vector<TensorHeader> tensors = {{"a", DType::f32, {1000, 1009}},
                                               {"b", DType::u8, {1}}};
    const std::string piece(4099, 'p');
    {
        SafetensorsWriter writer(file, tensors);
        std::size_t left = 4'036'001;
        for (; left > piece.size(); left -= piece.size()) writer.append(bytes_of(piece));
        CHECK(error_of([&] { writer.commit(); }).has("tensor bytes are still to be written"));
        CHECK(!std::filesystem::exists(file));
        writer.append(bytes_of(piece).first(left));
        CHECK(error_of([&] { writer.append(bytes_of(piece).first(1)); }).code ==
              ErrorCode::internal);
        writer.commit();
    }
    const auto read = Checkpoint::open(file);
    CHECK(read->tensors()[0].size_bytes == 4'036'000);
    CHECK(read->bytes(read->tensors()[1])[0] == std::byte{'p'});
    { const SafetensorsWriter given_up(folder / "other.safetensors", tensors); }
    CHECK(list_folder(folder.path()) == std::vector<std::string>{"out.safetensors"});
}

TEST_CASE("what could not be read back is not written") {
    CHECK(refused({{"a", DType::f32, {1}}, {"a", DType::f16, {1}}}).has("tensor 'a': given twice"));
    CHECK(refused({{"", DType::f32, {1}}}).has("no name for a tensor"));
    CHECK(refused({{"__metadata__", DType::f32, {1}}}).has("no name for a tensor"));
    CHECK(refused({{"a\nb", DType::f32, {1}}}).has("control character"));
    CHECK(refused({{"\xff", DType::f32, {1}}}).has("is not UTF-8"));
    CHECK(refused({{std::string(2000, 'x'), DType::f32, {1}}}).has("too long"));
    CHECK(refused({{"a", DType::f32, {-1}}}).has("a negative size"));
    CHECK(
        refused({{"a", DType::f32, std::vector<std::int64_t>(17, 1)}}).has("too many dimensions"));
    CHECK(refused({{"a", DType::floating, {1}}}).has("a type that files do not have"));
    CHECK(refused({{"a", DType::f32, {std::numeric_limits<std::int64_t>::max()}}})
              .has("more bytes than can be counted"));
    CHECK(refused({{"a", DType::u8, {1ll << 62}},
                   {"b", DType::u8, {1ll << 62}},
                   {"c", DType::u8, {1ll << 62}},
                   {"d", DType::u8, {1ll << 62}}})
              .code == ErrorCode::invalid_argument);
    const TensorImage wrong = {{"a", DType::f32, {3}}, bytes_of(zeros).first(11)};
    CHECK(error_of([&] {
              safetensors_image(std::span(&wrong, 1));
          }).has("11 bytes given, its shape and type need 12"));
    CHECK(error_of([&] {
              write_safetensors("/dev/full", std::span<const TensorImage>());
          }).has("No space left on device"));
}
