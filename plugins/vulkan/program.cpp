// SPDX-License-Identifier: MIT
#include "program.hpp"

#include <algorithm>
#include <cmath>

namespace hekla::vulkan {
namespace {

[[noreturn]] void wrong(uint32_t step, const std::string& what) {
    throw Failure(HEKLA_PLUGIN_INVALID_ARGUMENT, format("step %u: %s", step, what.c_str()));
}

bool inside(uint64_t offset, uint64_t size, uint64_t whole) {
    return size > 0 && offset <= whole && size <= whole - offset;
}

void check_binding(uint32_t step, const char* what, const hekla_plugin_binding& binding) {
    if (binding.buffer == nullptr) wrong(step, format("the %s has no buffer", what));
    const uint64_t whole = as_buffer(binding.buffer)->size_bytes();
    if (!inside(binding.offset_bytes, binding.size_bytes, whole)) {
        wrong(step, format("the %s spans %llu bytes from %llu of a buffer of %llu", what,
                           static_cast<unsigned long long>(binding.size_bytes),
                           static_cast<unsigned long long>(binding.offset_bytes),
                           static_cast<unsigned long long>(whole)));
    }
}

void check_copy(uint32_t index, const hekla_plugin_step& step) {
    const hekla_plugin_binding& from = step.bindings[0];
    const hekla_plugin_binding& to = step.bindings[1];
    check_binding(index, "copy's source", from);
    check_binding(index, "copy's destination", to);
    if (from.size_bytes != to.size_bytes) wrong(index, "the copy's two sizes differ");
    if (from.buffer == to.buffer && from.offset_bytes < to.offset_bytes + to.size_bytes &&
        to.offset_bytes < from.offset_bytes + from.size_bytes) {
        wrong(index, "the copy overlaps itself");
    }
}

}  // namespace

void Program::check(uint32_t index, const hekla_plugin_step& step) const {
    const hekla_plugin_device_info& info = gpu_.plan.info;
    if (step.kind == HEKLA_PLUGIN_STEP_COPY) {
        if (step.bindings == nullptr) wrong(index, "a copy without source and destination");
        return check_copy(index, step);
    }
    if (step.kind != HEKLA_PLUGIN_STEP_DISPATCH) wrong(index, format("unknown kind %u", step.kind));
    if (step.kernel == nullptr || step.params == nullptr) {
        wrong(index, "a dispatch needs a kernel and a parameter block");
    }
    const Kernel& kernel = *as_kernel(step.kernel);
    if (kernel.binding_count > 0 && step.bindings == nullptr) {
        wrong(index, format("kernel %s binds %u buffers and got none", kernel.name.c_str(),
                            kernel.binding_count));
    }
    for (uint32_t i = 0; i < kernel.binding_count; ++i) {
        const hekla_plugin_binding& binding = step.bindings[i];
        check_binding(index, format("binding %u of kernel %s", i + 1, kernel.name.c_str()).c_str(),
                      binding);
        if (binding.offset_bytes % info.binding_alignment != 0) {
            wrong(index, format("binding %u starts at byte %llu, which is no multiple of %u", i + 1,
                                static_cast<unsigned long long>(binding.offset_bytes),
                                info.binding_alignment));
        }
        if (binding.size_bytes > info.max_binding_bytes) {
            wrong(index, format("binding %u has %llu bytes; the device binds %llu at most", i + 1,
                                static_cast<unsigned long long>(binding.size_bytes),
                                static_cast<unsigned long long>(info.max_binding_bytes)));
        }
    }
    const Buffer& params = *as_buffer(step.params);
    if (params.kind() != HEKLA_PLUGIN_MEMORY_PARAMS ||
        !inside(step.params_offset_bytes, step.params_size_bytes, params.size_bytes()) ||
        step.params_offset_bytes % info.params_alignment != 0 ||
        step.params_size_bytes > info.max_params_bytes) {
        wrong(index,
              format("the parameter block (%llu bytes from %llu) does not lie in a buffer of kind "
                     "PARAMS at a multiple of %u, or has more than %u bytes",
                     static_cast<unsigned long long>(step.params_size_bytes),
                     static_cast<unsigned long long>(step.params_offset_bytes),
                     info.params_alignment, info.max_params_bytes));
    }
    for (size_t axis = 0; axis < 3; ++axis) {
        if (step.group_count[axis] > info.max_group_count[axis]) {
            wrong(index, format("%u groups along axis %zu; the device takes %u",
                                step.group_count[axis], axis, info.max_group_count[axis]));
        }
    }
}

Program::Program(const Gpu& gpu, const hekla_plugin_program_desc& desc)
    : gpu_(gpu), timed_(desc.timed != 0) {
    if (timed_ && gpu.plan.info.timestamps == 0) {
        throw Failure(HEKLA_PLUGIN_UNSUPPORTED, "this device keeps no times");
    }
    if (desc.steps == nullptr && desc.step_count > 0) {
        throw Failure(HEKLA_PLUGIN_INVALID_ARGUMENT, "a program without its steps");
    }
    const std::span<const hekla_plugin_step> steps(desc.steps, desc.step_count);
    segments_.resize(1);
    for (uint32_t i = 0; i < desc.step_count; ++i) {
        const uint32_t number = steps[i].segment;
        if (number + 1 < segments_.size() || number > desc.step_count) {
            wrong(i, format("segment %u after segment %zu", number, segments_.size() - 1));
        }
        check(i, steps[i]);
        if (number >= segments_.size()) segments_.resize(number + 1);
        if (segments_[number].count++ == 0) segments_[number].first = i;
    }
    create_sets(steps);

    VkCommandPoolCreateInfo pool_info{};
    pool_info.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO;
    pool_info.queueFamilyIndex = gpu_.plan.queue_family;
    VkCommandPool pool = VK_NULL_HANDLE;
    gpu_.vk.vkCreateCommandPool(gpu_.device, &pool_info, nullptr, &pool)
        .require("creating a program's command pool");
    command_pool_ = OwnedCommandPool(gpu_.vk, gpu_.device, pool);
    if (timed_ && desc.step_count > 0) {
        VkQueryPoolCreateInfo query_info{};
        query_info.sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO;
        query_info.queryType = VK_QUERY_TYPE_TIMESTAMP;
        query_info.queryCount = 2 * desc.step_count;
        VkQueryPool queries = VK_NULL_HANDLE;
        gpu_.vk.vkCreateQueryPool(gpu_.device, &query_info, nullptr, &queries)
            .require("creating a program's timers");
        queries_ = OwnedQueryPool(gpu_.vk, gpu_.device, queries);
    }

    std::vector<VkCommandBuffer> commands(segments_.size());
    VkCommandBufferAllocateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO;
    info.commandPool = pool;
    info.level = VK_COMMAND_BUFFER_LEVEL_PRIMARY;
    info.commandBufferCount = static_cast<uint32_t>(commands.size());
    gpu_.vk.vkAllocateCommandBuffers(gpu_.device, &info, commands.data())
        .require("allocating a program's command buffers");
    for (size_t i = 0; i < segments_.size(); ++i) {
        segments_[i].commands = commands[i];
        record(segments_[i], steps);
    }
}

void Program::create_sets(std::span<const hekla_plugin_step> steps) {
    sets_.resize(steps.size(), VK_NULL_HANDLE);
    std::vector<VkDescriptorSetLayout> layouts;
    uint32_t storage_count = 0;
    for (const hekla_plugin_step& step : steps) {
        if (step.kind != HEKLA_PLUGIN_STEP_DISPATCH) continue;
        layouts.push_back(as_kernel(step.kernel)->layout->set.get());
        storage_count += as_kernel(step.kernel)->binding_count;
    }
    if (layouts.empty()) return;
    const auto set_count = static_cast<uint32_t>(layouts.size());
    const VkDescriptorPoolSize sizes[] = {{VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER, set_count},
                                          {VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, storage_count}};
    VkDescriptorPoolCreateInfo pool_info{};
    pool_info.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO;
    pool_info.maxSets = set_count;
    pool_info.poolSizeCount = storage_count > 0 ? 2 : 1;
    pool_info.pPoolSizes = sizes;
    VkDescriptorPool pool = VK_NULL_HANDLE;
    gpu_.vk.vkCreateDescriptorPool(gpu_.device, &pool_info, nullptr, &pool)
        .require("creating a program's descriptor pool");
    descriptor_pool_ = OwnedDescriptorPool(gpu_.vk, gpu_.device, pool);

    std::vector<VkDescriptorSet> sets(set_count);
    VkDescriptorSetAllocateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO;
    info.descriptorPool = pool;
    info.descriptorSetCount = set_count;
    info.pSetLayouts = layouts.data();
    gpu_.vk.vkAllocateDescriptorSets(gpu_.device, &info, sets.data())
        .require("allocating a program's descriptor sets");

    std::vector<VkDescriptorBufferInfo> ranges(set_count +
                                               storage_count);  // never grows: pointed to
    std::vector<VkWriteDescriptorSet> writes;
    writes.reserve(size_t{2} * set_count);
    size_t used = 0;
    const auto write = [&](VkDescriptorSet set, uint32_t binding, VkDescriptorType type,
                           uint32_t count) {
        VkWriteDescriptorSet item{};
        item.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET;
        item.dstSet = set;
        item.dstBinding = binding;
        item.descriptorCount = count;  // of consecutive bindings
        item.descriptorType = type;
        item.pBufferInfo = &ranges[used];
        writes.push_back(item);
    };
    auto next_set = sets.begin();
    for (size_t i = 0; i < steps.size(); ++i) {
        const hekla_plugin_step& step = steps[i];
        if (step.kind != HEKLA_PLUGIN_STEP_DISPATCH) continue;
        sets_[i] = *next_set++;
        write(sets_[i], 0, VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER, 1);
        ranges[used++] = {as_buffer(step.params)->get(), step.params_offset_bytes,
                          step.params_size_bytes};
        const uint32_t count = as_kernel(step.kernel)->binding_count;
        if (count > 0) write(sets_[i], 1, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, count);
        for (uint32_t binding = 0; binding < count; ++binding) {
            const hekla_plugin_binding& in = step.bindings[binding];
            ranges[used++] = {as_buffer(in.buffer)->get(), in.offset_bytes, in.size_bytes};
        }
    }
    gpu_.vk.vkUpdateDescriptorSets(gpu_.device, static_cast<uint32_t>(writes.size()), writes.data(),
                                   0, nullptr);
}

void Program::record(const Segment& segment, std::span<const hekla_plugin_step> steps) {
    const VkTable& vk = gpu_.vk;
    const VkCommandBuffer commands = segment.commands;
    VkCommandBufferBeginInfo begin{};
    begin.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO;
    vk.vkBeginCommandBuffer(commands, &begin).require("recording a program");
    if (timed_ && segment.count > 0) {
        vk.vkCmdResetQueryPool(commands, queries_.get(), 2 * segment.first, 2 * segment.count);
    }
    Queue::begin_barrier(vk, commands);
    bool host_sees = false;
    VkPipeline bound = VK_NULL_HANDLE;
    for (uint32_t i = segment.first; i < segment.first + segment.count; ++i) {
        const hekla_plugin_step& step = steps[i];
        if (step.barrier_before != 0 && i > segment.first) Queue::begin_barrier(vk, commands);
        if (timed_) {
            vk.vkCmdWriteTimestamp(commands, VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT, queries_.get(),
                                   2 * i);
        }
        if (step.kind == HEKLA_PLUGIN_STEP_COPY) {
            const hekla_plugin_binding& from = step.bindings[0];
            const hekla_plugin_binding& to = step.bindings[1];
            const VkBufferCopy region{from.offset_bytes, to.offset_bytes, from.size_bytes};
            vk.vkCmdCopyBuffer(commands, as_buffer(from.buffer)->get(), as_buffer(to.buffer)->get(),
                               1, &region);
            host_sees = host_sees || as_buffer(to.buffer)->host_reads();
        } else {
            const Kernel& kernel = *as_kernel(step.kernel);
            if (kernel.pipeline.get() != bound) {
                bound = kernel.pipeline.get();
                vk.vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, bound);
            }
            vk.vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE,
                                       kernel.layout->pipeline.get(), 0, 1, &sets_[i], 0, nullptr);
            vk.vkCmdDispatch(commands, step.group_count[0], step.group_count[1],
                             step.group_count[2]);
            for (uint32_t binding = 0; binding < kernel.binding_count; ++binding) {
                host_sees = host_sees || as_buffer(step.bindings[binding].buffer)->host_reads();
            }
        }
        if (timed_) {
            vk.vkCmdWriteTimestamp(commands, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, queries_.get(),
                                   2 * i + 1);
        }
    }
    if (host_sees) Queue::host_barrier(vk, commands);
    vk.vkEndCommandBuffer(commands).require("recording a program");
}

VkCommandBuffer Program::segment(uint32_t index) const {
    if (index >= segments_.size()) {
        throw Failure(
            HEKLA_PLUGIN_INVALID_ARGUMENT,
            format("the program has %zu segments, not one numbered %u", segments_.size(), index));
    }
    return segments_[index].commands;
}

void Program::times(hekla_plugin_times* out) const {
    if (!timed_) throw Failure(HEKLA_PLUGIN_INVALID_ARGUMENT, "the program was made without times");
    const VkQueueFamilyProperties& family = gpu_.snapshot.queue_families[gpu_.plan.queue_family];
    const uint64_t mask = family.timestampValidBits >= 64
                              ? ~uint64_t{0}
                              : (uint64_t{1} << family.timestampValidBits) - 1;
    const double period = static_cast<double>(gpu_.snapshot.properties.limits.timestampPeriod);
    for (const Segment& segment : segments_) {
        if (segment.count == 0) continue;
        if (!segment.submitted) {
            throw Failure(HEKLA_PLUGIN_INVALID_ARGUMENT,
                          "the program has not been run as a whole yet");
        }
        static_assert(sizeof(hekla_plugin_times) == 2 * sizeof(uint64_t));
        hekla_plugin_times* times = out + segment.first;
        const Outcome outcome = gpu_.vk.vkGetQueryPoolResults(
            gpu_.device, queries_.get(), 2 * segment.first, 2 * segment.count,
            segment.count * sizeof *times, times, sizeof(uint64_t), VK_QUERY_RESULT_64_BIT);
        if (outcome.code() == VK_NOT_READY) {
            throw Failure(HEKLA_PLUGIN_INVALID_ARGUMENT, "the program is still running");
        }
        outcome.require("reading a program's times");
    }
    // Ticks become nanoseconds from the first step's begin, so that doubles are exact enough and counters may wrap once.
    uint32_t step_count = 0;
    for (const Segment& segment : segments_) step_count += segment.count;
    if (step_count == 0) return;
    const uint64_t origin = out[0].begin_ns;
    for (uint32_t i = 0; i < step_count; ++i) {
        const auto nanoseconds = [&](uint64_t ticks) -> uint64_t {
            const uint64_t since = (ticks - origin) & mask;
            if (since > mask / 2) return 0;  // before the first step: of an earlier run
            return static_cast<uint64_t>(std::llround(static_cast<double>(since) * period));
        };
        const uint64_t begin = nanoseconds(out[i].begin_ns);
        out[i] = {begin, std::max(begin, nanoseconds(out[i].end_ns))};
    }
}

}  // namespace hekla::vulkan
