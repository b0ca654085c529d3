// SPDX-License-Identifier: MIT
#include "weights/gguf.hpp"

#include "base/checked.hpp"
#include "base/error.hpp"
#include "base/reader.hpp"
#include "weights/gguf_sizes.hpp"
#include "weights/gguf_types.hpp"
#include "weights/json.hpp"
#include "weights/safetensors.hpp"
#include "weights/safetensors_types.hpp"

#include <algorithm>
#include <initializer_list>
#include <limits>
#include <memory>
#include <numeric>

#include <fmt/format.h>

namespace hekla::weights {

namespace {

ConfigValue read_value(ByteReader& reader, GgufValueType type) {
    constexpr auto what = "a value";
    ConfigValue value;
    switch (type) {
        case GgufValueType::u8:
            value.value = std::int64_t{reader.read<std::uint8_t>(what)};
            break;
        case GgufValueType::i8:
            value.value = std::int64_t{reader.read<std::int8_t>(what)};
            break;
        case GgufValueType::u16:
            value.value = std::int64_t{reader.read<std::uint16_t>(what)};
            break;
        case GgufValueType::i16:
            value.value = std::int64_t{reader.read<std::int16_t>(what)};
            break;
        case GgufValueType::u32:
            value.value = std::int64_t{reader.read<std::uint32_t>(what)};
            break;
        case GgufValueType::i32:
            value.value = std::int64_t{reader.read<std::int32_t>(what)};
            break;
        case GgufValueType::i64:
            value.value = reader.read<std::int64_t>(what);
            break;
        case GgufValueType::u64: {
            const auto number = reader.read<std::uint64_t>(what);
            if (number <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
                value.value = static_cast<std::int64_t>(number);
            else
                value.value = static_cast<double>(number);
            break;
        }
        case GgufValueType::f32:
            value.value = static_cast<double>(reader.read<float>(what));
            break;
        case GgufValueType::f64:
            value.value = reader.read<double>(what);
            break;
        case GgufValueType::boolean:
            value.value = reader.read<std::uint8_t>(what) != 0;
            break;
        case GgufValueType::string:
            value.value = std::string(reader.text(reader.read<std::uint64_t>(what), what));
            break;
        case GgufValueType::array: {
            const auto element = static_cast<GgufValueType>(reader.read<std::uint32_t>(what));
            const auto count = reader.read<std::uint64_t>(what);
            auto list = std::make_shared<ConfigValue::List>();
            list->reserve(static_cast<std::size_t>(
                count));  // checked when the file was opened: each has a byte at least
            for (std::uint64_t i = 0; i < count; ++i) list->push_back(read_value(reader, element));
            value.value = std::shared_ptr<const ConfigValue::List>(std::move(list));
            break;
        }
    }
    return value;
}

}  // namespace

class GgufReader {
  public:
    GgufReader(std::span<const std::byte> image, std::string_view file)
        : image_(image), file_(file), reader_(image, file) {}

    GgufContents read() {
        read_start();
        for (std::uint64_t i = 0; i < key_count_; ++i) read_entry();
        index_entries();
        read_settings();
        for (std::uint64_t i = 0; i < tensor_count_; ++i) read_tensor();
        place_tensors();
        check_gguf_sizes(contents_.metadata, contents_.tensors, file_);
        return std::move(contents_);
    }

  private:
    [[noreturn]] void refuse(const std::string& reason,
                             ErrorCode code = ErrorCode::invalid_file) const {
        throw Error(code, fmt::format("{}: {}", file_, reason));
    }
    [[noreturn]] void refuse_tensor(std::string_view name, const std::string& reason,
                                    ErrorCode code = ErrorCode::invalid_file) const {
        refuse(fmt::format("tensor {}: {}", quoted_for_message(name), reason), code);
    }
    [[noreturn]] void refuse_key(std::string_view key, const std::string& reason) const {
        refuse(fmt::format("metadata {}: {}", quoted_for_message(key), reason));
    }

    void read_start() {
        if (reader_.text(4, "the mark GGUF") != "GGUF")
            refuse("is a GGUF file in big-endian byte order", ErrorCode::unsupported);
        const auto version = reader_.read<std::uint32_t>("the version");
        if (version != 0 && (version & 0xffff) == 0)
            refuse("is a GGUF file in big-endian byte order", ErrorCode::unsupported);
        if (version == 1)
            refuse("is of GGUF version 1, which nothing writes any more; convert it again",
                   ErrorCode::unsupported);
        if (version != 2 && version != 3)
            refuse(fmt::format("GGUF version {} is unknown; 2 and 3 are read", version));
        tensor_count_ = reader_.read<std::uint64_t>("the number of tensors");
        key_count_ = reader_.read<std::uint64_t>("the number of metadata keys");
        if (tensor_count_ > max_tensors_per_file)
            refuse(fmt::format("{} tensors announced, {} are allowed", tensor_count_,
                               max_tensors_per_file));
        if (key_count_ > max_gguf_keys)
            refuse(fmt::format("{} metadata keys announced, {} are allowed", key_count_,
                               max_gguf_keys));
    }

    std::string_view read_text(std::string_view what) {
        return reader_.text(reader_.read<std::uint64_t>(what), what);
    }

    void read_entry() {
        GgufMetadata::Entry entry;
        entry.key = read_text("a metadata key");
        if (entry.key.empty()) reader_.fail("a metadata key is empty");
        if (entry.key.size() > max_gguf_key_bytes)
            refuse_key(entry.key,
                       fmt::format("the key is longer than {} bytes", max_gguf_key_bytes));
        if (has_control_character(entry.key))
            refuse_key(entry.key, "the key has a control character");
        entry.type = reader_.read<std::uint32_t>("a metadata value's type");
        entry.position = reader_.position();
        skip_value(entry.key, entry.type);
        entry.size_bytes = reader_.position() - entry.position;
        contents_.metadata.entries_.push_back(entry);
    }

    void skip_value(std::string_view key, std::uint32_t type) {
        const std::string what = fmt::format("metadata {}", quoted_for_message(key));
        if (const std::size_t bytes = gguf_value_bytes(type))
            check_elements(key, type, reader_.bytes(bytes, what));
        else if (type == static_cast<std::uint32_t>(GgufValueType::string))
            read_text(what);
        else if (type == static_cast<std::uint32_t>(GgufValueType::array))
            skip_array(key, what);
        else
            refuse_key(key, fmt::format("unknown type {}", type));
    }

    void skip_array(std::string_view key, const std::string& what) {
        const auto type = reader_.read<std::uint32_t>(what);
        const auto count = reader_.read<std::uint64_t>(what);
        if (const std::size_t bytes = gguf_value_bytes(type)) {
            const std::optional<std::uint64_t> total = checked_mul<std::uint64_t>(count, bytes);
            if (!total)
                refuse_key(key,
                           fmt::format("an array of {} elements is more bytes than can be counted",
                                       count));
            check_elements(key, type, reader_.bytes(*total, what));
            return;
        }
        if (type != static_cast<std::uint32_t>(GgufValueType::string))
            refuse_key(
                key, fmt::format("an array of type {}; arrays hold numbers, bools or text", type));
        for (std::uint64_t i = 0; i < count; ++i)
            read_text(what);  // ends at the end of the file at the latest
    }

    void check_elements(std::string_view key, std::uint32_t type,
                        std::span<const std::byte> bytes) const {
        if (type != static_cast<std::uint32_t>(GgufValueType::boolean)) return;
        if (std::any_of(bytes.begin(), bytes.end(),
                        [](std::byte byte) { return byte > std::byte{1}; }))
            refuse_key(key, "a bool that is neither 0 nor 1");
    }

    void index_entries() {
        GgufMetadata& metadata = contents_.metadata;
        metadata.image_ = image_;
        metadata.by_name_.resize(metadata.entries_.size());
        std::iota(metadata.by_name_.begin(), metadata.by_name_.end(), 0u);
        const auto key = [&](std::uint32_t i) { return metadata.entries_[i].key; };
        std::sort(metadata.by_name_.begin(), metadata.by_name_.end(),
                  [&](std::uint32_t a, std::uint32_t b) { return key(a) < key(b); });
        const auto twice =
            std::adjacent_find(metadata.by_name_.begin(), metadata.by_name_.end(),
                               [&](std::uint32_t a, std::uint32_t b) { return key(a) == key(b); });
        if (twice != metadata.by_name_.end()) refuse_key(key(*twice), "is given twice");
    }

    /// The value of a key that this reader itself goes by; refuses one of another type.
    template <typename T>
    std::optional<T> setting(std::string_view key,
                             std::initializer_list<GgufValueType> types) const {
        const GgufMetadata::Entry* const entry = contents_.metadata.find_entry(key);
        if (entry == nullptr) return std::nullopt;
        if (std::find(types.begin(), types.end(), static_cast<GgufValueType>(entry->type)) ==
            types.end())
            refuse_key(key, fmt::format("its type is {}, which this key cannot have", entry->type));
        return std::get<T>(contents_.metadata.find(key)->value);
    }

    void read_settings() {
        const auto architecture =
            setting<std::string>("general.architecture", {GgufValueType::string});
        if (architecture) {
            if (architecture->empty() || has_control_character(*architecture))
                refuse_key("general.architecture", "is no name");
            // The text itself, borrowed from the image.
            ByteReader reader(
                image_.subspan(contents_.metadata.find_entry("general.architecture")->position),
                file_);
            contents_.metadata.architecture_ =
                reader.text(reader.read<std::uint64_t>("a length"), "a name");
        }
        const auto alignment = setting<std::int64_t>("general.alignment", {GgufValueType::u32});
        if (alignment) {
            const bool power_of_two = *alignment > 0 && (*alignment & (*alignment - 1)) == 0;
            if (!power_of_two || *alignment > max_gguf_alignment)
                refuse_key("general.alignment", fmt::format("{} is no power of two up to {}",
                                                            *alignment, max_gguf_alignment));
            alignment_ = static_cast<std::uint64_t>(*alignment);
        }
        read_split();
    }

    /// Files of one part may carry the keys of split ones; they must not lie then.
    void read_split() {
        const auto types = {GgufValueType::u8, GgufValueType::u16, GgufValueType::u32,
                            GgufValueType::i32};
        const auto count = setting<std::int64_t>("split.count", types);
        const auto number = setting<std::int64_t>("split.no", types);
        const auto tensors = setting<std::int64_t>("split.tensors.count", types);
        if (count && *count > 1)
            refuse(fmt::format("is one of {} parts of a split GGUF file; merge them first "
                               "(llama-gguf-split --merge)",
                               *count),
                   ErrorCode::unsupported);
        if (count && *count < 0) refuse_key("split.count", fmt::format("{} parts", *count));
        if (number && *number != 0)
            refuse_key("split.no", fmt::format("part {} of a file that is not split", *number));
        if (tensors && static_cast<std::uint64_t>(*tensors) != tensor_count_)
            refuse_key("split.tensors.count", fmt::format("{} tensors, but the file has {}; parts "
                                                          "of it are missing: download it again",
                                                          *tensors, tensor_count_));
    }

    void read_tensor() {
        Tensor& tensor = contents_.tensors.emplace_back();
        const std::string_view name = read_text("a tensor's name");
        if (name.empty()) reader_.fail("a tensor needs a name");
        if (name.size() > max_gguf_name_bytes)
            refuse_tensor(name,
                          fmt::format("its name is longer than {} bytes", max_gguf_name_bytes));
        if (has_control_character(name)) refuse_tensor(name, "its name has a control character");
        tensor.name = name;
        const auto rank = reader_.read<std::uint32_t>("a tensor's rank");
        if (rank == 0 || rank > max_gguf_dims)
            refuse_tensor(name,
                          fmt::format("{} dimensions; GGUF has 1 to {}", rank, max_gguf_dims));
        tensor.shape.resize(rank);
        // The file lists the innermost dimension first.
        for (std::size_t i = rank; i-- > 0;) {
            const auto size = reader_.read<std::uint64_t>("a tensor's shape");
            if (size == 0 ||
                size > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
                refuse_tensor(name, fmt::format("a dimension of {}", size));
            tensor.shape[i] = static_cast<std::int64_t>(size);
        }
        const auto type = reader_.read<std::uint32_t>("a tensor's type");
        const std::optional<DType> dtype = find_gguf_dtype(type);
        if (!dtype) {
            const std::string_view foreign = foreign_gguf_type(type);
            if (foreign.empty())
                refuse_tensor(name, fmt::format("unknown or withdrawn type {}", type));
            refuse_tensor(
                name,
                fmt::format("the type {} is not read; use the model in another type, such as Q8_0, "
                            "Q4_K or F16",
                            foreign),
                ErrorCode::unsupported);
        }
        tensor.dtype = *dtype;
        tensor.offset_bytes = reader_.read<std::uint64_t>("a tensor's offset");
        const Block block = block_of(tensor.dtype);
        if (tensor.shape.back() % block.elements != 0)
            refuse_tensor(name,
                          fmt::format("rows of {} elements; {} stores whole blocks of {}",
                                      tensor.shape.back(), name_of(tensor.dtype), block.elements));
        const std::optional<std::uint64_t> bytes = stored_size(tensor.dtype, tensor.shape);
        if (!bytes)
            refuse_tensor(name, fmt::format("shape [{}] is more bytes than can be counted",
                                            fmt::join(tensor.shape, ", ")));
        tensor.size_bytes = *bytes;
    }

    /// The data area is covered in the order of the offsets, with padding alone between tensors.
    void place_tensors() {
        std::vector<Tensor>& tensors = contents_.tensors;
        const std::optional<std::uint64_t> data =
            checked_align<std::uint64_t>(reader_.position(), alignment_);
        const std::uint64_t data_bytes = data && *data <= image_.size() ? image_.size() - *data : 0;
        std::sort(tensors.begin(), tensors.end(),
                  [](const Tensor& a, const Tensor& b) { return a.offset_bytes < b.offset_bytes; });
        std::uint64_t next = 0, end = 0;
        for (const Tensor& tensor : tensors) {
            if (tensor.offset_bytes % alignment_ != 0)
                refuse_tensor(tensor.name,
                              fmt::format("its offset {} is no multiple of the alignment {}",
                                          tensor.offset_bytes, alignment_));
            if (tensor.offset_bytes != next) {
                refuse_tensor(tensor.name,
                              fmt::format("its offset is {}, but the tensor before it {} at {}",
                                          tensor.offset_bytes,
                                          tensor.offset_bytes < next ? "overlaps it; it ends"
                                                                     : "leaves a hole; it ends",
                                          end));
            }
            if (!range_within(tensor.offset_bytes, tensor.size_bytes, data_bytes)) {
                refuse_tensor(
                    tensor.name,
                    fmt::format("its data needs {} bytes from {} on, but only {} bytes of data "
                                "follow; the file is cut short: download it again",
                                tensor.size_bytes, tensor.offset_bytes, data_bytes));
            }
            end = tensor.offset_bytes + tensor.size_bytes;  // within the file
            next =
                checked_align(end, alignment_).value_or(std::numeric_limits<std::uint64_t>::max());
        }
        if (data_bytes > next)
            refuse(fmt::format("{} bytes follow the last tensor's data", data_bytes - end));
        for (Tensor& tensor : tensors) tensor.offset_bytes += *data;
        std::sort(tensors.begin(), tensors.end(),
                  [](const Tensor& a, const Tensor& b) { return a.name < b.name; });
        const auto twice =
            std::adjacent_find(tensors.begin(), tensors.end(),
                               [](const Tensor& a, const Tensor& b) { return a.name == b.name; });
        if (twice != tensors.end()) refuse_tensor(twice->name, "is in the table twice");
    }

    std::span<const std::byte> image_;
    std::string_view file_;
    ByteReader reader_;
    GgufContents contents_;
    std::uint64_t tensor_count_ = 0;
    std::uint64_t key_count_ = 0;
    std::uint64_t alignment_ = 32;
};

const GgufMetadata::Entry* GgufMetadata::find_entry(std::string_view key) const {
    const auto found = std::lower_bound(
        by_name_.begin(), by_name_.end(), key,
        [&](std::uint32_t i, std::string_view name) { return entries_[i].key < name; });
    return found != by_name_.end() && entries_[*found].key == key ? &entries_[*found] : nullptr;
}

const GgufMetadata::Entry* GgufMetadata::resolve(std::string_view key) const {
    const Entry* entry = find_entry(key);
    if (entry == nullptr && key.starts_with("arch.") && !architecture_.empty())
        entry = find_entry(std::string(architecture_).append(key.substr(4)));
    return entry;
}

std::optional<std::uint64_t> GgufMetadata::list_size(std::string_view key) const {
    const Entry* const entry = resolve(key);
    if (entry == nullptr || static_cast<GgufValueType>(entry->type) != GgufValueType::array)
        return std::nullopt;
    ByteReader reader(image_.subspan(entry->position), "metadata");
    reader.read<std::uint32_t>("a type");
    return reader.read<std::uint64_t>("a count");
}

std::optional<ConfigValue> GgufMetadata::find(std::string_view key) const {
    const Entry* const entry = resolve(key);
    if (entry == nullptr) return std::nullopt;
    ByteReader reader(image_.subspan(entry->position), "metadata");
    return read_value(reader, static_cast<GgufValueType>(entry->type));
}

GgufMetadata::Stored GgufMetadata::stored(std::string_view key) const {
    const Entry* const entry = find_entry(key);
    if (entry == nullptr) return {};
    return {entry->type, image_.subspan(entry->position, entry->size_bytes)};
}

std::vector<std::string> GgufMetadata::keys() const {
    std::vector<std::string> keys;
    for (const Entry& entry : entries_) keys.emplace_back(entry.key);
    return keys;
}

GgufContents read_gguf(std::span<const std::byte> image, std::string_view file) {
    return GgufReader(image, file).read();
}

}  // namespace hekla::weights
