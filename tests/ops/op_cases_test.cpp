// SPDX-License-Identifier: MIT
// Every case of tests/ops/*.yaml on the device under test (HEKLA_TEST_DEVICE, HEKLA_TEST_PROFILE). Reference cases are held against the reference data, the others against the cpu backend with one dispatch per node.
#include "op_case.hpp"

#include "hekla/hekla.hpp"
#include "ops/entry.hpp"

#include "ops/shaders.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <set>

namespace hekla::test {
namespace {

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string() : value;
}

std::string type_text(const HostTensor& tensor) {
    std::string text = tensor.type + "[";
    for (std::size_t i = 0; i < tensor.shape.size(); ++i) text += (i ? ", " : "") + std::to_string(tensor.shape[i]);
    return text + "]";
}

std::string graph_text(const OpCase& test) {
    std::string text = "hekla: 1\nname: case\n";
    const auto section = [&](const char* title, const auto& tensors) {
        if (tensors.empty()) return;
        text += std::string(title) + ":\n";
        for (const auto& [name, tensor] : tensors) text += "  " + name + ": " + type_text(tensor) + "\n";
    };
    section("inputs", test.inputs);
    text += "graph:\n";
    for (const auto& [name, call] : test.graph) text += "  " + name + ": " + call + "\n";
    section("outputs", test.outputs);
    return text;
}

struct RunResult {
    std::vector<Tensor> outputs;
    std::set<std::string> kernels;  ///< that ran; empty where the device keeps no times
    std::uint32_t step_count = 0;
};

hekla_dtype input_type(const std::string& type) {
    return type == "i32" ? HEKLA_I32 : type == "bool" ? HEKLA_BOOL : HEKLA_F32;
}

RunResult run_case(const Device& device, const OpCase& test, const std::string& kernel, bool fusion) {
    const std::string text = graph_text(test);
    const std::string weights = safetensors_image(test.weights);
    hekla_model_desc desc{};
    desc.graph_text = text.data();
    desc.graph_text_bytes = text.size();
    if (!test.weights.empty()) {
        desc.weights_data = weights.data();
        desc.weights_bytes = weights.size();
    }
    desc.force_kernels = kernel.empty() ? nullptr : kernel.c_str();
    desc.no_fusion = fusion ? 0 : 1;
    const Model model(device, desc);
    Context context(model, {}, true);
    for (const auto& [name, tensor] : test.inputs) context.set_input(name.c_str(), input_type(tensor.type), tensor.shape, tensor.bytes);
    context.run();
    RunResult result;
    for (const auto& [name, tensor] : test.outputs) result.outputs.push_back(context.read(name.c_str()));
    const hekla_trace_step* steps = nullptr;
    std::uint32_t count = 0;
    hekla_error error{};
    if (hekla_context_trace(context.get(), &steps, &count, &error) == HEKLA_OK)
        result.step_count = count;
    if (result.step_count > 0)
        for (std::uint32_t i = 0; i < count; ++i) result.kernels.insert(steps[i].kernel);
    return result;
}

// What is wrong with `got`; empty: nothing.
std::string difference(const Tensor& got, const HostTensor& shape, const std::byte* truth, std::size_t truth_bytes, std::optional<double> tolerance,
                       double relative) {
    if (got.shape != shape.shape) return "its shape is wrong";
    if (got.bytes.size() != truth_bytes) return "its size is wrong";
    if (shape.type != "float") return std::memcmp(got.bytes.data(), truth, truth_bytes) == 0 ? "" : "integers differ";
    const auto values = got.as<float>();
    std::vector<float> wanted(truth_bytes / sizeof(float));
    std::memcpy(wanted.data(), truth, truth_bytes);
    double mean = 0, variance = 0;
    for (const float value : wanted) mean += value / static_cast<double>(wanted.size());
    for (const float value : wanted) variance += (value - mean) * (value - mean) / static_cast<double>(wanted.size());
    // Equal values have no deviation: a hundredth of their size counts then.
    const double size = std::max({std::sqrt(variance), 0.01 * std::abs(mean), 1e-6});
    const double allowed = tolerance.value_or(relative * size);
    double worst = 0;
    std::size_t where = 0;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        const double error = std::abs(static_cast<double>(values[i]) - wanted[i]);
        if (!std::isfinite(values[i])) return "element " + std::to_string(i) + " is not finite";
        if (error > worst) {
            worst = error;
            where = i;
        }
    }
    if (worst <= allowed) return "";
    return "element " + std::to_string(where) + " is " + std::to_string(values[where]) + " instead of " + std::to_string(wanted[where]) +
           ": off by " + std::to_string(worst / (size > 0 ? size : 1)) + " standard deviations";
}

struct Bench {
    Runtime runtime;
    Device device = under_test({});
    Device oracle{runtime, "cpu"};

    Device under_test(hekla_device_desc desc) const {
        desc.baseline = environment("HEKLA_TEST_PROFILE") == "baseline" ? 1 : 0;
        desc.unmeasured = 1;  // a busy machine does not change what runs
        return Device(runtime, environment("HEKLA_TEST_DEVICE"), desc);
    }
    ops::Catalogue catalogue = ops::Catalogue::built_in();

    // The kernels of the file's op that this device can run, by name; none where it finds kernels by op.
    std::vector<std::string> kernels(const CaseFile& file) const {
        std::vector<std::string> names;
        const ops::Entry* entry = catalogue.find(file.uses);
        if (entry == nullptr || environment("HEKLA_TEST_DEVICE") == "cpu" || !able(file.with)) return names;
        for (const ops::KernelSpec& kernel : entry->kernels)
            if (able(kernel) && std::find(names.begin(), names.end(), kernel.name) == names.end()) names.push_back(kernel.name);
        return names;
    }

    // Has the device what these kernels need? Names with commas between.
    bool able(const std::string& kernels) const {
        const std::string named = "," + kernels + ",";
        return std::ranges::all_of(catalogue.entries(), [&](const auto& entry) {
            return std::ranges::all_of(entry->kernels, [&](const ops::KernelSpec& kernel) {
                return named.find("," + kernel.name + ",") == std::string::npos || able(kernel);
            });
        });
    }

    bool able(const ops::KernelSpec& kernel) const {
        const std::string capabilities = " " + std::string(device.info().capabilities) + " ";
        return std::all_of(kernel.needs.begin(), kernel.needs.end(),
                           [&](const std::string& need) { return capabilities.find(" " + need + " ") != std::string::npos; });
    }
};

Bench& bench() {
    static Bench shared;
    return shared;
}

std::vector<std::string> case_files() {
    std::vector<std::string> names;
    for (const auto& item : std::filesystem::directory_iterator(HEKLA_TEST_DATA "/ops"))
        if (item.path().extension() == ".yaml") names.push_back(item.path().stem().string());
    std::sort(names.begin(), names.end());
    return names;
}

// What the cpu plugin computes; nothing where the case holds the truth itself.
std::vector<Tensor> truth_of(const OpCase& test) {
    if (test.outputs.empty() || !test.outputs[0].second.bytes.empty()) return {};
    return run_case(bench().oracle, test, "", false).outputs;
}

void check_outputs(const OpCase& test, const RunResult& result, const std::vector<Tensor>& truth) {
    for (std::size_t i = 0; i < test.outputs.size(); ++i) {
        const auto& [name, shape] = test.outputs[i];
        const std::byte* wanted = truth.empty() ? shape.bytes.data() : truth[i].bytes.data();
        const std::size_t size = truth.empty() ? shape.bytes.size() : truth[i].bytes.size();
        const auto tolerance = test.tolerance.find(name);
        const std::string wrong = difference(result.outputs[i], shape, wanted, size,
                                             tolerance == test.tolerance.end() ? std::nullopt : std::optional(tolerance->second), test.relative);
        CHECK(name + ": " + wrong == name + ": ");
    }
}

void run_cases(const Device& device, const std::vector<OpCase>& cases, const std::vector<std::string>& kernels, std::set<std::string>& ran) {
    for (const OpCase& test : cases) {
        INFO(test.name);
        try {
            const std::vector<Tensor> truth = truth_of(test);
            for (const std::string& kernel : kernels) {
                INFO("kernel: " << (kernel.empty() ? "the planner's choice" : kernel));
                const RunResult result = run_case(device, test, kernel, true);
                check_outputs(test, result, truth);
                ran.insert(result.kernels.begin(), result.kernels.end());
            }
        } catch (const std::exception& error) {
            FAIL_CHECK(error.what());
        }
    }
}

TEST_CASE("ops give the reference's results") {
    // GPU-assisted validation compiles every kernel anew with its checks, seconds each: there one case an op is run.
    const bool slow_compiler = !environment("VK_KHRONOS_VALIDATION_GPUAV_ENABLE").empty();
    for (const std::string& op : case_files()) DYNAMIC_SECTION(op) {
            std::set<std::string> ran;
            CaseFile file = read_case_file(HEKLA_TEST_DATA, op);
            while (slow_compiler && file.references.size() > 1) file.references.pop_back();
            run_cases(bench().device, file.references, {""}, ran);
        }
}

// Shapes that never reach one of the op's kernels test less than they seem to.
void check_ran(const CaseFile& file, const std::set<std::string>& ran) {
    if (ran.empty()) return;  // the device keeps no times
    for (const std::string& kernel : bench().kernels(file)) CHECK((ran.contains(kernel) ? kernel : kernel + " never ran") == kernel);
}

// "" lets the planner choose; then each kernel in turn is taken wherever it applies.
TEST_CASE("every kernel is right at odd sizes", "[slow]") {
    for (const std::string& op : case_files()) DYNAMIC_SECTION(op) {
            const CaseFile file = read_case_file(HEKLA_TEST_DATA, op);
            std::vector<std::string> kernels = bench().kernels(file);
            if (!file.with.empty())
                for (std::string& kernel : kernels) kernel += "," + file.with;
            std::set<std::string> ran;
            run_cases(bench().device, file.references, kernels, ran);
            kernels.insert(kernels.begin(), "");
            run_cases(bench().device, file.cases, kernels, ran);
            check_ran(file, ran);
        }
}

// Every pair of odd sizes up to 33, at inner sizes around those of blocks and matrices; a graph holds all pairs.
TEST_CASE("products are right at small sizes", "[slow]") {
    if (environment("HEKLA_TEST_DEVICE") == "cpu") SKIP("is itself what the others are held against");
    CaseFile file;
    file.uses = "linear";
    for (const int k : {1, 7, 8, 9, 16, 17, 31, 33}) {
        OpCase test;
        test.name = "k = " + std::to_string(k);
        const auto sizes = [&](int rows) { return "[" + std::to_string(rows) + ", " + std::to_string(k) + "]"; };
        for (int n = 1; n <= 33; n += 2) {
            const std::string name = "w" + std::to_string(n);
            test.weights.emplace_back(name + ".weight", make_tensor((n % 4 == 1 ? "f16" : "bf16") + sizes(n), static_cast<std::uint64_t>(100 * k + n)));
            const std::string x = "x" + std::to_string(n);
            test.inputs.emplace_back(x, make_tensor("float" + sizes(n), static_cast<std::uint64_t>(7000 + 100 * k + n)));
        }
        for (int m = 1; m <= 33; m += 2)
            for (int n = 1; n <= 33; n += 2) {
                const std::string size = std::to_string(n), y = "y" + std::to_string(m) + "_" + size;
                test.graph.emplace_back(y, "linear(x" + std::to_string(m) + ", w.w" + size + ", out=" + size + ", bias=false)");
                HostTensor output;
                output.type = "float";
                output.shape = {m, n};
                test.outputs.emplace_back(y, std::move(output));
            }
        file.cases.push_back(std::move(test));
    }
    std::set<std::string> ran;
    std::vector<std::string> kernels;
    for (const std::string& name : bench().kernels(file)) kernels.push_back(name + ",linear_qkv" + name.substr(6));  // three of one input
    run_cases(bench().device, file.cases, kernels, ran);
    check_ran(file, ran);
}

// Heads from 1 to 9, shared in every way, by head sizes; a graph holds all of one head size.
TEST_CASE("attention is right at small sizes", "[slow]") {
    if (environment("HEKLA_TEST_DEVICE") == "cpu") SKIP("is itself what the others are held against");
    CaseFile file;
    file.uses = "attention";
    for (const int h : {8, 9, 16, 31, 33, 64, 97, 128, 251, 256}) {
        OpCase test;
        test.name = "head size " + std::to_string(h);
        const auto type = [h](int heads, int rows) {
            return "float[1, " + std::to_string(heads) + ", " + std::to_string(rows) + ", " + std::to_string(h) + "]";
        };
        for (int n = 1; n <= 9; ++n) {
            const int g = n % 3 == 0 ? n / 3 : n % 2 == 0 ? n / 2 : n;
            const std::string id = std::to_string(n);
            const int keys = 7 * n + h % 5;
            const auto seed = static_cast<std::uint64_t>(100 * h + 10 * n);
            test.inputs.emplace_back("k" + id, make_tensor(type(g, keys), seed));
            test.inputs.emplace_back("v" + id, make_tensor(type(g, keys), seed + 1));
            for (const int queries : {1, n + 1}) {
                const std::string q = "q" + std::to_string(queries) + "_" + id;
                test.inputs.emplace_back(q, make_tensor(type(n, queries), seed + 1 + static_cast<std::uint64_t>(queries)));
                const std::string how = n % 4 == 0 ? ", causal=true, window=5" : n % 4 == 1 ? ", causal=true" : n % 4 == 2 ? ", softcap=2.0" : "";
                test.graph.emplace_back("y" + q, "attention(" + q + ", k" + id + ", v" + id + how + ")");
                HostTensor output;
                output.type = "float";
                output.shape = {1, n, queries, h};
                test.outputs.emplace_back("y" + q, std::move(output));
            }
        }
        file.cases.push_back(std::move(test));
    }
    std::set<std::string> ran;
    run_cases(bench().device, file.cases, bench().kernels(file), ran);
    check_ran(file, ran);
}

// Kernels as GPUs get them: software drivers have subgroups of 4 or 8 and never choose what is made for 32.
TEST_CASE("kernels for wide subgroups are right", "[slow]") {
    if (environment("HEKLA_TEST_DEVICE") == "cpu") SKIP("finds kernels by op: none is shaped by subgroups");
    hekla_device_desc desc{};
    desc.subgroup_size = 32;
    const Device wide = bench().under_test(desc);
    for (const std::string& op : case_files()) DYNAMIC_SECTION(op) {
            const CaseFile file = read_case_file(HEKLA_TEST_DATA, op);
            std::vector<std::string> kernels = bench().kernels(file);
            kernels.insert(kernels.begin(), "");
            std::set<std::string> ran;
            run_cases(wide, file.cases, kernels, ran);
        }
}

// A device as narrow as the case allows: not every tensor can be cut as far as the narrowest wants.
std::optional<RunResult> run_narrow(const std::vector<Device>& narrow, const OpCase& test) {
    for (const Device& device : narrow) try {
            return run_case(device, test, "", true);
        } catch (const Failure& error) {
            if (std::string(error.what()).find("binds at most") == std::string::npos) throw;
        }
    return std::nullopt;
}

// Ops whose entries say how they are cut, or that go through their tensors element by element.
TEST_CASE("tensors larger than a binding are worked on in stretches", "[slow]") {
    std::vector<Device> narrow;
    for (const std::uint64_t bytes : {256, 768, 2048, 8192, 32768, 294912}) {
        hekla_device_desc desc{};
        desc.max_binding_bytes = bytes;
        narrow.push_back(bench().under_test(desc));
    }
    for (const std::string& op : case_files()) DYNAMIC_SECTION(op) {
            const CaseFile file = read_case_file(HEKLA_TEST_DATA, op);
            const ops::Entry* entry = bench().catalogue.find(file.uses);
            if (entry == nullptr || (entry->split.empty() && entry->iterate == ops::Entry::Iterate::none)) continue;
            bool cut = false, keeps_times = false;
            for (const OpCase& test : file.cases) {
                INFO(test.name);
                try {
                    const RunResult whole = run_case(bench().device, test, "", true);
                    const auto parts = run_narrow(narrow, test);
                    if (!parts) continue;
                    keeps_times = keeps_times || whole.step_count != 0;
                    cut = cut || parts->step_count > whole.step_count;
                    check_outputs(test, *parts, truth_of(test));
                } catch (const std::exception& error) {
                    FAIL_CHECK(error.what());
                }
            }
            // Kernels by address take what they get whole.
            const bool by_address = std::string_view(bench().device.info().capabilities).find("buffer_address") != std::string_view::npos &&
                                    std::ranges::any_of(entry->kernels, [](const auto& kernel) { return ops::has_twin(kernel.name); });
            if (keeps_times && !by_address) CHECK((cut ? op : op + " was never cut") == op);  // else the device counts no steps
        }
}

}  // namespace
}  // namespace hekla::test
