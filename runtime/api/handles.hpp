// SPDX-License-Identifier: MIT
#pragma once

#include "execute/context.hpp"
#include "hekla/hekla.h"
#include "weights/checkpoint.hpp"

#include <cstring>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <string_view>
#include <vector>

struct hekla_runtime {
    std::vector<std::shared_ptr<hekla::execute::Backend>> backends;
    std::shared_ptr<const hekla::ops::Catalogue> catalogue;
    struct Listed {
        std::shared_ptr<hekla::execute::Backend> backend;
        std::uint32_t index = 0;
        hekla_plugin_device_info info{};
    };
    std::vector<Listed> devices;  // best first
};

struct hekla_device {
    std::shared_ptr<hekla::execute::Device> device;
    std::shared_ptr<const hekla::ops::Catalogue> catalogue;
};

struct hekla_checkpoint {
    std::unique_ptr<hekla::weights::Checkpoint> checkpoint;
    std::mutex mutex;                                                        // of `values`
    std::map<std::string, hekla::weights::ConfigValue, std::less<>> values;  // those asked for
};

struct hekla_model {
    std::shared_ptr<hekla::execute::Model> model;
};

struct hekla_context {
    std::shared_ptr<hekla::execute::Model> model;
    std::unique_ptr<hekla::execute::Context> context;
    std::vector<hekla_trace_step> trace;
};

/// What every function of the C API needs: structs of any size, errors as text, and one place where exceptions end.
namespace hekla::api {

/// Cuts at the end of a code point.
inline void set_text(char* out, std::size_t room, std::string_view text) {
    std::size_t size = std::min(text.size(), room - 1);
    if (size < text.size())
        while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0u) == 0x80u) --size;
    std::memcpy(out, text.data(), size);
    out[size] = 0;
}

template <std::size_t N>
void set_text(char (&out)[N], std::string_view text) {
    set_text(out, N, text);
}

inline hekla_result fail(hekla_error* error, hekla_result result, std::string_view text) {
    if (error) {
        error->result = result;
        set_text(error->text, text);
    }
    return result;
}

/// Runs `body`, which gives a result; nothing escapes.
template <typename Body>
hekla_result guarded(hekla_error* error, Body&& body) noexcept {
    try {
        const hekla_result result = body();
        if (error && result == HEKLA_OK) {
            error->result = HEKLA_OK;
            error->text[0] = 0;
        }
        return result;
    } catch (const execute::Cancelled&) {
        return fail(error, HEKLA_CANCELLED, "stopped by the caller");
    } catch (const Error& e) {
        return fail(error, static_cast<hekla_result>(e.code()), e.what());
    } catch (const graph::DimOverflow&) {
        return fail(error, HEKLA_LIMIT, "a size overflows 64 bits");
    } catch (const std::bad_alloc&) {
        return fail(error, HEKLA_OUT_OF_MEMORY, "out of host memory");
    } catch (const std::exception& e) {
        return fail(error, HEKLA_INTERNAL, e.what());
    } catch (...) {
        return fail(error, HEKLA_INTERNAL, "an unknown exception");
    }
}

/// The caller's struct, with what its size does not reach left zero. Null: all zero.
template <typename Struct>
Struct sized(const Struct* given) {
    Struct out{};
    if (!given) return out;
    if (given->size < sizeof(std::uint32_t))
        throw Error(ErrorCode::invalid_argument, "a struct's `size` was not set");
    std::memcpy(&out, given, std::min<std::size_t>(given->size, sizeof out));
    return out;
}

/// Fills a struct the caller sized.
template <typename Struct>
void give(Struct* out, Struct value) {
    if (!out) throw Error(ErrorCode::invalid_argument, "no struct to fill in was given");
    if (out->size < sizeof(std::uint32_t))
        throw Error(ErrorCode::invalid_argument, "a struct's `size` was not set");
    value.size = out->size;
    std::memcpy(out, &value, std::min<std::size_t>(out->size, sizeof value));
}

template <typename Pointer>
Pointer need(Pointer pointer, const char* what) {
    if (!pointer) throw Error(ErrorCode::invalid_argument, std::string(what) + " is null");
    return pointer;
}

hekla_dtype to_c(DType type);
void describe(hekla_device_info& out, const std::string& id, const hekla_plugin_device_info& info);

}  // namespace hekla::api
