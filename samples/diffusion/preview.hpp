// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "autoencoder.hpp"

namespace hekla::diffusion {

/// Shows while a run goes on what it is coming to: every so many steps a PNG file is replaced.
class Preview {
  public:
    /// `taesd`: a folder of a tiny autoencoder (AutoencoderTiny); empty: the latent itself in false colours, its first three channels.
    Preview(host::Session& session, const host::RunOptions& options, std::size_t every,
            std::string path, const std::string& taesd);

    /// `clean`: what the network sees behind the noise at this step, `done` of `total` being done.
    void show(const Field& clean, std::size_t done, std::size_t total);

  private:
    std::size_t every_;
    std::string path_;
    std::unique_ptr<Autoencoder> decoder_;
};

}  // namespace hekla::diffusion
