// SPDX-License-Identifier: MIT
#pragma once

#include "bench.hpp"

#include <string>
#include <vector>

namespace hekla::testing {

/// What a case needs beside the table itself. A backend without it has the case on its *unsupported* list, by a rule.
enum Needs : unsigned {
    needs_nothing = 0,
    needs_data = 1,   // copies move bytes
    needs_spirv = 2,  // kernels are SPIR-V, so this suite can bring its own
    needs_checks =
        4,  // broken descriptions are refused, as far as the contract lets a backend skip that
};

struct Case {
    const char* name;
    unsigned needs;
    void (*run)(Bench& bench);
};

/// All cases, in the order in which they are read best.
std::vector<Case> all_cases();
std::vector<Case> memory_cases();
std::vector<Case> program_cases();
std::vector<Case> submit_cases();
std::vector<Case> refusal_cases();

/// Entries of the two lists in expectations.cpp: a case on a kind of device, and why.
struct Exception {
    const char* plugin;     // "null"
    const char* device;     // part of the device's name; "" for all
    const char* case_name;  // "" for all that need `needs`
    unsigned needs;
    const char* reason;
};

/// Why a case is not run here, or null.
const char* unsupported_reason(const Bench& bench, const Case& test);
/// Why a case is known to fail here, or null. One that passes all the same is an error: the list is wrong.
const char* expected_failure_reason(const Bench& bench, const Case& test);

}  // namespace hekla::testing
