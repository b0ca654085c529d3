// SPDX-License-Identifier: MIT
#include "execute/context.hpp"

#include "execute/recording.hpp"
#include "weights/convert.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>

namespace hekla::execute {
namespace {

/// Plans kept for replay. A text host needs a handful: prompt pieces and the single token, with and without logits.
constexpr std::size_t max_compiled = 24;

std::string shape_text(std::span<const std::int64_t> shape) {
    std::string out = "[";
    for (std::size_t i = 0; i < shape.size(); ++i)
        out += (i ? ", " : "") + std::to_string(shape[i]);
    return out + "]";
}

}  // namespace

struct Context::InputData {
    bool given = false;
    DType dtype = DType::f32;  // on the device: f32, i32, u32, boolean (as i32)
    std::vector<std::int64_t> shape;
    std::vector<std::byte> data;  // as the device wants it
};

struct Context::Compiled : Recording {
    std::vector<std::int64_t> sizes;  // bound dims; carried dims 0
    std::vector<std::string> outputs;
    bool begun = false;             // what is done once was done
    std::size_t first_step = 0;     // of the last run
    std::vector<OutputInfo> infos;  // of the last run
};

Context::Context(std::shared_ptr<Model> model,
                 const std::vector<std::pair<std::string, std::int64_t>>& capacity, bool timed)
    : model_(std::move(model)), timed_(timed) {
    if (!model_->weights())
        throw Error(ErrorCode::invalid_argument, "the model was loaded to plan only: it cannot run");
    const auto& symbols = model_->graph().symbols;
    capacity_.assign(symbols.size(), 0);
    position_.assign(symbols.size(), 0);
    symbols_.assign(symbols.size(), 0);
    inputs_.resize(model_->graph().inputs.size());
    state_uses_.assign(symbols.size(), false);
    for (const graph::State& state : model_->graph().states)
        for (const graph::Dim& size : state.type.shape)
            for (std::uint32_t s = 0; s < symbols.size(); ++s)
                if (size.uses(s)) state_uses_[s] = true;
    for (const graph::Input& input : model_->graph().inputs) {
        auto& axes = axis_symbols_.emplace_back();
        for (const graph::Dim& size : model_->graph().values[input.value].type.shape) {
            std::uint32_t symbol = graph::no_id;
            for (std::uint32_t s = 0; s < symbols.size(); ++s)
                if (!symbols[s].is_state && size == graph::Dim::symbol(s)) symbol = s;
            axes.push_back(symbol);
        }
    }
    for (std::size_t i = 0; i < symbols.size(); ++i) {
        if (!symbols[i].is_state) continue;
        capacity_[i] = symbols[i].max;
        position_[i] = symbols[i].start;
    }
    for (const auto& [name, value] : capacity) {
        const auto at = std::find_if(symbols.begin(), symbols.end(),
                                     [&](const graph::Symbol& s) { return s.name == name; });
        if (at == symbols.end() || !at->is_state)
            throw Error(ErrorCode::not_found, "the graph carries no dim called `" + name + "`");
        if (value < 1 || (at->max > 0 && value > at->max))
            throw Error(ErrorCode::limit, "capacity " + std::to_string(value) + " of `" + name +
                                              "` is not within 1 and its max, " +
                                              std::to_string(at->max));
        capacity_[static_cast<std::size_t>(at - symbols.begin())] = value;
    }
    for (std::size_t i = 0; i < symbols.size(); ++i)
        if (symbols[i].is_state && capacity_[i] == 0)
            throw Error(
                ErrorCode::invalid_argument,
                "dim `" + symbols[i].name + "` has no max: the context needs a capacity for it");
}

Context::~Context() {
    try {
        settle();
    } catch (const Error&) {  // a lost device: nothing runs any more
    }
}

void Context::settle() {
    if (unfinished_ != 0) model_->device()->wait(unfinished_, ~std::uint64_t{0});
    unfinished_ = 0;
}

void Context::set_input(std::string_view name, const HostTensor& tensor) {
    const graph::Graph& graph = model_->graph();
    const auto at = std::find_if(graph.inputs.begin(), graph.inputs.end(),
                                 [&](const graph::Input& i) { return i.name == name; });
    if (at == graph.inputs.end()) {
        std::string known;
        for (const auto& input : graph.inputs) known += (known.empty() ? "" : ", ") + input.name;
        throw Error(ErrorCode::not_found,
                    "the graph has no input `" + std::string(name) + "`; it takes " + known);
    }
    const graph::TensorType& type = graph.values[at->value].type;
    InputData& input = inputs_[static_cast<std::size_t>(at - graph.inputs.begin())];
    const std::string label = "input `" + at->name + "`";
    if (tensor.shape.size() != type.shape.size())
        throw Error(ErrorCode::invalid_argument, label + " has " +
                                                     std::to_string(type.shape.size()) +
                                                     " axes, got " + shape_text(tensor.shape));
    std::uint64_t count = 1;
    for (const std::int64_t size : tensor.shape)
        if (size <= 0 || __builtin_mul_overflow(count, static_cast<std::uint64_t>(size), &count))
            throw Error(ErrorCode::invalid_argument, label + " has the shape " +
                                                         shape_text(tensor.shape) +
                                                         "; every axis must be at least 1");
    if (tensor.data.size() != count * size_bytes(tensor.dtype))
        throw Error(ErrorCode::invalid_argument,
                    label + " of shape " + shape_text(tensor.shape) + " takes " +
                        std::to_string(count * size_bytes(tensor.dtype)) + " bytes, got " +
                        std::to_string(tensor.data.size()));
    const bool floating = is_floating(type.dtype);
    if (floating != is_floating(tensor.dtype))
        throw Error(ErrorCode::invalid_argument, label + " is " + std::string(name_of(type.dtype)) +
                                                     ", got " + std::string(name_of(tensor.dtype)));
    input.dtype = floating                       ? DType::f32
                  : type.dtype == DType::u32     ? DType::u32
                  : type.dtype == DType::boolean ? DType::boolean
                                                 : DType::i32;
    input.shape.assign(tensor.shape.begin(), tensor.shape.end());
    input.data.resize(count * 4);
    input.given = false;
    const DType stored = input.dtype == DType::boolean ? DType::i32 : input.dtype;
    if (!weights::can_convert(tensor.dtype, stored))
        throw Error(ErrorCode::invalid_argument,
                    label + " cannot be given as " + std::string(name_of(tensor.dtype)));
    if (const auto bad = weights::convert(tensor.dtype, tensor.data, stored, input.data))
        throw Error(ErrorCode::invalid_argument,
                    label + ": element " + std::to_string(*bad) + " does not fit 32 bits");
    if (input.dtype == DType::boolean)
        for (std::uint64_t i = 0; i < count; ++i) {
            std::int32_t value = 0;
            std::memcpy(&value, input.data.data() + i * 4, 4);
            value = value != 0;
            std::memcpy(input.data.data() + i * 4, &value, 4);
        }
    input.given = true;
}

/// An input that was left out, at this run's sizes, everywhere the value that the graph says.
void Context::fill_input(std::size_t index) {
    const graph::Graph& graph = model_->graph();
    const graph::TensorType& type = graph.values[graph.inputs[index].value].type;
    InputData& input = inputs_[index];
    bool same = !input.data.empty();
    std::uint64_t count = 1;
    input.shape.resize(type.shape.size());
    for (std::size_t d = 0; d < type.shape.size(); ++d) {
        const std::int64_t size = type.shape[d].evaluate(symbols_);
        same = same && input.shape[d] == size;
        input.shape[d] = size;
        if (size <= 0 || __builtin_mul_overflow(count, static_cast<std::uint64_t>(size), &count))
            throw Error(ErrorCode::invalid_argument,
                        "input `" + graph.inputs[index].name +
                            "` was not given, and the other inputs do not say its shape");
    }
    if (same) return;
    input.data.resize(count * 4);
    const double value = *graph.inputs[index].fill;
    const auto real = static_cast<float>(value);
    const auto whole = static_cast<std::int32_t>(value);
    const void* const word = is_floating(type.dtype) ? static_cast<const void*>(&real) : &whole;
    for (std::uint64_t i = 0; i < count; ++i) std::memcpy(input.data.data() + i * 4, word, 4);
}

/// Sizes of this run from the inputs' shapes.
void Context::bind_symbols() {
    const graph::Graph& graph = model_->graph();
    for (std::size_t s = 0; s < symbols_.size(); ++s)
        symbols_[s] = graph.symbols[s].is_state ? position_[s] : 0;
    // A dim is bound where it stands alone; then every axis is compared with what the graph says.
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
        const InputData& input = inputs_[i];
        if (!input.given && !graph.inputs[i].fill)
            throw Error(ErrorCode::invalid_argument,
                        "input `" + graph.inputs[i].name + "` was not given");
        for (std::size_t d = 0; input.given && d < input.shape.size(); ++d)
            if (const std::uint32_t s = axis_symbols_[i][d]; s != graph::no_id && symbols_[s] == 0)
                symbols_[s] = input.shape[d];
    }
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
        const auto& shape = graph.values[graph.inputs[i].value].type.shape;
        if (!inputs_[i].given) {
            fill_input(i);
            continue;
        }
        for (std::size_t d = 0; d < shape.size(); ++d)
            if (const std::int64_t expected = shape[d].evaluate(symbols_);
                expected != inputs_[i].shape[d])
                throw Error(ErrorCode::invalid_argument,
                            "input `" + graph.inputs[i].name + "` has the shape " +
                                shape_text(inputs_[i].shape) + "; axis " + std::to_string(d) +
                                " must be " + std::to_string(expected));
    }
    for (std::size_t s = 0; s < symbols_.size(); ++s) {
        const graph::Symbol& symbol = graph.symbols[s];
        if (symbol.is_state) {
            if (const std::int64_t next = symbol.next.evaluate(symbols_); next > capacity_[s])
                throw Error(ErrorCode::limit, "this run would take `" + symbol.name + "` from " +
                                                  std::to_string(position_[s]) + " to " +
                                                  std::to_string(next) + "; the context holds " +
                                                  std::to_string(capacity_[s]) +
                                                  " (reset it, or create it with more capacity)");
        }
    }
}

/// State slots may have bound dims (B) beside the carried one, so their memory follows the first run, and changes only while they are empty.
void Context::size_state() {
    const graph::Graph& graph = model_->graph();
    if (graph.states.empty()) return;
    bool same = state_.size_bytes() > 0, empty = true;
    for (std::size_t s = 0; s < symbols_.size(); ++s) {
        if (graph.symbols[s].is_state)
            empty = empty && position_[s] == graph.symbols[s].start;
        else if (state_uses_[s])
            same = same && state_sizes_[s] == symbols_[s];
    }
    if (same) return;
    if (!empty) {
        for (std::size_t s = 0; s < symbols_.size(); ++s)
            if (state_uses_[s] && !graph.symbols[s].is_state && state_sizes_[s] != symbols_[s])
                throw Error(ErrorCode::invalid_argument,
                            "`" + graph.symbols[s].name + "` is " + std::to_string(symbols_[s]) +
                                ", but the state was begun with " +
                                std::to_string(state_sizes_[s]) + "; reset the context first");
    }
    state_sizes_ = symbols_;
    for (std::size_t s = 0; s < symbols_.size(); ++s)
        if (graph.symbols[s].is_state) state_sizes_[s] = capacity_[s];
    state_offsets_.clear();
    const std::uint64_t bytes = model_->state_bytes(state_sizes_, &state_offsets_);
    if (const std::uint64_t limit = model_->max_memory_bytes();
        limit > 0 && bytes + model_->weight_bytes() > limit)
        throw Error(ErrorCode::out_of_memory,
                    "the state takes " + std::to_string(bytes) + " bytes beside " +
                        std::to_string(model_->weight_bytes()) +
                        " of weights, above the limit of " + std::to_string(limit) +
                        "; give the context less capacity");
    compiled_.clear();
    last_ = nullptr;
    state_ = Buffer();
    state_ = Buffer(model_->device(), bytes, HEKLA_PLUGIN_MEMORY_DEVICE);
}

/// What was recorded for this run's sizes and outputs; now the most recently used.
Context::Compiled* Context::find(std::span<const char* const> outputs) {
    const auto& symbols = model_->graph().symbols;
    const auto matches = [&](const Compiled& c) {
        for (std::size_t s = 0; s < symbols.size(); ++s)
            if (!symbols[s].is_state && c.sizes[s] != symbols_[s]) return false;
        if (c.outputs.size() != outputs.size()) return false;
        for (std::size_t i = 0; i < outputs.size(); ++i)
            if (c.outputs[i] != outputs[i]) return false;
        return true;
    };
    const auto at = std::find_if(compiled_.begin(), compiled_.end(),
                                 [&](const auto& c) { return matches(*c); });
    if (at == compiled_.end()) return nullptr;
    std::rotate(at, at + 1, compiled_.end());
    return compiled_.back().get();
}

Context::Compiled& Context::compile(std::span<const char* const> outputs, bool dispatch_all,
                                    const Progress& progress) {
    if (compiled_.size() >= max_compiled) {
        if (last_ == compiled_.front().get()) last_ = nullptr;
        compiled_.erase(compiled_.begin());
    }
    compiled_.push_back(make({outputs.begin(), outputs.end()}, dispatch_all, progress));
    return *compiled_.back();
}

/// For each size of the run that could be smaller: the largest value with which activations fit into `room`, the other sizes as they are.
std::string Context::what_would_fit(const std::vector<std::int64_t>& sizes,
                                    const std::vector<std::string>& outputs,
                                    std::uint64_t room) const {
    const auto& symbols = model_->graph().symbols;
    std::string fitting;
    for (std::size_t s = 0; s < symbols.size(); ++s) {
        if (symbols[s].is_state) continue;
        const std::int64_t unit = std::max<std::int64_t>(symbols[s].multiple, 1);
        std::int64_t fits = 0, exceeds = sizes[s] / unit;
        while (exceeds - fits > 1) {
            const std::int64_t middle = (fits + exceeds) / 2;
            std::vector<std::int64_t> smaller = sizes;
            smaller[s] = middle * unit;
            (model_->plan(smaller, outputs).arena_bytes <= room ? fits : exceeds) = middle;
        }
        if (fits > 0)
            fitting += (fitting.empty() ? "" : " or ") + symbols[s].name + " = " +
                       std::to_string(fits * unit);
    }
    return fitting.empty() ? "; no smaller size fits either" : "; " + fitting + " would fit";
}

std::unique_ptr<Context::Compiled> Context::make(std::vector<std::string> outputs,
                                                 bool dispatch_all, const Progress& progress) {
    const auto& device = model_->device();
    const graph::Graph& graph = model_->graph();
    auto compiled = std::make_unique<Compiled>();
    std::vector<std::int64_t> sizes = symbols_;
    for (std::size_t s = 0; s < sizes.size(); ++s)
        if (graph.symbols[s].is_state) sizes[s] = capacity_[s];
    compiled->sizes = symbols_;
    compiled->outputs = outputs;
    plan::Plan plan = model_->plan(sizes, outputs);

    if (plan.arena_bytes > arena_.size_bytes()) {
        const std::uint64_t others = model_->weight_bytes() + state_.size_bytes();
        if (const std::uint64_t limit = model_->max_memory_bytes();
            limit > 0 && others + plan.arena_bytes > limit)
            throw Error(ErrorCode::out_of_memory,
                        "activations of this run take " + std::to_string(plan.arena_bytes) +
                            " bytes beside " + std::to_string(others) +
                            " of weights and state, above the limit of " + std::to_string(limit) +
                            what_would_fit(sizes, outputs, limit - std::min(limit, others)));
        compiled_.clear();  // recorded against the old arena
        last_ = nullptr;
        arena_ = Buffer();
        arena_ = Buffer(device, plan.arena_bytes, HEKLA_PLUGIN_MEMORY_DEVICE);
    }
    static_cast<Recording&>(*compiled) =
        record(*model_, std::move(plan), {arena_.handle(), state_.handle(), state_offsets_}, timed_,
               dispatch_all, progress);
    for (const plan::Output& output : compiled->plan.outputs)
        compiled->infos.push_back({output.dtype, std::vector<std::int64_t>(output.shape.size())});
    return compiled;
}

void Context::write_params(Compiled& compiled) {
    std::byte* words = compiled.params.data();
    for (const plan::DynamicWord& dynamic : compiled.plan.dynamic_words) {
        const auto value = static_cast<std::uint32_t>(
            compiled.plan.expressions[dynamic.expression].evaluate(symbols_));
        std::memcpy(words + std::size_t{dynamic.word} * 4, &value, 4);
    }
}

void Context::write_inputs(Compiled& compiled) const {
    for (const plan::Transfer& upload : compiled.plan.uploads) {
        const InputData& input = inputs_[upload.port];
        std::memcpy(compiled.upload.data() + upload.host_offset_bytes, input.data.data(),
                    input.data.size());
    }
}

void Context::warm(const std::vector<std::pair<std::string, std::int64_t>>& dims,
                   std::span<const char* const> outputs, const Progress& progress) {
    settle();
    const auto& symbols = model_->graph().symbols;
    for (std::size_t s = 0; s < symbols.size(); ++s)
        symbols_[s] = symbols[s].is_state ? position_[s]
                                          : std::max<std::int64_t>(symbols[s].multiple, 1);
    for (const auto& [name, value] : dims) {
        const auto at = std::find_if(symbols.begin(), symbols.end(),
                                     [&](const graph::Symbol& s) { return s.name == name; });
        if (at == symbols.end())
            throw Error(ErrorCode::not_found, "the graph has no dim called `" + name + "`");
        if (at->is_state)
            throw Error(ErrorCode::invalid_argument,
                        "`" + name + "` is carried: its capacity is the context's");
        symbols_[static_cast<std::size_t>(at - symbols.begin())] = value;
    }
    size_state();
    if (!find(outputs)) compile(outputs, true, progress);
}

RunResult Context::run(std::span<const char* const> outputs, std::uint64_t timeout_ns,
                       const Progress& progress) {
    settle();
    bind_symbols();
    size_state();
    Compiled* const found = find(outputs);
    // Drivers that compile at the first dispatch do so while weights are still on their way.
    Compiled& compiled = found ? *found : compile(outputs, !model_->weights()->is_loaded(), {});
    model_->weights()->wait();
    write_params(compiled);
    write_inputs(compiled);

    const Device& device = *model_->device();
    using Clock = std::chrono::steady_clock;
    const auto start = Clock::now();
    const auto remaining = [&]() -> std::uint64_t {
        if (timeout_ns == 0) return ~std::uint64_t{0};
        const auto spent = static_cast<std::uint64_t>(
            std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - start).count());
        return spent >= timeout_ns ? 0 : timeout_ns - spent;
    };
    const auto wait_for = [&](hekla_plugin_ticket ticket) {
        if (device.wait(ticket, remaining())) return;
        unfinished_ = ticket;
        throw Error(ErrorCode::limit, "the run did not finish within " +
                                          std::to_string(timeout_ns) +
                                          " ns; its state is as before it");
    };
    // One segment is submitted ahead, so that the device does not idle and a cancellation waits for two at most.
    hekla_plugin_ticket before = 0, ticket = 0;
    const std::uint32_t first = compiled.begun ? compiled.plan.once_segments : 0;
    for (std::uint32_t segment = first; segment < compiled.plan.segment_count; ++segment) {
        if (cancelled_.exchange(false, std::memory_order_relaxed)) {
            if (ticket != 0) wait_for(ticket);
            return RunResult::cancelled;
        }
        const hekla_plugin_ticket next = compiled.program->submit(segment);
        unfinished_ = next;
        if (before != 0) wait_for(before);
        before = ticket;
        ticket = next;
        if (progress && segment > 1 && !progress("running", segment - 1, compiled.plan.segment_count)) {
            wait_for(ticket);
            unfinished_ = 0;
            return RunResult::cancelled;
        }
    }
    if (ticket != 0) wait_for(ticket);
    unfinished_ = 0;
    compiled.first_step = compiled.begun ? compiled.plan.once_count : 0;
    compiled.begun = true;
    if (progress) progress("running", compiled.plan.segment_count, compiled.plan.segment_count);
    finish(compiled);
    return RunResult::done;
}

/// Shapes of what came out, and the carried dims' next values.
void Context::finish(Compiled& compiled) {
    for (std::size_t o = 0; o < compiled.infos.size(); ++o)
        for (std::size_t d = 0; d < compiled.infos[o].shape.size(); ++d)
            compiled.infos[o].shape[d] = compiled.plan.outputs[o].shape[d].evaluate(symbols_);
    const auto& symbols = model_->graph().symbols;
    for (std::size_t s = 0; s < symbols.size(); ++s)
        if (symbols[s].is_state) position_[s] = symbols[s].next.evaluate(symbols_);
    last_ = &compiled;
}

void Context::reset() {
    settle();
    const auto& symbols = model_->graph().symbols;
    for (std::size_t s = 0; s < symbols.size(); ++s)
        if (symbols[s].is_state) position_[s] = symbols[s].start;
    cancelled_.store(false, std::memory_order_relaxed);
}

std::int64_t Context::position(std::string_view dim) const {
    const auto& symbols = model_->graph().symbols;
    for (std::size_t s = 0; s < symbols.size(); ++s)
        if (symbols[s].is_state && symbols[s].name == dim) return position_[s];
    throw Error(ErrorCode::not_found, "the graph carries no dim called `" + std::string(dim) + "`");
}

namespace {

template <typename CompiledPlan>
std::size_t find_output(const CompiledPlan* last, std::string_view name) {
    if (!last) throw Error(ErrorCode::not_found, "nothing has been run yet");
    const auto& outputs = last->plan.outputs;
    const auto at = std::find_if(outputs.begin(), outputs.end(),
                                 [&](const plan::Output& o) { return o.name == name; });
    if (at == outputs.end())
        throw Error(ErrorCode::not_found,
                    "the last run gave no output `" + std::string(name) + "`");
    return static_cast<std::size_t>(at - outputs.begin());
}

}  // namespace

const OutputInfo& Context::output(std::string_view name) const {
    const std::size_t at = find_output(last_, name);
    return last_->infos[at];
}

void Context::read(std::string_view name, std::span<std::byte> out) const {
    const std::size_t o = find_output(last_, name);
    const OutputInfo& info = last_->infos[o];
    std::uint64_t count = 1;
    for (const std::int64_t size : info.shape) count *= static_cast<std::uint64_t>(size);
    const std::uint64_t size = info.dtype == DType::boolean ? 1 : 4;
    if (out.size() < count * size)
        throw Error(ErrorCode::invalid_argument,
                    "output `" + std::string(name) + "` takes " + std::to_string(count * size) +
                        " bytes, there is room for " + std::to_string(out.size()));
    const std::byte* from = last_->download.data() + last_->plan.downloads[o].host_offset_bytes;
    if (info.dtype != DType::boolean) {
        std::memcpy(out.data(), from, count * 4);
        return;
    }
    for (std::uint64_t i = 0; i < count; ++i) {
        std::int32_t value = 0;
        std::memcpy(&value, from + i * 4, 4);
        out[i] = std::byte{static_cast<unsigned char>(value != 0)};
    }
}

std::vector<std::string> Context::output_names() const {
    std::vector<std::string> names;
    if (last_)
        for (const plan::Output& output : last_->plan.outputs) names.push_back(output.name);
    return names;
}

std::vector<TraceStep> Context::trace() const {
    if (!timed_)
        throw Error(ErrorCode::invalid_argument, "the context was not created with `timed`");
    if (!last_) throw Error(ErrorCode::not_found, "nothing has been run yet");
    static const std::string upload = "upload", download = "download", copy = "copy";
    const std::vector<hekla_plugin_times> times = last_->program->times();
    std::vector<TraceStep> out;
    for (std::size_t i = last_->first_step; i < last_->plan.steps.size(); ++i) {
        const plan::Step& step = last_->plan.steps[i];
        const bool dispatch = step.kind == plan::Step::Kind::dispatch;
        const plan::Dispatch* d = dispatch ? &last_->plan.dispatches[step.index] : nullptr;
        out.push_back({d                                       ? &d->path
                       : step.kind == plan::Step::Kind::upload ? &upload
                                                               : &download,
                       d ? &d->kernel->name : &copy, times[i].begin_ns, times[i].end_ns,
                       d ? d->bytes : 0, d ? d->flops : 0});
    }
    return out;
}

MemoryReport Context::preflight(const Model& model,
                                const std::vector<std::pair<std::string, std::int64_t>>& dims) {
    const std::vector<std::int64_t> values = model.symbols_of(dims);
    const plan::Plan plan = model.plan(values, {});
    MemoryReport report;
    report.weight_bytes = model.weight_bytes();
    report.state_bytes = model.state_bytes(values);
    report.arena_bytes = plan.arena_bytes;
    report.arena_live_bytes = plan.arena_live_bytes;
    report.arena_sum_bytes = plan.arena_sum_bytes;
    report.io_bytes = plan.upload_bytes + plan.download_bytes + plan.params.size() * 4;
    report.constant_bytes = plan.constant_bytes;
    report.dispatch_count = static_cast<std::uint32_t>(plan.dispatches.size()) - plan.once_count;
    report.barrier_count = plan.barrier_count;
    report.peak_bytes =
        report.weight_bytes + report.state_bytes + report.arena_bytes + report.io_bytes +
        report.constant_bytes;
    return report;
}

}  // namespace hekla::execute
