// SPDX-License-Identifier: MIT
#include "base/error.hpp"
#include "ops/entry.hpp"
#include "ops/reflection.hpp"
#include "ops/shaders.hpp"
#include "plan/device_traits.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <filesystem>
#include <set>

namespace hekla::ops {
namespace {

using Catch::Matchers::ContainsSubstring;

std::string complaint(const std::string& yaml) {
    Catalogue catalogue;
    try {
        catalogue.add("probe", yaml);
    } catch (const Error& error) {
        CHECK(error.code() == ErrorCode::invalid_file);
        return error.what();
    }
    return "";
}

// A whole entry with one part replaced.
std::string probe(const std::string& part, const std::string& replacement) {
    std::string text = R"(summary: a probe
call: [x, w]
in:
  - x: {type: "float[*N, ?K]", strided: 4}
attrs:
  eps: num = 1e-5
  style: word half | pairs
weights:
  - weight: {type: "float[K]", stored: [f32, f16]}
out:
  y: {type: "x[*N, K]", strided: 4}
iterate: rows
params: {rows: prod(N), k: K, eps: eps, style: word(style)}
kernels:
  - {shader: probe, groups: [prod(N)], cost: prod(N) * K}
)";
    const auto at = text.find(part);
    REQUIRE(at != std::string::npos);
    return text.replace(at, part.size(), replacement);
}

const Entry& built_in(std::string_view name) {
    static const Catalogue catalogue = Catalogue::built_in();
    const Entry* entry = catalogue.find(name);
    REQUIRE(entry != nullptr);
    return *entry;
}

TEST_CASE("every entry loads and says what its kernels need") {
    const Catalogue catalogue = Catalogue::built_in();
    CHECK(catalogue.entries().size() == embedded_entries().size());
    std::set<std::string> files;
    for (const auto& file : std::filesystem::directory_iterator(HEKLA_SOURCE_DIR "/shaders"))
        if (file.path().extension() == ".yaml") files.insert(file.path().stem().string());
    CHECK(catalogue.entries().size() == files.size());
    for (const auto& entry : catalogue.entries()) {
        INFO(entry->name);
        CHECK(files.contains(entry->name));
        CHECK(catalogue.find(entry->name) == entry.get());
        for (const KernelSpec& kernel : entry->kernels)
            for (const std::string& need : kernel.needs) CHECK((plan::find_capability(need) ? need : "") == need);
    }
    CHECK(catalogue.find("linea") == nullptr);
}

TEST_CASE("every kernel's SPIR-V is what its entry says") {
    const Catalogue catalogue = Catalogue::built_in();
    for (const auto& entry : catalogue.entries())
        for (const KernelSpec& kernel : entry->kernels)
            CHECK(compare_with_entry(*entry, kernel, find_shader(kernel.name)) == std::vector<std::string>());
}

TEST_CASE("every op has a case file") {
    const Catalogue catalogue = Catalogue::built_in();
    for (const auto& entry : catalogue.entries()) {
        // append writes a state slot: the model cases run it. Ops without a kernel yet cannot be run, only checked (tests/graph).
        if (entry->kernels.empty() && entry->view.empty()) continue;
        INFO(entry->name);
        CHECK(std::filesystem::exists(HEKLA_TEST_DATA "/ops/" + entry->name + ".yaml"));
    }
}

TEST_CASE("an entry is read as it stands") {
    Catalogue catalogue;
    catalogue.add("probe", probe("{shader: probe,", "{shader: probe, local: [subgroup, 2, 1], spec: [K % 2],"));
    const Entry& entry = *catalogue.find("probe");
    CHECK(entry.call == std::vector<std::string>{"x", "w"});
    CHECK(entry.input_count == 1);
    REQUIRE(entry.slots.size() == 2);
    CHECK(entry.slots[0].strided == 4);
    CHECK(entry.slots[1].is_weight);
    CHECK(entry.slots[1].stored == std::vector<DType>{DType::f32, DType::f16});
    REQUIRE(entry.attributes.size() == 2);
    CHECK(entry.attributes[0].kind == AttributeKind::number);
    CHECK(entry.attributes[0].default_value->real == 1e-5);
    CHECK(entry.attributes[1].choices == std::vector<std::string>{"half", "pairs"});
    CHECK(entry.attributes[1].default_value->text == "half");
    CHECK(entry.iterate == Entry::Iterate::rows);
    CHECK(entry.params[2].is_float);
    CHECK_FALSE(entry.params[0].is_float);
    REQUIRE(entry.kernels.size() == 1);
    CHECK_FALSE(entry.kernels[0].threads);
    CHECK(entry.kernels[0].local[0] == 0);
    CHECK(entry.kernels[0].local[1] == 2);
    std::vector<std::string> block;
    for (const BlockWord& word : parameter_block(entry)) block.push_back(word.name + (word.is_float ? ": float" : ""));
    CHECK(block == std::vector<std::string>{"grid_x", "x_offset", "x_s0", "x_s1", "x_s2", "x_s3", "weight_offset", "y_offset", "y_s0",
                                            "y_s1", "y_s2", "y_s3", "rows", "k", "eps: float", "style"});
    const auto more = parameter_block(entry, false, true);  // of a kernel that does the norm in front of it
    REQUIRE(more.size() == block.size() + 3);
    CHECK(more[12].name == "norm_weight_offset");
    CHECK(more[15].name == "rows");
}

TEST_CASE("wrong entries are refused with the place and the reason") {
    const struct {
        const char *part, *replacement, *place, *message;
    } mistakes[] = {
        {"iterate: rows", "iterate: row", "probe.yaml:12:", "`iterate` is `all`, `rows` or `reduce`"},
        {"summary: a probe", "sumary: a probe", "probe.yaml:1:1", "did you mean `summary`?"},
        {"stored: [f32, f16]", "stored: [f32, f61]", "probe.yaml:9:", "`f61` is not an element type"},
        {"num = 1e-5", "nmu = 1e-5", "probe.yaml:6:", "`nmu` is not a kind of attribute"},
        {"num = 1e-5", "ints two", "probe.yaml:6:", "how many `ints` there are must be a whole number from 1 to 4"},
        {"num = 1e-5", "int 2", "probe.yaml:6:", "only a `word` has choices"},
        {"word half | pairs", "word", "probe.yaml:7:", "needs its choices"},
        {"word half | pairs", "word half | pairs = pairs", "probe.yaml:7:", "first choice"},
        {"call: [x, w]", "call: [x, w, epsilon]", "probe.yaml:2:", "`epsilon` is neither an input nor an attribute"},
        {"call: [x, w]", "call: [x]", "probe.yaml:2:", "no argument `w`"},
        {"call: [x, w]", "call: [x, w, x]", "probe.yaml:2:", "`x` is there twice"},
        {"rows: prod(N)", "rows: prod(M)", "probe.yaml:13:", "`M` is not known here"},
        {"rows: prod(N)", "rows: product(N)", "probe.yaml:13:", "there is no function `product`"},
        {"k: K, eps: eps", "k: K, eps: eps * 2", "probe.yaml:13:", "real(...)"},
        {"style: word(style)}", "style: has(wieght)}", "probe.yaml:13:", "did you mean `weight`?"},
        {"x[*N, K]", "z[*N, K]", "probe.yaml:11:", "`z`"},
        {"shader: probe, ", "", "probe.yaml:15:", "`shader` is missing"},
        {", cost: prod(N) * K", "", "probe.yaml:15:", "`cost` is missing"},
        {"groups: [prod(N)]", "groups: [prod(N)], grid: [K]", "probe.yaml:15:", "either `grid` or `groups`"},
        {"groups: [prod(N)]", "groups: [shares]", "probe.yaml:15:", "`shares` is not known here"},
        {"groups: [prod(N)]", "groups: [shares], shares: L", "probe.yaml:15:", "`L` is not known here"},
        {"groups: [prod(N)]", "groups: [1, 2, 3, 4]", "probe.yaml:15:", "one to three numbers"},
        {"groups: [prod(N)]", "groups: [prod(N)], local: [0, 1, 1]", "probe.yaml:15:", "a local size must be a whole number"},
        {"groups: [prod(N)]", "groups: [prod(N)], gives: planes", "probe.yaml:15:", "`gives` is `tiles`"},
        {"groups: [prod(N)]", "groups: [prod(N)], needs: [float16]", "probe.yaml:15:", "the first kernel is the plain one"},
        {"strided: 4", "strided: 5", "probe.yaml:4:", "`strided` must be a whole number from 1 to 4"},
        {"kernels:", "view: []\nkernels:", "probe.yaml:1:", "either `view` or `kernels`"},
        {"?K]", "?K", "probe.yaml:4:", ""},
    };
    for (const auto& mistake : mistakes) {
        INFO(mistake.replacement);
        const std::string text = complaint(probe(mistake.part, mistake.replacement));
        CHECK_THAT(text, ContainsSubstring(mistake.place));
        CHECK_THAT(text, ContainsSubstring(mistake.message));
    }
    CHECK(complaint(probe("a probe", "the probe")).empty());
    CHECK_THAT(complaint("[]"), ContainsSubstring("must be a map"));
    CHECK_FALSE(complaint("").empty());
    Catalogue catalogue = Catalogue::built_in();
    CHECK_THROWS_WITH(catalogue.add("linear", find_shader("linear").empty() ? "" : built_in("linear").text),
                      ContainsSubstring("there is already an op `linear`"));
}

TEST_CASE("a shader that does not fit its entry is told from one that does") {
    const auto first = [](const Entry& entry, const KernelSpec& kernel, std::string_view shader) {
        const auto wrong = compare_with_entry(entry, kernel, find_shader(shader));
        return wrong.empty() ? std::string() : wrong[0];
    };
    const Entry& relu = built_in("relu");
    CHECK(first(relu, relu.kernels[0], "relu") == "");
    CHECK(first(relu, relu.kernels[0], "silu") == "");  // the same block
    CHECK_THAT(first(relu, relu.kernels[0], "nothing"), ContainsSubstring("kernel `relu` of op `relu`: it has no SPIR-V"));
    CHECK_THAT(first(relu, relu.kernels[0], "leaky_relu"), ContainsSubstring("has 15 words, the shader's has 16"));
    CHECK_THAT(first(relu, relu.kernels[0], "where"), ContainsSubstring("word 1 of the parameter block is `x_offset`, but the shader calls it `condition_offset`"));
    CHECK_THAT(first(built_in("linear"), built_in("linear").kernels[0], "linear_tiles"), ContainsSubstring("specialisation constant"));

    const Entry& norm = built_in("rms_norm");
    CHECK_THAT(first(norm, norm.kernels[0], "rms_norm_subgroup"), ContainsSubstring("`needs: [subgroup_arithmetic]`"));

    // Words that are not SPIR-V, and SPIR-V that ends early.
    const auto spirv = find_shader("relu");
    CHECK_FALSE(compare_with_entry(relu, relu.kernels[0], std::vector<std::uint32_t>(64, 7)).empty());
    CHECK_FALSE(compare_with_entry(relu, relu.kernels[0], spirv.first(spirv.size() / 2)).empty());
}

}  // namespace
}  // namespace hekla::ops
