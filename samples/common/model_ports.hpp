// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <hekla/hekla.hpp>
#include <optional>
#include <string>
#include <vector>

namespace hekla::host {

/// One size of a port: a number, or words of the graph ("B", "4*H") that a run decides.
struct PortSize {
    std::string text;
    std::optional<std::int64_t> number;

    /// How this size follows from a dim: 8 and 1 of "8*LH" where `dim` is "LH"; 1 and 4 of "4*floor((H+3)/4)", which is H where H is a
    /// multiple of 4. Nothing for other words.
    struct Growth {
        std::int64_t times = 1, multiple = 1;
    };
    std::optional<Growth> growth(const std::string& dim) const;
};

/// An input or output of a model as the graph says it.
struct Port {
    std::string name;
    hekla_dtype dtype = HEKLA_F32;
    std::vector<PortSize> shape;
    bool optional = false;  ///< an input that may be left out

    /// "z [B, 100]"
    std::string text() const;
    /// Elements of one picture: the product of all sizes but the first. Throws std::runtime_error where one is not a number.
    std::int64_t elements_each() const;
};

/// What a model takes and gives, by name. Hosts decide by these what a model is, never by its own name.
class ModelPorts {
  public:
    explicit ModelPorts(const Model& model);

    /// Null: the model has none of this name.
    const Port* input(const std::string& name) const;
    const Port* output(const std::string& name) const;
    /// The input or output of the first of these names that the model has. Throws std::runtime_error that names what the model has instead.
    const Port& require_input(std::initializer_list<const char*> names) const;
    const Port& require_output(std::initializer_list<const char*> names) const;
    /// Throws std::runtime_error if the model needs an input that is not among these: the host would not know what to give.
    void allow_inputs(std::initializer_list<const char*> names) const;
    const std::vector<Port>& inputs() const { return inputs_; }
    const std::vector<Port>& outputs() const { return outputs_; }

    /// Largest value of a dim that runs bind; 0: no limit, or no such dim.
    std::int64_t dim_max(const std::string& dim) const;
    /// What values of a dim must be multiples of; 1: anything.
    std::int64_t dim_multiple(const std::string& dim) const;

  private:
    std::string graph_;
    std::vector<Port> inputs_, outputs_;
    std::vector<hekla_dim_info> dims_;
};

}  // namespace hekla::host
