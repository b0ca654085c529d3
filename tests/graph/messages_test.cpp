// SPDX-License-Identifier: MIT
#include "fake_checkpoint.hpp"

#include <catch2/catch_test_macros.hpp>

#include <sstream>

// Every wrong file gets its message of tests/graph/wrong/MESSAGES.txt, letter by letter, and no other. Where ours differs on purpose,
// `deviations` says how and why.

using namespace hekla;

namespace {

/// message, place and help of a rendered complaint.
struct Essence {
    std::string message;
    std::string place;
    std::string help;
    std::vector<std::string> trail;
    bool operator==(const Essence&) const = default;
};

Essence essence(const std::string& text) {
    Essence result;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("error[")) result.message = line;
        if (line.starts_with("  --> ")) result.place = line;
        if (const auto at = line.find("= help: "); at != std::string::npos) result.help = line.substr(at);
        if (line.starts_with("   in ")) result.trail.push_back(line);
    }
    return result;
}

struct Deviation {
    std::string why;
    std::string from;  ///< part of the expected message
    std::string to;    ///< what ours says there
};

const std::map<std::string, Deviation> deviations{
    {"wrong_arity", {"the usage names the settings of today's attention", "", ""}},
    {"dtype_mix", {"both operands are shown where they are defined", "", ""}},
    {"dtype_in", {"embedding takes i32 ids; i64 is converted where inputs are bound", "i32 or u32 or i64", "i32"}},
    {"state_axis", {"the appended value is shown where it is defined", "", ""}},
    {"tag", {"all of the tagged value is underlined", "", ""}},
    {"div_zero", {"the closing bracket is underlined too", "", ""}},
};

/// Files with more than one complaint of the same cause.
const std::map<std::string, std::size_t> counts{
    {"weight_shape", 3},  // three of the four linear layers are not square
};

}  // namespace

TEST_CASE("every wrong file gets its message") {
    const test::FakeCheckpoint gpt2 = test::gpt2_small();
    std::size_t files = 0;
    for (const auto& [name, text] : test::expected_messages()) {
        INFO(name);
        const SourcePtr source = test::load(test::wrong_graph(name));
        graph::CheckOptions options;
        if (source->text().find("\nname: gpt2\n") != std::string::npos) options.checkpoint = &gpt2;
        const test::Checked result = test::check(source, options);
        CHECK_FALSE(result.graph.has_value());
        const auto complaints = result.diagnostics.collapsed();
        REQUIRE_FALSE(complaints.empty());
        INFO(result.text());
        const auto count = counts.find(name);
        CHECK(complaints.size() == (count == counts.end() ? 1 : count->second));
        const std::string first = render_text(complaints.front());
        const auto deviation = deviations.find(name);
        // The text of MESSAGES.txt was written through a decoder: a byte that is not UTF-8 looks the same in ours.
        if (deviation == deviations.end()) {
            CHECK(first == text);
        } else {
            INFO(deviation->second.why);
            Essence wanted = essence(text);
            if (!deviation->second.from.empty()) {
                const auto at = wanted.message.find(deviation->second.from);
                REQUIRE(at != std::string::npos);
                wanted.message.replace(at, deviation->second.from.size(), deviation->second.to);
            }
            CHECK(essence(first) == wanted);
        }
        ++files;
    }
    CHECK(files == 58);
}

TEST_CASE("the file that the wrong ones were made from is right") {
    const test::FakeCheckpoint gpt2 = test::gpt2_small();
    std::string text = test::read_text(test::wrong_graph("typo_op"));
    text.replace(text.find("layer_nrom"), 10, "layer_norm");
    graph::CheckOptions options;
    options.checkpoint = &gpt2;
    const test::Checked result = test::check(text, options);
    INFO(result.text());
    REQUIRE(result.graph.has_value());
    CHECK(result.graph->weights.size() == 4 + 12 * 12);
}

TEST_CASE("a setting on the command line that is no param") {
    graph::CheckOptions options;
    options.set = {{"n_layers", "3"}};
    std::string text = test::read_text(test::wrong_graph("typo_op"));
    text.replace(text.find("layer_nrom"), 10, "layer_norm");
    const test::Checked result = test::check(text, options);
    CHECK(result.text() == "error[HK2202]: no param `n_layers` in test.yaml\n   = help: did you mean `n_layer`?\n");
}
