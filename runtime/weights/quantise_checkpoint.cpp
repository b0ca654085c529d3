// SPDX-License-Identifier: MIT
#include "weights/quantise_checkpoint.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "weights/checkpoint.hpp"
#include "weights/convert.hpp"
#include "weights/gguf.hpp"
#include "weights/gguf_writer.hpp"
#include "weights/json.hpp"
#include "weights/quantise.hpp"
#include "weights/safetensors_types.hpp"
#include "weights/safetensors_writer.hpp"
#include "weights/sniff.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>

#include <fmt/format.h>

namespace hekla::weights {
namespace {

/// Values worked on at once; a multiple of every block.
constexpr std::size_t piece_elements = std::size_t{1} << 18;
constexpr std::uint64_t max_tokenizer_bytes = std::uint64_t{256} << 20;

/// What `general.file_type` says of a file that is mostly of this type (ggml-org/ggml, docs/gguf.md).
std::uint32_t file_type_of(DType type) {
    switch (type) {
        case DType::f16:
            return 1;
        case DType::q4_0:
            return 2;
        case DType::q4_1:
            return 3;
        case DType::q8_0:
            return 7;
        case DType::q5_0:
            return 8;
        case DType::q5_1:
            return 9;
        case DType::q4_k:
            return 14;
        case DType::q5_k:
            return 16;
        case DType::q6_k:
            return 18;
        case DType::bf16:
            return 32;
        default:
            return 0;
    }
}

bool is_gguf_file(const Checkpoint& checkpoint) {
    if (checkpoint.files().size() != 1) return false;
    const MappedFile file(checkpoint.files()[0]);
    return sniff_weights(file.bytes(), file.path().string()) == WeightFormat::gguf;
}

bool is_gguf_name(const std::filesystem::path& out) { return out.extension() == ".gguf"; }

/// Why a tensor is not stored as `type`, and what as instead.
std::optional<QuantiseReport::Kept> kept(const Tensor& tensor, DType type, bool to_gguf) {
    if (!is_floating(tensor.dtype)) return {{tensor.name, tensor.dtype, "holds whole numbers"}};
    if (to_gguf && tensor.shape.size() < 2)
        return {{tensor.name, tensor.dtype, "has one dimension"}};
    if (tensor.shape.back() % block_of(type).elements == 0) return std::nullopt;
    return {{tensor.name, DType::f16,
             fmt::format("rows of {} are no whole blocks of {}", tensor.shape.back(),
                         block_of(type).elements)}};
}

/// Metadata of the new file.
GgufKeys keys_of(const Checkpoint& checkpoint, const std::filesystem::path& in, DType type) {
    GgufKeys keys;
    if (is_gguf_file(checkpoint)) {
        const MappedFile file(checkpoint.files()[0]);
        const GgufContents contents = read_gguf(file.bytes(), file.path().string());
        for (const std::string& key : contents.metadata.keys()) {
            const GgufMetadata::Stored value = contents.metadata.stored(key);
            if (key != "general.alignment") keys.set_stored(key, value.type, value.bytes);
        }
    } else {
        if (!checkpoint.architecture().empty())
            keys.set("general.architecture", checkpoint.architecture());
        for (const std::string& key : checkpoint.config_keys())
            if (const auto value = checkpoint.config(key)) keys.set(key, *value);
        keys.set(safetensors_layout_key, true);
        const std::filesystem::path folder =
            std::filesystem::is_directory(in) ? in : in.parent_path();
        std::error_code none;
        if (std::filesystem::exists(folder / "tokenizer.json", none))
            keys.set("tokenizer.huggingface.json",
                     read_whole_file(folder / "tokenizer.json", max_tokenizer_bytes));
    }
    keys.set("general.file_type", file_type_of(type));
    if (is_quantised(type)) keys.set("general.quantization_version", 2u);
    return keys;
}

class Quantiser {
  public:
    Quantiser(const Checkpoint& checkpoint,
              const std::function<void(std::uint64_t, std::uint64_t)>& progress)
        : checkpoint_(checkpoint), progress_(progress) {}

    std::vector<TensorHeader> headers(DType type, bool to_gguf) {
        std::vector<TensorHeader> headers;
        for (const Tensor& tensor : checkpoint_.tensors()) {
            if (is_quantised(tensor.dtype))
                throw Error(ErrorCode::invalid_argument,
                            fmt::format("{}: tensor {} is quantised already ({}); start from the "
                                        "full model, in f32, f16 or bf16",
                                        checkpoint_.files()[tensor.file].string(),
                                        quoted_for_message(tensor.name), name_of(tensor.dtype)));
            const auto keep = kept(tensor, type, to_gguf);
            if (keep) report.kept.push_back(*keep);
            report.changed += !keep;
            headers.push_back({tensor.name, keep ? keep->type : type, tensor.shape});
            report.bytes_before += tensor.size_bytes;
            report.bytes_after += stored_size(headers.back().dtype, tensor.shape).value_or(0);
        }
        return headers;
    }

    template <typename Writer>
    void write(std::span<const TensorHeader> headers, Writer& writer) {
        for (std::size_t i = 0; i < headers.size(); ++i) {
            const Tensor& tensor = checkpoint_.tensors()[i];
            const std::span<const std::byte> source = checkpoint_.bytes(tensor);
            if (headers[i].dtype == tensor.dtype) {
                writer.append(source);
                advance(source.size());
            } else {
                for (std::size_t at = 0; at < source.size();)
                    at += write_piece(tensor, headers[i].dtype, source.subspan(at), at, writer);
            }
            checkpoint_.release(tensor);
        }
        writer.commit();
        report.error = values_ > 0 ? std::sqrt(lost_ / values_) : 0;
    }

    QuantiseReport report;

  private:
    void advance(std::uint64_t bytes) {
        done_ += bytes;
        if (progress_) progress_(done_, report.bytes_before);
    }

    /// The bytes of `source` that were written.
    template <typename Writer>
    std::size_t write_piece(const Tensor& tensor, DType type, std::span<const std::byte> source,
                            std::size_t at, Writer& writer) {
        const std::size_t each = size_bytes(tensor.dtype);
        const std::size_t count = std::min(source.size() / each, piece_elements);
        const auto piece = source.first(count * each);
        plain_.resize(count);
        convert_to_f32(tensor.dtype, piece, plain_);
        const auto bad = std::find_if_not(plain_.begin(), plain_.end(),
                                          [](float value) { return std::isfinite(value); });
        if (bad != plain_.end())
            refuse(tensor,
                   fmt::format("element {} is {}",
                               at / each + static_cast<std::size_t>(bad - plain_.begin()), *bad));
        const Block block = block_of(type);
        packed_.resize(count / block.elements * block.bytes);
        back_.resize(count);
        try {
            if (is_quantised(type))
                quantise(type, plain_, packed_);
            else
                convert(DType::f32, std::as_bytes(std::span(plain_)), type, packed_);
        } catch (const Error& error) {
            refuse(tensor, error.what());
        }
        convert_to_f32(type, packed_, back_);
        for (std::size_t i = 0; i < count; ++i) {
            if (!std::isfinite(back_[i]))
                refuse(tensor, fmt::format("element {} is {}, too large for {}; bf16 holds it",
                                           at / each + i, plain_[i], name_of(type)));
            const double off = double{back_[i]} - double{plain_[i]};
            lost_ += off * off;
            values_ += double{plain_[i]} * double{plain_[i]};
        }
        writer.append(packed_);
        advance(piece.size());
        return piece.size();
    }

    [[noreturn]] void refuse(const Tensor& tensor, const std::string& reason) const {
        throw Error(ErrorCode::invalid_file,
                    fmt::format("{}: tensor {}: {}", checkpoint_.files()[tensor.file].string(),
                                quoted_for_message(tensor.name), reason));
    }

    const Checkpoint& checkpoint_;
    const std::function<void(std::uint64_t, std::uint64_t)>& progress_;
    std::vector<float> plain_, back_;
    std::vector<std::byte> packed_;
    std::uint64_t done_ = 0;
    double lost_ = 0, values_ = 0;
};

void check_target(const Checkpoint& checkpoint, DType type, const std::filesystem::path& out) {
    const bool to_gguf = is_gguf_name(out);
    if (!to_gguf && out.extension() != ".safetensors")
        throw Error(ErrorCode::invalid_argument,
                    out.string() + ": the name must end in .gguf or .safetensors");
    const bool half = type == DType::f16 || type == DType::bf16;
    if (!half && !is_quantised(type))
        throw Error(
            ErrorCode::invalid_argument,
            fmt::format("nothing is quantised to {}; types are f16, bf16, q8_0, q4_0, q4_1, "
                        "q5_0, q5_1, q4_k, q5_k, q6_k",
                        name_of(type)));
    if (!to_gguf && !half)
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("{}: safetensors files have no type {}; write f16 or bf16, or a "
                                ".gguf file",
                                out.string(), name_of(type)));
    if (!to_gguf && is_gguf_file(checkpoint))
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("{}: a GGUF file names and orders tensors in its own way, which a "
                                "safetensors file cannot say; write a .gguf file",
                                out.string()));
    for (const std::filesystem::path& file : checkpoint.files()) {
        std::error_code none;
        if (std::filesystem::equivalent(file, out, none))
            throw Error(ErrorCode::invalid_argument,
                        out.string() + ": is the file that is read; give another name");
    }
}

}  // namespace

QuantiseReport quantise_checkpoint(
    const std::filesystem::path& in, DType type, const std::filesystem::path& out,
    const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
    const auto checkpoint = Checkpoint::open(in);
    check_target(*checkpoint, type, out);
    Quantiser quantiser(*checkpoint, progress);
    const std::vector<TensorHeader> headers = quantiser.headers(type, is_gguf_name(out));
    if (is_gguf_name(out)) {
        GgufWriter writer(out, keys_of(*checkpoint, in, type), headers);
        quantiser.write(headers, writer);
    } else {
        SafetensorsWriter writer(out, headers, {{"format", "pt"}});
        quantiser.write(headers, writer);
    }
    return std::move(quantiser.report);
}

}  // namespace hekla::weights
