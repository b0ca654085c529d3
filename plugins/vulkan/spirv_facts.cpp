// SPDX-License-Identifier: MIT
#include "spirv_facts.hpp"

#include "failure.hpp"

#include <algorithm>
#include <unordered_map>

namespace hekla::vulkan {
namespace {

// Numbers from the SPIR-V specification, section 3.
enum Op : uint32_t {
    op_entry_point = 15,
    op_execution_mode = 16,
    op_capability = 17,
    op_type_bool = 20,
    op_type_int = 21,
    op_type_float = 22,
    op_type_vector = 23,
    op_type_matrix = 24,
    op_type_array = 28,
    op_type_struct = 30,
    op_type_pointer = 32,
    op_constant_true = 41,
    op_constant_false = 42,
    op_constant = 43,
    op_constant_composite = 44,
    op_spec_constant_true = 48,
    op_spec_constant_false = 49,
    op_spec_constant = 50,
    op_spec_constant_composite = 51,
    op_spec_constant_op = 52,
    op_function = 54,
    op_variable = 59,
    op_decorate = 71,
    op_i_add = 128,
    op_i_sub = 130,
    op_i_mul = 132,
    op_u_div = 134,
    op_s_div = 135,
    op_u_mod = 137,
    op_shift_right = 194,
    op_shift_left = 196,
    op_bit_or = 197,
    op_bit_and = 199,
    op_execution_mode_id = 331,
};
constexpr uint32_t model_gl_compute = 5;
constexpr uint32_t mode_local_size = 17;
constexpr uint32_t mode_local_size_id = 38;
constexpr uint32_t decoration_spec_id = 1;
constexpr uint32_t decoration_built_in = 11;
constexpr uint32_t decoration_binding = 33;
constexpr uint32_t decoration_set = 34;
constexpr uint32_t built_in_workgroup_size = 25;
constexpr uint32_t storage_uniform = 2;
constexpr uint32_t storage_workgroup = 4;
constexpr uint32_t storage_buffer = 12;
constexpr uint64_t absurd_bytes = uint64_t{1} << 40;  // sizes stop growing here

class Reader {
  public:
    Reader(std::span<const uint32_t> words, std::span<const uint32_t> spec)
        : words_(words), spec_(spec) {}

    SpirvFacts read() {
        check_header();
        for (size_t at = 5; at < words_.size();) {
            const uint32_t count = words_[at] >> 16;
            if (count == 0 || count > words_.size() - at) {
                throw Failure(
                    HEKLA_PLUGIN_INVALID_FILE,
                    format("SPIR-V: the instruction at word %zu claims %u words; %zu are left", at,
                           count, words_.size() - at));
            }
            const uint32_t op = words_[at] & 0xffff;
            if (op == op_function) break;  // everything asked for stands before the first function
            instruction(at, op, words_.subspan(at + 1, count - 1));
            at += count;
        }
        finish();
        return facts_;
    }

  private:
    using Operands = std::span<const uint32_t>;

    void check_header() {
        if (words_.size() < 5) {
            throw Failure(HEKLA_PLUGIN_INVALID_FILE,
                          format("SPIR-V: %zu words, shorter than its header of 5", words_.size()));
        }
        if (words_[0] != 0x07230203u) {
            throw Failure(
                HEKLA_PLUGIN_INVALID_FILE,
                format("SPIR-V: the first word is 0x%08x, not the magic number 0x07230203%s",
                       words_[0], words_[0] == 0x03022307u ? " (the bytes are swapped)" : ""));
        }
        facts_.version = words_[1];
        bound_ = words_[3];
        if (bound_ == 0 || bound_ > 0x3fffff) {
            throw Failure(HEKLA_PLUGIN_INVALID_FILE,
                          format("SPIR-V: the id bound %u is not within 1 to 4194303", bound_));
        }
    }

    void instruction(size_t at, uint32_t op, Operands in) {
        // The smallest number of operands for each, so that none is read beyond the instruction.
        const auto need = [&](size_t count) {
            if (in.size() < count) {
                throw Failure(
                    HEKLA_PLUGIN_INVALID_FILE,
                    format("SPIR-V: the instruction at word %zu (opcode %u) is too short", at, op));
            }
        };
        switch (op) {
            case op_capability:
                need(1);
                facts_.capabilities.push_back(in[0]);
                break;
            case op_entry_point:
                need(3);
                if (in[0] == model_gl_compute && is_main(in.subspan(2))) {
                    facts_.has_main = true;
                    main_ = in[1];
                }
                break;
            case op_execution_mode:
                need(2);
                if (in[1] == mode_local_size && in[0] == main_) {
                    need(5);
                    facts_.local_size = {in[2], in[3], in[4]};
                }
                break;
            case op_execution_mode_id:
                need(2);
                if (in[1] == mode_local_size_id && in[0] == main_) {
                    need(5);
                    local_size_ids_ = {in[2], in[3], in[4]};
                }
                break;
            case op_decorate:
                need(2);
                if (in.size() < 3) break;
                if (in[1] == decoration_spec_id) spec_id_[in[0]] = in[2];
                if (in[1] == decoration_binding) binding_[in[0]] = in[2];
                if (in[1] == decoration_set) set_[in[0]] = in[2];
                if (in[1] == decoration_built_in && in[2] == built_in_workgroup_size) {
                    workgroup_size_ = in[0];
                }
                break;
            case op_type_bool:
                need(1);
                size_[in[0]] = 4;
                break;
            case op_type_int:
            case op_type_float:
                need(2);
                size_[in[0]] = in[1] / 8;
                break;
            case op_type_vector:
            case op_type_matrix:
                need(3);
                set_size(in[0], product(size_of(in[1]), in[2]));
                break;
            case op_type_array:
                need(3);
                set_size(in[0], product(size_of(in[1]), value_of(in[2])));
                break;
            case op_type_struct: {
                need(1);
                std::optional<uint64_t> total = 0;
                for (const uint32_t member : in.subspan(1)) total = sum(total, size_of(member));
                set_size(in[0], total);
                break;
            }
            case op_type_pointer:
                need(3);
                pointee_[in[0]] = in[2];
                break;
            case op_constant_true:
            case op_spec_constant_true:
                need(2);
                value_[in[1]] = specialised(in[1], 1);
                break;
            case op_constant_false:
            case op_spec_constant_false:
                need(2);
                value_[in[1]] = specialised(in[1], 0);
                break;
            case op_constant:
            case op_spec_constant:
                need(3);
                if (in.size() == 3) value_[in[1]] = specialised(in[1], in[2]);
                break;
            case op_constant_composite:
            case op_spec_constant_composite:
                need(2);
                if (in[1] == workgroup_size_ && in.size() == 5)
                    local_size_ids_ = {in[2], in[3], in[4]};
                break;
            case op_spec_constant_op:
                need(3);
                if (in.size() == 5)
                    set_value(in[1], evaluate(in[2], value_of(in[3]), value_of(in[4])));
                break;
            case op_variable:
                need(3);
                variable(in[0], in[1], in[2]);
                break;
            default:
                break;
        }
    }

    static bool is_main(Operands name) {
        // Literal strings: bytes in little-endian order inside words.
        return name.size() >= 2 && name[0] == 0x6e69616du && (name[1] & 0xff) == 0;
    }

    void variable(uint32_t pointer, uint32_t id, uint32_t storage) {
        if (storage == storage_workgroup) {
            const auto pointee = pointee_.find(pointer);
            facts_.shared_bytes =
                sum(facts_.shared_bytes,
                    pointee == pointee_.end() ? std::nullopt : size_of(pointee->second));
        } else if (storage == storage_uniform || storage == storage_buffer) {
            const auto number = [](const std::unordered_map<uint32_t, uint32_t>& map,
                                   uint32_t key) {
                const auto found = map.find(key);
                return found == map.end() ? 0 : found->second;
            };
            facts_.variables.push_back(
                {number(set_, id), number(binding_, id), storage == storage_uniform});
        }
    }

    void finish() {
        if (!local_size_ids_) return;
        for (size_t axis = 0; axis < 3; ++axis) {
            const auto value = value_of((*local_size_ids_)[axis]);
            facts_.local_size[axis] = value ? static_cast<uint32_t>(*value) : 0;
        }
    }

    uint32_t specialised(uint32_t id, uint32_t value) const {
        const auto found = spec_id_.find(id);
        return found != spec_id_.end() && found->second < spec_.size() ? spec_[found->second]
                                                                       : value;
    }

    static std::optional<uint64_t> product(std::optional<uint64_t> a, std::optional<uint64_t> b) {
        if (!a || !b) return std::nullopt;
        return *a != 0 && *b > absurd_bytes / *a ? absurd_bytes : *a * *b;
    }
    static std::optional<uint64_t> sum(std::optional<uint64_t> a, std::optional<uint64_t> b) {
        if (!a || !b) return std::nullopt;
        return std::min(absurd_bytes, *a + *b);
    }
    static std::optional<uint64_t> evaluate(uint32_t op, std::optional<uint64_t> left,
                                            std::optional<uint64_t> right) {
        if (!left || !right) return std::nullopt;
        const auto a = static_cast<uint32_t>(*left);
        const auto b = static_cast<uint32_t>(*right);
        switch (op) {
            case op_i_add:
                return a + b;
            case op_i_sub:
                return a - b;
            case op_i_mul:
                return a * b;
            case op_u_div:
            case op_s_div:
                if (b == 0 || (op == op_s_div && ((a | b) >> 31) != 0)) return std::nullopt;
                return a / b;
            case op_u_mod:
                if (b == 0) return std::nullopt;
                return a % b;
            case op_shift_right:
                if (b > 31) return std::nullopt;
                return a >> b;
            case op_shift_left:
                if (b > 31) return std::nullopt;
                return a << b;
            case op_bit_or:
                return a | b;
            case op_bit_and:
                return a & b;
            default:
                return std::nullopt;
        }
    }

    std::optional<uint64_t> size_of(uint32_t id) const { return find(size_, id); }
    std::optional<uint64_t> value_of(uint32_t id) const { return find(value_, id); }
    void set_size(uint32_t id, std::optional<uint64_t> bytes) {
        if (bytes) size_[id] = *bytes;
    }
    void set_value(uint32_t id, std::optional<uint64_t> value) {
        if (value) value_[id] = *value;
    }
    static std::optional<uint64_t> find(const std::unordered_map<uint32_t, uint64_t>& map,
                                        uint32_t key) {
        const auto found = map.find(key);
        return found == map.end() ? std::nullopt : std::optional(found->second);
    }

    Operands words_;
    Operands spec_;
    SpirvFacts facts_;
    uint32_t bound_ = 0;
    uint32_t main_ = 0;
    uint32_t workgroup_size_ = 0;
    std::optional<std::array<uint32_t, 3>> local_size_ids_;
    std::unordered_map<uint32_t, uint64_t> size_;   // of types, bytes
    std::unordered_map<uint32_t, uint64_t> value_;  // of integer constants
    std::unordered_map<uint32_t, uint32_t> spec_id_, binding_, set_, pointee_;
};

}  // namespace

SpirvFacts read_spirv(std::span<const uint32_t> words, std::span<const uint32_t> spec) {
    return Reader(words, spec).read();
}

const char* spirv_capability_name(uint32_t capability) {
    switch (capability) {
        case 0:
            return "Matrix";
        case 1:
            return "Shader";
        case 9:
            return "Float16";
        case 10:
            return "Float64";
        case 11:
            return "Int64";
        case 12:
            return "Int64Atomics";
        case 22:
            return "Int16";
        case 39:
            return "Int8";
        case 61:
            return "GroupNonUniform";
        case 62:
            return "GroupNonUniformVote";
        case 63:
            return "GroupNonUniformArithmetic";
        case 64:
            return "GroupNonUniformBallot";
        case 65:
            return "GroupNonUniformShuffle";
        case 66:
            return "GroupNonUniformShuffleRelative";
        case 67:
            return "GroupNonUniformClustered";
        case 68:
            return "GroupNonUniformQuad";
        case 4433:
            return "StorageBuffer16BitAccess";
        case 4434:
            return "UniformAndStorageBuffer16BitAccess";
        case 4441:
            return "VariablePointersStorageBuffer";
        case 4442:
            return "VariablePointers";
        case 4448:
            return "StorageBuffer8BitAccess";
        case 4449:
            return "UniformAndStorageBuffer8BitAccess";
        case 5345:
            return "VulkanMemoryModel";
        case 5346:
            return "VulkanMemoryModelDeviceScope";
        case 5347:
            return "PhysicalStorageBufferAddresses";
        case 5432:
            return "CooperativeMatrixPerElementOperationsNV";
        case 6016:
            return "DotProductInputAll";
        case 6017:
            return "DotProductInput4x8Bit";
        case 6018:
            return "DotProductInput4x8BitPacked";
        case 6019:
            return "DotProduct";
        case 6022:
            return "CooperativeMatrixKHR";
        default:
            return nullptr;
    }
}

}  // namespace hekla::vulkan
