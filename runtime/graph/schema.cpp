// SPDX-License-Identifier: MIT
#include "graph/schema.hpp"

#include <nlohmann/json.hpp>

namespace hekla::graph {
namespace {

using Json = nlohmann::ordered_json;

/// All but the ops. Expressions are strings to a schema: the reader checks what is in them.
constexpr const char* envelope = R"~({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "Hekla graph file, format 1",
  "type": "object",
  "required": ["hekla"],
  "additionalProperties": false,
  "properties": {
    "hekla": {"description": "The file format, a whole number.", "enum": [1, "1"]},
    "name": {"description": "What this graph is called.", "$ref": "#/$defs/word"},
    "serves": {
      "description": "The checkpoints it reads: model_type or _class_name of config.json, general.architecture of GGUF.",
      "$ref": "#/$defs/words"
    },
    "needs": {"description": "Additions to the format without which the file makes no sense.", "$ref": "#/$defs/words"},
    "params": {
      "description": "Numbers and words known at load. Values from --set, then the checkpoint, then the default.",
      "type": ["object", "null"],
      "propertyNames": {"$ref": "#/$defs/file_name"},
      "additionalProperties": {"$ref": "#/$defs/param"}
    },
    "expects": {
      "description": "Checkpoint keys that must have this value if they exist.",
      "type": ["object", "null"],
      "additionalProperties": {"$ref": "#/$defs/literal"}
    },
    "dims": {
      "description": "Sizes that differ from run to run.",
      "type": ["object", "null"],
      "propertyNames": {"$ref": "#/$defs/file_name"},
      "additionalProperties": {"$ref": "#/$defs/dim"}
    },
    "precision": {
      "description": "What `float` means.",
      "type": ["object", "null"],
      "additionalProperties": false,
      "properties": {
        "compute": {"$ref": "#/$defs/precision"},
        "accumulate": {"$ref": "#/$defs/precision"},
        "keep": {
          "description": "Ops that compute in another type.",
          "type": ["object", "null"],
          "additionalProperties": {"$ref": "#/$defs/precision"}
        }
      }
    },
    "defaults": {
      "description": "Settings of ops wherever a call does not give them.",
      "type": ["object", "null"],
      "propertyNames": {"$ref": "#/$defs/identifier"},
      "additionalProperties": {"$ref": "#/$defs/settings"}
    },
    "weights": {"$ref": "#/$defs/weights"},
    "inputs": {"description": "What a run is given.", "$ref": "#/$defs/ports"},
    "state": {
      "description": "What the runtime keeps from run to run.",
      "type": ["object", "null"],
      "propertyNames": {"$ref": "#/$defs/file_name"},
      "additionalProperties": {
        "anyOf": [
          {"$ref": "#/$defs/type"},
          {
            "type": "object",
            "properties": {"repeat": {"description": "A list of so many.", "$ref": "#/$defs/expression"}},
            "propertyNames": {"$ref": "#/$defs/name"},
            "additionalProperties": {"$ref": "#/$defs/type"}
          }
        ]
      }
    },
    "blocks": {
      "description": "Parts that are used by name, like ops.",
      "type": ["object", "null"],
      "propertyNames": {"$ref": "#/$defs/name"},
      "additionalProperties": {"$ref": "#/$defs/block"}
    },
    "graph": {"description": "The values, each by its name; the order means nothing.", "$ref": "#/$defs/body"},
    "outputs": {"description": "Which values a run gives, with their types.", "$ref": "#/$defs/ports"},
    "entries": {
      "description": "Several graphs that share params, weights, blocks and state.",
      "type": "object",
      "minProperties": 1,
      "propertyNames": {"$ref": "#/$defs/name"},
      "additionalProperties": {
        "type": "object",
        "required": ["graph", "outputs"],
        "additionalProperties": false,
        "properties": {
          "inputs": {"$ref": "#/$defs/ports"},
          "graph": {"$ref": "#/$defs/body"},
          "outputs": {"$ref": "#/$defs/ports"}
        }
      }
    },
    "ops": {
      "description": "Ops that the file brings along, each a compute shader.",
      "type": ["object", "null"],
      "propertyNames": {"$ref": "#/$defs/name"},
      "additionalProperties": {"$ref": "#/$defs/custom_op"}
    },
    "extensions": {"description": "For other tools; may be ignored."},
    "extras": {"description": "Not interpreted."}
  },
  "oneOf": [
    {"required": ["graph", "outputs"], "not": {"required": ["entries"]}},
    {
      "required": ["entries"],
      "not": {"anyOf": [{"required": ["inputs"]}, {"required": ["graph"]}, {"required": ["outputs"]}]}
    }
  ],
  "$defs": {
    "identifier": {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$"},
    "name": {
      "$ref": "#/$defs/identifier",
      "not": {
        "anyOf": [
          {"pattern": "^([Oo][Nn]|[Oo][Ff][Ff]|[Yy][Ee][Ss]|[Nn][Oo]|[Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])$"},
          {"pattern": "^([Nn][Oo][Nn][Ee]|[Nn][Uu][Ll][Ll]|[Aa][Nn][Dd]|[Oo][Rr]|[Nn][Oo][Tt]|[Ii][Ff]|[Ee][Ll][Ss][Ee]|_)$"}
        ]
      }
    },
    "file_name": {"$ref": "#/$defs/name", "not": {"enum": ["w", "arch", "format"]}},
    "word": {"type": ["string", "number", "boolean"]},
    "words": {"anyOf": [{"$ref": "#/$defs/word"}, {"type": "array", "items": {"$ref": "#/$defs/word"}}, {"type": "null"}]},
    "literal": {
      "anyOf": [
        {"type": ["string", "number", "boolean", "null"]},
        {"type": "array", "items": {"$ref": "#/$defs/literal"}}
      ]
    },
    "expression": {
      "anyOf": [
        {"type": ["number", "boolean"]},
        {"type": "string", "minLength": 1},
        {"type": "array", "items": {"$ref": "#/$defs/expression"}},
        {"$ref": "#/$defs/call"}
      ]
    },
    "call": {
      "description": "A call as tools write it; people write `name(...)`.",
      "type": "object",
      "required": ["op"],
      "additionalProperties": false,
      "properties": {
        "op": {"anyOf": [{"$ref": "#/$defs/op_name"}, {"$ref": "#/$defs/identifier"}]},
        "args": {"type": ["array", "null"], "items": {"$ref": "#/$defs/expression"}},
        "attrs": {"$ref": "#/$defs/settings"}
      }
    },
    "settings": {
      "type": ["object", "null"],
      "propertyNames": {"$ref": "#/$defs/identifier"},
      "additionalProperties": {"$ref": "#/$defs/expression"}
    },
    "param": {
      "anyOf": [
        {"$ref": "#/$defs/expression"},
        {
          "type": "object",
          "anyOf": [{"required": ["from"]}, {"required": ["choice"]}, {"required": ["default"]}],
          "additionalProperties": false,
          "properties": {
            "from": {"description": "Checkpoint keys; the first that exists and is not null counts.", "$ref": "#/$defs/words"},
            "list": {"description": "The value is a list of so many.", "$ref": "#/$defs/expression"},
            "choice": {"description": "The words allowed; the first is the default.", "$ref": "#/$defs/words"},
            "default": {"anyOf": [{"$ref": "#/$defs/expression"}, {"type": "null"}]}
          }
        }
      ]
    },
    "dim": {
      "type": ["object", "null"],
      "additionalProperties": false,
      "dependentRequired": {"state": ["next"], "next": ["state"]},
      "properties": {
        "max": {"description": "The largest value.", "$ref": "#/$defs/expression"},
        "multiple": {"description": "Values are multiples of this.", "$ref": "#/$defs/expression"},
        "state": {"description": "The value before the first run; the runtime carries it.", "$ref": "#/$defs/expression"},
        "next": {"description": "The value after a run.", "$ref": "#/$defs/expression"}
      }
    },
    "precision": {"enum": ["f32", "f16", "bf16"]},
    "weights": {
      "type": ["object", "null"],
      "additionalProperties": false,
      "properties": {
        "file": {"description": "A weight file beside the graph file.", "$ref": "#/$defs/path"},
        "unused": {"description": "Tensors to ignore; `*` matches anything.", "$ref": "#/$defs/words"},
        "rename": {"$ref": "#/$defs/rename"},
        "variants": {
          "description": "Alternatives, chosen by name.",
          "type": ["object", "null"],
          "propertyNames": {"$ref": "#/$defs/name"},
          "additionalProperties": {
            "type": ["object", "null"],
            "additionalProperties": false,
            "properties": {
              "file": {"$ref": "#/$defs/path"},
              "set": {"description": "Params.", "$ref": "#/$defs/settings"},
              "rename": {"$ref": "#/$defs/rename"}
            }
          }
        }
      }
    },
    "path": {"type": "string", "not": {"pattern": "^[/~]|[\\\\:]|(^|/)\\.\\.(/|$)"}},
    "rename": {
      "description": "Names the weight file may use instead; {x} matches within one part.",
      "type": ["object", "null"],
      "additionalProperties": {"$ref": "#/$defs/word"}
    },
    "type": {
      "description": "For instance float[B, T, d]; of an input, float[] or 1.0 says what stands in where a run leaves it out.",
      "type": "string",
      "pattern": "^\\s*(float|f32|f16|bf16|f64|i8|u8|i16|u16|i32|u32|i64|u64|bool)\\s*\\["
    },
    "ports": {
      "type": ["object", "null"],
      "propertyNames": {"$ref": "#/$defs/file_name"},
      "additionalProperties": {"$ref": "#/$defs/type"}
    },
    "ordered_ports": {
      "description": "In calling order.",
      "type": ["array", "null"],
      "items": {
        "type": "object",
        "minProperties": 1,
        "maxProperties": 1,
        "propertyNames": {"$ref": "#/$defs/name"},
        "additionalProperties": {
          "anyOf": [
            {"$ref": "#/$defs/type"},
            {"type": "string", "pattern": "^\\s*(weights|state|int|num|bool|str|list)(\\s+or\\s+none)?\\s*$"}
          ]
        }
      }
    },
    "body": {
      "type": ["object", "null"],
      "propertyNames": {"$ref": "#/$defs/name"},
      "additionalProperties": {"anyOf": [{"$ref": "#/$defs/expression"}, {"$ref": "#/$defs/repeat"}]}
    },
    "repeat": {
      "type": "object",
      "required": ["repeat", "from", "step"],
      "additionalProperties": false,
      "properties": {
        "repeat": {"description": "How many turns.", "$ref": "#/$defs/single"},
        "index": {"description": "The turn's name, from 0.", "$ref": "#/$defs/name"},
        "from": {"description": "`_` of the first turn.", "$ref": "#/$defs/single"},
        "step": {"description": "What each turn does with `_`.", "$ref": "#/$defs/single"},
        "collect": {"description": "The name is the list of all turns' results.", "enum": [true, false, "true", "false"]},
        "carry": {"description": "The field of the step's record that becomes `_`.", "$ref": "#/$defs/name"}
      }
    },
    "single": {"$ref": "#/$defs/expression", "not": {"type": "array"}},
    "block": {
      "type": "object",
      "required": ["out"],
      "additionalProperties": false,
      "properties": {
        "in": {"$ref": "#/$defs/ordered_ports"},
        "body": {"$ref": "#/$defs/body"},
        "out": {
          "description": "The result, or several by name.",
          "anyOf": [
            {"$ref": "#/$defs/expression"},
            {
              "type": "object",
              "minProperties": 1,
              "propertyNames": {"$ref": "#/$defs/name"},
              "additionalProperties": {"$ref": "#/$defs/expression"}
            }
          ]
        }
      }
    },
    "custom_op": {
      "type": "object",
      "required": ["shader", "out", "bindings", "groups"],
      "additionalProperties": false,
      "properties": {
        "shader": {"description": "A compute shader beside the graph file.", "$ref": "#/$defs/path", "pattern": "\\.(comp|spv)$"},
        "in": {"$ref": "#/$defs/ordered_ports"},
        "attrs": {
          "description": "Settings, for instance `amount: f32 = 0.05`.",
          "type": ["object", "null"],
          "propertyNames": {"$ref": "#/$defs/name"},
          "additionalProperties": {"type": "string", "pattern": "^\\s*(f32|f16|i32|u32|int|num|bool)\\s*(=|$)"}
        },
        "out": {
          "type": ["object", "null"],
          "propertyNames": {"$ref": "#/$defs/name"},
          "additionalProperties": {"$ref": "#/$defs/type"}
        },
        "bindings": {"description": "Inputs and outputs in the order of their bindings, set 0.", "type": "array", "items": {"type": "string"}},
        "push": {"description": "Push constants, in the shader's order of names.", "$ref": "#/$defs/settings"},
        "spec": {
          "description": "Specialisation constants by number.",
          "type": ["object", "null"],
          "propertyNames": {"pattern": "^[0-9]+$"},
          "additionalProperties": {"$ref": "#/$defs/expression"}
        },
        "groups": {
          "description": "Workgroups, one to three numbers.",
          "anyOf": [
            {"$ref": "#/$defs/single"},
            {"type": "array", "minItems": 1, "maxItems": 3, "items": {"$ref": "#/$defs/expression"}}
          ]
        }
      }
    },
    "op_name": {}
  }
})~";

/// A setting under `defaults:`. A word of a choice may also be the result of an expression, so it is a hint, not a rule.
Json setting_schema(const SchemaOp::Setting& setting) {
    Json schema = Json::object();
    std::string text =
        setting.default_text.empty() ? "Must be given." : "Default: " + setting.default_text + ".";
    if (!setting.choices.empty()) {
        text += " One of";
        for (std::size_t i = 0; i < setting.choices.size(); ++i)
            text += (i == 0 ? " " : ", ") + setting.choices[i];
        text += ".";
        schema["anyOf"] =
            Json::array({Json{{"enum", setting.choices}}, Json{{"$ref", "#/$defs/expression"}}});
    } else {
        schema["$ref"] = "#/$defs/expression";
    }
    schema["description"] = text;
    return schema;
}

}  // namespace

std::string graph_schema_json(std::span<const SchemaOp> ops) {
    Json schema = Json::parse(envelope);
    Json names = Json::array();
    Json defaults = Json::object();
    for (const SchemaOp& op : ops) {
        Json name = {{"const", op.name}};
        std::string text = op.usage;
        if (!op.summary.empty()) text += (text.empty() ? "" : "\n") + op.summary;
        if (!text.empty()) name["description"] = text;
        names.push_back(std::move(name));
        if (op.settings.empty()) continue;
        Json settings = {{"type", Json::array({"object", "null"})},
                         {"additionalProperties", false}};
        if (!text.empty()) settings["description"] = text;
        for (const SchemaOp::Setting& setting : op.settings)
            settings["properties"][setting.name] = setting_schema(setting);
        defaults[op.name] = std::move(settings);
    }
    Json& op_name = schema["$defs"]["op_name"];
    if (names.empty())
        op_name = Json{{"$ref", "#/$defs/identifier"}};
    else
        op_name = Json{{"oneOf", std::move(names)}};
    if (!defaults.empty()) schema["properties"]["defaults"]["properties"] = std::move(defaults);
    return schema.dump(2) + "\n";
}

}  // namespace hekla::graph
