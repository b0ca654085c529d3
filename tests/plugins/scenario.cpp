// SPDX-License-Identifier: MIT
#include "scenario.hpp"

#include "bench.hpp"

#include <functional>

namespace hekla::testing {
namespace {

constexpr uint32_t count = 257;

std::vector<float> input() {
    std::vector<float> values(count);
    for (uint32_t i = 0; i < count; ++i) values[i] = static_cast<float>(i);
    return values;
}

// Cleanups in reverse order of what was made.
class Undo {
  public:
    ~Undo() {
        for (auto step = steps_.rbegin(); step != steps_.rend(); ++step) (*step)();
    }
    void add(std::function<void()> step) { steps_.push_back(std::move(step)); }

  private:
    std::vector<std::function<void()>> steps_;
};

class Life {
  public:
    explicit Life(const hekla_plugin& table) : table_(table) {}

    ScenarioResult result;

    bool open(const void* lent_device, const char* cache_folder) {
        hekla_plugin_host host{};
        host.size = sizeof host;
        host.abi = HEKLA_PLUGIN_ABI;
        host.lent_device = lent_device;
        host.cache_folder = cache_folder;
        hekla_plugin_backend* backend = nullptr;
        if (!done("open", table_.open(&host, &backend, &error_))) return false;
        undo_.add([this, backend] { table_.close(backend); });
        hekla_plugin_device_request request{};
        request.size = sizeof request;
        if (!done("device_create", table_.device_create(backend, 0, &request, &device_, &error_)))
            return false;
        undo_.add([this] { table_.device_destroy(device_); });
        return true;
    }

    bool buffers() {
        return buffer(HEKLA_PLUGIN_MEMORY_UPLOAD, &upload_) &&
               buffer(HEKLA_PLUGIN_MEMORY_DEVICE, &x_) && buffer(HEKLA_PLUGIN_MEMORY_DEVICE, &y_) &&
               buffer(HEKLA_PLUGIN_MEMORY_DOWNLOAD, &download_) &&
               buffer(HEKLA_PLUGIN_MEMORY_PARAMS, &params_);
    }

    bool upload() {
        const auto values = input();
        std::memcpy(table_.buffer_map(device_, upload_), values.data(), bytes);
        const uint32_t words[] = {count, word(2.0f), word(1.0f)};
        std::memcpy(table_.buffer_map(device_, params_), words, sizeof words);
        hekla_plugin_ticket ticket = 0;
        return done("copy", table_.copy(device_, upload_, 0, x_, 0, bytes, &ticket, &error_)) &&
               done("wait for the copy", table_.wait(device_, ticket, UINT64_MAX, &error_));
    }

    bool record() {
        const uint32_t spec[] = {64, 1, 1, 3};
        hekla_plugin_kernel_desc desc{};
        desc.size = sizeof desc;
        desc.name = "affine";
        desc.op = "affine";
        desc.spirv = code::affine.spirv.data();
        desc.spirv_words = code::affine.spirv.size();
        desc.binding_count = 2;
        desc.spec = spec;
        desc.spec_count = 4;
        hekla_plugin_kernel* kernel = nullptr;
        if (!done("kernel_create", table_.kernel_create(device_, &desc, &kernel, &error_)))
            return false;
        undo_.add([this, kernel] { table_.kernel_destroy(device_, kernel); });

        const hekla_plugin_binding in_out[] = {{x_, 0, bytes}, {y_, 0, bytes}};
        const hekla_plugin_binding out[] = {{y_, 0, bytes}, {download_, 0, bytes}};
        hekla_plugin_step steps[2]{};
        steps[0].kind = HEKLA_PLUGIN_STEP_DISPATCH;
        steps[0].kernel = kernel;
        steps[0].bindings = in_out;
        steps[0].params = params_;
        steps[0].params_size_bytes = 16;
        steps[0].group_count[0] = (count + 63) / 64;
        steps[0].group_count[1] = steps[0].group_count[2] = 1;
        steps[1].kind = HEKLA_PLUGIN_STEP_COPY;
        steps[1].barrier_before = 1;
        steps[1].segment = 1;
        steps[1].bindings = out;
        hekla_plugin_program_desc program_desc{};
        program_desc.size = sizeof program_desc;
        program_desc.steps = steps;
        program_desc.step_count = 2;
        program_desc.timed = 1;
        if (!done("program_create",
                  table_.program_create(device_, &program_desc, &program_, &error_)))
            return false;
        undo_.add([this] { table_.program_destroy(device_, program_); });
        return true;
    }

    bool run() {
        hekla_plugin_ticket ticket = 0;
        hekla_plugin_times times[2]{};
        return done("submit", table_.submit(device_, program_, 0, &ticket, &error_)) &&
               done("submit", table_.submit(device_, program_, 1, &ticket, &error_)) &&
               done("wait", table_.wait(device_, ticket, UINT64_MAX, &error_)) &&
               done("program_times", table_.program_times(device_, program_, times, &error_));
    }

    void read() {
        result.output.resize(count);
        std::memcpy(result.output.data(), table_.buffer_map(device_, download_), bytes);
    }

  private:
    static constexpr uint64_t bytes = count * sizeof(float);

    bool done(const char* stage, hekla_plugin_result code) {
        if (code == HEKLA_PLUGIN_OK) return true;
        result.code = code;
        result.stage = stage;
        result.text = error_.text;
        return false;
    }

    bool buffer(hekla_plugin_memory kind, hekla_plugin_buffer** out) {
        if (!done("buffer_create", table_.buffer_create(device_, bytes, kind, out, &error_)))
            return false;
        undo_.add([this, made = *out] { table_.buffer_destroy(device_, made); });
        return true;
    }

    const hekla_plugin& table_;
    hekla_plugin_error error_{};
    hekla_plugin_device* device_ = nullptr;
    hekla_plugin_buffer *upload_ = nullptr, *x_ = nullptr, *y_ = nullptr, *download_ = nullptr,
                        *params_ = nullptr;
    hekla_plugin_program* program_ = nullptr;
    Undo undo_;
};

}  // namespace

ScenarioResult run_scenario(const hekla_plugin& table, const void* lent_device,
                            const char* cache_folder) {
    Life life(table);
    if (life.open(lent_device, cache_folder) && life.buffers() && life.upload() && life.record() &&
        life.run()) {
        life.read();
    }
    return life.result;
}

std::vector<float> scenario_output() {
    std::vector<float> values = input();
    for (float& value : values) value = 3.0f * (2.0f * value + 1.0f);
    return values;
}

}  // namespace hekla::testing
