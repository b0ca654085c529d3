// SPDX-License-Identifier: MIT
#include "kernel.hpp"

#include "hash.hpp"
#include "spirv_facts.hpp"

namespace hekla::vulkan {
namespace {

bool subgroup_allowed(const Gpu& gpu, VkSubgroupFeatureFlagBits operation, uint64_t capability) {
    return (gpu.plan.info.capabilities & capability) != 0 &&
           (gpu.snapshot.subgroup_operations & operation) != 0;
}

// A module may only declare what is enabled; a driver is free to do anything with one that declares more.
bool capability_allowed(const Gpu& gpu, uint32_t capability) {
    const FeatureSet& on = gpu.plan.enable;
    constexpr uint64_t arithmetic = HEKLA_PLUGIN_CAP_SUBGROUP_ARITHMETIC;
    constexpr uint64_t shuffle = HEKLA_PLUGIN_CAP_SUBGROUP_SHUFFLE;
    switch (capability) {
        case 0:  // Matrix
        case 1:
            return true;  // Shader
        case 9:
            return on.float16;
        case 11:
            return on.shader_int64;
        case 22:
            return on.shader_int16;
        case 39:
            return on.int8;
        case 61:
            return subgroup_allowed(gpu, VK_SUBGROUP_FEATURE_BASIC_BIT, arithmetic | shuffle);
        case 62:
            return subgroup_allowed(gpu, VK_SUBGROUP_FEATURE_VOTE_BIT, arithmetic | shuffle);
        case 63:
            return subgroup_allowed(gpu, VK_SUBGROUP_FEATURE_ARITHMETIC_BIT, arithmetic);
        case 64:
            return subgroup_allowed(gpu, VK_SUBGROUP_FEATURE_BALLOT_BIT, arithmetic | shuffle);
        case 65:
            return subgroup_allowed(gpu, VK_SUBGROUP_FEATURE_SHUFFLE_BIT, shuffle);
        case 66:
            return subgroup_allowed(gpu, VK_SUBGROUP_FEATURE_SHUFFLE_RELATIVE_BIT, shuffle);
        case 67:
            return subgroup_allowed(gpu, VK_SUBGROUP_FEATURE_CLUSTERED_BIT, arithmetic);
        case 68:
            return subgroup_allowed(gpu, VK_SUBGROUP_FEATURE_QUAD_BIT, arithmetic | shuffle);
        case 4433:
            return on.storage_16bit;
        case 4434:
            return on.uniform_16bit;
        case 4448:
            return on.storage_8bit;
        case 4449:
            return on.uniform_8bit;
        case 5345:
            return on.memory_model;
        case 5346:
            return on.memory_model_device_scope;
        case 5347:
            return on.buffer_address;
        case 6016:
        case 6017:
        case 6018:
        case 6019:
            return on.integer_dot;
        case 6022:
            return on.cooperative_matrix;
        case 5432:
            return on.matrix_elements;
        default:
            return false;
    }
}

void check_capabilities(const Gpu& gpu, const char* name, const SpirvFacts& facts) {
    if (facts.version > gpu.max_spirv_version) {
        throw Failure(HEKLA_PLUGIN_UNSUPPORTED,
                      format("kernel %s is SPIR-V %u.%u, this device is used with %u.%u at most",
                             name, facts.version >> 16 & 0xff, facts.version >> 8 & 0xff,
                             gpu.max_spirv_version >> 16, gpu.max_spirv_version >> 8 & 0xff));
    }
    for (const uint32_t capability : facts.capabilities) {
        if (capability_allowed(gpu, capability)) continue;
        const char* known = spirv_capability_name(capability);
        throw Failure(
            HEKLA_PLUGIN_UNSUPPORTED,
            format("kernel %s needs the SPIR-V capability %s%s%u, which is not enabled on %s", name,
                   known != nullptr ? known : "", known != nullptr ? ", number " : "number ",
                   capability, gpu.plan.info.name));
    }
}

void check_sizes(const Gpu& gpu, const char* name, const SpirvFacts& facts) {
    const hekla_plugin_device_info& info = gpu.plan.info;
    uint64_t invocations = 1;
    for (size_t axis = 0; axis < 3; ++axis) {
        const uint32_t size = facts.local_size[axis];
        invocations *= size;
        if (size == 0 || size > info.max_workgroup_size[axis]) {
            throw Failure(
                HEKLA_PLUGIN_UNSUPPORTED,
                format("kernel %s has a local size of %u along axis %zu; %s takes 1 to %u", name,
                       size, axis, info.name, info.max_workgroup_size[axis]));
        }
    }
    if (invocations > info.max_workgroup_invocations) {
        throw Failure(
            HEKLA_PLUGIN_UNSUPPORTED,
            format("kernel %s has a local size of %u x %u x %u = %llu invocations; %s takes %u",
                   name, facts.local_size[0], facts.local_size[1], facts.local_size[2],
                   static_cast<unsigned long long>(invocations), info.name,
                   info.max_workgroup_invocations));
    }
    if (facts.shared_bytes && *facts.shared_bytes > info.max_shared_bytes) {
        throw Failure(HEKLA_PLUGIN_UNSUPPORTED,
                      format("kernel %s needs %llu bytes of shared memory; %s has %u", name,
                             static_cast<unsigned long long>(*facts.shared_bytes), info.name,
                             info.max_shared_bytes));
    }
}

void check_bindings(uint32_t binding_count, const char* name, const SpirvFacts& facts) {
    for (const SpirvFacts::Variable& variable : facts.variables) {
        const bool fits =
            variable.set == 0 &&
            (variable.uniform ? variable.binding == 0
                              : variable.binding >= 1 && variable.binding <= binding_count);
        if (fits) continue;
        throw Failure(
            HEKLA_PLUGIN_INVALID_FILE,
            format(
                "kernel %s has a %s at set %u, binding %u; the parameter block belongs to set 0, "
                "binding 0 and storage buffers to bindings 1 to %u",
                name, variable.uniform ? "uniform block" : "storage buffer", variable.set,
                variable.binding, binding_count));
    }
}

}  // namespace

const KernelLayout& KernelMaker::layout_for(uint32_t binding_count) {
    const std::scoped_lock lock(mutex_);
    if (const auto found = layouts_.find(binding_count); found != layouts_.end()) {
        return found->second;
    }
    std::vector<VkDescriptorSetLayoutBinding> bindings(binding_count + 1);
    for (uint32_t i = 0; i <= binding_count; ++i) {
        bindings[i].binding = i;
        bindings[i].descriptorType =
            i == 0 ? VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER : VK_DESCRIPTOR_TYPE_STORAGE_BUFFER;
        bindings[i].descriptorCount = 1;
        bindings[i].stageFlags = VK_SHADER_STAGE_COMPUTE_BIT;
    }
    VkDescriptorSetLayoutCreateInfo set_info{};
    set_info.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO;
    set_info.bindingCount = binding_count + 1;
    set_info.pBindings = bindings.data();
    VkDescriptorSetLayout vk_set = VK_NULL_HANDLE;
    gpu_.vk.vkCreateDescriptorSetLayout(gpu_.device, &set_info, nullptr, &vk_set)
        .require("creating a descriptor set layout");
    OwnedSetLayout set(gpu_.vk, gpu_.device, vk_set);

    VkPipelineLayoutCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO;
    info.setLayoutCount = 1;
    info.pSetLayouts = &vk_set;
    VkPipelineLayout vk_pipeline = VK_NULL_HANDLE;
    gpu_.vk.vkCreatePipelineLayout(gpu_.device, &info, nullptr, &vk_pipeline)
        .require("creating a pipeline layout");
    OwnedPipelineLayout pipeline(gpu_.vk, gpu_.device, vk_pipeline);
    return layouts_.emplace(binding_count, KernelLayout{std::move(set), std::move(pipeline)})
        .first->second;
}

std::unique_ptr<Kernel> KernelMaker::create(const hekla_plugin_kernel_desc& desc) {
    const char* name = desc.name != nullptr ? desc.name : "(unnamed)";
    if ((desc.spirv == nullptr && desc.spirv_words > 0) ||
        (desc.spec == nullptr && desc.spec_count > 0)) {
        throw Failure(HEKLA_PLUGIN_INVALID_ARGUMENT, format("kernel %s comes without code", name));
    }
    if (desc.binding_count > gpu_.plan.info.max_bindings) {
        throw Failure(HEKLA_PLUGIN_UNSUPPORTED,
                      format("kernel %s binds %u buffers; %s takes %u", name, desc.binding_count,
                             gpu_.plan.info.name, gpu_.plan.info.max_bindings));
    }
    const std::span<const uint32_t> words(desc.spirv, desc.spirv_words);
    const std::span<const uint32_t> spec(desc.spec, desc.spec_count);
    SpirvFacts facts;
    try {
        facts = read_spirv(words, spec);
    } catch (const Failure& failure) {
        throw Failure(failure.code(), format("kernel %s: %s", name, failure.what()));
    }
    if (!facts.has_main) {
        throw Failure(HEKLA_PLUGIN_INVALID_FILE,
                      format("kernel %s: SPIR-V: there is no compute entry point \"main\"", name));
    }
    check_capabilities(gpu_, name, facts);
    check_sizes(gpu_, name, facts);
    check_bindings(desc.binding_count, name, facts);
    const KernelLayout& layout = layout_for(desc.binding_count);

    VkShaderModuleCreateInfo module_info{};
    module_info.sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO;
    module_info.codeSize = desc.spirv_words * sizeof(uint32_t);
    module_info.pCode = desc.spirv;
    VkShaderModule vk_module = VK_NULL_HANDLE;
    gpu_.vk.vkCreateShaderModule(gpu_.device, &module_info, nullptr, &vk_module)
        .require(format("creating the shader module of kernel %s", name).c_str());
    const OwnedShaderModule module(gpu_.vk, gpu_.device, vk_module);

    std::vector<VkSpecializationMapEntry> entries(desc.spec_count);
    for (uint32_t i = 0; i < desc.spec_count; ++i) {
        entries[i] = {i, static_cast<uint32_t>(i * sizeof(uint32_t)), sizeof(uint32_t)};
    }
    VkSpecializationInfo special{};
    special.mapEntryCount = desc.spec_count;
    special.pMapEntries = entries.data();
    special.dataSize = spec.size_bytes();
    special.pData = spec.data();
    VkComputePipelineCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO;
    info.stage.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO;
    info.stage.stage = VK_SHADER_STAGE_COMPUTE_BIT;
    info.stage.module = vk_module;
    info.stage.pName = "main";
    info.stage.pSpecializationInfo = &special;
    info.layout = layout.pipeline.get();
    VkPipeline vk_pipeline = VK_NULL_HANDLE;
    gpu_.vk.vkCreateComputePipelines(gpu_.device, cache_.get(), 1, &info, nullptr, &vk_pipeline)
        .require(format("compiling kernel %s", name).c_str());
    OwnedPipeline pipeline(gpu_.vk, gpu_.device, vk_pipeline);

    const uint64_t key =
        hash_bytes(std::as_bytes(spec), hash_bytes(std::as_bytes(words), desc.binding_count));
    cache_.note(key);
    return std::make_unique<Kernel>(Kernel{name, desc.binding_count, &layout, std::move(pipeline)});
}

}  // namespace hekla::vulkan
