// SPDX-License-Identifier: MIT
// Checkpoints in shards, and the lies an index can tell (S18).
#include "weights/shard_index.hpp"

#include "error_of.hpp"
#include "images.hpp"
#include "temporary_folder.hpp"
#include "weights/checkpoint.hpp"

#include <sys/stat.h>
#include <catch2/catch_test_macros.hpp>

using namespace hekla;
using namespace hekla::weights;

namespace {

std::string shard(std::string_view name, std::size_t bytes = 3) {
    const std::string size = std::to_string(bytes);
    return image_of("{\"" + std::string(name) + "\":{\"dtype\":\"U8\",\"shape\":[" + size +
                        "],\"data_offsets\":[0," + size + "]}}",
                    bytes);
}

/// A folder beside something secret, with two shards and the index under test.
struct Sharded {
    TemporaryFolder outer;

    Sharded() {
        outer.write("secret.safetensors", shard("a"));
        outer.write("m/1.safetensors", shard("a"));
        outer.write("m/2.safetensors", shard("b", 5));
    }
    std::unique_ptr<Checkpoint> open(std::string_view index) const {
        outer.write("m/model.safetensors.index.json", index);
        return Checkpoint::open(outer / "m");
    }
    Thrown refused(std::string_view index) const {
        return error_of([&] { open(index); });
    }
};

}  // namespace

TEST_CASE("shards make one checkpoint") {
    const Sharded folder;
    const auto model = folder.open(
        R"({"metadata": {"total_size": 8}, "weight_map": {"b": "2.safetensors", "a": "1.safetensors"}})");
    REQUIRE(model->tensors().size() == 2);
    CHECK(model->tensors()[0].name == "a");
    CHECK(model->files()[model->tensors()[0].file] == folder.outer / "m/1.safetensors");
    CHECK(model->bytes(model->tensors()[0]).size() == 3);
    CHECK(model->bytes(model->tensors()[1]).size() == 5);
    // What a shard holds beyond the index is there too.
    folder.outer.write(
        "m/2.safetensors",
        image_of(
            R"({"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"c":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})",
            2));
    CHECK(folder.open(R"({"weight_map": {"b": "2.safetensors"}})")->find("c"));
    CHECK(folder.open(R"({"weight_map": {}})")->tensors().empty());
}

TEST_CASE("S18: shards outside the folder are not opened") {
    namespace fs = std::filesystem;
    const Sharded folder;
    fs::create_symlink("../secret.safetensors", folder.outer / "m/outer_link");
    fs::create_symlink(folder.outer / "secret.safetensors", folder.outer / "m/absolute_link");
    fs::create_symlink("..", folder.outer / "m/parent_link");
    fs::create_symlink("loop", folder.outer / "m/loop");
    fs::create_symlink("/dev/zero", folder.outer / "m/device_link");
    fs::create_hard_link(folder.outer / "secret.safetensors", folder.outer / "m/hard_link");
    REQUIRE(::mkfifo((folder.outer / "m/fifo").c_str(), 0600) == 0);
    const std::string absolute = (folder.outer / "secret.safetensors").string();
    const std::pair<std::string, std::string> vectors[] = {
        {"../secret.safetensors", "is no plain file name; shards lie beside their index"},
        {"../../../../../../etc/passwd", "is no plain file name"},
        {"./1.safetensors", "is no plain file name"},
        {"sub/../../secret.safetensors", "is no plain file name"},
        {"..", "is no plain file name"},
        {".", "is no plain file name"},
        {"", "is no plain file name"},
        {absolute, "is no plain file name"},
        {"/dev/zero", "is no plain file name"},
        {"..\\\\secret.safetensors", "is no plain file name"},
        {"https://example.org/w.safetensors", "is no plain file name"},
        {"file:///etc/passwd", "is no plain file name"},
        {"C:", "is an absolute path"},
        {"1.safetensors\\u0000/../../secret.safetensors", "is no plain file name"},
        {"1.safetensors\\u0000", "has a control character"},
        {"parent_link/secret.safetensors", "is no plain file name"},
        {"outer_link", "leads out of the folder by a symbolic link"},
        {"absolute_link", "leads out of the folder by a symbolic link"},
        {"device_link", "leads out of the folder by a symbolic link"},
        {"parent_link", "leads out of the folder by a symbolic link"},
        {"loop", "go round in a circle"},
        {"hard_link", "has 2 hard links"},
        {"fifo", "is a FIFO"},
    };
    for (const auto& [name, message] : vectors) {
        CAPTURE(name);
        const Thrown thrown = folder.refused(R"({"weight_map": {"a": ")" + name + "\"}}");
        CAPTURE(thrown.text);
        CHECK(thrown.code == ErrorCode::invalid_file);
        CHECK(thrown.has(message));
    }
}

TEST_CASE("S18: missing and doubled") {
    const Sharded folder;
    const Thrown missing =
        folder.refused(R"({"weight_map": {"a": "1.safetensors", "z": "9.safetensors"}})");
    CHECK(missing.code == ErrorCode::not_found);
    CHECK(missing.has("the shard '9.safetensors' is missing"));
    CHECK(folder.refused(R"({"weight_map": {"a": "1.safetensors", "z": "1.safetensors"}})")
              .has("tensor 'z': is not in '1.safetensors', where the index places it"));
    CHECK(folder.refused(R"({"weight_map": {"a": "2.safetensors", "b": "1.safetensors"}})")
              .has("tensor 'a': is not in '2.safetensors'"));
    CHECK(folder.refused(R"({"weight_map": {"a": "1.safetensors", "a": "2.safetensors"}})")
              .has("tensor 'a': is in weight_map twice"));
    folder.outer.write("m/2.safetensors", shard("a"));
    const Thrown doubled =
        folder.refused(R"({"weight_map": {"a": "1.safetensors", "b": "2.safetensors"}})");
    CHECK(doubled.code == ErrorCode::invalid_file);
    CHECK(doubled.has("2.safetensors: tensor 'a': is in 1.safetensors too"));
    folder.outer.write("m/2.safetensors", "garbage!garbage!");
    CHECK(folder.refused(R"({"weight_map": {"a": "1.safetensors", "b": "2.safetensors"}})")
              .has("m/2.safetensors: not a safetensors file"));
}

TEST_CASE("an index that is none") {
    const auto refused = [](std::string_view text) {
        return error_of([&] { read_shard_index(text, "i.json"); });
    };
    CHECK(refused("{}").text == "i.json: a shard index needs a weight_map: {tensor: file}");
    CHECK(refused("[]").has("i.json: byte 1: a shard index is an object"));
    CHECK(refused("1").has("a shard index is an object"));
    CHECK(refused(R"({"weight_map": 1})").has("needs a weight_map"));
    CHECK(
        refused(R"({"weight_map": {"a": 1}})").has("tensor 'a': weight_map must give a file name"));
    CHECK(refused(R"({"weight_map": {"a": {"b": "c"}}})")
              .has("tensor 'a': weight_map must give a file name"));
    CHECK(refused(R"({"weight_map": {"a": ["b"]}})").has("weight_map must give a file name"));
    CHECK(refused(R"({"weight_map": {}, "weight_map": {}})").has("weight_map is given twice"));
    CHECK(refused(R"({"weight_map": {"a": "b"})").has("not JSON"));
    CHECK(refused(R"({"x": {"weight_map": {}}})").has("needs a weight_map"));

    // Other parts may be anything.
    const ShardIndex index = read_shard_index(
        R"({"metadata": {"a": [1, {"weight_map": {"x": 1}}]}, "l": [[]], "weight_map": {"b": "f", "a": "g", "c": "f"}, "z": null})",
        "i.json");
    CHECK(index.files == std::vector<std::string>{"f", "g"});
    REQUIRE(index.tensors.size() == 3);
    CHECK(index.tensors[0] == std::pair<std::string, std::uint32_t>("a", 1));
    CHECK(index.tensors[2] == std::pair<std::string, std::uint32_t>("c", 0));

    std::string many = R"({"weight_map": {)";
    for (int i = 0; i < 5000; ++i)
        many += "\"" + std::to_string(i) + "\":\"s" + std::to_string(i) + "\",";
    many.back() = '}';
    CHECK(refused(many + "}").has("more than 4096 shards"));
}
