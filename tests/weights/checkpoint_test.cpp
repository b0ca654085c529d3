// SPDX-License-Identifier: MIT
#include "weights/checkpoint.hpp"

#include "error_of.hpp"
#include "images.hpp"
#include "temporary_folder.hpp"
#include "weights/convert.hpp"

#include <cmath>
#include <cstring>

#include <sys/stat.h>
#include <catch2/catch_test_macros.hpp>

using namespace hekla;
using namespace hekla::weights;

namespace {

const std::string reference = HEKLA_TEST_DATA "/reference/";
const std::string tiny = image_of(R"({"w":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}})", 12);

const Tensor& tensor_of(const Checkpoint& checkpoint, std::string_view name) {
    const auto found = checkpoint.find(name);
    INFO(name);
    REQUIRE(found);
    return checkpoint.tensors()[*found];
}

std::vector<float> floats_of(const Checkpoint& checkpoint, std::string_view name) {
    const Tensor& tensor = tensor_of(checkpoint, name);
    const std::span<const std::byte> bytes = checkpoint.bytes(tensor);
    std::vector<float> values(bytes.size() / size_bytes(tensor.dtype));
    convert_to_f32(tensor.dtype, bytes, values);
    return values;
}

std::vector<std::int32_t> ids_of(const Checkpoint& checkpoint, std::string_view name) {
    const Tensor& tensor = tensor_of(checkpoint, name);
    REQUIRE(tensor.dtype == DType::i64);
    std::vector<std::int32_t> ids(tensor.size_bytes / 8);
    CHECK(!convert(tensor.dtype, checkpoint.bytes(tensor), DType::i32,
                   std::as_writable_bytes(std::span(ids))));
    return ids;
}

}  // namespace

TEST_CASE("published layouts open, and their bytes are the weights") {
    struct Case {
        std::string name;
        std::string architecture;
        std::string embedding;
        DType dtype;
        std::size_t files;
    };
    // hidden_embed is rows of the embedding, so it shows that names, shapes, offsets and types are right.
    for (const Case& expected :
         {Case{"llama", "llama", "model.embed_tokens.weight", DType::f32, 1},
          Case{"llama3_rope_bf16", "llama", "model.embed_tokens.weight", DType::bf16, 1},
          Case{"llama_tied_legacy", "llama", "model.embed_tokens.weight", DType::f32, 1},
          Case{"mistral_window", "mistral", "model.embed_tokens.weight", DType::f32, 1},
          Case{"qwen2_sharded", "qwen2", "model.embed_tokens.weight", DType::f32, 2},
          Case{"qwen3", "qwen3", "model.embed_tokens.weight", DType::f32, 1}}) {
        CAPTURE(expected.name);
        const auto model = Checkpoint::open(reference + expected.name);
        CHECK(model->format() == "safetensors");
        CHECK(model->architecture() == expected.architecture);
        CHECK(model->files().size() == expected.files);
        const Tensor& embedding = tensor_of(*model, expected.embedding);
        CHECK(embedding.dtype == expected.dtype);
        REQUIRE(embedding.shape == std::vector<std::int64_t>{131, 48});
        const std::vector<float> table = floats_of(*model, expected.embedding);
        const auto inputs = Checkpoint::open(reference + expected.name + "/inputs.safetensors");
        const auto outputs = Checkpoint::open(reference + expected.name + "/expected.safetensors");
        const std::vector<std::int32_t> ids = ids_of(*inputs, "input_ids");
        const std::vector<float> rows = floats_of(*outputs, "hidden_embed");
        REQUIRE(rows.size() == ids.size() * 48);
        for (std::size_t i = 0; i < ids.size(); ++i)
            REQUIRE(std::memcmp(&rows[i * 48], &table[static_cast<std::size_t>(ids[i]) * 48],
                                48 * sizeof(float)) == 0);
    }
}

TEST_CASE("gpt2's two learned tables add up to its first hidden state") {
    for (const auto& [name, prefix] :
         {std::pair<std::string, std::string>{"gpt2", "transformer."}, {"gpt2_bare", ""}}) {
        CAPTURE(name);
        const auto model = Checkpoint::open(reference + name);
        CHECK(model->architecture() == "gpt2");
        const std::vector<float> tokens = floats_of(*model, prefix + "wte.weight"),
                                 places = floats_of(*model, prefix + "wpe.weight");
        const auto inputs = Checkpoint::open(reference + name + "/inputs.safetensors");
        const auto outputs = Checkpoint::open(reference + name + "/expected.safetensors");
        const std::vector<std::int32_t> ids = ids_of(*inputs, "input_ids");
        const std::vector<std::int64_t> shape = tensor_of(*inputs, "input_ids").shape;
        const std::vector<float> rows = floats_of(*outputs, "hidden_embed");
        const auto length = static_cast<std::size_t>(shape.back());
        REQUIRE(rows.size() == ids.size() * 48);
        for (std::size_t i = 0; i < ids.size(); ++i) {
            for (std::size_t c = 0; c < 48; ++c)
                REQUIRE(rows[i * 48 + c] == tokens[static_cast<std::size_t>(ids[i]) * 48 + c] +
                                                places[i % length * 48 + c]);
        }
    }
}

TEST_CASE("tensors are sorted, found, and told apart") {
    const auto model = Checkpoint::open(reference + "qwen2_sharded");
    const std::span<const Tensor> tensors = model->tensors();
    REQUIRE(tensors.size() == 27);
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        if (i > 0) CHECK(tensors[i - 1].name < tensors[i].name);
        CHECK(model->find(tensors[i].name) == i);
        CHECK(model->bytes(tensors[i]).size() == tensors[i].size_bytes);
        CHECK(tensors[i].file < model->files().size());
    }
    CHECK(!model->find(""));
    CHECK(!model->find("lm_head.weigh"));
    CHECK(!model->find("zzz"));
    CHECK(model->files()[tensor_of(*model, "lm_head.weight").file].filename() ==
          "model-00002-of-00002.safetensors");
    Tensor foreign = tensors[0];
    foreign.offset_bytes = 1ull << 40;
    CHECK(error_of([&] { model->bytes(foreign); }).code == ErrorCode::internal);
    foreign.file = 7;
    CHECK(error_of([&] { model->bytes(foreign); }).code == ErrorCode::internal);
}

TEST_CASE("a configuration is beside the weights, given, or alone") {
    const auto folder = Checkpoint::open(reference + "llama");
    CHECK(std::get<std::int64_t>(folder->config("hidden_size")->value) == 48);
    const auto file = Checkpoint::open(reference + "llama/model.safetensors");
    CHECK(file->architecture() == "llama");
    CHECK(file->tensors().size() == folder->tensors().size());
    const auto other = Checkpoint::open(reference + "llama", reference + "gpt2/config.json");
    CHECK(other->architecture() == "gpt2");
    CHECK(!other->config("hidden_size"));

    const auto alone = Checkpoint::open_config(reference + "qwen3/config.json");
    CHECK(alone->architecture() == "qwen3");
    CHECK(alone->tensors().empty());
    CHECK(alone->files().empty());
    CHECK(!alone->find("lm_head.weight"));
    CHECK(error_of([] { Checkpoint::open_config(reference + "absent.json"); }).code ==
          ErrorCode::not_found);
}

TEST_CASE("weights in memory") {
    const std::string text = content_of(reference + "llama/model.safetensors");
    const auto memory = Checkpoint::from_memory(bytes_of(text), R"({"model_type": "m"})");
    const auto file = Checkpoint::open(reference + "llama/model.safetensors");
    CHECK(memory->architecture() == "m");
    CHECK(Checkpoint::from_memory(bytes_of(text), "")->architecture().empty());
    REQUIRE(memory->tensors().size() == file->tensors().size());
    for (std::size_t i = 0; i < memory->tensors().size(); ++i) {
        const auto a = memory->bytes(memory->tensors()[i]), b = file->bytes(file->tensors()[i]);
        CHECK(memory->tensors()[i].name == file->tensors()[i].name);
        CHECK(std::equal(a.begin(), a.end(), b.begin(), b.end()));
        file->release(file->tensors()[i]);
        memory->release(memory->tensors()[i]);
        CHECK(std::equal(a.begin(), a.end(), b.begin(), b.end()));
    }
    // A header of odd length leaves the data unaligned; that is allowed.
    const std::string odd =
        image_of(R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}} )", 4);
    const auto unaligned = Checkpoint::from_memory(bytes_of(odd), "");
    CHECK(unaligned->tensors()[0].offset_bytes % 4 != 0);
    CHECK(floats_of(*unaligned, "w") == std::vector<float>{std::bit_cast<float>(0x07070707u)});
}

TEST_CASE("the weights of a folder are found") {
    const TemporaryFolder folder;
    const auto opened = [&] {
        return Checkpoint::open(folder.path())->files()[0].filename().string();
    };
    CHECK(error_of(opened).code == ErrorCode::not_found);
    CHECK(error_of(opened).has("holds no weights"));
    folder.write("pytorch_model.bin", "PK");
    CHECK(error_of(opened).has("only pytorch_model.bin: a PyTorch pickle"));
    folder.write("model_index.json", "{}");
    CHECK(error_of(opened).has("is a pipeline of several models"));
    folder.write("unet.fp16.safetensors", tiny);
    CHECK(opened() == "unet.fp16.safetensors");
    folder.write("other.safetensors", tiny);
    CHECK(
        error_of(opened).has("holds 2 weight files (other.safetensors, unet.fp16.safetensors), "
                             "none called model.safetensors"));
    folder.write("x.safetensors.index.json", R"({"weight_map": {"w": "other.safetensors"}})");
    CHECK(opened() == "other.safetensors");
    CHECK(Checkpoint::open(folder / "x.safetensors.index.json")->tensors().size() == 1);
    folder.write("diffusion_pytorch_model.safetensors.index.fp16.json",
                 R"({"weight_map": {"w": "unet.fp16.safetensors"}})");
    CHECK(opened() == "unet.fp16.safetensors");
    folder.write("diffusion_pytorch_model.fp16.safetensors", tiny);
    CHECK(opened() == "diffusion_pytorch_model.fp16.safetensors");
    folder.write("diffusion_pytorch_model.non_ema.safetensors", tiny);
    CHECK(opened() == "diffusion_pytorch_model.fp16.safetensors");
    folder.write("diffusion_pytorch_model.safetensors", tiny);
    CHECK(opened() == "diffusion_pytorch_model.safetensors");
    folder.write("model.safetensors", tiny);
    CHECK(opened() == "model.safetensors");
    CHECK(Checkpoint::open(folder.path())->architecture().empty());  // no config.json
    CHECK(error_of([&] { Checkpoint::open(folder / "absent"); }).code == ErrorCode::not_found);
    folder.write("config.json", "{");
    CHECK(error_of(opened).has("config.json: byte 1: not JSON"));
}

TEST_CASE("what is downloaded in place of weights is recognised") {
    const TemporaryFolder folder;
    const auto refused = [&](std::string_view name, std::string_view content) {
        folder.write(name, content);
        return error_of([&] { Checkpoint::open(folder.path()); });
    };
    const std::string pointer =
        "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n";
    const Thrown lfs = refused("model.safetensors", pointer);
    CHECK(lfs.code == ErrorCode::invalid_file);
    CHECK(lfs.text == (folder / "model.safetensors").string() +
                          ": this is a Git LFS pointer, not the file itself; run git lfs pull");
    CHECK(refused("model.safetensors", "<!DOCTYPE html><html>not found</html>")
              .has("this is a web page"));
    CHECK(refused("model.safetensors", std::string("PK\x03\x04\0\0\x08\x08\0\0", 10))
              .has("this is a PyTorch pickle"));
    CHECK(refused("model.safetensors", "\x80\x02}q\x01(X\x05").has("this is a PyTorch pickle"));
    folder.write("model.safetensors", tiny);
    CHECK(refused("config.json", pointer).has("config.json: this is a Git LFS pointer"));
    // A header whose length begins like a pickle is none.
    const std::string header = R"({"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})";
    const std::string lookalike = image_of(header + std::string(0x0280 - header.size(), ' '), 1);
    CHECK(Checkpoint::from_memory(bytes_of(lookalike), "")->tensors().size() == 1);
}

TEST_CASE("nothing outside the folder is opened") {
    namespace fs = std::filesystem;
    const TemporaryFolder outer;
    outer.write("secret.safetensors", tiny);
    outer.write("secret.json", "{}");
    const auto refused = [&] { return error_of([&] { Checkpoint::open(outer / "m"); }); };
    fs::create_directory(outer / "m");
    fs::create_symlink("../secret.safetensors", outer / "m/model.safetensors");
    CHECK(refused().has("leads out of the folder by a symbolic link"));
    fs::remove(outer / "m/model.safetensors");
    outer.write("m/model.safetensors", tiny);
    fs::create_symlink(outer / "secret.json", outer / "m/config.json");
    CHECK(refused().has("leads out of the folder by a symbolic link"));
    fs::remove(outer / "m/config.json");
    REQUIRE(::mkfifo((outer / "m/config.json").c_str(), 0600) == 0);
    CHECK(refused().has("is a FIFO"));
    fs::remove(outer / "m/config.json");
    CHECK(Checkpoint::open(outer / "m")->tensors().size() == 1);
    // The user may name a link.
    fs::create_symlink("m/model.safetensors", outer / "mine");
    CHECK(Checkpoint::open(outer / "mine")->tensors().size() == 1);
}

TEST_CASE("a Hugging Face cache opens, with its links into blobs") {
    namespace fs = std::filesystem;
    const TemporaryFolder hub;
    const std::string model = "models--someone--something";
    hub.write(model + "/blobs/aaaa", tiny);
    hub.write(model + "/blobs/bbbb", R"({"model_type": "cached"})");
    hub.write("outside", tiny);
    const std::string snapshot = model + "/snapshots/0123abcd";
    fs::create_directories(hub / (snapshot + "/unet"));
    fs::create_symlink("../../blobs/aaaa", hub / (snapshot + "/model.safetensors"));
    fs::create_symlink("../../blobs/bbbb", hub / (snapshot + "/config.json"));
    fs::create_symlink("../../../blobs/aaaa",
                       hub / (snapshot + "/unet/diffusion_pytorch_model.safetensors"));
    CHECK(Checkpoint::open(hub / snapshot)->architecture() == "cached");
    CHECK(Checkpoint::open(hub / (snapshot + "/model.safetensors"))->architecture() == "cached");
    CHECK(Checkpoint::open(hub / (snapshot + "/unet"))->tensors().size() == 1);
    fs::remove(hub / (snapshot + "/model.safetensors"));
    fs::create_symlink("../../../outside", hub / (snapshot + "/model.safetensors"));
    CHECK(error_of([&] {
              Checkpoint::open(hub / snapshot);
          }).has("leads out of the folder by a symbolic link"));
}

TEST_CASE("a file that shrinks under an open checkpoint is noticed") {
    const TemporaryFolder folder;
    const auto file = folder.write("model.safetensors", tiny);
    const auto checkpoint = Checkpoint::open(file);
    CHECK(checkpoint->bytes(checkpoint->tensors()[0]).size() == 12);
    std::filesystem::resize_file(file, 10);
    const Thrown thrown = error_of([&] { checkpoint->bytes(checkpoint->tensors()[0]); });
    CHECK(thrown.code == ErrorCode::invalid_file);
    CHECK(thrown.has("was cut short while it was in use"));
}
