// SPDX-License-Identifier: MIT
#include "preview.hpp"

#include <algorithm>

#include "contact_sheet.hpp"
#include "files.hpp"
#include "picture_tensor.hpp"
#include "png.hpp"

namespace hekla::diffusion {
namespace {

/// Three channels as red, green and blue; three deviations of a latent are black to white.
Field false_colours(const Field& latent) {
    Field out = zeros({latent.count(), 3, latent.height(), latent.width()});
    for (std::int64_t n = 0; n < out.count(); ++n)
        for (std::int64_t c = 0; c < 3; ++c)
            for (std::int64_t y = 0; y < out.height(); ++y)
                for (std::int64_t x = 0; x < out.width(); ++x)
                    out.row(n, c, y)[x] =
                        latent.row(n, std::min(c, latent.channels() - 1), y)[x] / 3;
    return out;
}

}  // namespace

Preview::Preview(host::Session& session, const host::RunOptions& options, std::size_t every,
                 std::string path, const std::string& taesd)
    : every_(every), path_(std::move(path)) {
    host::require_writable(path_);
    if (taesd.empty()) return;
    decoder_ = std::make_unique<Autoencoder>(session, options, read_model(taesd), 0);
}

void Preview::show(const Field& clean, std::size_t done, std::size_t total) {
    if (done % every_ != 0 && done != total) return;
    const Field colours = decoder_ ? decoder_->decode(clean) : false_colours(clean);
    host::Pictures pictures{colours.count(), colours.channels(), colours.height(), colours.width(),
                            floats(colours.values)};
    const auto images = host::to_images(pictures, host::signed_range);
    host::write_png(path_, images.size() == 1 ? images[0] : host::contact_sheet(images));
}

}  // namespace hekla::diffusion
