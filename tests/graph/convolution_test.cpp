// SPDX-License-Identifier: MIT
// Settings that are one number or a list of two, and what convolutions ask of their sizes.
#include "fake_checkpoint.hpp"

#include "graph/item.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

using namespace hekla;
using Catch::Matchers::ContainsSubstring;

namespace {

/// The result's type, or the complaint.
std::string result_of(const std::string& call, const std::string& type = "float[2, 12, 11, 9]") {
    const test::Checked checked = test::check(
        "hekla: 1\nname: c\ndims: {H: {}}\ninputs:\n  x: " + type + "\ngraph:\n  h: " + call +
        "\n  y: sum(h, axes=[1, 2, 3])\noutputs:\n  y: float[2]\n");
    if (!checked.graph) return checked.text();
    graph::Symbols symbols;
    for (const graph::Symbol& symbol : checked.graph->symbols) symbols.names.push_back(symbol.name);
    return graph::type_text(checked.graph->values[checked.graph->find_value("h")].type, symbols);
}

}  // namespace

TEST_CASE("one number stands for both axes, a list gives each") {
    CHECK(result_of("conv2d(x, w.c, out=8, kernel=3)") == "float[2, 8, 11, 9]");
    CHECK(result_of("conv2d(x, w.c, out=8, kernel=[3, 5])") == "float[2, 8, 11, 9]");
    CHECK(
        result_of("conv2d(x, w.c, out=8, kernel=[3, 5], pad=0, stride=[2, 1], dilation=[1, 2])") ==
        "float[2, 8, 5, 1]");
    CHECK(
        result_of(
            "conv_transpose2d(x, w.c, out=8, kernel=[4, 3], stride=2, pad=[1, 0], extra=[0, 1])") ==
        "float[2, 8, 22, 20]");
    CHECK(result_of("conv2d(x, w.c, out=8, kernel=3, stride=2)", "float[2, 12, H, 9]") ==
          "float[2, 8, floor((H+1)/2), 5]");
}

TEST_CASE("weights follow kernel, groups and layout") {
    const auto weight = [](const std::string& call) {
        const test::Checked checked = test::check(
            "hekla: 1\nname: c\ninputs:\n  x: float[2, 12, 11, 9]\ngraph:\n  h: " + call +
            "\n  y: sum(h, axes=[1, 2, 3])\noutputs:\n  y: float[2]\n");
        if (!checked.graph) return checked.text();
        for (const graph::Value& value : checked.graph->values)
            if (value.kind == graph::ValueKind::weight) return graph::type_text(value.type, {});
        return std::string("no weight");
    };
    CHECK(weight("conv2d(x, w.c, out=8, kernel=[3, 5], groups=4)") == "float[8, 3, 3, 5]");
    CHECK(weight("conv_transpose2d(x, w.c, out=8, kernel=[3, 5], groups=4)") ==
          "float[12, 2, 3, 5]");
    CHECK(weight("conv_transpose2d(x, w.c, out=8, kernel=[3, 5], groups=4, layout='oi')") ==
          "float[8, 3, 3, 5]");
}

TEST_CASE("what does not fit is told in words") {
    const struct {
        const char *call, *message;
    } mistakes[] = {
        {"conv2d(x, w.c, out=8, kernel=[3, 3, 3])",
         "conv2d: `kernel` needs a whole number or a list of 2, got a list of 3"},
        {"conv2d(x, w.c, out=8, kernel=3, stride=[2])",
         "`stride` needs a whole number or a list of 2"},
        {"conv2d(x, w.c, out=8, kernel=1.5)",
         "`kernel` needs a whole number or a list of 2, got 1.5"},
        {"conv2d(x, w.c, out=8, kernel=[3, 0.5])", "`kernel` needs whole numbers, got a list of 2"},
        {"conv2d(x, w.c, out=8, kernel=3, stride=0)", "conv2d: stride is [0, 0]"},
        {"conv2d(x, w.c, out=8, kernel=3, pad=[0, -1])", "conv2d: pad is [0, -1]"},
        {"conv2d(x, w.c, out=8, kernel=3, groups=5)", "conv2d: 12 channels to 8 in 5 groups"},
        {"conv2d(x, w.c, out=8, kernel=13, pad=0)", "would have the size"},
        {"conv_transpose2d(x, w.c, out=9, kernel=3, groups=4)", "12 channels to 9 in 4 groups"},
    };
    for (const auto& mistake : mistakes) {
        INFO(mistake.call);
        CHECK_THAT(result_of(mistake.call), ContainsSubstring(mistake.message));
    }
}
