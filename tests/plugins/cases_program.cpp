// SPDX-License-Identifier: MIT
#include "cases.hpp"

#include <algorithm>
#include <numeric>

namespace hekla::testing {
namespace {

uint32_t groups(uint32_t count, uint32_t local) { return (count + local - 1) / local; }

std::vector<float> ramp(uint32_t count) {
    std::vector<float> values(count);
    for (uint32_t i = 0; i < count; ++i) values[i] = static_cast<float>(i % 113) - 56.0f;
    return values;
}

void kernels_take_constants(Bench& bench) {
    for (const uint32_t count : {1u, 31u, 64u, 1009u, 65537u}) {
        for (const uint32_t local : {1u, 32u, 64u, 128u}) {
            for (const uint32_t scale : {1u, 3u}) {
                if (groups(count, local) > 65535) continue;
                const KernelPtr kernel = bench.kernel(code::affine, {local, 1, 1, scale});
                const auto x = ramp(count);
                const BufferPtr in = bench.device_values(x);
                const BufferPtr out = bench.buffer(count * 4, HEKLA_PLUGIN_MEMORY_DEVICE);
                const BufferPtr params = bench.params({count, word(2.0f), word(-1.0f)});
                Step step;
                step.kernel = kernel.get();
                step.group_count = groups(count, local);
                step.bindings = {whole(in, count * 4), whole(out, count * 4)};
                step.params = params.get();
                bench.run(bench.program({step}).get());
                const auto y = bench.read_values<float>(out.get(), count);
                for (uint32_t i = 0; i < count; ++i) {
                    expect(y[i] == static_cast<float>(scale) * (2.0f * x[i] - 1.0f),
                           "y[" + std::to_string(i) + "] of " + std::to_string(count) +
                               ", local size " + std::to_string(local) + ", scale " +
                               std::to_string(scale));
                }
            }
        }
    }
}

void shared_memory_follows_constants(Bench& bench) {
    const uint32_t count = 1000;
    std::vector<uint32_t> x(count);
    std::iota(x.begin(), x.end(), 1u);
    const BufferPtr in = bench.device_values(x);
    for (const uint32_t local : {4u, 64u, 128u}) {
        const KernelPtr kernel =
            bench.kernel(code::group_sum, {local, 1, 1, bench.info().max_shared_bytes / 4});
        const uint32_t group_count = groups(count, local);
        const BufferPtr out = bench.buffer(group_count * 4, HEKLA_PLUGIN_MEMORY_DEVICE);
        const BufferPtr params = bench.params({count});
        Step step;
        step.kernel = kernel.get();
        step.group_count = group_count;
        step.bindings = {whole(in, count * 4), whole(out, group_count * 4)};
        step.params = params.get();
        bench.run(bench.program({step}).get());
        const auto sums = bench.read_values<uint32_t>(out.get(), group_count);
        for (uint32_t g = 0; g < group_count; ++g) {
            const uint32_t first = g * local;
            const uint32_t last = std::min(count, first + local);
            expect(sums[g] == std::accumulate(x.begin() + first, x.begin() + last, 0u),
                   "sum of group " + std::to_string(g) + " of " + std::to_string(local));
        }
    }
}

void parameters_change_without_recording(Bench& bench) {
    const uint32_t count = 257;
    const KernelPtr kernel = bench.kernel(code::affine, {64, 1, 1, 1});
    const auto x = ramp(count);
    const BufferPtr in = bench.device_values(x);
    const BufferPtr out = bench.buffer(count * 4, HEKLA_PLUGIN_MEMORY_DEVICE);
    // The second block of a buffer, at the smallest offset there can be.
    const uint64_t offset = bench.info().params_alignment;
    const BufferPtr params = bench.buffer(offset + 16, HEKLA_PLUGIN_MEMORY_PARAMS);
    Step step;
    step.kernel = kernel.get();
    step.group_count = groups(count, 64);
    step.bindings = {whole(in, count * 4), whole(out, count * 4)};
    step.params = params.get();
    step.params_offset = offset;
    const ProgramPtr program = bench.program({step});
    for (uint32_t run = 0; run < 29; ++run) {
        const auto b = static_cast<float>(run);
        bench.set_params(params.get(), {count - run, word(1.0f), word(b)}, offset);
        bench.run(program.get());
        const auto y = bench.read_values<float>(out.get(), count);
        for (uint32_t i = 0; i < count - run; ++i) {
            expect(y[i] == x[i] + b, "y[" + std::to_string(i) + "] of run " + std::to_string(run));
        }
        for (uint32_t i = count - run; i < count; ++i) {
            expect(y[i] == x[i] + static_cast<float>(count - 1 - i),
                   "y[" + std::to_string(i) + "] beyond the count");
        }
    }
}

// x[i] -> x[(i + k) % count] + k after k steps, alternating between two buffers.
struct Chain {
    Chain(Bench& bench_in, uint32_t count_in) : bench(bench_in), count(count_in) {
        std::vector<uint32_t> values(count);
        std::iota(values.begin(), values.end(), 0u);
        buffers[0] = bench.device_values(values);
        buffers[1] = bench.buffer(count * 4, HEKLA_PLUGIN_MEMORY_DEVICE);
        kernel = bench.kernel(code::shift, {64, 1, 1});
        params = bench.params({count});
    }
    Step step(uint32_t number, uint32_t segment) const {
        Step result;
        result.kernel = kernel.get();
        result.group_count = groups(count, 64);
        result.bindings = {whole(buffers[number % 2], count * 4),
                           whole(buffers[(number + 1) % 2], count * 4)};
        result.params = params.get();
        result.segment = segment;
        return result;
    }
    void check(uint32_t steps, const std::string& what) const {
        const auto values = bench.read_values<uint32_t>(buffers[steps % 2].get(), count);
        for (uint32_t i = 0; i < count; ++i) {
            expect(values[i] == (i + steps) % count + steps,
                   what + ": element " + std::to_string(i));
        }
    }

    Bench& bench;
    uint32_t count;
    BufferPtr buffers[2];
    KernelPtr kernel;
    BufferPtr params;
};

void barriers_order_steps(Bench& bench) {
    const Chain chain(bench, 10007);
    std::vector<Step> steps;
    for (uint32_t i = 0; i < 37; ++i) steps.push_back(chain.step(i, 0));
    bench.run(bench.program(steps).get());
    chain.check(37, "37 dependent dispatches");
}

void barriers_order_copies_and_dispatches(Bench& bench) {
    const Chain chain(bench, 4099);
    const BufferPtr aside = bench.buffer(4099 * 4, HEKLA_PLUGIN_MEMORY_DEVICE);
    std::vector<Step> steps;
    for (uint32_t i = 0; i < 10; ++i) {
        steps.push_back(chain.step(i, 0));
        // Out to a third buffer and back over the place it came from.
        for (const bool out : {true, false}) {
            Step copy;
            copy.bindings = {whole(out ? chain.buffers[(i + 1) % 2] : aside, 4099 * 4),
                             whole(out ? aside : chain.buffers[(i + 1) % 2], 4099 * 4)};
            steps.push_back(copy);
        }
    }
    bench.run(bench.program(steps).get());
    chain.check(10, "dispatches with copies between");
}

void independent_steps_need_no_barrier(Bench& bench) {
    const uint32_t count = 1009;
    const KernelPtr kernel = bench.kernel(code::affine, {64, 1, 1, 1});
    const BufferPtr in = bench.device_values(ramp(count));
    std::vector<BufferPtr> outs, blocks;
    std::vector<Step> steps;
    for (uint32_t i = 0; i < 16; ++i) {
        outs.push_back(bench.buffer(count * 4, HEKLA_PLUGIN_MEMORY_DEVICE));
        blocks.push_back(bench.params({count, word(1.0f), word(static_cast<float>(i))}));
        Step step;
        step.kernel = kernel.get();
        step.group_count = groups(count, 64);
        step.bindings = {whole(in, count * 4), whole(outs.back(), count * 4)};
        step.params = blocks.back().get();
        step.barrier = false;
        steps.push_back(step);
    }
    bench.run(bench.program(steps).get());
    const auto x = ramp(count);
    for (uint32_t k = 0; k < 16; ++k) {
        const auto y = bench.read_values<float>(outs[k].get(), count);
        for (uint32_t i = 0; i < count; ++i)
            expect(y[i] == x[i] + static_cast<float>(k), "one of 16 side by side");
    }
}

void segments_run_in_order(Bench& bench) {
    const Chain chain(bench, 10007);
    std::vector<Step> steps;
    for (uint32_t i = 0; i < 24; ++i) {
        Step step = chain.step(i, i / 5);
        step.barrier = i % 5 != 0;  // between submissions order comes from the queue
        steps.push_back(step);
    }
    const ProgramPtr program = bench.program(steps);
    hekla_plugin_ticket last = 0;
    for (uint32_t segment = 0; segment <= 4; ++segment) last = bench.submit(program.get(), segment);
    bench.wait(last);
    chain.check(24, "5 segments");
}

void bindings_start_at_offsets(Bench& bench) {
    const uint32_t count = 61;
    const uint64_t offset = bench.info().binding_alignment * 3ull;
    const uint64_t whole_bytes = offset + 4096;
    const auto x = ramp(count);
    std::vector<std::byte> bytes(whole_bytes, std::byte{0x11});
    std::memcpy(bytes.data() + offset, x.data(), count * 4);
    const BufferPtr in = bench.device_buffer(bytes);
    const BufferPtr out = bench.device_buffer(bytes);
    const KernelPtr kernel = bench.kernel(code::affine, {32, 1, 1, 1});
    const BufferPtr params = bench.params({count, word(-1.0f), word(0.0f)});
    Step step;
    step.kernel = kernel.get();
    step.group_count = groups(count, 32);
    step.bindings = {{in.get(), offset, count * 4}, {out.get(), offset, count * 4}};
    step.params = params.get();
    bench.run(bench.program({step}).get());
    auto wanted = bytes;
    for (uint32_t i = 0; i < count; ++i) {
        const float y = -1.0f * x[i] + 0.0f;  // as the shader has it: 0 stays +0
        std::memcpy(wanted.data() + offset + i * 4ull, &y, 4);
    }
    expect(bench.read(out.get(), whole_bytes) == wanted,
           "a binding in the middle of a buffer, or a byte beside it");
}

void program_copies_move_ranges(Bench& bench) {
    std::vector<std::byte> bytes(1024);
    for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * 7 + i / 256);
    const BufferPtr source = bench.device_buffer(bytes);
    const BufferPtr target = bench.buffer(1024, HEKLA_PLUGIN_MEMORY_DEVICE);
    Step step;
    step.bindings = {{source.get(), 100, 604}, {target.get(), 12, 604}};
    bench.run(bench.program({step}).get());
    std::vector<std::byte> wanted(1024);
    std::copy_n(bytes.begin() + 100, 604, wanted.begin() + 12);
    expect(bench.read(target.get(), 1024) == wanted, "604 bytes from 100 to 12");
}

// Capabilities mean something: with the bit the kernel runs right, without it it is refused.
void run_or_refuse(Bench& bench, const Code& what, bool able, const std::vector<std::byte>& x,
                   uint32_t count, uint32_t local, const std::vector<std::byte>& wanted) {
    hekla_plugin_error error{};
    if (!able) {
        expect_code(bench.try_kernel(what, {local, 1, 1}, error), HEKLA_PLUGIN_UNSUPPORTED, error,
                    std::string(what.name) + " without its capability");
        return;
    }
    const KernelPtr kernel = bench.kernel(what, {local, 1, 1});
    const BufferPtr in = bench.device_buffer(x);
    const BufferPtr out = bench.buffer(wanted.size(), HEKLA_PLUGIN_MEMORY_DEVICE);
    const BufferPtr params = bench.params({count});
    Step step;
    step.kernel = kernel.get();
    step.group_count = groups(count, local);
    step.bindings = {whole(in, x.size()), whole(out, wanted.size())};
    step.params = params.get();
    bench.run(bench.program({step}).get());
    expect(bench.read(out.get(), wanted.size()) == wanted,
           std::string(what.name) + " gives other numbers");
}

void half_precision_as_reported(Bench& bench) {
    constexpr uint64_t needed = HEKLA_PLUGIN_CAP_FLOAT16 | HEKLA_PLUGIN_CAP_STORAGE_16BIT;
    const uint32_t count = 128;
    std::vector<uint16_t> x(count), y(count);
    for (uint32_t i = 0; i < count; ++i) {
        // 1.m * 2^e doubled is 1.m * 2^(e+1): exponents 1 to 29 stay normal numbers.
        x[i] = static_cast<uint16_t>((1 + i % 29) << 10 | (i * 37 & 0x3ff) | (i % 2) << 15);
        y[i] = static_cast<uint16_t>(x[i] + (1 << 10));
    }
    run_or_refuse(bench, code::half_scale, (bench.info().capabilities & needed) == needed,
                  bytes_of(x), count, 64, bytes_of(y));
}

void subgroups_as_reported(Bench& bench) {
    const uint32_t size = bench.info().subgroup_size;
    const uint32_t count = 256;
    std::vector<uint32_t> x(count), y(count);
    for (uint32_t i = 0; i < count; ++i) x[i] = i * i + 1;
    for (uint32_t i = 0; size > 0 && i < count; ++i) {
        const uint32_t first = i / size * size;
        for (uint32_t k = first; k < std::min(count, first + size); ++k) y[i] += x[k];
    }
    run_or_refuse(bench, code::subgroup_sum,
                  (bench.info().capabilities & HEKLA_PLUGIN_CAP_SUBGROUP_ARITHMETIC) != 0,
                  bytes_of(x), count, 128, bytes_of(y));
}

}  // namespace

std::vector<Case> program_cases() {
    constexpr unsigned all = needs_data | needs_spirv;
    return {
        {"kernels_take_constants", all, kernels_take_constants},
        {"shared_memory_follows_constants", all, shared_memory_follows_constants},
        {"parameters_change_without_recording", all, parameters_change_without_recording},
        {"barriers_order_steps", all, barriers_order_steps},
        {"barriers_order_copies_and_dispatches", all, barriers_order_copies_and_dispatches},
        {"independent_steps_need_no_barrier", all, independent_steps_need_no_barrier},
        {"segments_run_in_order", all, segments_run_in_order},
        {"bindings_start_at_offsets", all, bindings_start_at_offsets},
        {"program_copies_move_ranges", needs_data, program_copies_move_ranges},
        {"half_precision_as_reported", all, half_precision_as_reported},
        {"subgroups_as_reported", all, subgroups_as_reported},
    };
}

}  // namespace hekla::testing
