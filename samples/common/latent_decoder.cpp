// SPDX-License-Identifier: MIT
#include "latent_decoder.hpp"

#include <algorithm>
#include <stdexcept>

#include "budget.hpp"
#include "progress.hpp"

namespace hekla::host {
LatentDecoder::LatentDecoder(Session& session, const ModelChoice& choice)
    : session_(session), model_(session.load(choice)), ports_(model_) {
    ports_.allow_inputs({"z", "latent", "labels", "psi"});
    latent_ = &ports_.require_input({"z", "latent"});
    labels_ = ports_.input("labels");
    psi_ = ports_.input("psi");
    image_ = &ports_.require_output({"image"});
    if (latent_->shape.size() < 2 || image_->shape.size() != 4)
        throw std::runtime_error("the graph `" + model_.name() + "` makes " + image_->text() +
                                 " from " + latent_->text() +
                                 "; expected are pictures [B, C, H, W] from latents [B, ...]");
    latent_sizes_.assign(latent_->shape.begin() + 1, latent_->shape.end());
    if (latent_sizes_.size() == 3 && !latent_sizes_[1].number)
        if (const auto growth = image_->shape[2].growth(latent_sizes_[1].text))
            pixels_each_ = growth->times;
    context_.emplace(model_);
}

/// Equal batches, as few as the model's own limit and the memory allow.
std::size_t LatentDecoder::batch_for(std::size_t count, std::span<const std::int64_t> sizes) {
    const std::string& dim = latent_->shape[0].text;
    std::vector<hekla_dim_value> dims = {{dim.c_str(), 1}};
    for (std::size_t i = 0; i < sizes.size(); ++i)
        if (!latent_sizes_[i].number) dims.push_back({latent_sizes_[i].text.c_str(), sizes[i]});
    const std::int64_t limit = ports_.dim_max(dim);
    std::size_t runs = 1;
    if (limit > 0)
        runs = (count + static_cast<std::size_t>(limit) - 1) / static_cast<std::size_t>(limit);
    for (;; runs *= 2) {
        const std::size_t batch = (count + runs - 1) / runs;
        dims[0].value = static_cast<std::int64_t>(batch);
        if (batch == 1 || fits(model_, dims, session_.options())) {
            session_.report().add_memory(model_.memory(dims), "decode");
            return batch;
        }
    }
}

std::vector<Image> LatentDecoder::draw(std::span<const Latent> latents,
                                       std::span<const std::int64_t> sizes, ValueRange range,
                                       float psi) {
    std::size_t each = 1;
    for (const std::int64_t size : sizes) each *= static_cast<std::size_t>(size);
    const std::size_t batch = batch_for(latents.size(), sizes);
    Progress progress("pictures", latents.size(), session_.options().quiet);
    std::vector<Image> out;
    for (std::size_t at = 0; at < latents.size(); at += batch) {
        const Stopwatch watch;
        const auto part = latents.subspan(at, std::min(batch, latents.size() - at));
        const auto count = static_cast<std::int64_t>(part.size());
        std::vector<float> values;
        std::vector<std::int32_t> labels;
        for (const Latent& latent : part) {
            if (latent.values.size() != each) throw std::logic_error("a latent of another size");
            values.insert(values.end(), latent.values.begin(), latent.values.end());
            labels.push_back(latent.label);
        }
        std::vector<std::int64_t> shape = {count};
        shape.insert(shape.end(), sizes.begin(), sizes.end());
        set_input(*context_, latent_->name.c_str(), values, shape);
        if (labels_) context_->set_input(labels_->name.c_str(), labels, {count});
        if (psi_) context_->set_input(psi_->name.c_str(), std::span(&psi, 1), {});
        const char* outputs[] = {image_->name.c_str()};
        context_->run(outputs);
        for (Image& image : to_images(context_->read(image_->name.c_str()), range))
            out.push_back(std::move(image));
        session_.report().add_time("pictures", watch.seconds());
        progress.show(out.size());
    }
    return out;
}

}  // namespace hekla::host
