// SPDX-License-Identifier: MIT
#include "bench.hpp"

#include <dlfcn.h>

#include <cstdlib>

// Written by glslangValidator at build time: `const uint32_t spirv_<name>[]`.
#include "spirv_affine.h"
#include "spirv_group_sum.h"
#include "spirv_half_scale.h"
#include "spirv_poke.h"
#include "spirv_shift.h"
#include "spirv_spin.h"
#include "spirv_subgroup_sum.h"

namespace hekla::testing {

namespace code {
const Code affine{"affine", spirv_affine, 2};
const Code shift{"shift", spirv_shift, 2};
const Code group_sum{"group_sum", spirv_group_sum, 2};
const Code spin{"spin", spirv_spin, 1};
const Code half_scale{"half_scale", spirv_half_scale, 2};
const Code subgroup_sum{"subgroup_sum", spirv_subgroup_sum, 2};
const Code poke{"poke", spirv_poke, 1};
}  // namespace code

void expect(bool condition, const std::string& what) {
    if (!condition) throw CaseFailure(what);
}

void expect_code(hekla_plugin_result code, hekla_plugin_result wanted,
                 const hekla_plugin_error& error, const std::string& what) {
    const std::string text(error.text, strnlen(error.text, sizeof error.text));
    expect(code == wanted, what + ": code " + std::to_string(code) + ", wanted " +
                               std::to_string(wanted) + (text.empty() ? "" : "; " + text));
    expect(wanted == HEKLA_PLUGIN_OK || (!text.empty() && text.size() < sizeof error.text),
           what + ": failed without a sentence");
}

PluginLibrary::PluginLibrary(const std::string& name) {
    const std::string path = std::string(HEKLA_TEST_PLUGINS) + "/hekla_plugin_" + name + ".so";
    library_ = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library_ == nullptr) throw std::runtime_error(dlerror());
    entry_ = reinterpret_cast<hekla_plugin_table_function>(dlsym(library_, "hekla_plugin_table"));
    table_ = entry_ != nullptr ? entry_(HEKLA_PLUGIN_ABI) : nullptr;
    if (table_ == nullptr) {
        dlclose(library_);
        throw std::runtime_error(path + " has no table for this ABI");
    }
}

PluginLibrary::~PluginLibrary() { dlclose(library_); }

Target Target::from_environment() {
    Target target;
    const char* device = std::getenv("HEKLA_TEST_DEVICE");
    target.plugin = device != nullptr && *device != '\0' ? device : "null";
    if (const size_t colon = target.plugin.find(':'); colon != std::string::npos) {
        target.index = static_cast<uint32_t>(std::stoul(target.plugin.substr(colon + 1)));
        target.plugin.resize(colon);
    }
    const char* profile = std::getenv("HEKLA_TEST_PROFILE");
    target.baseline = profile != nullptr && std::string(profile) == "baseline";
    return target;
}

Bench::Bench(const Target& target, const void* lent_device, const char* cache_folder)
    : target_(target), library_(target.plugin) {
    hekla_plugin_host host{};
    host.size = sizeof host;
    host.abi = HEKLA_PLUGIN_ABI;
    host.log = [](void*, hekla_plugin_severity, const char*) {};
    host.cache_folder = cache_folder;
    host.lent_device = lent_device;
    hekla_plugin_error error{};
    expect_code(table().open(&host, &backend_, &error), HEKLA_PLUGIN_OK, error, "open");
    hekla_plugin_device_request request{};
    request.size = sizeof request;
    request.baseline = target.baseline ? 1 : 0;
    const hekla_plugin_result code =
        table().device_create(backend_, target.index, &request, &device_, &error);
    if (code != HEKLA_PLUGIN_OK) table().close(backend_);
    expect_code(code, HEKLA_PLUGIN_OK, error, "device_create");
    info_.size = sizeof info_;
    table().device_describe(device_, &info_);
}

Bench::~Bench() {
    table().device_destroy(device_);
    table().close(backend_);
}

BufferPtr Bench::buffer(uint64_t size_bytes, hekla_plugin_memory kind) const {
    hekla_plugin_buffer* out = nullptr;
    hekla_plugin_error error{};
    expect_code(table().buffer_create(device_, size_bytes, kind, &out, &error), HEKLA_PLUGIN_OK,
                error, "buffer_create of " + std::to_string(size_bytes) + " bytes");
    return BufferPtr(out, deleter());
}

hekla_plugin_result Bench::try_buffer(uint64_t size_bytes, hekla_plugin_memory kind,
                                      hekla_plugin_error& error) const {
    hekla_plugin_buffer* out = nullptr;
    const hekla_plugin_result code = table().buffer_create(device_, size_bytes, kind, &out, &error);
    if (code == HEKLA_PLUGIN_OK) table().buffer_destroy(device_, out);
    return code;
}

namespace {

hekla_plugin_kernel_desc describe(const Code& code, const std::vector<uint32_t>& spec) {
    hekla_plugin_kernel_desc desc{};
    desc.size = sizeof desc;
    desc.name = code.name;
    desc.op = code.name;
    desc.spirv = code.spirv.data();
    desc.spirv_words = code.spirv.size();
    desc.binding_count = code.binding_count;
    desc.spec = spec.data();
    desc.spec_count = static_cast<uint32_t>(spec.size());
    return desc;
}

}  // namespace

KernelPtr Bench::kernel(const Code& code, std::vector<uint32_t> spec) const {
    const hekla_plugin_kernel_desc desc = describe(code, spec);
    hekla_plugin_kernel* out = nullptr;
    hekla_plugin_error error{};
    expect_code(table().kernel_create(device_, &desc, &out, &error), HEKLA_PLUGIN_OK, error,
                std::string("kernel_create of ") + code.name);
    return KernelPtr(out, deleter());
}

hekla_plugin_result Bench::try_kernel(const Code& code, std::vector<uint32_t> spec,
                                      hekla_plugin_error& error) const {
    const hekla_plugin_kernel_desc desc = describe(code, spec);
    hekla_plugin_kernel* out = nullptr;
    const hekla_plugin_result result = table().kernel_create(device_, &desc, &out, &error);
    if (result == HEKLA_PLUGIN_OK) table().kernel_destroy(device_, out);
    return result;
}

hekla_plugin_result Bench::make_program(const std::vector<Step>& steps, bool timed,
                                        hekla_plugin_program** out,
                                        hekla_plugin_error& error) const {
    std::vector<hekla_plugin_step> list(steps.size());
    for (size_t i = 0; i < steps.size(); ++i) {
        const Step& from = steps[i];
        hekla_plugin_step& to = list[i];
        to.kind = from.kernel != nullptr ? HEKLA_PLUGIN_STEP_DISPATCH : HEKLA_PLUGIN_STEP_COPY;
        to.barrier_before = from.barrier ? 1 : 0;
        to.segment = from.segment;
        to.group_count[0] = from.group_count;
        to.group_count[1] = to.group_count[2] = 1;
        to.kernel = from.kernel;
        to.bindings = from.bindings.data();
        to.params = from.params;
        to.params_offset_bytes = from.params_offset;
        to.params_size_bytes = from.params_size;
    }
    hekla_plugin_program_desc desc{};
    desc.size = sizeof desc;
    desc.steps = list.data();
    desc.step_count = static_cast<uint32_t>(list.size());
    desc.timed = timed ? 1 : 0;
    return table().program_create(device_, &desc, out, &error);
}

ProgramPtr Bench::program(const std::vector<Step>& steps, bool timed) const {
    hekla_plugin_program* out = nullptr;
    hekla_plugin_error error{};
    expect_code(make_program(steps, timed, &out, error), HEKLA_PLUGIN_OK, error, "program_create");
    return ProgramPtr(out, deleter());
}

hekla_plugin_result Bench::try_program(const std::vector<Step>& steps, hekla_plugin_error& error,
                                       bool timed) const {
    hekla_plugin_program* out = nullptr;
    const hekla_plugin_result code = make_program(steps, timed, &out, error);
    if (code == HEKLA_PLUGIN_OK) table().program_destroy(device_, out);
    return code;
}

BufferPtr Bench::params(const std::vector<uint32_t>& words) const {
    BufferPtr block = buffer((words.size() * 4 + 15) / 16 * 16, HEKLA_PLUGIN_MEMORY_PARAMS);
    set_params(block.get(), words);
    return block;
}

void Bench::set_params(hekla_plugin_buffer* buffer, const std::vector<uint32_t>& words,
                       uint64_t offset) const {
    auto* mapped = static_cast<std::byte*>(table().buffer_map(device_, buffer));
    expect(mapped != nullptr, "a PARAMS buffer has no host address");
    std::memcpy(mapped + offset, words.data(), words.size() * 4);
}

BufferPtr Bench::device_buffer(const std::vector<std::byte>& bytes) const {
    const uint64_t size = (bytes.size() + 3) / 4 * 4;
    const BufferPtr staging = buffer(size, HEKLA_PLUGIN_MEMORY_UPLOAD);
    void* mapped = table().buffer_map(device_, staging.get());
    expect(mapped != nullptr, "an UPLOAD buffer has no host address");
    std::memset(mapped, 0, size);
    std::memcpy(mapped, bytes.data(), bytes.size());
    BufferPtr result = buffer(size, HEKLA_PLUGIN_MEMORY_DEVICE);
    wait(copy(staging.get(), 0, result.get(), 0, size));
    return result;
}

std::vector<std::byte> Bench::read(hekla_plugin_buffer* source, uint64_t size_bytes) const {
    const uint64_t size = (size_bytes + 3) / 4 * 4;
    const BufferPtr staging = buffer(size, HEKLA_PLUGIN_MEMORY_DOWNLOAD);
    wait(copy(source, 0, staging.get(), 0, size));
    const auto* mapped = static_cast<const std::byte*>(table().buffer_map(device_, staging.get()));
    expect(mapped != nullptr, "a DOWNLOAD buffer has no host address");
    return {mapped, mapped + size_bytes};
}

hekla_plugin_ticket Bench::submit(hekla_plugin_program* program, uint32_t segment) const {
    hekla_plugin_ticket ticket = 0;
    hekla_plugin_error error{};
    expect_code(table().submit(device_, program, segment, &ticket, &error), HEKLA_PLUGIN_OK, error,
                "submit");
    return ticket;
}

hekla_plugin_ticket Bench::copy(hekla_plugin_buffer* from, uint64_t from_offset,
                                hekla_plugin_buffer* to, uint64_t to_offset,
                                uint64_t size_bytes) const {
    hekla_plugin_ticket ticket = 0;
    hekla_plugin_error error{};
    expect_code(
        table().copy(device_, from, from_offset, to, to_offset, size_bytes, &ticket, &error),
        HEKLA_PLUGIN_OK, error, "copy");
    return ticket;
}

void Bench::wait(hekla_plugin_ticket ticket) const {
    hekla_plugin_error error{};
    expect_code(table().wait(device_, ticket, UINT64_MAX, &error), HEKLA_PLUGIN_OK, error, "wait");
}

}  // namespace hekla::testing
