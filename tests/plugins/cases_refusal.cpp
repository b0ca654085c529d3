// SPDX-License-Identifier: MIT
// What has to be refused, with the right code and a sentence, and without harm to what comes after.
#include "cases.hpp"

#include <functional>

namespace hekla::testing {
namespace {

void broken_spirv(Bench& bench) {
    const std::vector<uint32_t> good(code::affine.spirv.begin(), code::affine.spirv.end());
    const auto refuse = [&](const std::vector<uint32_t>& words, const std::string& what) {
        hekla_plugin_error error{};
        const Code broken{"broken", words, 2};
        expect_code(bench.try_kernel(broken, {64, 1, 1, 1}, error), HEKLA_PLUGIN_INVALID_FILE,
                    error, what);
    };
    refuse({}, "no words");
    refuse({0x07230203u}, "one word");
    refuse({good.begin(), good.begin() + 5}, "a header alone");
    auto words = good;
    words[0] = 0x03022307u;
    refuse(words, "bytes swapped");
    words = good;
    words[0] = 0x7f454c46u;
    refuse(words, "another kind of file");
    words = good;
    words[3] = 0;
    refuse(words, "no ids");
    words[3] = 0x7fffffffu;
    refuse(words, "an absurd number of ids");
    words = good;
    words[5] &= 0xffffu;
    refuse(words, "an instruction of no words");
    words = good;
    words[5] |= 0xffff0000u;
    refuse(words, "an instruction beyond the end");
    // Cut anywhere among the declarations: either an instruction is cut, or the entry point and its bindings are gone.
    for (size_t length = 6; length < 16; ++length) {
        refuse({good.begin(), good.begin() + static_cast<ptrdiff_t>(length)},
               "cut after word " + std::to_string(length));
    }
}

void kernels_beyond_the_device(Bench& bench) {
    const auto refuse = [&](const Code& what, std::vector<uint32_t> spec, const std::string& why) {
        hekla_plugin_error error{};
        expect_code(bench.try_kernel(what, std::move(spec), error), HEKLA_PLUGIN_UNSUPPORTED, error,
                    why);
    };
    const hekla_plugin_device_info& info = bench.info();
    refuse(code::affine, {info.max_workgroup_size[0] + 1, 1, 1, 1}, "too wide a group");
    refuse(code::affine, {1, 1, info.max_workgroup_size[2] + 1, 1}, "too deep a group");
    refuse(code::affine, {info.max_workgroup_invocations, 2, 1, 1}, "too many invocations");
    refuse(code::affine, {0, 1, 1, 1}, "a group of nothing");
    refuse(code::affine, {0xffffffffu, 0xffffffffu, 0xffffffffu, 1}, "a group that overflows");
    refuse(code::group_sum, {64, 1, 1, info.max_shared_bytes / 4 + 1},
           "a word of shared memory too many");
    refuse(code::group_sum, {64, 1, 1, 0xffffffffu}, "16 GiB of shared memory");
    refuse({"affine", code::affine.spirv, info.max_bindings + 1}, {64, 1, 1, 1},
           "too many bindings");
    hekla_plugin_error error{};
    expect_code(bench.try_kernel({"affine", code::affine.spirv, 1}, {64, 1, 1, 1}, error),
                HEKLA_PLUGIN_INVALID_FILE, error, "a shader that binds more than its entry says");
}

void broken_steps(Bench& bench) {
    const KernelPtr kernel = bench.kernel(code::affine, {64, 1, 1, 1});
    const BufferPtr in = bench.buffer(4096, HEKLA_PLUGIN_MEMORY_DEVICE);
    const BufferPtr out = bench.buffer(4096, HEKLA_PLUGIN_MEMORY_DEVICE);
    const BufferPtr params = bench.params({16, 0, 0, 0});
    Step good;
    good.kernel = kernel.get();
    good.bindings = {whole(in, 4096), whole(out, 4096)};
    good.params = params.get();
    hekla_plugin_error error{};
    expect_code(bench.try_program({good}, error), HEKLA_PLUGIN_OK, error, "the good step");

    const auto refuse = [&](const std::string& why, const std::function<void(Step&)>& spoil) {
        Step step = good;
        spoil(step);
        error.text[0] = '\0';
        expect_code(bench.try_program({good, step}, error), HEKLA_PLUGIN_INVALID_ARGUMENT, error,
                    why);
    };
    refuse("a binding beyond its buffer", [](Step& step) { step.bindings[1].size_bytes = 4097; });
    refuse("a binding that wraps", [](Step& step) {
        step.bindings[1].offset_bytes = UINT64_MAX & ~uint64_t{1023};
        step.bindings[1].size_bytes = 4096;
    });
    refuse("an empty binding", [](Step& step) { step.bindings[0].size_bytes = 0; });
    refuse("a binding without buffer", [](Step& step) { step.bindings[0].buffer = nullptr; });
    refuse("a binding off the alignment", [](Step& step) {
        step.bindings[0].offset_bytes = 2;
        step.bindings[0].size_bytes = 64;
    });
    refuse("no parameter block", [](Step& step) { step.params = nullptr; });
    refuse("parameters in a buffer of another kind", [&](Step& step) { step.params = in.get(); });
    refuse("parameters beyond their buffer", [](Step& step) { step.params_size = 17; });
    refuse("more groups than there are", [&](Step& step) { step.group_count = UINT32_MAX; });
    Step late = good;
    late.segment = 1;
    error.text[0] = '\0';
    expect_code(bench.try_program({late, good}, error), HEKLA_PLUGIN_INVALID_ARGUMENT, error,
                "a segment that falls");
    refuse("a copy of two sizes", [](Step& step) {
        step.kernel = nullptr;
        step.bindings[1].size_bytes = 64;
    });
    refuse("a copy onto itself", [&](Step& step) {
        step.kernel = nullptr;
        step.bindings = {{in.get(), 0, 64}, {in.get(), 32, 64}};
    });
}

void broken_submissions(Bench& bench) {
    const BufferPtr a = bench.buffer(256, HEKLA_PLUGIN_MEMORY_DEVICE);
    const BufferPtr b = bench.buffer(256, HEKLA_PLUGIN_MEMORY_DEVICE);
    Step step;
    step.bindings = {whole(a, 256), whole(b, 256)};
    const ProgramPtr program = bench.program({step});
    hekla_plugin_ticket ticket = 0;
    hekla_plugin_error error{};
    expect_code(bench.table().submit(bench.device(), program.get(), 1, &ticket, &error),
                HEKLA_PLUGIN_INVALID_ARGUMENT, error, "a segment that is not there");
    const auto copy = [&](uint64_t from, uint64_t to, uint64_t size, const char* what) {
        error.text[0] = '\0';
        expect_code(
            bench.table().copy(bench.device(), a.get(), from, b.get(), to, size, &ticket, &error),
            HEKLA_PLUGIN_INVALID_ARGUMENT, error, what);
    };
    copy(0, 0, 260, "a copy longer than both");
    copy(4, 0, 256, "a copy beyond the source");
    copy(0, 4, 256, "a copy beyond the destination");
    copy(UINT64_MAX & ~uint64_t{3}, 0, 8, "a copy that wraps");
    copy(0, 0, 0, "a copy of nothing");
    bench.run(program.get());
}

}  // namespace

std::vector<Case> refusal_cases() {
    return {
        {"broken_spirv", needs_spirv | needs_checks, broken_spirv},
        {"kernels_beyond_the_device", needs_spirv | needs_checks, kernels_beyond_the_device},
        {"broken_steps", needs_spirv | needs_checks, broken_steps},
        {"broken_submissions", needs_checks, broken_submissions},
    };
}

}  // namespace hekla::testing
