// SPDX-License-Identifier: MIT
#include "program.hpp"

#include "failure.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <string>

namespace hekla::cpu {

namespace {

Failure wrong(const std::string& what) { return {HEKLA_PLUGIN_INVALID_ARGUMENT, what}; }

void add_dispatch(const hekla_plugin_device& device, const hekla_plugin_step& from, Step& step,
                  std::vector<Range>& ranges) {
    if (from.kernel == nullptr) throw wrong("no kernel");
    const hekla_plugin_kernel& kernel = *from.kernel;
    const std::string op(kernel.kernel->op);
    if (from.bindings == nullptr) throw wrong(op + ": no bindings");
    for (std::uint32_t i = 0; i < kernel.binding_count; ++i) {
        const hekla_plugin_binding& binding = from.bindings[i];
        const std::string what = op + ", binding " + std::to_string(i + 1);
        const Range range = range_of(binding.buffer, binding.offset_bytes, binding.size_bytes,
                                     device.info.binding_alignment, what.c_str());
        if (range.size_bytes > device.info.max_binding_bytes) {
            throw wrong(what + " is larger than max_binding_bytes");
        }
        ranges.push_back(range);
    }
    const std::string what = op + ", parameter block";
    const Range params = range_of(from.params, from.params_offset_bytes, from.params_size_bytes,
                                  device.info.params_alignment, what.c_str());
    if (from.params->memory != HEKLA_PLUGIN_MEMORY_PARAMS) {
        throw wrong(what + " is not in a buffer of kind PARAMS");
    }
    if (params.size_bytes < kernel.params_bytes ||
        params.size_bytes > device.info.max_params_bytes) {
        throw wrong(what + " has " + std::to_string(params.size_bytes) + " bytes, the op reads " +
                    std::to_string(kernel.params_bytes));
    }
    step.kernel = &kernel;
    step.range_count = kernel.binding_count;
    step.params = params.data;
}

void add_copy(const hekla_plugin_step& from, Step& step, std::vector<Range>& ranges) {
    if (from.bindings == nullptr) throw wrong("copy: no source and destination");
    for (int i = 0; i < 2; ++i) {
        const hekla_plugin_binding& side = from.bindings[i];
        const char* what = i == 0 ? "source of a copy" : "destination of a copy";
        ranges.push_back(range_of(side.buffer, side.offset_bytes, side.size_bytes, 4, what));
    }
    if (from.bindings[0].size_bytes != from.bindings[1].size_bytes) {
        throw wrong("copy: source and destination differ in size");
    }
    step.range_count = 2;
}

std::uint64_t now_ns() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

void run_step(hekla_plugin_device& device, const Step& step, std::span<const Range> ranges) {
    if (step.kernel == nullptr) {
        std::memmove(ranges[1].data, ranges[0].data,
                     static_cast<std::size_t>(ranges[0].size_bytes));
        return;
    }
    Words words(step.params);
    Memory memory(step.kernel->kernel->op, ranges, device.scratch);
    step.kernel->kernel->run(words, memory);
}

}  // namespace

std::unique_ptr<hekla_plugin_program> create_program(const hekla_plugin_device& device,
                                                     const hekla_plugin_program_desc& desc) {
    if (desc.step_count > 0 && desc.steps == nullptr) throw wrong("no steps");
    auto program = std::make_unique<hekla_plugin_program>();
    program->steps.reserve(desc.step_count);
    std::uint32_t segment = 0;
    for (std::uint32_t i = 0; i < desc.step_count; ++i) {
        const hekla_plugin_step& from = desc.steps[i];
        Step step{nullptr, static_cast<std::uint32_t>(program->ranges.size()), 0, nullptr,
                  from.segment};
        try {
            if (from.segment < segment) throw wrong("the segment numbers fall");
            switch (from.kind) {
                case HEKLA_PLUGIN_STEP_DISPATCH:
                    add_dispatch(device, from, step, program->ranges);
                    break;
                case HEKLA_PLUGIN_STEP_COPY:
                    add_copy(from, step, program->ranges);
                    break;
                default:
                    throw wrong("no step is of kind " + std::to_string(from.kind));
            }
        } catch (const Failure& failure) {
            throw Failure(failure.code(), "step " + std::to_string(i) + ": " + failure.what());
        }
        segment = from.segment;
        program->steps.push_back(step);
    }
    if (desc.timed != 0) program->times.resize(desc.step_count);
    return program;
}

void run_segment(hekla_plugin_device& device, hekla_plugin_program& program,
                 std::uint32_t segment) {
    const auto own = std::ranges::equal_range(program.steps, segment, {}, &Step::segment);
    const std::span<const Range> ranges(program.ranges);
    for (auto step = own.begin(); step != own.end(); ++step) {
        const auto index = static_cast<std::size_t>(step - program.steps.begin());
        const std::uint64_t begin = program.times.empty() ? 0 : now_ns();
        try {
            run_step(device, *step, ranges.subspan(step->first_range, step->range_count));
        } catch (const Failure& failure) {
            throw Failure(failure.code(), "step " + std::to_string(index) + ": " + failure.what());
        }
        if (!program.times.empty()) program.times[index] = {begin, now_ns()};
    }
}

}  // namespace hekla::cpu
