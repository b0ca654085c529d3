// SPDX-License-Identifier: MIT
// The suite every backend passes. A case is a function in cases_*.cpp; here each is held against the two lists.
#include "cases.hpp"

#include <catch2/catch_test_macros.hpp>

#include <optional>

namespace hekla::testing {

std::vector<Case> all_cases() {
    std::vector<Case> all;
    for (const auto& part : {memory_cases(), program_cases(), submit_cases(), refusal_cases()}) {
        all.insert(all.end(), part.begin(), part.end());
    }
    return all;
}

}  // namespace hekla::testing

using namespace hekla::testing;

TEST_CASE("a backend keeps the contract", "[conformance]") {
    Bench bench(Target::from_environment());
    INFO("device: " << bench.info().name);
    for (const Case& test : all_cases()) {
        DYNAMIC_SECTION(test.name) {
            if (const char* reason = unsupported_reason(bench, test)) {
                WARN("unsupported: " << test.name << ": " << reason);
                continue;
            }
            std::optional<std::string> failure;
            try {
                test.run(bench);
            } catch (const CaseFailure& thrown) {
                failure = thrown.what();
            }
            if (const char* reason = expected_failure_reason(bench, test)) {
                INFO("expected to fail: " << reason);
                CHECK(failure.has_value());
            } else if (failure) {
                FAIL_CHECK(*failure);
            } else {
                SUCCEED();
            }
        }
    }
}
