// SPDX-License-Identifier: MIT
#include "cpu_harness.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <memory>
#include <random>

namespace cpu_test {

namespace {

constexpr float untouched = -12345.678f;

/// Owns what one submission needs.
struct Session {
    const hekla_plugin* table = hekla_plugin_table(HEKLA_PLUGIN_ABI);
    hekla_plugin_error error{};
    hekla_plugin_backend* backend = nullptr;
    hekla_plugin_device* device = nullptr;
    hekla_plugin_kernel* kernel = nullptr;
    hekla_plugin_program* program = nullptr;
    std::vector<hekla_plugin_buffer*> buffers;

    Session() {
        hekla_plugin_host host{};
        host.size = sizeof host;
        host.abi = HEKLA_PLUGIN_ABI;
        REQUIRE(table->open(&host, &backend, &error) == HEKLA_PLUGIN_OK);
        hekla_plugin_device_request request{};
        request.size = sizeof request;
        REQUIRE(table->device_create(backend, 0, &request, &device, &error) == HEKLA_PLUGIN_OK);
    }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    ~Session() {
        if (program != nullptr) table->program_destroy(device, program);
        if (kernel != nullptr) table->kernel_destroy(device, kernel);
        for (hekla_plugin_buffer* buffer : buffers) table->buffer_destroy(device, buffer);
        table->device_destroy(device);
        table->close(backend);
    }

    /// A mapped buffer that holds `bytes`.
    hekla_plugin_buffer* buffer(const std::vector<std::byte>& bytes, hekla_plugin_memory memory) {
        hekla_plugin_buffer* made = nullptr;
        INFO(error.text);
        REQUIRE(table->buffer_create(device, bytes.size(), memory, &made, &error) ==
                HEKLA_PLUGIN_OK);
        buffers.push_back(made);
        std::memcpy(table->buffer_map(device, made), bytes.data(), bytes.size());
        return made;
    }
};

template <class T>
std::vector<std::byte> bytes_of(const std::vector<T>& values) {
    std::vector<std::byte> bytes(values.size() * sizeof(T));
    if (!bytes.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
    return bytes;
}

std::vector<std::uint32_t> right_aligned(const std::vector<std::uint32_t>& strides,
                                         std::size_t rank) {
    std::vector<std::uint32_t> words(rank - strides.size(), 0);
    words.insert(words.end(), strides.begin(), strides.end());
    return words;
}

}  // namespace

std::uint64_t element_count(const Shape& shape) {
    std::uint64_t count = 1;
    for (const std::uint32_t size : shape) count *= size;
    return count;
}

std::uint64_t Placement::at(const Shape& shape, std::uint64_t index) const {
    std::uint64_t place = offset;
    for (std::size_t axis = shape.size(); axis-- > 0;) {
        place += index % shape[axis] * strides[axis];
        index /= shape[axis];
    }
    return place;
}

Placement place(const Shape& shape, Layout layout) {
    Placement result;
    result.strides.resize(shape.size());
    result.offset = layout == Layout::packed ? 0 : 7;
    std::uint32_t stride = layout == Layout::spaced ? 2 : 1;
    std::uint64_t last = result.offset;
    for (std::size_t i = 0; i < shape.size(); ++i) {
        const std::size_t axis = layout == Layout::reversed ? i : shape.size() - 1 - i;
        result.strides[axis] = stride;
        last += std::uint64_t{shape[axis] - 1} * stride;
        stride *= shape[axis];
        if (layout == Layout::reversed) stride += 3;
    }
    result.extent = last + 1;
    return result;
}

Placement place_matrix(std::uint32_t rows, std::uint32_t columns, Layout layout) {
    Placement result;
    result.offset = layout == Layout::packed ? 0 : 5;
    result.strides = {
        layout == Layout::reversed || layout == Layout::spaced ? columns + 3 : columns, 1};
    result.extent = result.offset + std::uint64_t{rows - 1} * result.strides[0] + columns;
    return result;
}

Dispatch::Dispatch(std::string op) : op_(std::move(op)) {}

void Dispatch::add(Operand operand) { operands_.push_back(std::move(operand)); }

void Dispatch::add_floats(std::string name, const Values& x, std::vector<std::uint32_t> strides,
                          const Placement& placement) {
    // Places between the elements hold NaN: reading one shows in the result.
    std::vector<float> memory(placement.extent, std::nanf(""));
    for (std::uint64_t i = 0; i < x.data.size(); ++i) {
        memory[placement.at(x.shape, i)] = x.data[i];
    }
    strides.insert(strides.begin(), placement.offset);
    add({.name = std::move(name), .bytes = bytes_of(memory), .words = std::move(strides)});
}

void Dispatch::input(std::string name, const Values& x, const Shape& to, std::size_t rank,
                     Layout layout) {
    const Placement placement = place(x.shape, layout);
    std::vector<std::uint32_t> strides(rank, 0);
    for (std::size_t i = 0; i < x.shape.size(); ++i) {
        const std::size_t axis = x.shape.size() - 1 - i;
        const std::uint32_t wanted = to[to.size() - 1 - i];
        if (x.shape[axis] == wanted) strides[rank - 1 - i] = placement.strides[axis];
    }
    add_floats(std::move(name), x, std::move(strides), placement);
}

void Dispatch::matrix(std::string name, const Values& x, Layout layout) {
    const Placement placement = place_matrix(x.shape[0], x.shape[1], layout);
    add_floats(std::move(name), x, placement.strides, placement);
}

void Dispatch::input(std::string name, const Values& x) {
    add({.name = std::move(name), .bytes = bytes_of(x.data), .words = {0}});
}

void Dispatch::input(std::string name, const std::vector<std::int32_t>& x) {
    add({.name = std::move(name), .bytes = bytes_of(x), .words = {0}});
}

void Dispatch::input(std::string name, const std::vector<std::int32_t>& x, const Shape& shape,
                     const Shape& to) {
    const Placement placement = place(shape, Layout::packed);
    std::vector<std::uint32_t> words = {0};
    for (std::size_t axis = 0; axis < to.size(); ++axis) {
        words.push_back(shape[axis] == to[axis] ? placement.strides[axis] : 0);
    }
    add({.name = std::move(name), .bytes = bytes_of(x), .words = std::move(words)});
}

void Dispatch::raw(std::string name, const std::vector<std::byte>& x) {
    // Two words in front, so that offsets in 32-bit words are told from offsets in elements; whole words at the end.
    std::vector<std::byte> memory(8, std::byte{0xff});
    memory.insert(memory.end(), x.begin(), x.end());
    while (memory.size() % 4 != 0) memory.push_back(std::byte{0xff});
    add({.name = std::move(name), .bytes = std::move(memory), .words = {2}});
}

void Dispatch::absent(std::string name, std::size_t rank) {
    std::vector<std::uint32_t> words(rank + 1, 0);
    add({.name = std::move(name),
         .bytes = bytes_of(std::vector<float>{std::nanf("")}),
         .words = std::move(words),
         .absent = true});
}

void Dispatch::output_part(std::string name, const std::vector<float>& before, const Shape& shape,
                           const Placement& placement, bool strided) {
    outputs_.push_back(operands_.size());
    Operand operand{
        .name = std::move(name), .bytes = bytes_of(before), .words = {placement.offset}};
    if (strided) {
        operand.words.insert(operand.words.end(), placement.strides.begin(),
                             placement.strides.end());
    }
    operand.shape = shape;
    operand.placement = placement;
    add(std::move(operand));
}

void Dispatch::input_part(std::string name, const std::vector<float>& x,
                          const Placement& placement) {
    Operand operand{.name = std::move(name), .bytes = bytes_of(x), .words = placement.strides};
    operand.words.insert(operand.words.begin(), placement.offset);
    add(std::move(operand));
}

void Dispatch::output(std::string name, const Shape& shape, std::size_t rank, Layout layout) {
    const Placement placement = place(shape, layout);
    output_part(std::move(name), std::vector<float>(placement.extent, untouched), shape, placement);
    std::vector<std::uint32_t>& words = operands_.back().words;
    words = rank == 0 ? std::vector<std::uint32_t>{} : right_aligned(placement.strides, rank);
    words.insert(words.begin(), placement.offset);
}

void Dispatch::output_matrix(std::string name, std::uint32_t rows, std::uint32_t columns,
                             Layout layout) {
    const Placement placement = place_matrix(rows, columns, layout);
    output_part(std::move(name), std::vector<float>(placement.extent, untouched), {rows, columns},
                placement);
}

void Dispatch::param(double value) {
    params_.push_back(std::bit_cast<std::uint32_t>(static_cast<float>(value)));
}

void Dispatch::sizes_all(const Shape& shape) {
    param(static_cast<std::uint32_t>(element_count(shape)));
    for (std::size_t axis = 1; axis < 4; ++axis) {
        const std::size_t lead = 4 - shape.size();
        param(axis < lead ? 1u : shape[axis - lead]);
    }
}

hekla_plugin_result Dispatch::submit(std::string* text) {
    Session session;
    hekla_plugin_kernel_desc kernel{};
    kernel.size = sizeof kernel;
    kernel.name = op_.c_str();
    kernel.op = op_.c_str();
    kernel.binding_count = static_cast<std::uint32_t>(operands_.size());
    {
        const hekla_plugin_result made =
            session.table->kernel_create(session.device, &kernel, &session.kernel, &session.error);
        INFO(session.error.text);
        REQUIRE(made == HEKLA_PLUGIN_OK);
    }

    std::vector<std::uint32_t> block = {1};
    std::vector<hekla_plugin_binding> bindings;
    for (const Operand& operand : operands_) {
        block.insert(block.end(), operand.words.begin(), operand.words.end());
        bindings.push_back({session.buffer(operand.bytes, HEKLA_PLUGIN_MEMORY_DOWNLOAD), 0,
                            operand.bytes.size() - operand.unbound});
    }
    block.insert(block.end(), params_.begin(), params_.end());
    while (block.size() % 4 != 0) block.push_back(0xffffffffu);

    hekla_plugin_step step{};
    step.kind = HEKLA_PLUGIN_STEP_DISPATCH;
    std::fill_n(step.group_count, 3, 1u);
    step.kernel = session.kernel;
    step.bindings = bindings.data();
    step.params = session.buffer(bytes_of(block), HEKLA_PLUGIN_MEMORY_PARAMS);
    step.params_size_bytes = block.size() * 4;
    hekla_plugin_program_desc program{};
    program.size = sizeof program;
    program.steps = &step;
    program.step_count = 1;
    hekla_plugin_ticket ticket = 0;
    hekla_plugin_result result =
        session.table->program_create(session.device, &program, &session.program, &session.error);
    if (result == HEKLA_PLUGIN_OK) {
        result = session.table->submit(session.device, session.program, 0, &ticket, &session.error);
    }
    *text = session.error.text;
    if (result != HEKLA_PLUGIN_OK) return result;
    for (const std::size_t index : outputs_) {
        const void* memory = session.table->buffer_map(session.device, bindings[index].buffer);
        std::memcpy(operands_[index].bytes.data(), memory, operands_[index].bytes.size());
    }
    return result;
}

std::vector<float> Dispatch::run(std::size_t index) {
    std::string text;
    for (Operand& operand : operands_) {
        if (operand.absent || operand.bytes.size() <= 4) continue;
        operand.unbound = 4;
        INFO(op_ << " with '" << operand.name << "' one word short");
        CHECK(submit(&text) == HEKLA_PLUGIN_INTERNAL);
        INFO(text);
        CHECK(text.find(op_ + ":") != std::string::npos);
        CHECK(text.find("'" + operand.name + "'") != std::string::npos);
        operand.unbound = 0;
    }

    std::vector<std::byte> before = operands_[outputs_[index]].bytes;
    const hekla_plugin_result result = submit(&text);
    INFO(op_ << ": " << text);
    REQUIRE(result == HEKLA_PLUGIN_OK);

    const Operand& output = operands_[outputs_[index]];
    std::vector<float> values(element_count(output.shape));
    std::vector<std::byte> after = output.bytes;
    for (std::uint64_t i = 0; i < values.size(); ++i) {
        const std::uint64_t at = output.placement.at(output.shape, i) * 4;
        std::memcpy(&values[i], &after[at], 4);
        std::memcpy(&after[at], &before[at], 4);
    }
    CHECK(std::ranges::equal(before, after));  // between the elements
    return values;
}

std::string Dispatch::refusal(hekla_plugin_result code) {
    std::string text;
    CHECK(submit(&text) == code);
    return text;
}

const std::vector<std::byte>& Dispatch::bytes(std::size_t index) const {
    return operands_[outputs_[index]].bytes;
}

void compare(const std::vector<float>& got, const std::vector<float>& expected, double allowed) {
    REQUIRE(got.size() == expected.size());
    double worst = 0.0;
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < got.size(); ++i) {
        const double away =
            std::abs(static_cast<double>(got[i]) - static_cast<double>(expected[i]));
        if (!std::isfinite(got[i]) || !(away <= allowed)) ++wrong;
        worst = std::max(worst, away);
    }
    INFO("largest difference " << worst << ", allowed " << allowed);
    CHECK(wrong == 0);
}

Values random_values(Shape shape, std::uint32_t seed) {
    Values values{std::move(shape), {}};
    std::mt19937 bits(seed);
    values.data.resize(element_count(values.shape));
    // Not std::normal_distribution: its values differ between standard libraries.
    for (float& value : values.data) {
        value = static_cast<float>(static_cast<double>(bits()) / 4294967296.0 * 4.0 - 2.0);
    }
    return values;
}

}  // namespace cpu_test
