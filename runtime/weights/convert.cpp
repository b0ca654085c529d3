// SPDX-License-Identifier: MIT
#include "weights/convert.hpp"

#include "base/error.hpp"
#include "weights/quantised.hpp"

#include <cstring>
#include <limits>
#include <string>
#include <type_traits>

namespace hekla::weights {

namespace {

// How one element is stored, and what its value is.
template <typename T>
struct Plain {
    using Stored = T;
    using Value = T;
    static constexpr Value load(Stored stored) { return stored; }
};
struct Half {
    using Stored = std::uint16_t;
    using Value = float;
    static constexpr Value load(Stored stored) { return f16_to_f32(stored); }
    static constexpr Stored store(float value) { return f32_to_f16(value); }
};
struct BrainHalf {
    using Stored = std::uint16_t;
    using Value = float;
    static constexpr Value load(Stored stored) { return bf16_to_f32(stored); }
    static constexpr Stored store(float value) { return f32_to_bf16(value); }
};
struct Single : Plain<float> {
    static constexpr Stored store(float value) { return value; }
};
struct Double : Plain<double> {
    static constexpr Stored store(double value) { return value; }
};
struct Bool {
    using Stored = std::uint8_t;
    using Value = std::uint8_t;
    static constexpr Value load(Stored stored) { return stored != 0; }
};

/// Calls `use` with the element type of a floating dtype; of a whole-number one or bool.
template <typename Use>
void with_floating(DType type, Use&& use) {
    switch (type) {
        case DType::f16:
            return use(Half{});
        case DType::bf16:
            return use(BrainHalf{});
        case DType::f32:
            return use(Single{});
        case DType::f64:
            return use(Double{});
        default:
            return;
    }
}
template <typename Use>
void with_whole(DType type, Use&& use) {
    switch (type) {
        case DType::i8:
            return use(Plain<std::int8_t>{});
        case DType::u8:
            return use(Plain<std::uint8_t>{});
        case DType::i16:
            return use(Plain<std::int16_t>{});
        case DType::u16:
            return use(Plain<std::uint16_t>{});
        case DType::i32:
            return use(Plain<std::int32_t>{});
        case DType::u32:
            return use(Plain<std::uint32_t>{});
        case DType::i64:
            return use(Plain<std::int64_t>{});
        case DType::u64:
            return use(Plain<std::uint64_t>{});
        case DType::boolean:
            return use(Bool{});
        default:
            return;
    }
}

bool is_whole(DType type) { return type != DType::floating && !is_floating(type); }

/// target[i] = change(source[i]), both unaligned.
template <typename Source, typename Target, typename Change>
void for_each_element(const std::byte* source, std::byte* target, std::size_t count,
                      Change change) {
    for (std::size_t i = 0; i < count; ++i) {
        Source from;
        std::memcpy(&from, source + i * sizeof(Source), sizeof(Source));
        const Target to = change(from);
        std::memcpy(target + i * sizeof(Target), &to, sizeof(Target));
    }
}

template <typename Whole, typename Target>
constexpr bool fits(typename Whole::Stored stored) {
    const auto value = Whole::load(stored);
    using Value = decltype(value);
    bool below = false;
    if constexpr (std::is_signed_v<std::remove_cv_t<Value>>) {
        if constexpr (std::is_unsigned_v<Target>)
            below = value < 0;
        else if constexpr (sizeof(Value) > sizeof(Target))
            below =
                value < static_cast<std::remove_cv_t<Value>>(std::numeric_limits<Target>::min());
    }
    bool above = false;
    if constexpr (static_cast<std::uint64_t>(std::numeric_limits<std::remove_cv_t<Value>>::max()) >
                  static_cast<std::uint64_t>(std::numeric_limits<Target>::max()))
        above = value > static_cast<std::remove_cv_t<Value>>(std::numeric_limits<Target>::max());
    return !below && !above;
}

/// The first element that does not fit. One pass without a way out early, which vectorises; the second only when something is wrong.
template <typename Whole, typename Target>
std::optional<std::size_t> first_misfit(const std::byte* source, std::size_t count) {
    const auto misfit = [&](std::size_t i) {
        typename Whole::Stored from;
        std::memcpy(&from, source + i * sizeof(from), sizeof(from));
        return !fits<Whole, Target>(from);
    };
    unsigned any = 0;
    for (std::size_t i = 0; i < count; ++i) any |= misfit(i) ? 1u : 0u;
    if (any == 0) return std::nullopt;
    std::size_t i = 0;
    while (!misfit(i)) ++i;
    return i;
}

template <typename Whole, typename Target>
std::optional<std::size_t> to_whole(const std::byte* source, std::byte* target, std::size_t count) {
    for_each_element<typename Whole::Stored, Target>(
        source, target, count, [](auto from) { return static_cast<Target>(Whole::load(from)); });
    return first_misfit<Whole, Target>(source, count);
}

}  // namespace

bool can_convert(DType from, DType to) {
    if (from == DType::floating || to == DType::floating) return false;
    if (is_quantised(from)) return to == DType::f32;
    if (is_quantised(to)) return false;
    if (from == to || (is_floating(from) && is_floating(to))) return true;
    return is_whole(from) && (to == DType::f32 || to == DType::i32 || to == DType::i64 ||
                              to == DType::u32 || to == DType::boolean);
}

std::optional<std::size_t> convert(DType from, std::span<const std::byte> source, DType to,
                                   std::span<std::byte> target) {
    if (!can_convert(from, to))
        throw Error(ErrorCode::internal, "no conversion from " + std::string(name_of(from)) +
                                             " to " + std::string(name_of(to)));
    if (is_quantised(from)) {
        dequantise(from, source,
                   {reinterpret_cast<float*>(target.data()), target.size() / sizeof(float)});
        return std::nullopt;
    }
    const std::size_t count = source.size() / size_bytes(from);
    if (source.size() != count * size_bytes(from) || target.size() != count * size_bytes(to))
        throw Error(ErrorCode::internal, "conversion between buffers whose sizes do not match");
    if (count == 0) return std::nullopt;

    const std::byte* const in = source.data();
    std::byte* const out = target.data();
    if (from == to) {
        std::memcpy(out, in, source.size());
        return std::nullopt;
    }
    if (is_floating(from)) {
        with_floating(from, [&](auto source_type) {
            with_floating(to, [&](auto target_type) {
                using Source = decltype(source_type);
                using Target = decltype(target_type);
                for_each_element<typename Source::Stored, typename Target::Stored>(
                    in, out, count, [](auto stored) {
                        return Target::store(
                            static_cast<typename Target::Value>(Source::load(stored)));
                    });
            });
        });
        return std::nullopt;
    }
    std::optional<std::size_t> misfit;
    with_whole(from, [&](auto source_type) {
        using Source = decltype(source_type);
        using Stored = typename Source::Stored;
        switch (to) {
            case DType::f32:
                return for_each_element<Stored, float>(in, out, count, [](auto stored) {
                    return static_cast<float>(Source::load(stored));
                });
            case DType::boolean:
                return for_each_element<Stored, std::uint8_t>(in, out, count, [](auto stored) {
                    return static_cast<std::uint8_t>(Source::load(stored) != 0);
                });
            case DType::i32:
                misfit = to_whole<Source, std::int32_t>(in, out, count);
                return;
            case DType::i64:
                misfit = to_whole<Source, std::int64_t>(in, out, count);
                return;
            case DType::u32:
                misfit = to_whole<Source, std::uint32_t>(in, out, count);
                return;
            default:
                return;
        }
    });
    return misfit;
}

void convert_to_f32(DType from, std::span<const std::byte> source, std::span<float> target) {
    convert(from, source, DType::f32, std::as_writable_bytes(target));
}

}  // namespace hekla::weights
