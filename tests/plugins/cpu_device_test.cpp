// SPDX-License-Identifier: MIT
// The cpu plugin's own ground beyond the conformance suite: conversions, segments, times, and what it refuses.
#include "cpu_harness.hpp"
#include "stored.hpp"

#include <catch2/catch_test_macros.hpp>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

using namespace cpu_test;

namespace {

/// A device with two ops' kernels and room for small buffers; everything is given back at the end.
struct Cpu {
    const hekla_plugin* table = hekla_plugin_table(HEKLA_PLUGIN_ABI);
    hekla_plugin_error error{};
    hekla_plugin_backend* backend = nullptr;
    hekla_plugin_device* device = nullptr;
    std::vector<hekla_plugin_buffer*> buffers;
    std::vector<hekla_plugin_kernel*> kernels;
    std::vector<hekla_plugin_program*> programs;

    Cpu() {
        hekla_plugin_host host{};
        host.size = sizeof host;
        host.abi = HEKLA_PLUGIN_ABI;
        REQUIRE(table->open(&host, &backend, &error) == HEKLA_PLUGIN_OK);
        REQUIRE(table->device_create(backend, 0, nullptr, &device, &error) == HEKLA_PLUGIN_OK);
    }
    Cpu(const Cpu&) = delete;
    Cpu& operator=(const Cpu&) = delete;
    ~Cpu() {
        for (hekla_plugin_program* program : programs) table->program_destroy(device, program);
        for (hekla_plugin_kernel* kernel : kernels) table->kernel_destroy(device, kernel);
        for (hekla_plugin_buffer* buffer : buffers) table->buffer_destroy(device, buffer);
        table->device_destroy(device);
        table->close(backend);
    }

    hekla_plugin_buffer* buffer(std::uint64_t size_bytes, hekla_plugin_memory memory) {
        hekla_plugin_buffer* made = nullptr;
        REQUIRE(table->buffer_create(device, size_bytes, memory, &made, &error) == HEKLA_PLUGIN_OK);
        buffers.push_back(made);
        return made;
    }

    hekla_plugin_kernel* kernel(const char* op, std::uint32_t binding_count) {
        hekla_plugin_kernel_desc desc{};
        desc.size = sizeof desc;
        desc.name = op;
        desc.op = op;
        desc.binding_count = binding_count;
        hekla_plugin_kernel* made = nullptr;
        REQUIRE(table->kernel_create(device, &desc, &made, &error) == HEKLA_PLUGIN_OK);
        kernels.push_back(made);
        return made;
    }

    hekla_plugin_result program(const std::vector<hekla_plugin_step>& steps, bool timed,
                                hekla_plugin_program** out) {
        hekla_plugin_program_desc desc{};
        desc.size = sizeof desc;
        desc.steps = steps.data();
        desc.step_count = static_cast<std::uint32_t>(steps.size());
        desc.timed = timed ? 1 : 0;
        const hekla_plugin_result result = table->program_create(device, &desc, out, &error);
        if (result == HEKLA_PLUGIN_OK) programs.push_back(*out);
        return result;
    }

    template <class T>
    T* map(hekla_plugin_buffer* buffer) {
        return static_cast<T*>(table->buffer_map(device, buffer));
    }
};

/// iota into one buffer: block grid_x, y_offset, n, start.
struct Counting {
    Cpu cpu;
    hekla_plugin_buffer* out = cpu.buffer(256, HEKLA_PLUGIN_MEMORY_DOWNLOAD);
    hekla_plugin_buffer* params = cpu.buffer(256, HEKLA_PLUGIN_MEMORY_PARAMS);
    hekla_plugin_binding binding{out, 0, 256};
    hekla_plugin_step step{};

    Counting() {
        const std::uint32_t block[] = {1, 0, 8, static_cast<std::uint32_t>(-3)};
        std::memcpy(cpu.map<std::byte>(params), block, sizeof block);
        step.kind = HEKLA_PLUGIN_STEP_DISPATCH;
        step.kernel = cpu.kernel("iota", 1);
        step.bindings = &binding;
        step.params = params;
        step.params_size_bytes = 16;
    }

    std::string refusal() {
        hekla_plugin_program* made = nullptr;
        CHECK(cpu.program({step}, false, &made) == HEKLA_PLUGIN_INVALID_ARGUMENT);
        return cpu.error.text;
    }
};

}  // namespace

TEST_CASE("cpu: every half and every bfloat16 is widened exactly") {
    std::size_t wrong = 0;
    for (std::uint32_t bits = 0; bits < 0x10000u; ++bits) {
        const auto half = static_cast<std::uint16_t>(bits);
        const auto truth = static_cast<float>(std::bit_cast<_Float16>(half));
        const float got = hekla::cpu::from_f16(half);
        const bool same = std::isnan(truth) ? std::isnan(got)
                                            : std::bit_cast<std::uint32_t>(truth) ==
                                                  std::bit_cast<std::uint32_t>(got);
        if (!same) ++wrong;
        // A bfloat16 is sign, 8 bits of exponent, 7 of fraction.
        const auto exponent = static_cast<int>((bits >> 7) & 0xffu);
        const double fraction = static_cast<double>(bits & 0x7fu) / 128.0;
        const double magnitude =
            exponent == 0 ? std::ldexp(fraction, -126) : std::ldexp(1.0 + fraction, exponent - 127);
        const double value = (bits & 0x8000u) != 0 ? -magnitude : magnitude;
        if (exponent != 255 && static_cast<double>(hekla::cpu::from_bf16(half)) != value) ++wrong;
    }
    CHECK(wrong == 0);
}

TEST_CASE("cpu: the device says what it is") {
    Cpu cpu;
    CHECK(cpu.table->device_count(cpu.backend) == 1);
    hekla_plugin_device_info info{};
    info.size = sizeof info;
    REQUIRE(cpu.table->device_info(cpu.backend, 0, &info, &cpu.error) == HEKLA_PLUGIN_OK);
    CHECK(info.type == HEKLA_PLUGIN_DEVICE_CPU);
    CHECK(info.name[0] != '\0');
    CHECK(info.capabilities == 0);
    CHECK(info.kernels_by_name == 1);
    CHECK(info.memory_budget_bytes > 0);
    CHECK(info.memory_budget_bytes <= info.memory_bytes);
    CHECK(cpu.table->device_info(cpu.backend, 1, &info, &cpu.error) == HEKLA_PLUGIN_NOT_FOUND);

    SECTION("an older host's struct is not overrun") {
        hekla_plugin_device_info old{};
        old.size = offsetof(hekla_plugin_device_info, vendor_id);
        old.vendor_id = 77;
        cpu.table->device_describe(cpu.device, &old);
        CHECK(old.size == offsetof(hekla_plugin_device_info, vendor_id));
        CHECK(old.vendor_id == 77);
        CHECK(std::string(old.name) == info.name);
    }
    SECTION("a lent device is not taken") {
        hekla_plugin_host host{};
        host.size = sizeof host;
        host.lent_device = &host;
        hekla_plugin_backend* other = nullptr;
        CHECK(cpu.table->open(&host, &other, &cpu.error) == HEKLA_PLUGIN_UNSUPPORTED);
    }
    CHECK(hekla_plugin_table(HEKLA_PLUGIN_ABI + 1) == nullptr);
}

TEST_CASE("cpu: buffers") {
    Cpu cpu;
    hekla_plugin_buffer* none = nullptr;
    const auto create = [&](std::uint64_t size) {
        return cpu.table->buffer_create(cpu.device, size, HEKLA_PLUGIN_MEMORY_DEVICE, &none,
                                        &cpu.error);
    };
    CHECK(create(0) == HEKLA_PLUGIN_INVALID_ARGUMENT);
    CHECK(create(std::numeric_limits<std::uint64_t>::max()) == HEKLA_PLUGIN_OUT_OF_MEMORY);
    CHECK(std::string(cpu.error.text).find("18446744073709551615") != std::string::npos);

    CHECK(cpu.map<void>(cpu.buffer(64, HEKLA_PLUGIN_MEMORY_DEVICE)) == nullptr);
    const auto* bytes = cpu.map<unsigned char>(cpu.buffer(1009, HEKLA_PLUGIN_MEMORY_DOWNLOAD));
    CHECK(std::all_of(bytes, bytes + 1009, [](unsigned char byte) { return byte == 0; }));
}

TEST_CASE("cpu: kernels are found by op name") {
    Cpu cpu;
    CHECK(cpu.table->has_kernel(cpu.device, "rms_norm") == 1);
    CHECK(cpu.table->has_kernel(cpu.device, "rms_norm_subgroup") == 0);
    CHECK(cpu.table->has_kernel(cpu.device, "") == 0);
    hekla_plugin_kernel_desc desc{};
    desc.size = sizeof desc;
    desc.name = desc.op = "concat";
    hekla_plugin_kernel* kernel = nullptr;
    CHECK(cpu.table->kernel_create(cpu.device, &desc, &kernel, &cpu.error) ==
          HEKLA_PLUGIN_UNSUPPORTED);
    CHECK(std::string(cpu.error.text).find("'concat'") != std::string::npos);
    desc.name = desc.op = "add";
    desc.binding_count = 2;
    CHECK(cpu.table->kernel_create(cpu.device, &desc, &kernel, &cpu.error) ==
          HEKLA_PLUGIN_INVALID_ARGUMENT);
}

TEST_CASE("cpu: iota, segments, copies and times") {
    Counting counting;
    Cpu& cpu = counting.cpu;
    hekla_plugin_buffer* copy = cpu.buffer(256, HEKLA_PLUGIN_MEMORY_DOWNLOAD);
    const hekla_plugin_binding sides[] = {{counting.out, 4, 12}, {copy, 8, 12}};
    hekla_plugin_step second{};
    second.kind = HEKLA_PLUGIN_STEP_COPY;
    second.barrier_before = 1;
    second.segment = 2;
    second.bindings = sides;
    hekla_plugin_program* program = nullptr;
    REQUIRE(cpu.program({counting.step, second}, true, &program) == HEKLA_PLUGIN_OK);

    const auto* numbers = cpu.map<std::int32_t>(counting.out);
    const auto* copied = cpu.map<std::int32_t>(copy);
    hekla_plugin_ticket first = 0, last = 0;
    REQUIRE(cpu.table->submit(cpu.device, program, 0, &first, &cpu.error) == HEKLA_PLUGIN_OK);
    CHECK(std::vector<std::int32_t>(numbers, numbers + 9) ==
          std::vector<std::int32_t>{-3, -2, -1, 0, 1, 2, 3, 4, 0});
    CHECK(copied[2] == 0);
    REQUIRE(cpu.table->submit(cpu.device, program, 1, &last, &cpu.error) ==
            HEKLA_PLUGIN_OK);  // no step has it
    REQUIRE(cpu.table->submit(cpu.device, program, 2, &last, &cpu.error) == HEKLA_PLUGIN_OK);
    CHECK(std::vector<std::int32_t>(copied, copied + 6) ==
          std::vector<std::int32_t>{0, 0, -2, -1, 0, 0});
    CHECK(last == first + 2);
    CHECK(cpu.table->submit(cpu.device, program, 3, &last, &cpu.error) ==
          HEKLA_PLUGIN_INVALID_ARGUMENT);

    CHECK(cpu.table->wait(cpu.device, 0, 0, &cpu.error) == HEKLA_PLUGIN_OK);
    CHECK(cpu.table->wait(cpu.device, last, 0, &cpu.error) == HEKLA_PLUGIN_OK);
    CHECK(cpu.table->wait(cpu.device, last + 1, 0, &cpu.error) == HEKLA_PLUGIN_INVALID_ARGUMENT);

    hekla_plugin_times times[2];
    REQUIRE(cpu.table->program_times(cpu.device, program, times, &cpu.error) == HEKLA_PLUGIN_OK);
    CHECK((times[0].begin_ns > 0 && times[0].begin_ns <= times[0].end_ns));
    CHECK((times[0].end_ns <= times[1].begin_ns && times[1].begin_ns <= times[1].end_ns));

    // Outside programs.
    CHECK(cpu.table->copy(cpu.device, counting.out, 28, copy, 0, 4, &last, &cpu.error) ==
          HEKLA_PLUGIN_OK);
    CHECK(copied[0] == 4);
    CHECK(cpu.table->copy(cpu.device, counting.out, 0, copy, 0, 6, &last, &cpu.error) ==
          HEKLA_PLUGIN_INVALID_ARGUMENT);
    CHECK(cpu.table->copy(cpu.device, counting.out, 2, copy, 0, 4, &last, &cpu.error) ==
          HEKLA_PLUGIN_INVALID_ARGUMENT);
    CHECK(cpu.table->copy(cpu.device, counting.out, 252, copy, 0, 8, &last, &cpu.error) ==
          HEKLA_PLUGIN_INVALID_ARGUMENT);
}

TEST_CASE("cpu: programs that cannot be right are refused with their step") {
    Counting counting;
    Cpu& cpu = counting.cpu;
    SECTION("a binding beyond its buffer") {
        counting.binding = {counting.out, 64, 196};
        CHECK(counting.refusal().find(
                  "step 0: iota, binding 1: 196 bytes at 64 of a buffer of 256") !=
              std::string::npos);
    }
    SECTION("an offset and a size that add up beyond 64 bits") {
        counting.binding = {counting.out, 64, std::numeric_limits<std::uint64_t>::max() - 63};
        CHECK(!counting.refusal().empty());
    }
    SECTION("a binding that is not aligned") {
        counting.binding = {counting.out, 32, 64};
        CHECK(counting.refusal().find("multiple of 64") != std::string::npos);
    }
    SECTION("an empty binding") {
        counting.binding = {counting.out, 0, 0};
        CHECK(!counting.refusal().empty());
    }
    SECTION("no buffer") {
        counting.binding = {nullptr, 0, 64};
        CHECK(counting.refusal().find("no buffer") != std::string::npos);
    }
    SECTION("a parameter block that is too short") {
        counting.step.params_size_bytes = 12;
        CHECK(counting.refusal().find("reads 16") != std::string::npos);
    }
    SECTION("a parameter block elsewhere") {
        counting.step.params = counting.out;
        CHECK(counting.refusal().find("PARAMS") != std::string::npos);
    }
    SECTION("a kind that does not exist") {
        counting.step.kind = 2;
        CHECK(!counting.refusal().empty());
    }
    SECTION("segments that fall") {
        hekla_plugin_step earlier = counting.step;
        earlier.segment = 1;
        hekla_plugin_program* program = nullptr;
        CHECK(cpu.program({earlier, counting.step}, false, &program) ==
              HEKLA_PLUGIN_INVALID_ARGUMENT);
        CHECK(std::string(cpu.error.text).find("step 1") != std::string::npos);
    }
    SECTION("copies of two sizes") {
        const hekla_plugin_binding sides[] = {{counting.out, 0, 8}, {counting.out, 16, 4}};
        counting.step = {};
        counting.step.kind = HEKLA_PLUGIN_STEP_COPY;
        counting.step.bindings = sides;
        CHECK(!counting.refusal().empty());
    }
}

TEST_CASE("cpu: parameter blocks that cannot be right are refused") {
    const Values x = random_values({3, 5}, 1);
    const auto unary = [&](std::uint32_t count, std::uint32_t d3, std::uint32_t last_stride) {
        Dispatch dispatch("relu");
        dispatch.input("x", x, x.shape, 4, Layout::packed);
        dispatch.output_part("y", x.data, x.shape, {0, {0, 0, 5, last_stride}, 15});
        for (const std::uint32_t word : {count, 1u, 3u, d3}) dispatch.param(word);
        return dispatch.refusal(HEKLA_PLUGIN_INTERNAL);
    };
    CHECK(unary(15, 5, 0).find("stride 0") != std::string::npos);
    CHECK(unary(16, 5, 1).find("multiple") != std::string::npos);
    CHECK(unary(15, 0, 1).find("multiple") != std::string::npos);
    CHECK(unary(30, 5, 1).find("stride 0 along axis 0") != std::string::npos);

    Dispatch stored("embedding");
    stored.input("ids", std::vector<std::int32_t>{0, 1});
    stored.raw("weight", std::vector<std::byte>(3 * 4 * 4));
    stored.output("y", {2, 4}, 0, Layout::packed);
    for (const std::uint32_t word : {2u, 3u, 4u, 3u, 0u, 0u}) stored.param(word);
    CHECK(stored.refusal(HEKLA_PLUGIN_INTERNAL).find("stored as number 3") != std::string::npos);
}

TEST_CASE("cpu: nothing is done for no elements") {
    const Values x = random_values({1, 4}, 1);
    Dispatch dispatch("layer_norm");
    dispatch.input("x", x, x.shape, 4, Layout::packed);
    dispatch.input("weight", random_values({4}, 2));
    dispatch.input("bias", random_values({4}, 3));
    dispatch.output("y", {1, 4}, 4, Layout::packed);
    for (const std::uint32_t word : {0u, 4u, 1u, 1u, 0u, 0u, 0u}) dispatch.param(word);
    std::vector<float> before(4);
    std::memcpy(before.data(), dispatch.bytes(0).data(), 16);
    // No binding is too short for it, so run() would wait for refusals in vain.
    CHECK(dispatch.refusal(HEKLA_PLUGIN_OK).empty());
    std::vector<float> after(4);
    std::memcpy(after.data(), dispatch.bytes(0).data(), 16);
    CHECK(before == after);
}

TEST_CASE("cpu: copy moves any 32 bits between layouts") {
    Values x{{2, 3, 1, 5}, {}};
    for (std::uint32_t i = 0; i < 30; ++i) x.data.push_back(static_cast<float>(i));
    for (const Layout from : layouts) {
        for (const Layout to : layouts) {
            Dispatch dispatch("copy");
            dispatch.input("x", x, x.shape, 4, from);
            dispatch.output("y", x.shape, 4, to);
            dispatch.sizes_all(x.shape);
            compare(dispatch.run(), x.data, 0.0);
        }
    }
    // Bits that a float register could change: signalling NaNs, integers.
    Dispatch bits("copy");
    bits.input("x",
               std::vector<std::int32_t>{0x7fa00001, -1, 1, static_cast<std::int32_t>(0xffa12345)},
               {1, 1, 1, 4}, {1, 1, 1, 4});
    bits.output("y", {1, 1, 1, 4}, 4, Layout::packed);
    bits.sizes_all({1, 1, 1, 4});
    bits.run();
    std::uint32_t got[4];
    std::memcpy(got, bits.bytes(0).data(), 16);
    CHECK(
        (got[0] == 0x7fa00001u && got[1] == 0xffffffffu && got[2] == 1u && got[3] == 0xffa12345u));
}
