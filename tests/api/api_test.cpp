// SPDX-License-Identifier: MIT
#include "tiny_model.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <thread>

using namespace tiny;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;
using hekla::Failure;

TEST_CASE("devices: listed best first, found by id, backend and part of a name") {
    const hekla::Runtime runtime;
    const auto devices = runtime.devices();
    REQUIRE_FALSE(devices.empty());
    CHECK(std::string(devices.back().id) == "null");
    for (const auto& info : devices) {
        CHECK(std::string(hekla::Device(runtime, info.id).info().id) == info.id);
        if (std::string_view(info.id) == "cpu") {
            std::string part = std::string(info.name).substr(0, 6);
            std::transform(part.begin(), part.end(), part.begin(),
                           [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
            if (devices.size() <= 2)
                CHECK(std::string(hekla::Device(runtime, part).info().id) == "cpu");
        }
    }
    CHECK_THROWS_MATCHES(
        hekla::Device(runtime, "no such device"), Failure,
        MessageMatches(ContainsSubstring("`no such device`") && ContainsSubstring("cpu")));
    CHECK(hekla::Device(runtime, environment("HEKLA_TEST_DEVICE"), true).info().capabilities[0] ==
          0);
}

TEST_CASE("a checkpoint says what it is, without a device") {
    const std::string folder = HEKLA_TEST_DATA "/reference/";
    const hekla::Checkpoint file(folder + "gguf_llama_f16/model.gguf");
    const hekla_value tokens = file.value("tokenizer.ggml.tokens");
    REQUIRE(tokens.kind == HEKLA_VALUE_LIST);
    REQUIRE(tokens.count == 131);
    CHECK(std::string(hekla::Checkpoint::values(tokens).back().text) == "<t130>");
    CHECK(file.value("arch.attention.head_count_kv").integer == 2);
    CHECK(file.value("llama.rope.freq_base").number == 5000.0);
    CHECK(std::string(file.value("general.architecture").text) == "llama");
    CHECK(file.value("general.architecture").count == 5);
    CHECK(file.value("nothing").kind == HEKLA_VALUE_NULL);
    const hekla::Checkpoint beside(folder + "llama");
    CHECK(beside.value("tie_word_embeddings").kind == HEKLA_VALUE_BOOL);
    CHECK(beside.value("rope_parameters.rope_theta").kind != HEKLA_VALUE_NULL);

    hekla_error error{};
    hekla_value value{};
    value.size = sizeof value;
    CHECK(hekla_checkpoint_list_value(&tokens, 131, &value, &error) == HEKLA_NOT_FOUND);
    CHECK(hekla_checkpoint_list_value(&value, 0, &value, &error) == HEKLA_INVALID_ARGUMENT);
    CHECK(hekla_checkpoint_value(nullptr, "a", &value, &error) == HEKLA_INVALID_ARGUMENT);
    CHECK_THROWS_MATCHES(hekla::Checkpoint(folder + "nothing"), Failure,
                         MessageMatches(ContainsSubstring("nothing")));
}

TEST_CASE("decoding with the cache gives what a full pass gives") {
    const hekla::Runtime runtime;
    const hekla::Device device = open_device(runtime);
    for (const char* name : {"gpt2", "qwen3", "mistral_window"}) {
        INFO(name);
        const hekla::Model model = load_case(device, name);
        const std::vector<std::int32_t> ids = {5, 17, 101, 2, 64, 9, 33, 128, 77, 4, 12};
        hekla::Context whole(model);
        whole.set_input("ids", ids, {1, static_cast<std::int64_t>(ids.size())});
        whole.run();
        const hekla::Tensor expected = whole.read("logits");
        const std::size_t vocabulary = static_cast<std::size_t>(expected.shape[2]);
        double square = 0;
        for (const float v : expected.as<float>()) square += double(v) * v;
        const double scale = std::sqrt(square / static_cast<double>(expected.as<float>().size()));

        hekla::Context context(model);
        const std::array<std::size_t, 5> pieces = {3, 1, 1, 4, 2};
        std::size_t at = 0;
        for (const std::size_t piece : pieces) {
            context.set_input("ids", std::span(ids).subspan(at, piece),
                              {1, static_cast<std::int64_t>(piece)});
            context.run();
            const hekla::Tensor part = context.read("logits");
            REQUIRE(part.shape == std::vector<std::int64_t>{1, static_cast<std::int64_t>(piece),
                                                            static_cast<std::int64_t>(vocabulary)});
            for (std::size_t i = 0; i < piece * vocabulary; ++i)
                REQUIRE(std::abs(part.as<float>()[i] - expected.as<float>()[at * vocabulary + i]) <=
                        1e-4 * scale);
            at += piece;
            CHECK(context.position("P") == static_cast<std::int64_t>(at));
        }
    }
}

TEST_CASE("state: grows, is reset, belongs to its context, and is not overrun") {
    const hekla::Runtime runtime;
    const hekla::Device device = open_device(runtime);
    const hekla::Model model = load_text(device, running_sum());
    const hekla_dim_value capacity[] = {{"P", 7}};
    hekla::Context context(model, capacity), other(model);
    const auto give = [](hekla::Context& c, std::int64_t t, float first) {
        std::vector<float> x(static_cast<std::size_t>(t) * 3);
        for (std::size_t i = 0; i < x.size(); ++i) x[i] = first + static_cast<float>(i);
        c.set_input("x", std::span<const float>(x), {1, 1, t, 3});
    };
    give(context, 2, 1);
    context.run();
    give(context, 3, 100);
    context.run();
    hekla::Tensor y = context.read("y");
    CHECK(y.shape == std::vector<std::int64_t>{1, 1, 5, 3});
    const std::vector<float> expected = {1,   2,   3,   4,   5,   6,   100, 101,
                                         102, 103, 104, 105, 106, 107, 108};
    CHECK(std::equal(expected.begin(), expected.end(), y.as<float>().begin()));

    give(other, 1, 50);
    other.run();
    CHECK(other.read("y").as<float>()[0] == 50);
    CHECK(context.position("P") == 5);

    give(context, 3, 0);
    CHECK_THROWS_MATCHES(
        context.run(), Failure,
        MessageMatches(ContainsSubstring("from 5 to 8") && ContainsSubstring("holds 7")));
    CHECK(context.position("P") == 5);
    give(context, 2, 7);
    context.run();
    CHECK(context.read("y").as<float>()[15] == 7);

    const std::vector<float> two_rows(2 * 3, 1.0f);
    context.set_input("x", std::span<const float>(two_rows), {2, 1, 1, 3});
    CHECK_THROWS_AS(context.run(), Failure);
    context.reset();
    context.run();
    CHECK(context.read("y").shape == std::vector<std::int64_t>{2, 1, 1, 3});
}

TEST_CASE("the same run gives the same bits, however often") {
    const hekla::Runtime runtime;
    const hekla::Device device = open_device(runtime);
    const hekla::Model model = load_case(device, "llama");
    hekla::Context context(model);
    std::vector<std::byte> first;
    for (int turn = 0; turn < 4; ++turn) {
        context.reset();
        const std::vector<std::int32_t> ids = {1, 2, 3, 5, 8};
        context.set_input("ids", ids, {1, 5});
        const char* outputs[] = {"last"};
        context.run(outputs);
        const hekla::Tensor last = context.read("last");
        if (turn == 0) first = last.bytes;
        CHECK(last.bytes == first);
    }
}

TEST_CASE("wrong inputs are refused in words, and the context goes on") {
    const hekla::Runtime runtime;
    const hekla::Device device = open_device(runtime);
    const hekla::Model model = load_case(device, "gpt2");
    hekla::Context context(model);
    CHECK_THROWS_MATCHES(context.run(), Failure,
                         MessageMatches(ContainsSubstring("`ids` was not given")));
    const std::vector<std::int32_t> ids = {1, 2, 3};
    CHECK_THROWS_MATCHES(context.set_input("tokens", ids, {1, 3}), Failure,
                         MessageMatches(ContainsSubstring("`tokens`") && ContainsSubstring("ids")));
    CHECK_THROWS_MATCHES(context.set_input("ids", ids, {3}), Failure,
                         MessageMatches(ContainsSubstring("2 axes")));
    CHECK_THROWS_MATCHES(context.set_input("ids", ids, {1, 4}), Failure,
                         MessageMatches(ContainsSubstring("16 bytes, got 12")));
    const std::vector<float> floats = {1, 2, 3};
    CHECK_THROWS_AS(context.set_input("ids", floats, {1, 3}), Failure);
    const std::int64_t wide[] = {1, std::int64_t{1} << 40, 3}, shape[] = {1, 3};
    CHECK_THROWS_MATCHES(context.set_input("ids", HEKLA_I64, shape, std::as_bytes(std::span(wide))),
                         Failure, MessageMatches(ContainsSubstring("element 1")));
    const char* unknown[] = {"logit"};
    context.set_input("ids", ids, {1, 3});
    CHECK_THROWS_MATCHES(context.run(unknown), Failure,
                         MessageMatches(ContainsSubstring("`logit`")));
    CHECK_THROWS_AS(context.read("logits"), Failure);
    context.run();
    CHECK(context.read("logits").shape[1] == 3);
}

TEST_CASE("an input left out is filled with what the graph says, at the run's sizes") {
    const hekla::Runtime runtime;
    const hekla::Device device = open_device(runtime);
    const hekla::Model model = load_text(device, R"(
hekla: 1
dims: {B: {max: 4}}
inputs:
  x: float[B, 3]
  gain: float[B, 1] or 2.0
graph:
  y: x * gain
outputs:
  y: float[B, 3]
)");
    CHECK(model.inputs()[0].optional == 0);
    CHECK(model.inputs()[1].optional == 1);
    hekla::Context context(model);
    const auto run = [&](std::vector<float> x) {
        context.set_input("x", x, {static_cast<std::int64_t>(x.size()) / 3, 3});
        context.run();
        const hekla::Tensor y = context.read("y");
        return std::vector<float>(y.as<float>().begin(), y.as<float>().end());
    };
    CHECK(run({1, 2, 3}) == std::vector<float>{2, 4, 6});
    CHECK(run({1, 2, 3, 4, 5, 6}) == std::vector<float>{2, 4, 6, 8, 10, 12});
    const std::vector<float> gain = {-1};
    context.set_input("gain", gain, {1, 1});
    CHECK(run({1, 2, 3}) == std::vector<float>{-1, -2, -3});
}

TEST_CASE("a model tells its dims") {
    const hekla::Runtime runtime;
    const hekla::Device device = open_device(runtime);
    const auto dims = load_text(device,
                                "hekla: 1\nname: t\ndims:\n  H: {max: 64, multiple: 8}\n  W: {}\n"
                                "inputs:\n  x: float[H, W]\ngraph:\n  y: relu(x)\n"
                                "outputs:\n  y: float[H, W]\n")
                          .dims();
    REQUIRE(dims.size() == 2);
    CHECK(dims[0].name == std::string("H"));
    CHECK(dims[0].max == 64);
    CHECK(dims[0].multiple == 8);
    CHECK(dims[0].carried == 0);
    CHECK(dims[1].max == 0);
    CHECK(dims[1].multiple == 1);
}

TEST_CASE("models that cannot be: what, where, why") {
    const hekla::Runtime runtime;
    const hekla::Device device = open_device(runtime);
    CHECK_THROWS_MATCHES(load_text(device,
                                   "hekla: 1\nname: t\ninputs:\n  x: float[2, 3]\ngraph:\n  y: "
                                   "relo(x)\noutputs:\n  y: float[2, 3]\n"),
                         Failure,
                         MessageMatches(ContainsSubstring("6:6") && ContainsSubstring("relo") &&
                                        ContainsSubstring("did you mean `relu`")));
    CHECK_THROWS_MATCHES(load_text(device,
                                   "hekla: 1\nname: t\ninputs:\n  x: float[2, 3]\ngraph:\n  y: "
                                   "linear(x, w.a, out=5)\noutputs:\n  y: float[2, 5]\n",
                                   0),
                         Failure, MessageMatches(ContainsSubstring("a.weight")));
    hekla_model_desc nothing{};
    CHECK_THROWS_AS(hekla::Model(device, nothing), Failure);
    hekla_model_desc missing{};
    missing.checkpoint = "no/such/folder";
    CHECK_THROWS_MATCHES(hekla::Model(device, missing), Failure,
                         MessageMatches(ContainsSubstring("no/such/folder")));
    hekla_model_desc small{};
    const std::string folder = std::string(HEKLA_TEST_DATA) + "/reference/gpt2";
    small.checkpoint = folder.c_str();
    small.max_memory_bytes = 1000;
    CHECK_THROWS_MATCHES(hekla::Model(device, small), Failure,
                         MessageMatches(ContainsSubstring("1000")));
}

TEST_CASE("a model whose weights are still on their way runs as any") {
    const hekla::Runtime runtime;
    const hekla::Device device = open_device(runtime);
    const std::string folder = std::string(HEKLA_TEST_DATA) + "/reference/gpt2";
    const auto run = [&](bool in_background) {
        hekla_model_desc desc{};
        desc.checkpoint = folder.c_str();
        desc.in_background = in_background ? 1 : 0;
        const hekla::Model model(device, desc);
        hekla::Context context(model);
        context.set_input("ids", std::vector<std::int32_t>{5, 3, 8}, {1, 3});
        CHECK(context.run());
        return context.read("logits").bytes;
    };
    CHECK(run(true) == run(false));
    hekla_model_desc desc{};
    desc.checkpoint = folder.c_str();
    desc.in_background = 1;
    const hekla::Model given_up(device, desc);  // before it is loaded
}

/// The largest difference of two runs' y, as a share of the largest value there should be.
double difference(std::span<const float> got, std::span<const float> truth) {
    REQUIRE(got.size() == truth.size());
    double worst = 0, largest = 0;
    for (std::size_t i = 0; i < truth.size(); ++i) {
        worst = std::max<double>(worst, std::abs(got[i] - truth[i]));
        largest = std::max<double>(largest, std::abs(truth[i]));
    }
    return worst / largest;
}

std::vector<float> some_values(std::size_t count) {
    std::vector<float> values(count);
    for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<float>(i % 37) / 37.0f - 0.5f;
    return values;
}

TEST_CASE("less memory is asked for where little is allowed") {
    const hekla::Runtime runtime;
    const hekla::Device device = open_device(runtime), oracle(runtime, "cpu");
    const std::string text =
        "hekla: 1\nname: t\ninputs:\n  x: float[1, 19, 40, 44]\ngraph:\n  y: conv2d(x, w.a, out=19, kernel=3, bias=false)\noutputs:\n  y: float[1, 19, 40, 44]\n";
    hekla_model_desc desc{};
    desc.graph_text = text.data();
    desc.graph_text_bytes = text.size();
    desc.random_weights = 1;
    const hekla::Model true_model(oracle, desc), free_model(device, desc);
    const hekla_memory_report free_report = free_model.memory({});
    const std::uint64_t operands = 2 * 19 * 40 * 44 * 4;
    // The weight, x and y, and what alignment adds.
    desc.max_memory_bytes = free_report.weight_bytes + operands + 4096;
    const hekla::Model tight_model(device, desc);
    CHECK(tight_model.memory({}).arena_bytes <= operands + 4096);
    // Software Vulkan's fastest kernels want copies: there something is given up.
    const hekla_device_info& info = device.info();
    if (std::string_view(info.type) == "cpu" && info.subgroup_size == 8 &&
        std::string_view(info.capabilities).find("buffer_address") != std::string_view::npos)
        CHECK(free_report.arena_bytes > operands + 4096);
    const std::vector<float> x = some_values(19 * 40 * 44);
    const auto run = [&](const hekla::Model& model) {
        hekla::Context context(model);
        context.set_input("x", x, {1, 19, 40, 44});
        CHECK(context.run());
        return context.read("y");
    };
    const hekla::Tensor truth = run(true_model);
    CHECK(difference(run(free_model).as<float>(), truth.as<float>()) <= 1e-5);
    CHECK(difference(run(tight_model).as<float>(), truth.as<float>()) <= 1e-5);
}

// Three runs of a graph whose y is made of all rows of x so far, beside the cpu backend. `shape` is that of x, -1 in the place of the rows.
void check_carried(const std::string& text, hekla_model_desc desc, std::vector<std::int64_t> shape) {
    const hekla::Runtime runtime;
    const hekla::Device device = open_device(runtime), oracle(runtime, "cpu");
    desc.graph_text = text.data();
    desc.graph_text_bytes = text.size();
    const hekla::Model true_model(oracle, desc), model(device, desc);
    hekla::Context true_context(true_model), context(model);
    const auto place = std::find(shape.begin(), shape.end(), -1);
    for (const std::int64_t rows : {20, 7, 1}) {
        *place = rows;
        std::size_t count = 1;
        for (const std::int64_t size : shape) count *= static_cast<std::size_t>(size);
        const std::vector<float> x = some_values(count);
        for (hekla::Context* each : {&true_context, &context}) {
            each->set_input("x", HEKLA_F32, shape, std::as_bytes(std::span(x)));
            CHECK(each->run());
        }
        const hekla::Tensor truth = true_context.read("y"), got = context.read("y");
        CHECK(got.shape == truth.shape);
        CHECK(difference(got.as<float>(), truth.as<float>()) <= 1e-5);
    }
}

TEST_CASE("a convolution over what several runs have carried together") {
    const std::string text =
        "hekla: 1\nname: t\ndims:\n  T: {max: 64}\n  P: {state: 0, next: P + T, max: 64}\ninputs:\n  x: float[1, 16, T, 24]\nstate:\n  s:\n    rows: float[1, 16, P, 24]\n"
        "graph:\n  all: append(s.rows, x, axis=2)\n  y: conv2d(all, w.c, out=16, kernel=3, bias=false)\noutputs:\n  y: float[1, 16, P + T, 24]\n";
    hekla_model_desc desc{};
    desc.random_weights = 1;
    check_carried(text, desc, {1, 16, -1, 24});
}

TEST_CASE("sums shared out, of what several runs have carried together") {
    const std::string text =
        "hekla: 1\nname: t\ndims:\n  T: {max: 64}\n  P: {state: 0, next: P + T, max: 64}\ninputs:\n  x: float[T, 96]\nstate:\n  s:\n    rows: float[P, 96]\n"
        "graph:\n  all: append(s.rows, x, axis=0)\n  y: silu(linear(all, w.l, out=19, bias=false))\noutputs:\n  y: float[P + T, 19]\n";
    std::string weights = R"({"l.weight":{"dtype":"F16","shape":[19,96],"data_offsets":[0,3648]}})";
    weights.insert(0, {static_cast<char>(weights.size()), 0, 0, 0, 0, 0, 0, 0});
    for (int i = 0; i < 19 * 96; ++i) {  // from -0.25 to 0.25
        weights += static_cast<char>(i * 37);
        weights += static_cast<char>((i * 11 % 2 << 7) + 0x30 + i % 4);
    }
    hekla_model_desc desc{};
    desc.weights_data = weights.data();
    desc.weights_bytes = weights.size();
    desc.force_kernels = "linear_fused_matrix_shares";
    check_carried(text, desc, {-1, 96});
}

TEST_CASE("C: null handles and structs without a size are errors, not crashes") {
    hekla_error error{};
    CHECK(hekla_runtime_create(nullptr, nullptr, &error) == HEKLA_INVALID_ARGUMENT);
    CHECK(std::strlen(error.text) > 0);
    hekla_runtime* handle = nullptr;
    hekla_runtime_desc unsized{};
    CHECK(hekla_runtime_create(&unsized, &handle, &error) == HEKLA_INVALID_ARGUMENT);
    CHECK(handle == nullptr);
    CHECK(hekla_device_open(nullptr, nullptr, nullptr, nullptr, nullptr) == HEKLA_INVALID_ARGUMENT);
    CHECK(hekla_model_load(nullptr, nullptr, nullptr, &error) == HEKLA_INVALID_ARGUMENT);
    CHECK(hekla_context_run(nullptr, nullptr, &error) == HEKLA_INVALID_ARGUMENT);
    hekla_runtime_destroy(nullptr);
    hekla_device_destroy(nullptr);
    hekla_model_destroy(nullptr);
    hekla_context_destroy(nullptr);
    hekla_context_cancel(nullptr);
    const char* relative[] = {"plugins"};
    hekla_runtime_desc desc{};
    desc.size = sizeof desc;
    desc.plugin_folders = relative;
    desc.plugin_folder_count = 1;
    CHECK(hekla_runtime_create(&desc, &handle, &error) == HEKLA_INVALID_ARGUMENT);
    CHECK(std::string(error.text).find("absolute") != std::string::npos);
}

TEST_CASE("cancel stops the next run and leaves the state as it was") {
    const hekla::Runtime runtime;
    const hekla::Device device = open_device(runtime);
    const hekla::Model model = load_case(device, "llama");
    hekla::Context context(model);
    const std::vector<std::int32_t> ids = {1, 2, 3};
    context.set_input("ids", ids, {1, 3});
    std::thread([&] { context.cancel(); }).join();
    CHECK_FALSE(context.run());
    CHECK(context.position("P") == 0);
    CHECK(context.run());
    CHECK(context.position("P") == 3);
}

TEST_CASE("loading tells its progress and can be stopped") {
    const hekla::Runtime runtime;
    const hekla::Device device = open_device(runtime);
    const std::string folder = std::string(HEKLA_TEST_DATA) + "/reference/gpt2";
    struct Seen {
        std::uint64_t last = 0, total = 0;
        int calls = 0, stop_at = 0;
    } seen;
    hekla_model_desc desc{};
    desc.checkpoint = folder.c_str();
    desc.user = &seen;
    desc.progress = [](void* user, const char*, std::uint64_t done, std::uint64_t total) {
        auto& s = *static_cast<Seen*>(user);
        s.last = done;
        s.total = total;
        return ++s.calls == s.stop_at ? 0 : 1;
    };
    { const hekla::Model model(device, desc); }
    CHECK(seen.calls > 2);
    CHECK(seen.last == seen.total);
    seen = {};
    seen.stop_at = 2;
    try {
        const hekla::Model model(device, desc);
        FAIL("it was not stopped");
    } catch (const Failure& e) {
        CHECK(e.result() == HEKLA_CANCELLED);
    }
}

TEST_CASE("preflight says what a run takes, and fusion makes fewer dispatches") {
    const hekla::Runtime runtime;
    const hekla::Device device = open_device(runtime);
    const hekla::Model model = load_case(device, "llama");
    const hekla_dim_value dims[] = {{"B", 1}, {"T", 7}, {"P", 32}};
    const hekla_memory_report report = model.memory(dims);
    // k and v of two layers: 2 key heads of 8 for 32 places, four bytes each; slots are aligned
    CHECK(report.state_bytes >= 2u * 2 * 2 * 8 * 32 * 4);
    CHECK(report.weight_bytes >= 190'000);
    CHECK(report.arena_bytes >= report.arena_live_bytes);
    CHECK(report.arena_bytes < report.arena_sum_bytes);
    const std::string folder = std::string(HEKLA_TEST_DATA) + "/reference/llama";
    hekla_model_desc plain{};
    plain.checkpoint = folder.c_str();
    plain.no_fusion = 1;
    CHECK(hekla::Model(device, plain).memory(dims).dispatch_count > report.dispatch_count);
    const hekla_dim_value wrong[] = {{"Q", 1}};
    CHECK_THROWS_AS(model.memory(wrong), Failure);
}

TEST_CASE("warming compiles ahead, computes nothing, and can be stopped") {
    const hekla::Runtime runtime;
    const hekla::Device device = open_device(runtime);
    const std::vector<std::int32_t> ids = {5, 17, 101};
    const auto logits = [&](hekla::Context& context) {
        context.set_input("ids", ids, {1, 3});
        context.run();
        return context.read("last").bytes;
    };
    const hekla::Model plain = load_case(device, "qwen3");
    hekla::Context cold(plain);
    const auto expected = logits(cold);
    const auto next = logits(cold);

    const hekla::Model model = load_case(device, "qwen3");
    hekla::Context context(model);
    struct Told {
        std::uint64_t calls = 0, done = 0, total = 0, stop_at = ~0ull;
    } told;
    const hekla_progress tell = [](void* user, const char*, std::uint64_t done,
                                   std::uint64_t total) {
        Told& t = *static_cast<Told*>(user);
        t.done = done;
        t.total = total;
        return t.calls++ < t.stop_at ? 1 : 0;
    };
    const hekla_dim_value dims[] = {{"T", 3}};
    const hekla_dim_value unknown[] = {{"Q", 3}}, carried[] = {{"P", 3}};
    CHECK_THROWS_MATCHES(context.warm(unknown), Failure, MessageMatches(ContainsSubstring("`Q`")));
    CHECK_THROWS_MATCHES(context.warm(carried), Failure,
                         MessageMatches(ContainsSubstring("carried")));
    told.stop_at = 0;
    CHECK_FALSE(context.warm(dims, {}, tell, &told));
    told = {};
    CHECK(context.warm(dims, {}, tell, &told));
    CHECK(told.done == told.total);
    CHECK(context.position("P") == 0);
    CHECK(logits(context) == expected);
    CHECK(context.warm(dims));  // between runs the state stays
    CHECK(logits(context) == next);
}

TEST_CASE("a timed context tells every step on the device's clock") {
    const hekla::Runtime runtime;
    const hekla::Device device = open_device(runtime);
    const hekla::Model model = load_case(device, "gpt2");
    hekla::Context context(model, {}, true);
    const std::vector<std::int32_t> ids = {1, 2, 3};
    context.set_input("ids", ids, {1, 3});
    context.run();
    const hekla_trace_step* steps = nullptr;
    std::uint32_t count = 0;
    hekla_error error{};
    REQUIRE(hekla_context_trace(context.get(), &steps, &count, &error) == HEKLA_OK);
    CHECK(count > 10);
    for (std::uint32_t i = 0; i < count; ++i) {
        CHECK(steps[i].end_ns >= steps[i].begin_ns);
        CHECK(std::strlen(steps[i].node) > 0);
    }
}

TEST_CASE("two contexts of one model run side by side in two threads") {
    const hekla::Runtime runtime;
    const hekla::Device device = open_device(runtime);
    const hekla::Model model = load_case(device, "qwen3");
    const auto work = [&](std::int32_t first, std::vector<std::byte>& out) {
        hekla::Context context(model);
        for (std::int32_t i = 0; i < 5; ++i) {
            const std::int32_t id[] = {first + i};
            context.set_input("ids", id, {1, 1});
            context.run();
        }
        out = context.read("logits").bytes;
    };
    std::vector<std::byte> alone_a, alone_b, a, b;
    work(3, alone_a);
    work(40, alone_b);
    std::thread other([&] { work(40, b); });
    work(3, a);
    other.join();
    CHECK(a == alone_a);
    CHECK(b == alone_b);
}

TEST_CASE("a table larger than one binding gives what the cpu backend gives", "[slow]") {
    const hekla::Runtime runtime;
    const hekla::Device device = open_device(runtime), oracle(runtime, "cpu");
    // 70,001 rows of 1,024 halves are 143 MB: above the 128 MiB that some drivers bind at once.
    const std::string text = R"(
hekla: 1
name: big
inputs:
  ids: i32[1, 5]
graph:
  x: embedding(ids, w.table, rows=70001, dim=1024)
  y: linear(x, w.table, out=70001, bias=false)
outputs:
  x: float[1, 5, 1024]
  y: float[1, 5, 70001]
)";
    const std::vector<std::int32_t> ids = {0, 65535, 65536, 70000, 131};
    std::vector<std::vector<float>> results;
    for (const hekla::Device* where : {&device, &oracle}) {
        const hekla::Model model = load_text(*where, text, 2);
        hekla::Context context(model);
        context.set_input("ids", ids, {1, 5});
        context.run();
        for (const char* name : {"x", "y"}) {
            const hekla::Tensor tensor = context.read(name);
            results.emplace_back(tensor.as<float>().begin(), tensor.as<float>().end());
        }
    }
    CHECK(results[0] == results[2]);
    double worst = 0, square = 0;
    for (std::size_t i = 0; i < results[1].size(); ++i) {
        worst = std::max(worst, std::abs(double(results[1][i]) - results[3][i]));
        square += double(results[3][i]) * results[3][i];
    }
    CHECK(worst <= 1e-4 * std::sqrt(square / static_cast<double>(results[1].size())));
}
