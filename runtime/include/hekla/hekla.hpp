// SPDX-License-Identifier: MIT
//
// hekla.hpp: the C API of hekla.h with owning handles and exceptions. Header only; everything it does is in hekla.h.
#pragma once

#include "hekla/hekla.h"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace hekla {

/// What a failing call throws.
class Failure : public std::runtime_error {
  public:
    explicit Failure(const hekla_error& error)
        : std::runtime_error(error.text), result_(error.result) {}
    hekla_result result() const { return result_; }

  private:
    hekla_result result_;
};

namespace detail {

template <typename Call>
hekla_result checked(Call&& call) {
    hekla_error error{};
    const hekla_result result = call(&error);
    if (result < 0) throw Failure(error);
    return result;
}

template <typename T, void (*destroy)(T*)>
struct Destroy {
    void operator()(T* handle) const { destroy(handle); }
};

template <typename T, void (*destroy)(T*)>
using Owned = std::unique_ptr<T, Destroy<T, destroy>>;

template <typename Struct>
Struct sized(Struct value = {}) {
    value.size = sizeof(Struct);
    return value;
}

}  // namespace detail

/// The backends; outlives everything below.
class Runtime {
  public:
    explicit Runtime(hekla_runtime_desc desc = {}) {
        desc.size = sizeof desc;
        hekla_runtime* handle = nullptr;
        detail::checked([&](hekla_error* e) { return hekla_runtime_create(&desc, &handle, e); });
        handle_.reset(handle);
    }
    hekla_runtime* get() const { return handle_.get(); }

    /// Best first.
    std::vector<hekla_device_info> devices() const {
        std::vector<hekla_device_info> out(hekla_runtime_device_count(get()),
                                           detail::sized<hekla_device_info>());
        for (std::uint32_t i = 0; i < out.size(); ++i)
            detail::checked(
                [&](hekla_error* e) { return hekla_runtime_device_info(get(), i, &out[i], e); });
        return out;
    }

  private:
    detail::Owned<hekla_runtime, hekla_runtime_destroy> handle_;
};

class Device {
  public:
    /// `which` as in hekla_device_open; empty: the best.
    explicit Device(const Runtime& runtime, const std::string& which = {}, bool baseline = false)
        : Device(runtime, which, profile(baseline)) {}
    Device(const Runtime& runtime, const std::string& which, hekla_device_desc desc) {
        desc.size = sizeof desc;
        hekla_device* handle = nullptr;
        detail::checked([&](hekla_error* e) {
            return hekla_device_open(runtime.get(), which.empty() ? nullptr : which.c_str(), &desc,
                                     &handle, e);
        });
        handle_.reset(handle);
    }
    hekla_device* get() const { return handle_.get(); }
    hekla_device_info info() const {
        auto out = detail::sized<hekla_device_info>();
        detail::checked([&](hekla_error* e) { return hekla_device_describe(get(), &out, e); });
        return out;
    }

  private:
    static hekla_device_desc profile(bool baseline) {
        hekla_device_desc desc{};
        desc.baseline = baseline ? 1 : 0;
        return desc;
    }

    detail::Owned<hekla_device, hekla_device_destroy> handle_;
};

/// What weights say of themselves (hekla_checkpoint). Values live as long as this.
class Checkpoint {
  public:
    explicit Checkpoint(const std::string& path) {
        hekla_checkpoint* handle = nullptr;
        detail::checked(
            [&](hekla_error* e) { return hekla_checkpoint_open(path.c_str(), &handle, e); });
        handle_.reset(handle);
    }

    /// A value of kind HEKLA_VALUE_NULL where there is none.
    hekla_value value(const std::string& key) const {
        auto out = detail::sized<hekla_value>();
        hekla_error error{};
        const hekla_result result =
            hekla_checkpoint_value(handle_.get(), key.c_str(), &out, &error);
        if (result < 0 && result != HEKLA_NOT_FOUND) throw Failure(error);
        return out;
    }
    static std::vector<hekla_value> values(const hekla_value& list) {
        std::vector<hekla_value> out(list.count, detail::sized<hekla_value>());
        for (std::uint64_t i = 0; i < out.size(); ++i)
            detail::checked(
                [&](hekla_error* e) { return hekla_checkpoint_list_value(&list, i, &out[i], e); });
        return out;
    }

  private:
    detail::Owned<hekla_checkpoint, hekla_checkpoint_destroy> handle_;
};

class Model {
  public:
    Model(const Device& device, hekla_model_desc desc) {
        desc.size = sizeof desc;
        hekla_model* handle = nullptr;
        if (detail::checked([&](hekla_error* e) {
                return hekla_model_load(device.get(), &desc, &handle, e);
            }) == HEKLA_CANCELLED)
            throw Failure({HEKLA_CANCELLED, "loading was stopped"});
        handle_.reset(handle);
    }
    hekla_model* get() const { return handle_.get(); }
    std::string name() const { return hekla_model_name(get()); }

    std::vector<hekla_dim_info> dims() const {
        return list<hekla_dim_info>(hekla_model_dim_count, hekla_model_dim);
    }
    std::vector<hekla_port_info> inputs() const {
        return list<hekla_port_info>(hekla_model_input_count, hekla_model_input);
    }
    std::vector<hekla_port_info> outputs() const {
        return list<hekla_port_info>(hekla_model_output_count, hekla_model_output);
    }

    hekla_memory_report memory(std::span<const hekla_dim_value> dims) const {
        auto out = detail::sized<hekla_memory_report>();
        detail::checked([&](hekla_error* e) {
            return hekla_model_memory(get(), dims.data(), static_cast<std::uint32_t>(dims.size()),
                                      &out, e);
        });
        return out;
    }

    void plan(std::span<const hekla_dim_value> dims, std::span<const char* const> outputs,
              int (*step)(void* user, const hekla_plan_step* step), void* user) const {
        detail::checked([&](hekla_error* e) {
            return hekla_model_plan(get(), dims.data(), static_cast<std::uint32_t>(dims.size()),
                                    outputs.data(), static_cast<std::uint32_t>(outputs.size()),
                                    step, user, e);
        });
    }

  private:
    template <typename Info>
    std::vector<Info> list(std::uint32_t (*count)(const hekla_model*),
                           hekla_result (*item)(const hekla_model*, std::uint32_t, Info*,
                                                hekla_error*)) const {
        std::vector<Info> out(count(get()));
        for (std::uint32_t i = 0; i < out.size(); ++i)
            detail::checked([&](hekla_error* e) { return item(get(), i, &out[i], e); });
        return out;
    }
    detail::Owned<hekla_model, hekla_model_destroy> handle_;
};

/// A tensor that owns its bytes.
struct Tensor {
    hekla_dtype dtype = HEKLA_F32;
    std::vector<std::int64_t> shape;
    std::vector<std::byte> bytes;

    template <typename T>
    std::span<const T> as() const {
        return {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
    }
};

class Context {
  public:
    /// `capacity`: largest value of carried dims, e.g. {{"P", 512}}.
    explicit Context(const Model& model, std::span<const hekla_dim_value> capacity = {},
                     bool timed = false) {
        hekla_context_desc desc = detail::sized<hekla_context_desc>();
        desc.capacity = capacity.data();
        desc.capacity_count = static_cast<std::uint32_t>(capacity.size());
        desc.timed = timed ? 1 : 0;
        hekla_context* handle = nullptr;
        detail::checked(
            [&](hekla_error* e) { return hekla_context_create(model.get(), &desc, &handle, e); });
        handle_.reset(handle);
    }
    hekla_context* get() const { return handle_.get(); }

    void set_input(const char* name, hekla_dtype dtype, std::span<const std::int64_t> shape,
                   std::span<const std::byte> data) {
        hekla_tensor tensor{};
        if (shape.size() > HEKLA_MAX_RANK)
            throw Failure({HEKLA_INVALID_ARGUMENT, "a tensor has too many axes"});
        tensor.dtype = dtype;
        tensor.rank = static_cast<std::uint32_t>(shape.size());
        for (std::size_t i = 0; i < shape.size(); ++i) tensor.shape[i] = shape[i];
        tensor.data = const_cast<std::byte*>(data.data());
        tensor.size_bytes = data.size();
        detail::checked(
            [&](hekla_error* e) { return hekla_context_set_input(get(), name, &tensor, e); });
    }
    void set_input(const char* name, std::span<const std::int32_t> values,
                   std::initializer_list<std::int64_t> shape) {
        set_input(name, HEKLA_I32, {shape.begin(), shape.size()}, std::as_bytes(values));
    }
    void set_input(const char* name, std::span<const float> values,
                   std::initializer_list<std::int64_t> shape) {
        set_input(name, HEKLA_F32, {shape.begin(), shape.size()}, std::as_bytes(values));
    }

    /// False: cancelled.
    bool run(std::span<const char* const> outputs = {}) {
        hekla_run_desc desc = detail::sized<hekla_run_desc>();
        desc.outputs = outputs.data();
        desc.output_count = static_cast<std::uint32_t>(outputs.size());
        return detail::checked(
                   [&](hekla_error* e) { return hekla_context_run(get(), &desc, e); }) == HEKLA_OK;
    }
    /// False: stopped by `progress`.
    bool warm(std::span<const hekla_dim_value> dims, std::span<const char* const> outputs = {},
              hekla_progress progress = nullptr, void* user = nullptr) {
        hekla_warm_desc desc = detail::sized<hekla_warm_desc>();
        desc.dims = dims.data();
        desc.dim_count = static_cast<std::uint32_t>(dims.size());
        desc.outputs = outputs.data();
        desc.output_count = static_cast<std::uint32_t>(outputs.size());
        desc.progress = progress;
        desc.user = user;
        return detail::checked([&](hekla_error* e) {
                   return hekla_context_warm(get(), &desc, e);
               }) == HEKLA_OK;
    }
    void cancel() { hekla_context_cancel(get()); }
    void reset() {
        detail::checked([&](hekla_error* e) { return hekla_context_reset(get(), e); });
    }
    std::int64_t position(const char* dim) const {
        std::int64_t out = 0;
        detail::checked(
            [&](hekla_error* e) { return hekla_context_position(get(), dim, &out, e); });
        return out;
    }
    Tensor read(const char* name) const {
        Tensor out;
        read(name, out);
        return out;
    }
    /// Into a tensor that is kept: no allocation when the shape stays.
    void read(const char* name, Tensor& out) const {
        hekla_tensor tensor{};
        detail::checked(
            [&](hekla_error* e) { return hekla_context_output_shape(get(), name, &tensor, e); });
        std::size_t count = 1;
        for (std::uint32_t i = 0; i < tensor.rank; ++i)
            count *= static_cast<std::size_t>(tensor.shape[i]);
        out.bytes.resize(count * (tensor.dtype == HEKLA_BOOL ? 1 : 4));
        tensor.data = out.bytes.data();
        tensor.size_bytes = out.bytes.size();
        detail::checked(
            [&](hekla_error* e) { return hekla_context_read(get(), name, &tensor, e); });
        out.dtype = tensor.dtype;
        out.shape.assign(tensor.shape, tensor.shape + tensor.rank);
    }

  private:
    detail::Owned<hekla_context, hekla_context_destroy> handle_;
};

}  // namespace hekla
