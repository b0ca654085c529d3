// SPDX-License-Identifier: MIT
#pragma once

#include "plan/split.hpp"

#include <string>
#include <vector>

namespace hekla::plan {

/// Throws Error(unsupported) naming the node.
[[noreturn]] void refuse(const Launch& launch, const std::string& what);
/// Does the kernel take the place of the norm in front of it?
bool norms_itself(const ops::KernelSpec& kernel, const Launch& launch);
const std::optional<View>& norm_weight(const Launch& launch);

/// Turns launches into dispatches: brings views into the form kernels take (dispatch.cpp), picks a kernel for each (choose.cpp), lays out what
/// it takes otherwise (prepare.cpp), and writes the parameter image.
class DispatchBuilder {
  public:
    DispatchBuilder(const Draft& draft, std::vector<Storage>& storages, Plan& plan)
        : draft_(draft), storages_(storages), plan_(plan), splitter_(draft, storages) {}

    void add(Launch launch);

  private:
    Launch conform(Launch launch);
    void conform_reduction(Launch& launch);
    void emit(Launch launch);
    void emit_winograd(Launch launch, const Dispatch& chosen);
    void emit_shares(Launch launch, const Scope& scope, Dispatch chosen);
    void write(const Launch& launch, const Scope& scope, Dispatch dispatch);
    Scope kernel_scope(const Launch& launch) const;
    Scope own_scope(const ops::KernelSpec& kernel, const Scope& scope) const;
    std::uint32_t local_size(std::uint32_t size) const;
    bool is_forced(const ops::KernelSpec& kernel) const;
    std::string missing(const ops::KernelSpec& kernel) const;
    std::string obstacle(const ops::KernelSpec& kernel, const Launch& launch,
                         const Scope& scope) const;
    double cost_of(const ops::KernelSpec& kernel, const Launch& launch, const Scope& scope) const;
    std::string describe(const ops::KernelSpec& kernel, const Launch& launch,
                         const Scope& scope) const;
    const ops::KernelSpec& choose(const Launch& launch, const Scope& scope, double& cost) const;
    View new_tensor(const Dims& sizes);
    Dims prepared_sizes(const Launch& launch, ops::KernelSpec::Takes takes) const;
    std::int64_t further_dispatches(const Launch& launch, ops::KernelSpec::Takes takes) const;
    std::uint64_t prepared_bytes(const ops::KernelSpec& kernel, const Launch& launch,
                                 const Scope& scope) const;
    View tiled_copy(const Launch& launch);
    View tiled_norm(const Launch& launch);
    View padded_copy(const Launch& launch);
    View places_copy(const Launch& launch);
    View tiled_matrices(const Launch& launch);
    View packed_matrices(const Launch& launch);
    View packed_copy(const View& view, const std::string& path);
    Binding bind(const Launch& launch, const View& view, const std::string& name, bool written,
                 bool by_address, std::int64_t& base_elements) const;
    void push_word(const Dim& value);
    void push_float(double value);
    void set_groups(Dispatch& dispatch, const Launch& launch, const Scope& scope) const;

    const Draft& draft_;
    std::vector<Storage>& storages_;
    Plan& plan_;
    Splitter splitter_;
};

}  // namespace hekla::plan
