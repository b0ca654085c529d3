// SPDX-License-Identifier: MIT
#include "weights/safetensors_writer.hpp"

#include "base/checked.hpp"
#include "base/error.hpp"
#include "weights/json.hpp"
#include "weights/safetensors.hpp"
#include "weights/safetensors_types.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace hekla::weights {

namespace {

std::uint64_t bytes_of(const TensorHeader& tensor) {
    const std::optional<std::uint64_t> bytes = stored_size(tensor.dtype, tensor.shape);
    if (!bytes) {
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("tensor {}: shape [{}] is more bytes than can be counted",
                                quoted_for_message(tensor.name), fmt::join(tensor.shape, ", ")));
    }
    return *bytes;
}

void check(const TensorHeader& tensor) {
    const char* reason = nullptr;
    if (tensor.name.empty() || tensor.name == "__metadata__") reason = "no name for a tensor";
    if (tensor.name.size() > max_name_bytes) reason = "the name is too long";
    if (has_control_character(tensor.name)) reason = "the name has a control character";
    if (tensor.shape.size() > max_rank) reason = "too many dimensions";
    if (std::any_of(tensor.shape.begin(), tensor.shape.end(),
                    [](std::int64_t size) { return size < 0; }))
        reason = "a negative size";
    if (safetensors_name(tensor.dtype).empty()) reason = "a type that files do not have";
    if (reason != nullptr)
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("tensor {}: {}", quoted_for_message(tensor.name), reason));
}

/// Positions, widest elements first, so that every tensor is aligned to its elements.
std::vector<const TensorImage*> laid_out(std::span<const TensorImage> tensors) {
    std::vector<const TensorImage*> order;
    for (const TensorImage& tensor : tensors) order.push_back(&tensor);
    std::stable_sort(order.begin(), order.end(), [](const TensorImage* a, const TensorImage* b) {
        return size_bytes(a->header.dtype) > size_bytes(b->header.dtype);
    });
    for (const TensorImage* tensor : order) {
        check(tensor->header);
        if (tensor->bytes.size() != bytes_of(tensor->header)) {
            throw Error(ErrorCode::internal,
                        fmt::format("tensor {}: {} bytes given, its shape and type need {}",
                                    quoted_for_message(tensor->header.name), tensor->bytes.size(),
                                    bytes_of(tensor->header)));
        }
    }
    return order;
}

std::vector<TensorHeader> headers_of(std::span<const TensorImage* const> tensors) {
    std::vector<TensorHeader> headers;
    for (const TensorImage* tensor : tensors) headers.push_back(tensor->header);
    return headers;
}

}  // namespace

std::string safetensors_header(std::span<const TensorHeader> tensors, const Metadata& metadata) {
    std::string json = "{";
    if (!metadata.empty()) {
        json += "\"__metadata__\":{";
        for (const auto& [key, value] : metadata)
            json += json_quoted(key) + ":" + json_quoted(value) + ",";
        json.back() = '}';
        json += ',';
    }
    std::set<std::string_view> names;
    std::uint64_t offset = 0;
    for (const TensorHeader& tensor : tensors) {
        check(tensor);
        if (!names.insert(tensor.name).second)
            throw Error(ErrorCode::invalid_argument,
                        fmt::format("tensor {}: given twice", quoted_for_message(tensor.name)));
        const std::optional<std::uint64_t> end = checked_add(offset, bytes_of(tensor));
        if (!end)
            throw Error(ErrorCode::invalid_argument,
                        "the tensors are more bytes than can be counted");
        json += fmt::format("{}:{{\"dtype\":\"{}\",\"shape\":[{}],\"data_offsets\":[{},{}]}},",
                            json_quoted(tensor.name), safetensors_name(tensor.dtype),
                            fmt::join(tensor.shape, ","), offset, *end);
        offset = *end;
    }
    if (json.back() == ',') json.pop_back();
    json += '}';
    json.append((8 - json.size() % 8) % 8, ' ');
    if (json.size() > max_header_bytes || tensors.size() > max_tensors_per_file)
        throw Error(ErrorCode::invalid_argument, "too many tensors for one safetensors file");

    std::string header;
    for (int shift = 0; shift < 64; shift += 8)
        header += static_cast<char>((json.size() >> shift) & 0xff);
    return header + json;
}

SafetensorsWriter::SafetensorsWriter(const std::filesystem::path& path,
                                     std::span<const TensorHeader> tensors,
                                     const Metadata& metadata)
    : file_(path) {
    file_.write(safetensors_header(tensors, metadata));
    for (const TensorHeader& tensor : tensors) remaining_bytes_ += bytes_of(tensor);
}

void SafetensorsWriter::append(std::span<const std::byte> bytes) {
    if (bytes.size() > remaining_bytes_)
        throw Error(ErrorCode::internal, "more tensor bytes than the header announces");
    file_.write(bytes);
    remaining_bytes_ -= bytes.size();
}

void SafetensorsWriter::commit() {
    if (remaining_bytes_ != 0)
        throw Error(ErrorCode::internal,
                    fmt::format("{} tensor bytes are still to be written", remaining_bytes_));
    file_.commit();
}

void write_safetensors(const std::filesystem::path& path, std::span<const TensorImage> tensors,
                       const Metadata& metadata) {
    const std::vector<const TensorImage*> order = laid_out(tensors);
    SafetensorsWriter writer(path, headers_of(order), metadata);
    for (const TensorImage* tensor : order) writer.append(tensor->bytes);
    writer.commit();
}

std::vector<std::byte> safetensors_image(std::span<const TensorImage> tensors,
                                         const Metadata& metadata) {
    const std::vector<const TensorImage*> order = laid_out(tensors);
    const std::string header = safetensors_header(headers_of(order), metadata);
    std::vector<std::byte> image(reinterpret_cast<const std::byte*>(header.data()),
                                 reinterpret_cast<const std::byte*>(header.data()) + header.size());
    for (const TensorImage* tensor : order)
        image.insert(image.end(), tensor->bytes.begin(), tensor->bytes.end());
    return image;
}

}  // namespace hekla::weights
