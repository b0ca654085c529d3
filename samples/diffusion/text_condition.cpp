// SPDX-License-Identifier: MIT
#include "text_condition.hpp"

#include <algorithm>
#include <stdexcept>

#include "model_ports.hpp"

namespace hekla::diffusion {
namespace {

struct Encoded {
    std::int64_t width = 0, pooled_width = 0;
    std::vector<float> states, pooled;  // [count, places, width], [count, pooled_width]
};

void check_vocabulary(const Part& part, const PromptIds& prompts) {
    const std::int64_t vocabulary = part.count("vocab_size", 49408);
    for (const std::int32_t id : prompts.ids)
        if (id < 0 || id >= vocabulary)
            throw std::runtime_error("token id " + std::to_string(id) +
                                     " is not in the vocabulary of " + std::to_string(vocabulary) +
                                     " that " + part.folder.string() + " has");
}

Encoded run(host::Session& session, const Part& part, const PromptIds& prompts, const char* states,
            const char* pooled) {
    check_vocabulary(part, prompts);
    const Model model = session.load({part.folder.string(), {}, {}});
    const host::ModelPorts ports(model);
    ports.require_input({"ids"});
    ports.require_output({states});
    std::vector<const char*> outputs{states};
    if (pooled) {
        ports.require_output({pooled});
        outputs.push_back(pooled);
    }
    const std::int64_t most = std::max<std::int64_t>(ports.dim_max("B"), 1);
    const host::Stopwatch watch;
    Context context(model);
    Encoded out;
    for (std::int64_t at = 0; at < prompts.count; at += most) {
        const std::int64_t count = std::min(most, prompts.count - at);
        context.set_input("ids",
                          std::span(prompts.ids)
                              .subspan(static_cast<std::size_t>(at * prompts.places),
                                       static_cast<std::size_t>(count * prompts.places)),
                          {count, prompts.places});
        context.run(outputs);
        const Tensor got = context.read(states);
        out.width = got.shape.back();
        out.states.insert(out.states.end(), got.as<float>().begin(), got.as<float>().end());
        if (!pooled) continue;
        const Tensor whole = context.read(pooled);
        out.pooled_width = whole.shape.back();
        out.pooled.insert(out.pooled.end(), whole.as<float>().begin(), whole.as<float>().end());
    }
    session.report().add_time("text", watch.seconds());
    return out;
}

}  // namespace

std::span<const float> TextCondition::text_of(std::int64_t i) const {
    const auto size = static_cast<std::size_t>(places * width);
    return std::span(text).subspan(static_cast<std::size_t>(i) * size, size);
}

std::span<const float> TextCondition::pooled_of(std::int64_t i) const {
    const auto size = static_cast<std::size_t>(pooled_width);
    return std::span(pooled).subspan(static_cast<std::size_t>(i) * size, size);
}

TextCondition TextCondition::spread(std::int64_t first, std::int64_t of, std::int64_t rows) const {
    TextCondition out{rows, places, width, pooled_width, {}, {}};
    for (std::int64_t i = 0; i < rows; ++i) {
        const std::int64_t row = first + i * of / rows;
        out.text.insert(out.text.end(), text_of(row).begin(), text_of(row).end());
        out.pooled.insert(out.pooled.end(), pooled_of(row).begin(), pooled_of(row).end());
    }
    return out;
}

TextCondition TextCondition::nothing() const {
    TextCondition out = *this;
    std::fill(out.text.begin(), out.text.end(), 0.0f);
    std::fill(out.pooled.begin(), out.pooled.end(), 0.0f);
    return out;
}

std::vector<PromptIds> joined(const std::vector<PromptIds>& first,
                              const std::vector<PromptIds>& second) {
    std::vector<PromptIds> out = first;
    for (std::size_t i = 0; i < second.size(); ++i) {
        out[i].count += second[i].count;
        out[i].ids.insert(out[i].ids.end(), second[i].ids.begin(), second[i].ids.end());
    }
    return out;
}

TextCondition encode_prompts(host::Session& session, const PipelineFolder& pipeline,
                             const std::vector<PromptIds>& ids) {
    TextCondition out;
    out.count = ids.at(0).count;
    out.places = ids[0].places;
    if (pipeline.text_encoders.size() == 1) {
        Encoded only = run(session, pipeline.text_encoders[0], ids[0], "last", nullptr);
        out.width = only.width;
        out.text = std::move(only.states);
        return out;
    }
    const Encoded first = run(session, pipeline.text_encoders[0], ids[0], "penultimate", nullptr);
    Encoded second = run(session, pipeline.text_encoders[1], ids.at(1), "penultimate", "embeds");
    out.width = first.width + second.width;
    for (std::int64_t row = 0; row < out.count * out.places; ++row)
        for (const Encoded* part : {&first, static_cast<const Encoded*>(&second)}) {
            const auto from = part->states.begin() + row * part->width;
            out.text.insert(out.text.end(), from, from + part->width);
        }
    out.pooled_width = second.pooled_width;
    out.pooled = std::move(second.pooled);
    return out;
}

}  // namespace hekla::diffusion
