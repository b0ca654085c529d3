// SPDX-License-Identifier: MIT
#include "weights/gguf_writer.hpp"

#include "base/checked.hpp"
#include "base/error.hpp"
#include "weights/checkpoint.hpp"
#include "weights/gguf.hpp"
#include "weights/gguf_types.hpp"
#include "weights/json.hpp"
#include "weights/safetensors_types.hpp"

#include <algorithm>
#include <bit>
#include <set>

#include <fmt/format.h>

namespace hekla::weights {
namespace {

constexpr std::uint64_t alignment = 32;

void put_number(std::string& out, std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 0xff);
}

void put_text(std::string& out, std::string_view text) {
    put_number(out, text.size(), 8);
    out += text;
}

constexpr std::uint32_t number_of(GgufValueType type) { return static_cast<std::uint32_t>(type); }

/// The type GGUF has for a single value; nothing for null and lists.
std::optional<GgufValueType> type_of(const ConfigValue& value) {
    if (std::holds_alternative<bool>(value.value)) return GgufValueType::boolean;
    if (std::holds_alternative<std::int64_t>(value.value)) return GgufValueType::i64;
    if (std::holds_alternative<double>(value.value)) return GgufValueType::f64;
    if (std::holds_alternative<std::string>(value.value)) return GgufValueType::string;
    return std::nullopt;
}

/// `as`: f64 takes whole numbers too.
void put_value(std::string& out, const ConfigValue& value, GgufValueType as) {
    if (const auto* flag = std::get_if<bool>(&value.value))
        put_number(out, *flag ? 1 : 0, 1);
    else if (const auto* whole = std::get_if<std::int64_t>(&value.value))
        put_number(out,
                   as == GgufValueType::f64
                       ? std::bit_cast<std::uint64_t>(static_cast<double>(*whole))
                       : static_cast<std::uint64_t>(*whole),
                   8);
    else if (const auto* real = std::get_if<double>(&value.value))
        put_number(out, std::bit_cast<std::uint64_t>(*real), 8);
    else
        put_text(out, std::get<std::string>(value.value));
}

/// The type of a list's elements; nothing where they differ, whole and other numbers excepted.
std::optional<GgufValueType> type_of_all(const ConfigValue::List& list) {
    std::optional<GgufValueType> all;
    for (const ConfigValue& value : list) {
        const auto type = type_of(value);
        if (!type) return std::nullopt;
        const bool numbers = all && (*type == GgufValueType::i64 || *type == GgufValueType::f64) &&
                             (*all == GgufValueType::i64 || *all == GgufValueType::f64);
        if (all && *type != *all && !numbers) return std::nullopt;
        all = numbers && *type != *all ? GgufValueType::f64 : *type;
    }
    return list.empty() ? GgufValueType::i64 : all;
}

[[noreturn]] void refuse(const TensorHeader& tensor, const std::string& reason) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("tensor {}: {}", quoted_for_message(tensor.name), reason));
}

std::uint64_t check(const TensorHeader& tensor) {
    if (tensor.name.empty() || has_control_character(tensor.name))
        refuse(tensor, "no name for a tensor");
    if (tensor.name.size() > max_gguf_name_bytes)
        refuse(tensor, fmt::format("the name is longer than the {} bytes that GGUF allows",
                                   max_gguf_name_bytes));
    if (tensor.shape.empty() || tensor.shape.size() > max_gguf_dims)
        refuse(tensor,
               fmt::format("{} dimensions; GGUF has 1 to {}", tensor.shape.size(), max_gguf_dims));
    if (std::any_of(tensor.shape.begin(), tensor.shape.end(),
                    [](std::int64_t size) { return size < 1; }))
        refuse(tensor, "a dimension of 0, which GGUF does not have");
    if (!find_gguf_type(tensor.dtype))
        refuse(tensor, fmt::format("the type {} is not in GGUF", name_of(tensor.dtype)));
    if (tensor.shape.back() % block_of(tensor.dtype).elements != 0)
        refuse(tensor, fmt::format("rows of {} are no whole blocks of {}", tensor.shape.back(),
                                   name_of(tensor.dtype)));
    const auto bytes = stored_size(tensor.dtype, tensor.shape);
    if (!bytes) refuse(tensor, "more bytes than can be counted");
    return *bytes;
}

}  // namespace

void GgufKeys::put(std::string_view key, std::uint32_t type, std::string bytes) {
    if (key.empty() || key.size() > max_gguf_key_bytes || has_control_character(key))
        throw Error(ErrorCode::invalid_argument,
                    quoted_for_message(key) + " is no key for metadata");
    const auto same = std::find_if(entries_.begin(), entries_.end(),
                                   [&](const Entry& entry) { return entry.key == key; });
    if (same != entries_.end())
        *same = {std::string(key), type, std::move(bytes)};
    else
        entries_.push_back({std::string(key), type, std::move(bytes)});
}

void GgufKeys::set(std::string_view key, std::uint32_t value) {
    std::string bytes;
    put_number(bytes, value, 4);
    put(key, number_of(GgufValueType::u32), std::move(bytes));
}

void GgufKeys::set(std::string_view key, bool value) {
    put(key, number_of(GgufValueType::boolean), std::string(1, value ? '\1' : '\0'));
}

void GgufKeys::set(std::string_view key, std::string_view text) {
    std::string bytes;
    put_text(bytes, text);
    put(key, number_of(GgufValueType::string), std::move(bytes));
}

bool GgufKeys::set(std::string_view key, const ConfigValue& value) {
    std::string bytes;
    if (const auto* list = std::get_if<std::shared_ptr<const ConfigValue::List>>(&value.value)) {
        const auto type = type_of_all(**list);
        if (!type) return false;
        put_number(bytes, number_of(*type), 4);
        put_number(bytes, (*list)->size(), 8);
        for (const ConfigValue& member : **list) put_value(bytes, member, *type);
        put(key, number_of(GgufValueType::array), std::move(bytes));
        return true;
    }
    const auto type = type_of(value);
    if (!type) return false;
    put_value(bytes, value, *type);
    put(key, number_of(*type), std::move(bytes));
    return true;
}

void GgufKeys::set_stored(std::string_view key, std::uint32_t type,
                          std::span<const std::byte> bytes) {
    put(key, type, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

std::string GgufKeys::image() const {
    std::string all;
    for (const Entry& entry : entries_) {
        put_text(all, entry.key);
        put_number(all, entry.type, 4);
        all += entry.bytes;
    }
    return all;
}

GgufWriter::GgufWriter(const std::filesystem::path& path, const GgufKeys& keys,
                       std::span<const TensorHeader> tensors)
    : file_(path) {
    std::string head = "GGUF";
    put_number(head, 3, 4);
    put_number(head, tensors.size(), 8);
    put_number(head, keys.count(), 8);
    head += keys.image();
    std::set<std::string_view> names;
    std::uint64_t offset = 0;
    for (const TensorHeader& tensor : tensors) {
        const std::uint64_t bytes = check(tensor);
        if (!names.insert(tensor.name).second) refuse(tensor, "given twice");
        put_text(head, tensor.name);
        put_number(head, tensor.shape.size(), 4);
        for (std::size_t i = tensor.shape.size(); i-- > 0;)
            put_number(head, static_cast<std::uint64_t>(tensor.shape[i]), 8);
        put_number(head, *find_gguf_type(tensor.dtype), 4);
        put_number(head, offset, 8);
        const auto end = checked_add(offset, bytes);
        const auto next = end ? checked_align(*end, alignment) : std::nullopt;
        if (!next) refuse(tensor, "the tensors are more bytes than can be counted");
        offset = *next;
        sizes_.push_back(bytes);
    }
    head.append((alignment - head.size() % alignment) % alignment, '\0');
    file_.write(head);
}

void GgufWriter::append(std::span<const std::byte> bytes) {
    if (tensor_ == sizes_.size() || bytes.size() > sizes_[tensor_] - written_)
        throw Error(ErrorCode::internal, "more tensor bytes than the table announces");
    file_.write(bytes);
    written_ += bytes.size();
    if (written_ < sizes_[tensor_]) return;
    file_.write(std::string((alignment - written_ % alignment) % alignment, '\0'));
    ++tensor_;
    written_ = 0;
}

void GgufWriter::commit() {
    if (tensor_ != sizes_.size())
        throw Error(ErrorCode::internal,
                    fmt::format("{} tensors are still to be written", sizes_.size() - tensor_));
    file_.commit();
}

}  // namespace hekla::weights
