// SPDX-License-Identifier: MIT
#include "weights/safetensors.hpp"

#include "base/checked.hpp"
#include "base/error.hpp"
#include "base/reader.hpp"
#include "weights/json.hpp"
#include "weights/safetensors_types.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace hekla::weights {

namespace {

[[noreturn]] void refuse(std::string_view file, std::string_view tensor,
                         const std::string& reason) {
    throw Error(ErrorCode::invalid_file,
                fmt::format("{}: tensor {}: {}", file, quoted_for_message(tensor), reason));
}

/// Turns the header's events into tensors whose offsets are still those of the data area.
class HeaderReader final : public JsonHandler {
  public:
    explicit HeaderReader(std::uint32_t file_index) : file_index_(file_index) {}

    std::vector<Tensor> tensors;

    void begin_object() override {
        switch (place_) {
            case Place::start:
                place_ = Place::header;
                return;
            case Place::header:
                if (key_ == "__metadata__") {
                    if (std::exchange(metadata_seen_, true))
                        throw JsonRefusal{"__metadata__ is given twice"};
                    place_ = Place::metadata;
                } else {
                    begin_tensor();
                    place_ = Place::tensor;
                }
                return;
            case Place::metadata:
                refuse_metadata();
            default:
                refuse_value("an object");
        }
    }

    void key(std::string_view name) override {
        switch (place_) {
            case Place::header:
                key_ = name;
                return;
            case Place::tensor:
                begin_field(name);
                return;
            default:
                return;  // metadata keys are free
        }
    }

    void end_object() override {
        if (place_ == Place::tensor) end_tensor();
        place_ = place_ == Place::header ? Place::end : Place::header;
    }

    void begin_list() override {
        if (place_ == Place::metadata) refuse_metadata();
        if (place_ != Place::tensor || field_ == Field::dtype) refuse_value("a list");
        place_ = Place::list;
        list_.clear();
    }

    void end_list() override {
        place_ = Place::tensor;
        if (field_ == Field::shape) {
            tensors.back().shape.assign(list_.begin(), list_.end());
            return;
        }
        if (list_.size() != 2)
            refuse_tensor(
                fmt::format("data_offsets must be [begin, end], not {} numbers", list_.size()));
        const auto begin = static_cast<std::uint64_t>(list_[0]);
        const auto end = static_cast<std::uint64_t>(list_[1]);
        if (begin > end)
            refuse_tensor(fmt::format("data_offsets [{}, {}] run backwards", begin, end));
        tensors.back().offset_bytes = begin;
        tensors.back().size_bytes = end - begin;
    }

    void scalar(const JsonScalar& value) override {
        const auto* const text = std::get_if<std::string_view>(&value);
        switch (place_) {
            case Place::metadata:
                if (text == nullptr) refuse_metadata();
                return;
            case Place::tensor:
                if (field_ != Field::dtype || text == nullptr)
                    refuse_value(text != nullptr ? "text" : "a scalar");
                tensors.back().dtype = find_type(*text);
                return;
            case Place::list:
                append_number(value);
                return;
            default:
                refuse_value("a scalar");
        }
    }

  private:
    enum class Place { start, header, metadata, tensor, list, end };
    enum class Field { none, dtype, shape, data_offsets };

    [[noreturn]] void refuse_tensor(const std::string& reason) const {
        throw JsonRefusal{
            fmt::format("tensor {}: {}", quoted_for_message(tensors.back().name), reason)};
    }
    [[noreturn]] void refuse_metadata() const {
        throw JsonRefusal{"__metadata__ may hold text only"};
    }
    [[noreturn]] void refuse_value(std::string_view what) const {
        if (place_ == Place::start) throw JsonRefusal{"the header is not an object: {...}"};
        if (place_ == Place::header)
            throw JsonRefusal{
                fmt::format("tensor {}: {} where {{dtype, shape, data_offsets}} belongs",
                            quoted_for_message(key_), what)};
        const std::string_view field = field_ == Field::dtype   ? "dtype"
                                       : field_ == Field::shape ? "shape"
                                                                : "data_offsets";
        refuse_tensor(fmt::format("{} where {}'s {} belongs", what, field,
                                  field == "dtype" ? "text" : "list of whole numbers"));
    }

    void begin_tensor() {
        if (tensors.size() == max_tensors_per_file)
            throw JsonRefusal{fmt::format("more than {} tensors", max_tensors_per_file)};
        Tensor& tensor = tensors.emplace_back();
        tensor.name = key_;
        tensor.file = file_index_;
        if (key_.empty()) refuse_tensor("a tensor needs a name");
        if (key_.size() > max_name_bytes)
            refuse_tensor(fmt::format("its name is longer than {} bytes", max_name_bytes));
        if (has_control_character(key_)) refuse_tensor("its name has a control character");
        dtype_seen_ = shape_seen_ = offsets_seen_ = false;
    }

    void begin_field(std::string_view name) {
        bool* seen = nullptr;
        if (name == "dtype") seen = &dtype_seen_, field_ = Field::dtype;
        if (name == "shape") seen = &shape_seen_, field_ = Field::shape;
        if (name == "data_offsets") seen = &offsets_seen_, field_ = Field::data_offsets;
        if (seen == nullptr)
            refuse_tensor(fmt::format("unknown field {}", quoted_for_message(name)));
        if (std::exchange(*seen, true)) refuse_tensor(fmt::format("{} is given twice", name));
    }

    void end_tensor() const {
        if (!dtype_seen_) refuse_tensor("has no dtype");
        if (!shape_seen_) refuse_tensor("has no shape");
        if (!offsets_seen_) refuse_tensor("has no data_offsets");
    }

    void append_number(const JsonScalar& value) {
        const std::string_view field = field_ == Field::shape ? "shape" : "data_offsets";
        const auto* const number = std::get_if<std::int64_t>(&value);
        if (number == nullptr || *number < 0)
            refuse_tensor(fmt::format("{} must hold whole numbers from 0 to {}", field,
                                      std::numeric_limits<std::int64_t>::max()));
        if (list_.size() == max_rank)
            refuse_tensor(fmt::format("{} has more than {} numbers", field, max_rank));
        list_.push_back(*number);
    }

    DType find_type(std::string_view name) const {
        if (const std::optional<DType> type = find_safetensors_type(name)) return *type;
        if (is_foreign_type(name)) {
            throw Error(
                ErrorCode::unsupported,
                fmt::format(
                    "tensor {}: the type {} is not supported; convert the file to F16, BF16 or F32",
                    quoted_for_message(tensors.back().name), name));
        }
        refuse_tensor(fmt::format("unknown type {}", quoted_for_message(name)));
    }

    std::uint32_t file_index_;
    Place place_ = Place::start;
    Field field_ = Field::none;
    std::string key_;
    std::vector<std::int64_t> list_;
    bool metadata_seen_ = false;
    bool dtype_seen_ = false;
    bool shape_seen_ = false;
    bool offsets_seen_ = false;
};

void check_sizes(const std::vector<Tensor>& tensors, std::string_view file,
                 std::uint64_t data_bytes) {
    for (const Tensor& tensor : tensors) {
        const std::string what = fmt::format("shape [{}] of {}", fmt::join(tensor.shape, ", "),
                                             safetensors_name(tensor.dtype));
        const std::optional<std::uint64_t> needed = stored_size(tensor.dtype, tensor.shape);
        if (!needed) refuse(file, tensor.name, what + " is more bytes than can be counted");
        if (*needed != tensor.size_bytes)
            refuse(file, tensor.name,
                   fmt::format("{} needs {} bytes, but data_offsets give it {}", what, *needed,
                               tensor.size_bytes));
        if (!range_within(tensor.offset_bytes, tensor.size_bytes, data_bytes)) {
            refuse(file, tensor.name,
                   fmt::format("its data ends at byte {} of the data area, which has only {}; the "
                               "file is cut short: download it again",
                               tensor.offset_bytes + tensor.size_bytes, data_bytes));
        }
    }
}

/// Every byte of the data area belongs to one tensor. Sizes are checked already.
void check_cover(const std::vector<Tensor>& tensors, std::string_view file,
                 std::uint64_t data_bytes) {
    std::vector<std::uint32_t> order(tensors.size());
    std::iota(order.begin(), order.end(), 0u);
    std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
        // Tensors without bytes go before the one that starts where they lie.
        if (tensors[a].offset_bytes != tensors[b].offset_bytes)
            return tensors[a].offset_bytes < tensors[b].offset_bytes;
        return tensors[a].size_bytes < tensors[b].size_bytes;
    });
    std::uint64_t covered = 0;
    const Tensor* previous = nullptr;
    for (const std::uint32_t i : order) {
        const Tensor& tensor = tensors[i];
        if (tensor.offset_bytes < covered)
            refuse(file, tensor.name,
                   fmt::format("its data overlaps that of tensor {}",
                               quoted_for_message(previous->name)));
        if (tensor.offset_bytes > covered)
            refuse(file, tensor.name,
                   fmt::format("bytes {} to {} of the data area, before it, belong to no tensor",
                               covered, tensor.offset_bytes));
        covered = tensor.offset_bytes + tensor.size_bytes;
        previous = &tensor;
    }
    if (covered != data_bytes)
        throw Error(
            ErrorCode::invalid_file,
            fmt::format("{}: {} bytes follow the last tensor's data", file, data_bytes - covered));
}

}  // namespace

std::vector<Tensor> read_safetensors(std::span<const std::byte> image, std::string_view file,
                                     std::uint32_t file_index) {
    if (image.size() < 8)
        throw Error(
            ErrorCode::invalid_file,
            fmt::format("{}: {} bytes are too short for a safetensors file", file, image.size()));
    ByteReader reader(image, file);
    const auto header_bytes = reader.read<std::uint64_t>("the header's length");
    if (header_bytes > max_header_bytes) {
        throw Error(
            ErrorCode::invalid_file,
            fmt::format(
                "{}: not a safetensors file: its header would be {} bytes long, and {} are allowed",
                file, header_bytes, max_header_bytes));
    }
    const std::string_view header = reader.text(header_bytes, "the header");
    if (header.empty() || header.front() != '{')
        throw Error(
            ErrorCode::invalid_file,
            fmt::format("{}: not a safetensors file: its header does not start with {{", file));

    HeaderReader handler(file_index);
    try {
        read_json(header, file, 8, handler);
    } catch (const Error& error) {
        if (error.code() != ErrorCode::unsupported) throw;
        throw Error(error.code(), fmt::format("{}: {}", file, error.what()));
    }
    std::vector<Tensor> tensors = std::move(handler.tensors);
    check_sizes(tensors, file, reader.remaining());
    std::sort(tensors.begin(), tensors.end(),
              [](const Tensor& a, const Tensor& b) { return a.name < b.name; });
    const auto same_name = [](const Tensor& a, const Tensor& b) { return a.name == b.name; };
    if (const auto twice = std::adjacent_find(tensors.begin(), tensors.end(), same_name);
        twice != tensors.end())
        refuse(file, twice->name, "is in the header twice");
    check_cover(tensors, file, reader.remaining());
    for (Tensor& tensor : tensors) tensor.offset_bytes += reader.position();
    return tensors;
}

}  // namespace hekla::weights
