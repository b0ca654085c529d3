// SPDX-License-Identifier: MIT
#include "execute/model.hpp"

#include "base/diagnostic.hpp"
#include "base/file.hpp"
#include "execute/parallel.hpp"
#include "graph/check.hpp"
#include "graph/parse.hpp"
#include "ops/shaders.hpp"

#include <algorithm>
#include <atomic>
#include <set>

namespace hekla::execute {
namespace {

constexpr std::uint64_t max_graph_bytes = std::uint64_t{4} << 20;

graph::FileModel parse(std::string name, std::string text) {
    Diagnostics diagnostics;
    auto file = graph::parse_graph_file(std::make_shared<Source>(std::move(name), std::move(text)),
                                        diagnostics);
    if (!file || diagnostics.has_errors()) throw DiagnosticError(std::move(diagnostics));
    return std::move(*file);
}

/// The graph file that serves the checkpoint: from the caller's folders, then the built-in ones.
graph::FileModel find_graph(const ModelOptions& options, const weights::Checkpoint& checkpoint) {
    const std::string architecture(checkpoint.architecture());
    if (architecture.empty())
        throw Error(ErrorCode::invalid_file,
                    "the checkpoint names no architecture (`model_type` or `_class_name` in "
                    "config.json), so no graph can be found for it; give the graph file");
    std::string known;
    const auto try_one = [&](const std::string& name,
                             const std::string& text) -> std::optional<graph::FileModel> {
        Diagnostics ignored;  // a broken neighbour is no reason to refuse another file's model
        auto file = graph::parse_graph_file(std::make_shared<Source>(name, text), ignored);
        if (!file || ignored.has_errors()) return std::nullopt;
        if (graph::serves(*file, architecture)) return file;
        for (const auto& word : file->serves) known += (known.empty() ? "" : ", ") + word.text;
        return std::nullopt;
    };
    for (const auto& folder : options.graph_folders)
        for (const std::string& name : list_folder(folder))
            if (name.ends_with(".yaml") && is_regular_file(folder / name))
                if (auto file = try_one((folder / name).string(),
                                        read_whole_file(folder / name, max_graph_bytes)))
                    return std::move(*file);
    for (const BuiltInGraph& built_in : built_in_graphs())
        if (auto file = try_one(std::string(built_in.name), std::string(built_in.text)))
            return std::move(*file);
    throw Error(ErrorCode::not_found, "no graph file serves `" + architecture +
                                          "`; there are graphs for " + known +
                                          ". Write one, or give its folder");
}

std::unique_ptr<weights::Checkpoint> open_checkpoint(const ModelOptions& options) {
    if (options.checkpoint)
        return weights::Checkpoint::open(*options.checkpoint, options.config_path);
    if (!options.weights_data.empty()) {
        std::string config = options.config_text.value_or("{}");
        if (options.config_path) config = read_whole_file(*options.config_path, max_graph_bytes);
        return weights::Checkpoint::from_memory(options.weights_data, config);
    }
    if (options.config_path) return weights::Checkpoint::open_config(*options.config_path);
    return nullptr;
}

/// What tells kernels apart: the shader or its twin, and its constants.
std::pair<std::string, std::vector<std::uint32_t>> key_of(const plan::Dispatch& dispatch) {
    return {dispatch.kernel->name + std::string(dispatch.by_address ? ops::twin_suffix : ""),
            dispatch.spec};
}

}  // namespace

LoadedGraph load_graph(const ops::Catalogue& catalogue, const ModelOptions& options) {
    LoadedGraph out;
    out.checkpoint = open_checkpoint(options);
    graph::FileModel file = [&] {
        if (options.graph_path)
            return parse(options.graph_path->string(),
                         read_whole_file(*options.graph_path, max_graph_bytes));
        if (options.graph_text) return parse("graph", *options.graph_text);
        if (out.checkpoint) return find_graph(options, *out.checkpoint);
        throw Error(ErrorCode::invalid_argument, "neither a graph nor a checkpoint was given");
    }();
    graph::CheckOptions check;
    check.checkpoint = out.checkpoint.get();
    check.entry = options.entry;
    check.set = options.set;
    Diagnostics diagnostics;
    auto graph = graph::check(file, catalogue, check, diagnostics);
    if (!graph || diagnostics.has_errors()) throw DiagnosticError(std::move(diagnostics));
    out.graph = std::move(*graph);
    return out;
}

Model::Model(std::shared_ptr<Device> device, std::shared_ptr<const ops::Catalogue> catalogue,
             const ModelOptions& options)
    : device_(std::move(device)),
      catalogue_(std::move(catalogue)),
      force_kernels_(options.force_kernels),
      fuse_(options.fuse),
      max_memory_bytes_(options.max_memory_bytes) {
    LoadedGraph loaded = load_graph(*catalogue_, options);
    graph_ = std::move(loaded.graph);
    const bool has_tensors = loaded.checkpoint && !loaded.checkpoint->tensors().empty();
    if (!graph_.weights.empty() && !has_tensors && options.random_weights == 0)
        throw Error(ErrorCode::not_found,
                    "the graph reads " + std::to_string(graph_.weights.size()) + " weights, `" +
                        graph_.weights[0].path + "` first, but no weight file was given");
    std::vector<DType> file_types;
    for (const graph::Weight& weight : graph_.weights) {
        if (has_tensors)
            file_types.push_back(loaded.checkpoint->tensors()[weight.tensor].dtype);
        else
            file_types.push_back(options.random_weights == 2 ? DType::f16 : DType::f32);
    }
    // Backends that find kernels by name keep to plain layouts: they are the reference.
    weight_forms_ = plan::weight_forms(graph_, file_types, device_->info().kernels_by_name == 0);

    weight_bytes_ =
        WeightStore::planned_bytes(graph_, weight_forms_, device_->info().binding_alignment);
    if (options.plan_only) return;
    const std::uint64_t bytes = weight_bytes_;
    const std::uint64_t budget = device_->info().memory_budget_bytes;
    if (max_memory_bytes_ > 0 && bytes > max_memory_bytes_)
        throw Error(ErrorCode::out_of_memory, "the weights take " + std::to_string(bytes) +
                                                  " bytes, above the limit of " +
                                                  std::to_string(max_memory_bytes_));
    if (budget > 0 && bytes > budget)
        throw Error(ErrorCode::out_of_memory, "the weights take " + std::to_string(bytes) +
                                                  " bytes; device " + device_->id() + " has " +
                                                  std::to_string(budget) + " free");
    weights_ = std::make_unique<WeightStore>(
        device_, graph_, has_tensors ? std::move(loaded.checkpoint) : nullptr, weight_forms_,
        options.progress,
        options.in_background && !options.progress && options.weights_data.empty());
}

plan::Plan Model::plan(const std::vector<std::int64_t>& symbols,
                       const std::vector<std::string>& outputs, bool explain) const {
    plan::PlanOptions options;
    options.explain = explain;
    options.symbols = symbols;
    options.outputs = outputs;
    options.weight_forms = weight_forms_;
    options.force_kernels = force_kernels_;
    options.fuse = fuse_;
    plan::Plan plan = plan::make_plan(graph_, *catalogue_, device_->traits(), options);
    if (max_memory_bytes_ == 0) return plan;
    // Slower kernels need less beside their operands.
    const std::uint64_t others = weight_bytes_ + state_bytes(symbols);
    for (const std::uint64_t less : {std::uint64_t{4} << 20, std::uint64_t{0}}) {
        if (others + plan.arena_bytes + plan.constant_bytes <= max_memory_bytes_) break;
        options.most_prepared_bytes = less;
        plan = plan::make_plan(graph_, *catalogue_, device_->traits(), options);
    }
    return plan;
}

std::vector<std::int64_t> Model::symbols_of(
    const std::vector<std::pair<std::string, std::int64_t>>& dims) const {
    const auto& symbols = graph_.symbols;
    std::vector<std::int64_t> values(symbols.size());
    for (std::size_t s = 0; s < symbols.size(); ++s) {
        const auto at = std::find_if(dims.begin(), dims.end(),
                                     [&](const auto& d) { return d.first == symbols[s].name; });
        values[s] = at != dims.end()      ? at->second
                    : symbols[s].is_state ? symbols[s].max
                                          : std::max<std::int64_t>(symbols[s].multiple, 1);
    }
    for (const auto& [name, value] : dims)
        if (std::none_of(symbols.begin(), symbols.end(),
                         [&, n = &name](const graph::Symbol& s) { return s.name == *n; }))
            throw Error(ErrorCode::not_found, "the graph has no dim called `" + name + "`");
    return values;
}

std::unique_ptr<Kernel> Model::compile(const plan::Dispatch& dispatch) const {
    const auto spirv = dispatch.by_address ? ops::find_twin(dispatch.kernel->name)
                                           : ops::find_shader(dispatch.kernel->name);
    if (spirv.empty() && !device_->info().kernels_by_name)
        throw Error(ErrorCode::internal, "there is no shader called " + dispatch.kernel->name);
    hekla_plugin_kernel_desc desc{};
    desc.size = sizeof desc;
    desc.name = dispatch.kernel->name.c_str();
    desc.op = dispatch.op->name.c_str();
    desc.spirv = spirv.data();
    desc.spirv_words = spirv.size();
    desc.binding_count =
        dispatch.by_address ? 0 : static_cast<std::uint32_t>(dispatch.bindings.size());
    desc.spec = dispatch.spec.data();
    desc.spec_count = static_cast<std::uint32_t>(dispatch.spec.size());
    return std::make_unique<Kernel>(device_, desc);
}

hekla_plugin_kernel* Model::kernel(const plan::Dispatch& dispatch) {
    const std::lock_guard lock(mutex_);
    auto& slot = kernels_[key_of(dispatch)];
    if (!slot) slot = compile(dispatch);
    return slot->handle();
}

void Model::compile_kernels(const plan::Plan& plan, const Progress& progress) {
    struct Work {
        const plan::Dispatch* dispatch;
        std::unique_ptr<Kernel> kernel;
    };
    std::vector<Work> work;
    {
        const std::lock_guard lock(mutex_);
        std::set<KernelKey> wanted;
        for (const plan::Dispatch& dispatch : plan.dispatches)
            if (!kernels_.contains(key_of(dispatch)) && wanted.insert(key_of(dispatch)).second)
                work.push_back({&dispatch, nullptr});
    }
    std::atomic<std::size_t> done{0};
    in_parallel(work.size(), [&](std::size_t i, bool caller) {
        work[i].kernel = compile(*work[i].dispatch);
        done.fetch_add(1);
        if (caller && progress && !progress("compiling kernels", done, work.size()))
            throw Cancelled();
    });
    {
        const std::lock_guard lock(mutex_);
        for (Work& item : work) kernels_.try_emplace(key_of(*item.dispatch), std::move(item.kernel));
    }
    // The others may have ended after this thread asked last.
    if (progress && !work.empty() && !progress("compiling kernels", work.size(), work.size()))
        throw Cancelled();
}

std::uint64_t Model::state_bytes(const std::vector<std::int64_t>& symbols,
                                 std::vector<std::uint64_t>* offsets) const {
    const std::uint64_t alignment = std::max<std::uint64_t>(device_->info().binding_alignment, 16);
    std::uint64_t total = 0;
    for (const graph::State& state : graph_.states) {
        std::uint64_t bytes = 4;
        for (const std::int64_t size : plan::state_shape(state, symbols))
            if (size <= 0 ||
                __builtin_mul_overflow(bytes, static_cast<std::uint64_t>(size), &bytes))
                throw Error(ErrorCode::limit, "state `" + state.path + "` has an axis of size " +
                                                  std::to_string(size) + ", or is too large");
        if (offsets) offsets->push_back(total);
        total += (bytes + alignment - 1) / alignment * alignment;
    }
    return total;
}

}  // namespace hekla::execute
