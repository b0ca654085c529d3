// SPDX-License-Identifier: MIT
#include "api/handles.hpp"

using namespace hekla;
using namespace hekla::api;

namespace {

using List = weights::ConfigValue::List;

hekla_value to_c(const weights::ConfigValue& value) {
    hekla_value out{};
    if (const auto* flag = std::get_if<bool>(&value.value)) {
        out.kind = HEKLA_VALUE_BOOL;
        out.integer = *flag ? 1 : 0;
    } else if (const auto* integer = std::get_if<std::int64_t>(&value.value)) {
        out.kind = HEKLA_VALUE_INTEGER;
        out.integer = *integer;
    } else if (const auto* number = std::get_if<double>(&value.value)) {
        out.kind = HEKLA_VALUE_NUMBER;
        out.number = *number;
    } else if (const auto* text = std::get_if<std::string>(&value.value)) {
        out.kind = HEKLA_VALUE_TEXT;
        out.text = text->c_str();
        out.count = text->size();
    } else if (const auto* list = std::get_if<std::shared_ptr<const List>>(&value.value)) {
        out.kind = HEKLA_VALUE_LIST;
        out.list = list->get();
        out.count = (*list)->size();
    }
    return out;
}

}  // namespace

hekla_result hekla_checkpoint_open(const char* path, hekla_checkpoint** out, hekla_error* error) {
    return guarded(error, [&] {
        *need(out, "`out`") = nullptr;
        auto checkpoint = std::make_unique<hekla_checkpoint>();
        checkpoint->checkpoint = weights::Checkpoint::open(need(path, "`path`"));
        *out = checkpoint.release();
        return HEKLA_OK;
    });
}

void hekla_checkpoint_destroy(hekla_checkpoint* checkpoint) { delete checkpoint; }

hekla_result hekla_checkpoint_value(hekla_checkpoint* checkpoint, const char* key, hekla_value* out,
                                    hekla_error* error) {
    return guarded(error, [&] {
        const std::string_view name = need(key, "`key`");
        const std::lock_guard lock(need(checkpoint, "`checkpoint`")->mutex);
        auto found = checkpoint->values.find(name);
        if (found == checkpoint->values.end()) {
            auto value = checkpoint->checkpoint->config(name);
            if (!value)
                throw Error(ErrorCode::not_found,
                            "the checkpoint says nothing under `" + std::string(name) + "`");
            found = checkpoint->values.emplace(name, std::move(*value)).first;
        }
        give(out, to_c(found->second));
        return HEKLA_OK;
    });
}

hekla_result hekla_checkpoint_list_value(const hekla_value* list, uint64_t index, hekla_value* out,
                                         hekla_error* error) {
    return guarded(error, [&] {
        const hekla_value given = sized(need(list, "`list`"));
        if (given.kind != HEKLA_VALUE_LIST || given.list == nullptr)
            throw Error(ErrorCode::invalid_argument, "the value is no list");
        const List& values = *static_cast<const List*>(given.list);
        if (index >= values.size())
            throw Error(ErrorCode::not_found, "there is no value number " + std::to_string(index) +
                                                  " in a list of " + std::to_string(values.size()));
        give(out, to_c(values[index]));
        return HEKLA_OK;
    });
}
