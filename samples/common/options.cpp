// SPDX-License-Identifier: MIT
#include "options.hpp"

#include <cstdio>
#include <exception>
#include <set>
#include <stdexcept>

namespace hekla::host {
namespace {

/// As a shell would need it to be typed.
std::string quoted(const std::string& word) {
    constexpr auto plain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=.,:/@%";
    if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) return word;
    std::string out = "'";
    for (const char c : word)
        if (c == '\'')
            out += "'\\''";
        else
            out += c;
    return out + "'";
}

/// The options given, in the order of --help.
std::string recipe_of(const CLI::App& app) {
    std::string out = app.get_name();
    for (const CLI::Option* option : app.get_options()) {
        static const std::set<std::string> aside = {"--output",     "--device", "--profile",
                                                    "--max-memory", "--json",   "--quiet"};
        if (option->count() == 0 || aside.contains(option->get_name())) continue;
        if (!option->get_positional()) out += " " + option->get_name();
        if (option->get_items_expected_max() == 0) continue;  // a flag
        const char delimiter = option->get_delimiter();
        std::string values;
        for (const std::string& value : option->results())
            values += (values.empty() ? ' ' : delimiter ? delimiter : ' ') + quoted(value);
        out += values;
    }
    return out;
}

}  // namespace

void add_run_options(CLI::App& app, RunOptions& options) {
    app.add_option("--device", options.device,
                   "As `hekla devices` prints it (cpu, vulkan:0), or part of a name");
    app.add_option("--profile", options.profile,
                   "baseline: forget every optional feature of the device")
        ->check(CLI::IsMember({"baseline", "full"}));
    app.add_option("--max-memory", options.max_memory,
                   "Device memory that may be taken, e.g. 512M");
    app.add_flag("--json", options.json,
                 "A report on stdout: device, seed, sizes, times, memory, files written");
    app.add_flag("--quiet", options.quiet, "No progress and no summary on stderr");
    app.footer("Exit codes: 0 done; 1 failed; 2 wrong command line.");
}

std::uint64_t parse_bytes(const std::string& text) {
    const auto fail = [&](const char* why) { throw std::runtime_error("`" + text + "` " + why); };
    std::uint64_t value = 0;
    std::size_t i = 0;
    for (; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i)
        if (__builtin_mul_overflow(value, 10u, &value) ||
            __builtin_add_overflow(value, static_cast<unsigned>(text[i] - '0'), &value))
            fail("is too many bytes");
    std::uint64_t unit = 1;
    const std::string suffix = text.substr(i);
    if (i == 0)
        fail("is no size; write e.g. 512M or 4G");
    else if (suffix == "K" || suffix == "k")
        unit = std::uint64_t{1} << 10;
    else if (suffix == "M")
        unit = std::uint64_t{1} << 20;
    else if (suffix == "G")
        unit = std::uint64_t{1} << 30;
    else if (!suffix.empty())
        fail("is no size; write e.g. 512M or 4G");
    if (__builtin_mul_overflow(value, unit, &value)) fail("is too many bytes");
    return value;
}

int run_host(CLI::App& app, RunOptions& options, int argc, char** argv,
             const std::function<void()>& action) {
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        return app.exit(e) == 0 ? 0 : 2;
    }
    options.command = app.get_name();
    for (int i = 1; i < argc; ++i) options.command += " " + quoted(argv[i]);
    options.recipe = recipe_of(app);
    try {
        action();
        return 0;
    } catch (const std::exception& e) {
        std::fprintf(stderr, "%s: %s\n", app.get_name().c_str(), e.what());
        return 1;
    }
}

}  // namespace hekla::host
