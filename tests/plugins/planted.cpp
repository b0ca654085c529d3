// SPDX-License-Identifier: MIT
// Two faults on purpose, through the plugin like everything else. Run under tests/plugins/planted, which fails unless the
// validation layer reports them: only then does its silence over the suite mean something.
//   planted barrier   a dispatch that reads what the one before it writes, without a barrier
//   planted bounds    a dispatch that writes one word beyond its buffer's binding
#include "bench.hpp"

#include <cstdio>
#include <exception>

using namespace hekla::testing;

namespace {

void missing_barrier(const Bench& bench) {
    constexpr uint32_t count = 4096;
    const KernelPtr kernel = bench.kernel(code::shift, {64, 1, 1});
    const BufferPtr a = bench.buffer(count * 4, HEKLA_PLUGIN_MEMORY_DEVICE);
    const BufferPtr b = bench.buffer(count * 4, HEKLA_PLUGIN_MEMORY_DEVICE);
    const BufferPtr c = bench.buffer(count * 4, HEKLA_PLUGIN_MEMORY_DEVICE);
    const BufferPtr params = bench.params({count});
    Step first;
    first.kernel = kernel.get();
    first.group_count = count / 64;
    first.params = params.get();
    first.bindings = {whole(a, count * 4), whole(b, count * 4)};
    Step second = first;
    second.bindings = {whole(b, count * 4), whole(c, count * 4)};
    second.barrier = false;
    bench.run(bench.program({first, second}).get());
}

void out_of_bounds(const Bench& bench) {
    const KernelPtr kernel = bench.kernel(code::poke, {1, 1, 1});
    const BufferPtr buffer = bench.buffer(256, HEKLA_PLUGIN_MEMORY_DEVICE);
    const BufferPtr params = bench.params({64});
    Step step;
    step.kernel = kernel.get();
    step.params = params.get();
    step.bindings = {whole(buffer, 256)};
    const ProgramPtr program = bench.program({step});
    // Several times: the layer (1.4.309) reads what a submission's shaders told it some time after the fence, and what was
    // submitted last is often destroyed before (seen: 4 to 8 reports in 12 runs of one submission, 12 of 12 with more).
    for (int i = 0; i < 20; ++i) bench.run(program.get());
}

}  // namespace

int main(int argc, char** argv) {
    const std::string fault = argc == 2 ? argv[1] : "";
    try {
        const Bench bench(Target::from_environment());
        if (fault == "barrier") {
            missing_barrier(bench);
        } else if (fault == "bounds") {
            out_of_bounds(bench);
        } else {
            std::fprintf(stderr, "planted: barrier or bounds\n");
            return 2;
        }
    } catch (const std::exception& exception) {
        std::fprintf(stderr, "planted: %s\n", exception.what());
        return 2;
    }
    std::puts("the planted fault ran");
}
