// SPDX-License-Identifier: MIT
#include "ops/reflection.hpp"

#include <spirv_cross/spirv_cross_c.h>

#include <algorithm>
#include <memory>
#include <vector>

namespace hekla::ops {
namespace {

struct DestroyContext {
    void operator()(spvc_context_s* context) const { spvc_context_destroy(context); }
};

// SPIR-V capabilities beyond the baseline profile, and the name of the device capability that stands for them.
struct Feature {
    SpvCapability capability;
    std::string_view need;
};
constexpr Feature features[] = {
    {SpvCapabilityShader, ""},
    {SpvCapabilityStorageBuffer16BitAccess, "storage_16bit"},
    {SpvCapabilityUniformAndStorageBuffer16BitAccess, "storage_16bit"},
    {SpvCapabilityStorageBuffer8BitAccess, "storage_8bit"},
    {SpvCapabilityUniformAndStorageBuffer8BitAccess, "storage_8bit"},
    {SpvCapabilityFloat16, "float16"},
    {SpvCapabilityInt8, "int8"},
    {SpvCapabilityGroupNonUniform, "subgroup_arithmetic"},
    {SpvCapabilityGroupNonUniformArithmetic, "subgroup_arithmetic"},
    {SpvCapabilityGroupNonUniformShuffle, "subgroup_shuffle"},
    {SpvCapabilityDotProductKHR, "integer_dot"},
    {SpvCapabilityDotProductInput4x8BitPackedKHR, "integer_dot"},
    {static_cast<SpvCapability>(6022), "cooperative_matrix"},  // CooperativeMatrixKHR; older headers lack it
    {static_cast<SpvCapability>(5432), "cooperative_matrix2"},  // CooperativeMatrixPerElementOperationsNV
    {SpvCapabilityVulkanMemoryModelKHR, "cooperative_matrix"},
    {SpvCapabilityPhysicalStorageBufferAddresses, "buffer_address"},
};

// What devices have that take twins (Device's traits, runtime/execute/backend.cpp).
constexpr std::string_view twins_need[] = {"buffer_address", "storage_16bit", "subgroup_arithmetic", "subgroup_shuffle"};

// SPIRV-Cross may not know the type of cooperative matrices, and nothing compared here depends on it: it reads vectors instead.
std::vector<std::uint32_t> without_matrix_types(std::span<const std::uint32_t> spirv) {
    constexpr std::uint32_t type_matrix = 4456, type_vector = 23, nothing = 0, header_words = 5;
    std::vector<std::uint32_t> words(spirv.begin(), spirv.end());
    for (std::size_t at = header_words; at < words.size();) {
        const std::uint32_t count = words[at] >> 16;
        if (count == 0 || count > words.size() - at) break;
        if ((words[at] & 0xffff) == type_matrix && count == 7) {
            words[at] = 4 << 16 | type_vector;
            words[at + 3] = 4;
            std::fill_n(words.begin() + static_cast<std::ptrdiff_t>(at) + 4, 3, 1 << 16 | nothing);
        }
        at += count;
    }
    return words;
}

class Comparison {
public:
    Comparison(const Entry& entry, const KernelSpec& kernel, bool by_address)
        : entry_(entry), kernel_(kernel), by_address_(by_address) {}

    std::vector<std::string> run(std::span<const std::uint32_t> spirv) {
        if (parse(spirv)) {
            compare_entry_point();
            compare_features();
            compare_constants();
            compare_buffers();
        }
        return std::move(wrong_);
    }

private:
    void wrong(const std::string& what) {
        wrong_.push_back("kernel `" + kernel_.name + "` of op `" + entry_.name + "`: " + what);
    }

    bool parse(std::span<const std::uint32_t> given) {
        const std::vector<std::uint32_t> spirv = without_matrix_types(given);
        spvc_context context = nullptr;
        if (spvc_context_create(&context) != SPVC_SUCCESS) return fail("SPIRV-Cross cannot start");
        context_.reset(context);
        spvc_parsed_ir ir = nullptr;
        if (spirv.empty()) return fail("it has no SPIR-V; is there a " + kernel_.name + ".comp?");
        if (spvc_context_parse_spirv(context, spirv.data(), spirv.size(), &ir) != SPVC_SUCCESS ||
            spvc_context_create_compiler(context, SPVC_BACKEND_NONE, ir, SPVC_CAPTURE_MODE_TAKE_OWNERSHIP, &compiler_) != SPVC_SUCCESS)
            return fail(std::string("its SPIR-V cannot be read: ") + spvc_context_get_last_error_string(context));
        return true;
    }
    bool fail(const std::string& what) {
        wrong(what);
        return false;
    }

    void compare_entry_point() {
        if (spvc_compiler_get_execution_model(compiler_) != SpvExecutionModelGLCompute) wrong("it is not a compute shader");
        const char* name = spvc_compiler_get_cleansed_entry_point_name(compiler_, "main", SpvExecutionModelGLCompute);
        if (name == nullptr || *name == 0) wrong("its entry point is not called main");
    }

    void compare_features() {
        const SpvCapability* used = nullptr;
        std::size_t count = 0;
        if (spvc_compiler_get_declared_capabilities(compiler_, &used, &count) != SPVC_SUCCESS) return;
        for (std::size_t i = 0; i < count; ++i) {
            const auto* row = std::find_if(std::begin(features), std::end(features), [&](const Feature& f) { return f.capability == used[i]; });
            if (row == std::end(features)) {
                wrong("it uses SPIR-V capability " + std::to_string(used[i]) + ", which no entry can ask for");
            } else if (by_address_ && std::ranges::find(twins_need, row->need) != std::end(twins_need)) {
                continue;  // the planner takes twins only where these are
            } else if (!row->need.empty() && std::find(kernel_.needs.begin(), kernel_.needs.end(), row->need) == kernel_.needs.end()) {
                wrong("it uses what `needs: [" + std::string(row->need) + "]` stands for, but does not say so");
            }
        }
    }

    void compare_constants() {
        spvc_specialization_constant local[3] = {};
        spvc_compiler_get_work_group_size_specialization_constants(compiler_, &local[0], &local[1], &local[2]);
        for (std::uint32_t axis = 0; axis < 3; ++axis)
            if (local[axis].id == 0 || local[axis].constant_id != axis)
                wrong("local size " + std::string(1, "xyz"[axis]) + " is not specialisation constant " + std::to_string(axis) +
                      "; include block.glsl");
        const spvc_specialization_constant* constants = nullptr;
        std::size_t count = 0;
        if (spvc_compiler_get_specialization_constants(compiler_, &constants, &count) != SPVC_SUCCESS) return;
        for (std::size_t i = 0; i < count; ++i) {
            const std::uint32_t id = constants[i].constant_id;
            if (id >= 3 + kernel_.spec.size())
                wrong("it has specialisation constant " + std::to_string(id) + ", but `spec` gives only 3 to " +
                      std::to_string(2 + kernel_.spec.size()));
        }
    }

    void compare_buffers() {
        spvc_resources resources = nullptr;
        if (spvc_compiler_create_shader_resources(compiler_, &resources) != SPVC_SUCCESS) return wrong("its resources cannot be read");
        const std::size_t tensors = by_address_ ? 0 : entry_.slots.size() + entry_.outputs.size() + !kernel_.norms.empty();
        for (int type = SPVC_RESOURCE_TYPE_UNIFORM_BUFFER; type <= SPVC_RESOURCE_TYPE_RAY_QUERY; ++type) {
            const spvc_reflected_resource* list = nullptr;
            std::size_t count = 0;
            if (spvc_resources_get_resource_list_for_type(resources, static_cast<spvc_resource_type>(type), &list, &count) != SPVC_SUCCESS)
                continue;
            for (std::size_t i = 0; i < count; ++i) {
                const std::string name = list[i].name;
                const unsigned set = spvc_compiler_get_decoration(compiler_, list[i].id, SpvDecorationDescriptorSet);
                const unsigned binding = spvc_compiler_get_decoration(compiler_, list[i].id, SpvDecorationBinding);
                if (type == SPVC_RESOURCE_TYPE_UNIFORM_BUFFER && set == 0 && binding == 0) {
                    compare_block(list[i].base_type_id);
                } else if (type != SPVC_RESOURCE_TYPE_STORAGE_BUFFER || set != 0 || binding < 1 || binding > tensors) {
                    wrong("`" + name + "` (set " + std::to_string(set) + ", binding " + std::to_string(binding) +
                          ") is neither the parameter block (uniform, 0) nor one of the storage buffers 1 to " + std::to_string(tensors));
                }
            }
        }
        if (!has_block_) wrong("there is no parameter block at binding 0");
    }

    void compare_block(spvc_type_id id) {
        has_block_ = true;
        const spvc_type type = spvc_compiler_get_type_handle(compiler_, id);
        const std::vector<BlockWord> words = parameter_block(entry_, by_address_, !kernel_.norms.empty());
        const std::size_t count = spvc_type_get_num_member_types(type);
        for (std::size_t i = 0; i < std::min(count, words.size()); ++i) {
            const auto index = static_cast<unsigned>(i);
            const std::string name = spvc_compiler_get_member_name(compiler_, id, index);
            const spvc_type member = spvc_compiler_get_type_handle(compiler_, spvc_type_get_member_type(type, index));
            const spvc_basetype base = spvc_type_get_basetype(member);
            const bool scalar = spvc_type_get_vector_size(member) == 1 && spvc_type_get_num_array_dimensions(member) == 0;
            unsigned offset = 0;
            spvc_compiler_type_struct_member_offset(compiler_, type, index, &offset);
            const std::string where = "word " + std::to_string(i) + " of the parameter block is `" + words[i].name + "`";
            if (name != words[i].name) return wrong(where + ", but the shader calls it `" + name + "`");
            if (!scalar || offset != 4 * i) return wrong(where + ", a 32-bit scalar at byte " + std::to_string(4 * i) + "; not so in the shader");
            if (words[i].is_float ? base != SPVC_BASETYPE_FP32 : (base != SPVC_BASETYPE_UINT32 && base != SPVC_BASETYPE_INT32))
                return wrong(where + (words[i].is_float ? ", a float" : ", a uint") + "; not so in the shader");
        }
        if (count != words.size())
            wrong("the parameter block has " + std::to_string(words.size()) + " words, the shader's has " + std::to_string(count));
    }

    const Entry& entry_;
    const KernelSpec& kernel_;
    bool by_address_;
    std::unique_ptr<spvc_context_s, DestroyContext> context_;
    spvc_compiler compiler_ = nullptr;  // the context's
    bool has_block_ = false;
    std::vector<std::string> wrong_;
};

}  // namespace

std::vector<BlockWord> parameter_block(const Entry& entry, bool by_address, bool norms) {
    std::vector<BlockWord> words = {{"grid_x", false}};
    const auto add_tensor = [&](const std::string& name, std::uint32_t strided) {
        words.push_back({name + "_offset", false});
        for (std::uint32_t axis = 0; axis < strided; ++axis) words.push_back({name + "_s" + std::to_string(axis), false});
        if (by_address)
            for (const char* half : {"_low", "_high"}) words.push_back({name + half, false});
    };
    for (const Slot& slot : entry.slots) add_tensor(slot.name, slot.strided);
    for (const OutputSpec& output : entry.outputs) add_tensor(output.name, output.strided);
    if (norms) {
        add_tensor("norm_weight", 0);
        words.insert(words.end(), {{"norm_eps", true}, {"norm_added", true}});
    }
    for (const ParamSpec& param : entry.params) words.push_back({param.name, param.is_float});
    return words;
}

std::vector<std::string> compare_with_entry(const Entry& entry, const KernelSpec& kernel, std::span<const std::uint32_t> spirv,
                                            bool by_address) {
    return Comparison(entry, kernel, by_address).run(spirv);
}

}  // namespace hekla::ops
