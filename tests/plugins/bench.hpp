// SPDX-License-Identifier: MIT
#pragma once

#include <hekla/hekla_plugin.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace hekla::testing {

/// What a case throws when the backend does not do as the contract says.
class CaseFailure : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Throws CaseFailure with `what` unless `condition`.
void expect(bool condition, const std::string& what);
/// Throws CaseFailure unless `code` is `wanted`, and unless a failure comes with a sentence.
void expect_code(hekla_plugin_result code, hekla_plugin_result wanted,
                 const hekla_plugin_error& error, const std::string& what);

/// The shared object of a backend in the build's lib folder, loaded; unloaded with the last of these.
class PluginLibrary {
  public:
    explicit PluginLibrary(const std::string& name);
    ~PluginLibrary();
    PluginLibrary(const PluginLibrary&) = delete;
    PluginLibrary& operator=(const PluginLibrary&) = delete;

    const hekla_plugin& table() const { return *table_; }
    hekla_plugin_table_function entry() const { return entry_; }

  private:
    void* library_ = nullptr;
    hekla_plugin_table_function entry_ = nullptr;
    const hekla_plugin* table_ = nullptr;
};

/// Which device the environment asks for: HEKLA_TEST_DEVICE ("vulkan", "vulkan:1", "cpu", ...; default "null") and
/// HEKLA_TEST_PROFILE ("baseline" or unset).
struct Target {
    std::string plugin;
    uint32_t index = 0;
    bool baseline = false;

    static Target from_environment();
};

struct BufferDeleter {
    const hekla_plugin* table;
    hekla_plugin_device* device;
    void operator()(hekla_plugin_buffer* buffer) const { table->buffer_destroy(device, buffer); }
    void operator()(hekla_plugin_kernel* kernel) const { table->kernel_destroy(device, kernel); }
    void operator()(hekla_plugin_program* program) const {
        table->program_destroy(device, program);
    }
};
using BufferPtr = std::unique_ptr<hekla_plugin_buffer, BufferDeleter>;
using KernelPtr = std::unique_ptr<hekla_plugin_kernel, BufferDeleter>;
using ProgramPtr = std::unique_ptr<hekla_plugin_program, BufferDeleter>;

/// A kernel of this suite: SPIR-V built from kernels/<name>.comp.
struct Code {
    const char* name;
    std::span<const uint32_t> spirv;
    uint32_t binding_count;
};

/// Parameter blocks are small and written whole.
template <class T>
std::vector<std::byte> bytes_of(const std::vector<T>& values) {
    std::vector<std::byte> bytes(values.size() * sizeof(T));
    if (!bytes.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
    return bytes;
}
template <class T>
std::vector<T> values_of(const std::vector<std::byte>& bytes) {
    std::vector<T> values(bytes.size() / sizeof(T));
    if (!values.empty()) std::memcpy(values.data(), bytes.data(), values.size() * sizeof(T));
    return values;
}

/// One step with storage of its own, so that a list of them can be built piece by piece.
struct Step {
    hekla_plugin_kernel* kernel = nullptr;  // null: a copy
    uint32_t group_count = 1;
    std::vector<hekla_plugin_binding> bindings;
    hekla_plugin_buffer* params = nullptr;
    uint64_t params_offset = 0, params_size = 16;
    bool barrier = true;
    uint32_t segment = 0;
};

/// A backend with one device open, and what every case does with it. Throws CaseFailure.
class Bench {
  public:
    explicit Bench(const Target& target, const void* lent_device = nullptr,
                   const char* cache_folder = nullptr);
    ~Bench();
    Bench(const Bench&) = delete;
    Bench& operator=(const Bench&) = delete;

    const hekla_plugin& table() const { return library_.table(); }
    hekla_plugin_table_function entry() const { return library_.entry(); }
    hekla_plugin_backend* backend() const { return backend_; }
    hekla_plugin_device* device() const { return device_; }
    const hekla_plugin_device_info& info() const { return info_; }
    const Target& target() const { return target_; }

    BufferPtr buffer(uint64_t size_bytes, hekla_plugin_memory kind) const;
    KernelPtr kernel(const Code& code, std::vector<uint32_t> spec) const;
    ProgramPtr program(const std::vector<Step>& steps, bool timed = false) const;
    /// The code instead of an exception, for what has to fail. What was created is destroyed again.
    hekla_plugin_result try_buffer(uint64_t size_bytes, hekla_plugin_memory kind,
                                   hekla_plugin_error& error) const;
    hekla_plugin_result try_kernel(const Code& code, std::vector<uint32_t> spec,
                                   hekla_plugin_error& error) const;
    hekla_plugin_result try_program(const std::vector<Step>& steps, hekla_plugin_error& error,
                                    bool timed = false) const;

    /// A PARAMS buffer with these words, padded to 16 bytes.
    BufferPtr params(const std::vector<uint32_t>& words) const;
    void set_params(hekla_plugin_buffer* buffer, const std::vector<uint32_t>& words,
                    uint64_t offset = 0) const;

    /// A DEVICE buffer with these bytes, through a staging buffer and one copy; the size is rounded up to words.
    BufferPtr device_buffer(const std::vector<std::byte>& bytes) const;
    template <class T>
    BufferPtr device_values(const std::vector<T>& values) const {
        return device_buffer(bytes_of(values));
    }
    std::vector<std::byte> read(hekla_plugin_buffer* buffer, uint64_t size_bytes) const;
    template <class T>
    std::vector<T> read_values(hekla_plugin_buffer* buffer, uint64_t count) const {
        return values_of<T>(read(buffer, count * sizeof(T)));
    }

    hekla_plugin_ticket submit(hekla_plugin_program* program, uint32_t segment = 0) const;
    hekla_plugin_ticket copy(hekla_plugin_buffer* from, uint64_t from_offset,
                             hekla_plugin_buffer* to, uint64_t to_offset,
                             uint64_t size_bytes) const;
    void wait(hekla_plugin_ticket ticket) const;
    void run(hekla_plugin_program* program) const { wait(submit(program)); }

  private:
    BufferDeleter deleter() const { return {&library_.table(), device_}; }
    hekla_plugin_result make_program(const std::vector<Step>& steps, bool timed,
                                     hekla_plugin_program** out, hekla_plugin_error& error) const;

    Target target_;
    PluginLibrary library_;
    hekla_plugin_backend* backend_ = nullptr;
    hekla_plugin_device* device_ = nullptr;
    hekla_plugin_device_info info_{};
};

/// A binding of the whole of a buffer whose size is `size_bytes`.
inline hekla_plugin_binding whole(const BufferPtr& buffer, uint64_t size_bytes) {
    return {buffer.get(), 0, size_bytes};
}
/// `value` as the 32 bits a parameter block holds.
inline uint32_t word(float value) {
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    return bits;
}

namespace code {
extern const Code affine, shift, group_sum, spin, half_scale, subgroup_sum, poke;
}  // namespace code

}  // namespace hekla::testing
