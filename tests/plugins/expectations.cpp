// SPDX-License-Identifier: MIT
// What is not asked of a backend (unsupported), and what it is known to get wrong (expected failures). Two lists, because the
// first is a property and the second a debt.
#include "cases.hpp"

#include <cstring>

namespace hekla::testing {
namespace {

constexpr Exception unsupported[] = {
    {"null", "", "", needs_data, "null runs nothing: submissions leave every buffer as it was"},
    {"null", "", "", needs_checks, "null believes its caller"},
    {"cpu", "", "", needs_spirv, "cpu finds its own kernels by op name; tests/ops runs those"},
};

// Empty, and better so. An entry: {"vulkan", "part of the device's name", "case", 0, "what is wrong, since when, where reported"}.
const std::vector<Exception> expected_failures = {};

bool matches(const Exception& entry, const Bench& bench, const Case& test) {
    if (bench.target().plugin != entry.plugin) return false;
    if (std::strstr(bench.info().name, entry.device) == nullptr) return false;
    if (*entry.case_name != '\0') return std::strcmp(entry.case_name, test.name) == 0;
    return (test.needs & entry.needs) != 0;
}

}  // namespace

const char* unsupported_reason(const Bench& bench, const Case& test) {
    for (const Exception& entry : unsupported) {
        if (matches(entry, bench, test)) return entry.reason;
    }
    return nullptr;
}

const char* expected_failure_reason(const Bench& bench, const Case& test) {
    for (const Exception& entry : expected_failures) {
        if (matches(entry, bench, test)) return entry.reason;
    }
    return nullptr;
}

}  // namespace hekla::testing
