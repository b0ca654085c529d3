// SPDX-License-Identifier: MIT
#include "cases.hpp"

#include <array>
#include <exception>
#include <thread>

namespace hekla::testing {
namespace {

hekla_plugin_result wait_for(Bench& bench, hekla_plugin_ticket ticket, uint64_t timeout_ns,
                             hekla_plugin_error& error) {
    return bench.table().wait(bench.device(), ticket, timeout_ns, &error);
}

void tickets_grow_and_stay_done(Bench& bench) {
    const BufferPtr a = bench.buffer(4096, HEKLA_PLUGIN_MEMORY_DEVICE);
    const BufferPtr b = bench.buffer(4096, HEKLA_PLUGIN_MEMORY_DEVICE);
    hekla_plugin_error error{};
    expect_code(wait_for(bench, 0, 0, error), HEKLA_PLUGIN_OK, error, "ticket 0");
    std::vector<hekla_plugin_ticket> tickets;
    Step step;
    step.bindings = {whole(a, 4096), whole(b, 4096)};
    const ProgramPtr program = bench.program({step});
    for (int i = 0; i < 20; ++i) {
        if (i > 0) bench.wait(tickets.back());
        tickets.push_back(i % 2 == 0 ? bench.copy(a.get(), 0, b.get(), 0, 4096)
                                     : bench.submit(program.get()));
        expect(i == 0 || tickets[i] > tickets[i - 1], "tickets do not grow");
    }
    bench.wait(tickets[19]);
    for (const hekla_plugin_ticket ticket : tickets) {
        expect_code(wait_for(bench, ticket, 0, error), HEKLA_PLUGIN_OK, error, "an old ticket");
    }
    expect_code(wait_for(bench, tickets[19] + 1, 0, error), HEKLA_PLUGIN_INVALID_ARGUMENT, error,
                "a ticket never given out");
}

void waiting_out_of_order(Bench& bench) {
    const BufferPtr a = bench.buffer(1 << 16, HEKLA_PLUGIN_MEMORY_DEVICE);
    const BufferPtr b = bench.buffer(1 << 16, HEKLA_PLUGIN_MEMORY_DEVICE);
    std::vector<hekla_plugin_ticket> tickets;
    for (int i = 0; i < 12; ++i) tickets.push_back(bench.copy(a.get(), 0, b.get(), 0, 1 << 16));
    for (const size_t i : {5u, 11u, 0u, 7u, 2u}) bench.wait(tickets[i]);
}

void many_submissions_in_flight(Bench& bench) {
    // Each adds one word to a growing list; all are in flight at once.
    const uint32_t count = 701;
    std::vector<uint32_t> values(count);
    for (uint32_t i = 0; i < count; ++i) values[i] = i * 3 + 1;
    const BufferPtr from = bench.device_values(values);
    const BufferPtr to = bench.buffer(count * 4, HEKLA_PLUGIN_MEMORY_DEVICE);
    hekla_plugin_ticket last = 0;
    for (uint32_t i = 0; i < count; ++i)
        last = bench.copy(from.get(), i * 4ull, to.get(), i * 4ull, 4);
    bench.wait(last);
    expect(bench.read_values<uint32_t>(to.get(), count) == values, "701 copies in flight");
}

void copies_run_in_order(Bench& bench) {
    const auto a = bench.device_values(std::vector<uint32_t>(1021, 5));
    const auto b = bench.device_values(std::vector<uint32_t>(1021, 6));
    const BufferPtr c = bench.buffer(1021 * 4, HEKLA_PLUGIN_MEMORY_DEVICE);
    bench.copy(a.get(), 0, c.get(), 0, 1021 * 4);
    bench.copy(b.get(), 0, a.get(), 0, 1021 * 4);  // write after read
    bench.copy(c.get(), 0, b.get(), 0, 1021 * 4);  // read after write
    expect(bench.read_values<uint32_t>(a.get(), 1021) == std::vector<uint32_t>(1021, 6),
           "write after read");
    expect(bench.read_values<uint32_t>(b.get(), 1021) == std::vector<uint32_t>(1021, 5),
           "read after write");
}

// Long enough to be caught running: some milliseconds anywhere.
struct Spin {
    explicit Spin(Bench& bench, uint32_t rounds = 20000) {
        kernel = bench.kernel(code::spin, {64, 1, 1});
        out = bench.buffer(1024 * 4, HEKLA_PLUGIN_MEMORY_DEVICE);
        params = bench.params({1024, rounds});
        Step step;
        step.kernel = kernel.get();
        step.group_count = 16;
        step.bindings = {whole(out, 1024 * 4)};
        step.params = params.get();
        program = bench.program({step});
    }
    KernelPtr kernel;
    BufferPtr out, params;
    ProgramPtr program;
};

void waiting_times_out(Bench& bench) {
    Spin spin(bench);
    const hekla_plugin_ticket ticket = bench.submit(spin.program.get());
    hekla_plugin_error error{};
    expect_code(wait_for(bench, ticket, 0, error), HEKLA_PLUGIN_TIMEOUT, error,
                "a look at a long run");
    error.text[0] = '\0';
    expect_code(wait_for(bench, ticket, 1000, error), HEKLA_PLUGIN_TIMEOUT, error,
                "a microsecond for a long run");
    bench.wait(ticket);
    expect_code(wait_for(bench, ticket, 0, error), HEKLA_PLUGIN_OK, error,
                "a look at a finished run");
}

void destroying_a_device_waits(Bench& bench) {
    hekla_plugin_device_request request{};
    request.size = sizeof request;
    hekla_plugin_device* device = nullptr;
    hekla_plugin_error error{};
    expect_code(bench.table().device_create(bench.backend(), bench.target().index, &request,
                                            &device, &error),
                HEKLA_PLUGIN_OK, error, "a second device");
    hekla_plugin_buffer *a = nullptr, *b = nullptr;
    expect_code(
        bench.table().buffer_create(device, 1 << 20, HEKLA_PLUGIN_MEMORY_DEVICE, &a, &error),
        HEKLA_PLUGIN_OK, error, "a buffer there");
    expect_code(
        bench.table().buffer_create(device, 1 << 20, HEKLA_PLUGIN_MEMORY_DEVICE, &b, &error),
        HEKLA_PLUGIN_OK, error, "a buffer there");
    hekla_plugin_ticket ticket = 0;
    expect_code(bench.table().copy(device, a, 0, b, 0, 1 << 20, &ticket, &error), HEKLA_PLUGIN_OK,
                error, "a copy there");
    expect_code(bench.table().wait(device, ticket, UINT64_MAX, &error), HEKLA_PLUGIN_OK, error,
                "waiting there");
    bench.table().buffer_destroy(device, a);
    bench.table().buffer_destroy(device, b);
    // Zeroing a buffer may still be under way when it and the device go.
    expect_code(
        bench.table().buffer_create(device, 1 << 20, HEKLA_PLUGIN_MEMORY_DEVICE, &a, &error),
        HEKLA_PLUGIN_OK, error, "a buffer there");
    bench.table().buffer_destroy(device, a);
    bench.table().device_destroy(device);
}

void times_are_ordered(Bench& bench) {
    Spin spin(bench);
    if (bench.info().timestamps == 0) {
        hekla_plugin_error error{};
        Step step;
        step.bindings = {whole(spin.params, 16), whole(spin.out, 16)};
        expect_code(bench.try_program({step}, error, true), HEKLA_PLUGIN_UNSUPPORTED, error,
                    "a timed program on a device without times");
        return;
    }
    std::vector<Step> steps;
    for (uint32_t i = 0; i < 7; ++i) {
        Step step;
        step.kernel = spin.kernel.get();
        step.group_count = 16;
        step.bindings = {whole(spin.out, 1024 * 4)};
        step.params = spin.params.get();
        step.segment = i / 3;
        steps.push_back(step);
    }
    const ProgramPtr program = bench.program(steps, true);
    std::vector<hekla_plugin_times> times(steps.size());
    hekla_plugin_error error{};
    expect_code(bench.table().program_times(bench.device(), program.get(), times.data(), &error),
                HEKLA_PLUGIN_INVALID_ARGUMENT, error, "times before the first run");
    for (int run = 0; run < 3; ++run) {
        hekla_plugin_ticket last = 0;
        for (uint32_t segment = 0; segment < 3; ++segment)
            last = bench.submit(program.get(), segment);
        bench.wait(last);
        expect_code(
            bench.table().program_times(bench.device(), program.get(), times.data(), &error),
            HEKLA_PLUGIN_OK, error, "times");
        for (size_t i = 0; i < times.size(); ++i) {
            expect(times[i].begin_ns < times[i].end_ns,
                   "a step of 20 million rounds that takes no time");
            expect(times[i].end_ns - times[i].begin_ns < 60'000'000'000ull,
                   "a step of more than a minute");
            expect(i == 0 || times[i].begin_ns + 1000 >= times[i - 1].end_ns,
                   "a step begins before the one it waits for ends");
        }
    }
    const ProgramPtr untimed = bench.program({steps.front()});
    bench.run(untimed.get());
    expect_code(bench.table().program_times(bench.device(), untimed.get(), times.data(), &error),
                HEKLA_PLUGIN_INVALID_ARGUMENT, error, "times of a program made without");
}

void threads_share_a_device(Bench& bench) {
    constexpr uint32_t thread_count = 4;
    constexpr uint32_t count = 1009;
    std::array<std::exception_ptr, thread_count> failures;
    std::vector<std::thread> threads;
    for (uint32_t number = 0; number < thread_count; ++number) {
        threads.emplace_back([&bench, &failures, number] {
            try {
                for (uint32_t round = 0; round < 12; ++round) {
                    std::vector<uint32_t> values(count);
                    for (uint32_t i = 0; i < count; ++i)
                        values[i] = number * 1000003u + round * 1009u + i;
                    const BufferPtr from = bench.device_values(values);
                    const BufferPtr to = bench.buffer(count * 4, HEKLA_PLUGIN_MEMORY_DEVICE);
                    Step step;
                    step.bindings = {whole(from, count * 4), whole(to, count * 4)};
                    const ProgramPtr program = bench.program({step});
                    for (int repeat = 0; repeat < 5; ++repeat) bench.run(program.get());
                    expect(bench.read_values<uint32_t>(to.get(), count) == values,
                           "another thread's numbers");
                }
            } catch (...) {
                failures[number] = std::current_exception();
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    for (const std::exception_ptr& failure : failures) {
        if (failure) std::rethrow_exception(failure);
    }
}

void threads_compile_and_run(Bench& bench) {
    constexpr uint32_t thread_count = 2;
    std::array<std::exception_ptr, thread_count> failures;
    std::vector<std::thread> threads;
    for (uint32_t number = 0; number < thread_count; ++number) {
        threads.emplace_back([&bench, &failures, number] {
            try {
                for (uint32_t round = 0; round < 4; ++round) {
                    const uint32_t count = 100 + round;
                    const KernelPtr kernel =
                        bench.kernel(code::affine, {32, 1, 1, number * 10 + round + 1});
                    const BufferPtr in = bench.device_values(std::vector<float>(count, 1.0f));
                    const BufferPtr out = bench.buffer(count * 4, HEKLA_PLUGIN_MEMORY_DEVICE);
                    const BufferPtr params = bench.params({count, word(1.0f), word(0.0f)});
                    Step step;
                    step.kernel = kernel.get();
                    step.group_count = (count + 31) / 32;
                    step.bindings = {whole(in, count * 4), whole(out, count * 4)};
                    step.params = params.get();
                    const ProgramPtr program = bench.program({step});
                    for (int repeat = 0; repeat < 20; ++repeat) bench.run(program.get());
                    const auto wanted =
                        std::vector<float>(count, static_cast<float>(number * 10 + round + 1));
                    expect(bench.read_values<float>(out.get(), count) == wanted,
                           "a kernel with another's constant");
                }
            } catch (...) {
                failures[number] = std::current_exception();
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    for (const std::exception_ptr& failure : failures) {
        if (failure) std::rethrow_exception(failure);
    }
}

void backends_open_and_close(Bench& bench) {
    for (int i = 0; i < 5; ++i) {
        const Bench again(bench.target());
        const BufferPtr buffer = again.buffer(1000, HEKLA_PLUGIN_MEMORY_DEVICE);
    }
}

}  // namespace

std::vector<Case> submit_cases() {
    return {
        {"tickets_grow_and_stay_done", needs_nothing, tickets_grow_and_stay_done},
        {"waiting_out_of_order", needs_nothing, waiting_out_of_order},
        {"many_submissions_in_flight", needs_data, many_submissions_in_flight},
        {"copies_run_in_order", needs_data, copies_run_in_order},
        {"waiting_times_out", needs_data | needs_spirv, waiting_times_out},
        {"destroying_a_device_waits", needs_nothing, destroying_a_device_waits},
        {"times_are_ordered", needs_data | needs_spirv, times_are_ordered},
        {"threads_share_a_device", needs_data, threads_share_a_device},
        {"threads_compile_and_run", needs_data | needs_spirv, threads_compile_and_run},
        {"backends_open_and_close", needs_nothing, backends_open_and_close},
    };
}

}  // namespace hekla::testing
