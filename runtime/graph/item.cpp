// SPDX-License-Identifier: MIT
#include "graph/item.hpp"

#include <cmath>
#include <charconv>

namespace hekla::graph {

Item Item::of(Dim dim) {
    Item item;
    item.kind = Kind::integer;
    item.dim = std::move(dim);
    return item;
}

Item Item::of_real(double value) {
    Item item;
    item.kind = Kind::real;
    item.real = value;
    return item;
}

Item Item::of_bool(bool value) {
    Item item;
    item.kind = Kind::boolean;
    item.boolean = value;
    return item;
}

Item Item::of_string(std::string text) {
    Item item;
    item.kind = Kind::string;
    item.text = std::move(text);
    return item;
}

Item Item::of_list(std::vector<Item> members) {
    Item item;
    item.kind = Kind::list;
    for (const Item& member : members) {
        if (__builtin_add_overflow(item.size, member.size, &item.size)) item.size = SIZE_MAX / 2;
    }
    item.members = std::make_shared<const std::vector<Item>>(std::move(members));
    return item;
}

Item Item::of_record(std::vector<Field> fields) {
    Item item;
    item.kind = Kind::record;
    for (const Field& field : fields) {
        if (__builtin_add_overflow(item.size, field.second.size, &item.size)) item.size = SIZE_MAX / 2;
    }
    item.fields = std::make_shared<const std::vector<Field>>(std::move(fields));
    return item;
}

Item Item::of_weights(std::string path) {
    Item item;
    item.kind = Kind::weights;
    item.text = std::move(path);
    return item;
}

Item Item::of_tensor(ValueId id) {
    Item item;
    item.kind = Kind::tensor;
    item.id = id;
    return item;
}

Item Item::of_slot(std::uint32_t id) {
    Item item;
    item.kind = Kind::slot;
    item.id = id;
    return item;
}

Item Item::absent(std::string condition) {
    Item item;
    item.kind = Kind::absent;
    item.text = std::move(condition);
    return item;
}

const Item* Item::find(std::string_view name) const {
    if (kind != Kind::record) return nullptr;
    for (const Field& field : *fields) {
        if (field.first == name) return &field.second;
    }
    return nullptr;
}

std::string real_text(double value) {
    if (std::isnan(value)) return "nan";
    if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
    char buffer[40];
    const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
    std::string text(buffer, error == std::errc() ? end : buffer);
    if (text.find_first_of(".e") == std::string::npos) text += ".0";
    return text;
}

std::string shape_text(const std::vector<Dim>& shape, const Symbols& symbols) {
    std::string text = "[";
    for (std::size_t i = 0; i < shape.size(); ++i) {
        text += (i != 0 ? ", " : "") + shape[i].text(symbols.names);
    }
    return text + "]";
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
    std::string text = "[";
    for (std::size_t i = 0; i < shape.size(); ++i) {
        text += (i != 0 ? ", " : "") + std::to_string(shape[i]);
    }
    return text + "]";
}

std::string type_text(const TensorType& type, const Symbols& symbols) {
    return std::string(name_of(type.dtype)) + shape_text(type.shape, symbols);
}

std::string value_text(const Item& item, const Symbols& symbols) {
    switch (item.kind) {
        case Item::Kind::integer: return item.dim.text(symbols.names);
        case Item::Kind::real: return real_text(item.real);
        case Item::Kind::boolean: return item.boolean ? "true" : "false";
        case Item::Kind::string: return item.text;
        case Item::Kind::absent: return "none";
        case Item::Kind::weights: return item.text.empty() ? "w" : "w." + item.text;
        case Item::Kind::list: {
            std::string text = "[";
            std::size_t count = 0;
            for (const Item& member : *item.members) {
                if (count == 8) return text + ", ...]";
                text += (count++ != 0 ? ", " : "") + value_text(member, symbols);
            }
            return text + "]";
        }
        default: return describe(item, symbols);
    }
}

std::string describe(const Item& item, const Symbols& symbols) {
    switch (item.kind) {
        case Item::Kind::poison: return "an unknown value";
        case Item::Kind::absent: return "nothing";
        case Item::Kind::tensor: return "a tensor";
        case Item::Kind::slot: return "a state slot";
        case Item::Kind::string: return "the word '" + item.text + "'";
        case Item::Kind::list:
            return item.members->empty() ? "an empty list"
                                         : "a list of " + std::to_string(item.members->size());
        case Item::Kind::weights: return "weights (`" + value_text(item, symbols) + "`)";
        case Item::Kind::record: {
            std::string text = "a record of ";
            for (std::size_t i = 0; i < item.fields->size(); ++i) {
                text += (i != 0 ? ", " : "") + (*item.fields)[i].first;
            }
            return text;
        }
        default: return value_text(item, symbols);
    }
}

}  // namespace hekla::graph
