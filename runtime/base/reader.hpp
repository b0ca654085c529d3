// SPDX-License-Identifier: MIT
#pragma once

#include "base/error.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace hekla {

/// Reads little-endian numbers and byte ranges from a file's image, front to back, and never past its end.
/// Borrows the bytes and copies the name. A read that does not fit throws Error(invalid_file), naming the file, the byte and what was
/// being read, and leaves the position where it was.
class ByteReader {
  public:
    /// `file` names the image in messages; `base_offset` is where the image starts within that file.
    explicit ByteReader(std::span<const std::byte> image, std::string_view file,
                        std::uint64_t base_offset = 0)
        : image_(image), file_(file), base_offset_(base_offset) {}

    std::size_t position() const { return position_; }
    std::size_t remaining() const { return image_.size() - position_; }
    bool at_end() const { return remaining() == 0; }

    /// An integer, float or double, stored little-endian and at any alignment. `what` is for the message.
    template <typename T>
    requires std::is_arithmetic_v<T> T read(std::string_view what) {
        std::byte raw[sizeof(T)];
        const std::span<const std::byte> stored = bytes(sizeof(T), what);
        for (std::size_t i = 0; i < sizeof(T); ++i)
            raw[i] = stored[std::endian::native == std::endian::little ? i : sizeof(T) - 1 - i];
        T value;
        std::memcpy(&value, raw, sizeof(T));
        return value;
    }

    /// The next `size` bytes, borrowed from the image.
    std::span<const std::byte> bytes(std::uint64_t size, std::string_view what) {
        if (size > remaining())
            fail(std::string(what) + " needs " + std::to_string(size) + " bytes, but only " +
                 std::to_string(remaining()) + " follow");
        const std::span<const std::byte> found =
            image_.subspan(position_, static_cast<std::size_t>(size));
        position_ += static_cast<std::size_t>(size);
        return found;
    }

    /// The next `size` bytes as text, borrowed from the image. Its encoding is not checked.
    std::string_view text(std::uint64_t size, std::string_view what) {
        const std::span<const std::byte> found = bytes(size, what);
        return {reinterpret_cast<const char*>(found.data()), found.size()};
    }

    /// Refuses the file at the current position.
    [[noreturn]] void fail(std::string_view reason) const {
        throw Error(ErrorCode::invalid_file, file_ + ": at byte " +
                                                 std::to_string(base_offset_ + position_) + ": " +
                                                 std::string(reason));
    }

  private:
    std::span<const std::byte> image_;
    std::string file_;
    std::uint64_t base_offset_;
    std::size_t position_ = 0;
};

}  // namespace hekla
