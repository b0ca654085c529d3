# SPDX-License-Identifier: MIT
"""GGUF files in Python's standard library: read whole, changed in any way, written again; blocks of every type and the numbers they stand for.

Written from the format's description and the formulas above runtime/weights/quantised.cpp, apart from the code that is tested with it.
"""
import pathlib, struct

U8, I8, U16, I16, U32, I32, F32, BOOL, STRING, ARRAY, U64, I64, F64 = range(13)
FORMATS = {U8: "B", I8: "b", U16: "H", I16: "h", U32: "I", I32: "i", F32: "f", BOOL: "B", U64: "Q", I64: "q", F64: "d"}
# name: (number in files, elements and bytes of a block)
TYPES = {"f32": (0, 1, 4), "f16": (1, 1, 2), "bf16": (30, 1, 2), "q4_0": (2, 32, 18), "q4_1": (3, 32, 20), "q5_0": (6, 32, 22), "q5_1": (7, 32, 24),
         "q8_0": (8, 32, 34), "q4_k": (12, 256, 144), "q5_k": (13, 256, 176), "q6_k": (14, 256, 210)}
NAMES = {number: name for name, (number, _, _) in TYPES.items()}


class Array:
    def __init__(self, kind, values, count=None):
        self.kind, self.values, self.count = kind, values, count


def text(value):
    data = value if isinstance(value, bytes) else value.encode()
    return struct.pack("<Q", len(data)) + data


def packed(kind, value):
    if kind == STRING:
        return text(value)
    if kind == ARRAY:
        return struct.pack("<IQ", value.kind, len(value.values) if value.count is None else value.count) + b"".join(packed(value.kind, v) for v in value.values)
    return struct.pack("<" + FORMATS[kind], value)


class Tensor:
    """`shape` outermost first. `offset`, `number`, `dims` (innermost first): what the table says, where that is not the truth."""

    def __init__(self, name, shape, kind, data):
        self.name, self.shape, self.kind, self.data = name, list(shape), kind, data
        self.offset = self.number = self.dims = None


class Gguf:
    def __init__(self, keys=(), tensors=()):
        self.magic, self.version, self.alignment = b"GGUF", 3, 32
        self.keys = dict(keys)  # name: (kind, value)
        self.tensors = {t.name: t for t in tensors}
        self.tensor_count = self.key_count = None
        self.extra_keys = b""  # behind the others, as they are
        self.extra_key_count = 0

    def image(self):
        tensors, at, table, data = list(self.tensors.values()), 0, b"", b""
        for t in tensors:
            dims = t.dims if t.dims is not None else t.shape[::-1]
            table += text(t.name) + struct.pack("<I", len(dims)) + b"".join(struct.pack("<Q", d) for d in dims)
            table += struct.pack("<IQ", TYPES[t.kind][0] if t.number is None else t.number, at if t.offset is None else t.offset)
            data += t.data + b"\0" * (-len(t.data) % self.alignment)
            at = len(data)
        head = self.magic + struct.pack("<IQQ", self.version, len(tensors) if self.tensor_count is None else self.tensor_count,
                                        len(self.keys) + self.extra_key_count if self.key_count is None else self.key_count)
        head += b"".join(text(k) + struct.pack("<I", kind) + packed(kind, v) for k, (kind, v) in self.keys.items()) + self.extra_keys + table
        return head + b"\0" * (-len(head) % self.alignment) + data

    def write(self, path):
        pathlib.Path(path).write_bytes(self.image())


def read(path):
    data, at = pathlib.Path(path).read_bytes(), 4

    def take(form):
        nonlocal at
        value = struct.unpack_from("<" + form, data, at)
        at += struct.calcsize("<" + form)
        return value[0] if len(value) == 1 else value

    def string():
        nonlocal at
        size = take("Q")
        at += size
        return data[at - size:at].decode()

    def value(kind):
        if kind == STRING:
            return string()
        if kind == ARRAY:
            inner, count = take("I"), take("Q")
            return Array(inner, [value(inner) for _ in range(count)])
        return take(FORMATS[kind])

    file = Gguf()
    file.version = take("I")
    tensors, keys = take("Q"), take("Q")
    for _ in range(keys):
        name, kind = string(), take("I")
        file.keys[name] = (kind, value(kind))
    file.alignment = file.keys.get("general.alignment", (U32, 32))[1]
    entries = []
    for _ in range(tensors):
        name, rank = string(), take("I")
        dims = [take("Q") for _ in range(rank)]
        entries.append((name, dims[::-1], NAMES[take("I")], take("Q")))
    at += -at % file.alignment
    for name, shape, kind, offset in entries:
        _, per, size = TYPES[kind]
        count = 1
        for s in shape:
            count *= s
        file.tensors[name] = Tensor(name, shape, kind, data[at + offset:at + offset + count // per * size])
    return file


def pairs(scales):
    """The eight (scale, minimum) of q4_k and q5_k."""
    low = [(scales[j] & 63, scales[j + 4] & 63) for j in range(4)]
    return low + [((scales[j + 4] & 15) | scales[j - 4] >> 6 << 4, scales[j + 4] >> 4 | scales[j] >> 6 << 4) for j in range(4, 8)]


def numbers(kind, data):
    """What the blocks stand for."""
    _, per, size = TYPES[kind]
    if kind in ("f32", "f16"):
        return list(struct.unpack(f"<{len(data) // size}{'f' if kind == 'f32' else 'e'}", data))
    if kind == "bf16":
        return list(struct.unpack(f"<{len(data) // 2}f", b"".join(b"\0\0" + data[i:i + 2] for i in range(0, len(data), 2))))
    out = []
    for start in range(0, len(data), size):
        b = data[start:start + size]
        if kind == "q8_0":
            d, = struct.unpack_from("<e", b)
            out += [d * q for q in struct.unpack_from("<32b", b, 2)]
        elif kind in ("q4_0", "q4_1", "q5_0", "q5_1"):
            d, m = struct.unpack_from("<ee", b)
            at = 2 if kind.endswith("0") else 4
            fifth = 0
            if kind.startswith("q5"):
                fifth, = struct.unpack_from("<I", b, at)
                at += 4
            q = [x & 15 for x in b[at:]] + [x >> 4 for x in b[at:]]
            q = [v | (fifth >> i & 1) << 4 for i, v in enumerate(q)]
            m = {"q4_0": -8 * d, "q5_0": -16 * d}.get(kind, m)
            out += [d * v + m for v in q]
        elif kind in ("q4_k", "q5_k"):
            d, m = struct.unpack_from("<ee", b)
            nibbles = b[16:] if kind == "q4_k" else b[48:]
            for j, (s, t) in enumerate(pairs(b[4:16])):
                for i in range(32):
                    q = nibbles[32 * (j // 2) + i] >> 4 * (j % 2) & 15
                    if kind == "q5_k":
                        q |= (b[16 + i] >> j & 1) << 4
                    out.append(d * s * q - m * t)
        else:
            d, = struct.unpack_from("<e", b, 208)
            for e in range(256):
                half, quarter, i = e // 128, e % 128 // 32, e % 32
                q = b[64 * half + 32 * (quarter % 2) + i] >> 4 * (quarter // 2) & 15 | (b[128 + 32 * half + i] >> 2 * quarter & 3) << 4
                out.append(d * struct.unpack_from("b", b, 192 + e // 16)[0] * (q - 32))
    return out


def blocks(kind, count, random, spread):
    """Random bytes as blocks for `count` numbers, scaled so that these are about `spread` large: every bit of the layout has a say."""
    _, per, size = TYPES[kind]
    if kind == "f32":
        return struct.pack(f"<{count}f", *(random.gauss(0, spread) for _ in range(count)))
    if kind == "f16":
        return struct.pack(f"<{count}e", *(random.gauss(0, spread) for _ in range(count)))
    if kind == "bf16":
        raw = struct.pack(f"<{count}f", *(random.gauss(0, spread) for _ in range(count)))
        return b"".join(raw[i + 2:i + 4] for i in range(0, len(raw), 4))
    assert count % per == 0, (kind, count)
    out = b""
    for _ in range(count // per):
        b = bytearray(random.randbytes(size))
        scale = spread * random.uniform(0.5, 1.5) * random.choice((1, 1, 1, -1))
        if kind == "q8_0":
            struct.pack_into("<e", b, 0, scale / 74)
        elif kind in ("q4_0", "q5_0"):
            struct.pack_into("<e", b, 0, scale / (4.6 if kind == "q4_0" else 9.2))
        elif kind in ("q4_1", "q5_1"):
            step = scale / (4.6 if kind == "q4_1" else 9.2)
            struct.pack_into("<ee", b, 0, step, -step * (7.5 if kind == "q4_1" else 15.5) * random.uniform(0.9, 1.1))
        elif kind in ("q4_k", "q5_k"):
            step = abs(scale) / (4.6 if kind == "q4_k" else 9.2) / 36
            struct.pack_into("<ee", b, 0, step, step * (7.5 if kind == "q4_k" else 15.5))
        else:
            struct.pack_into("<e", b, 208, scale / 74 / 18)
        out += bytes(b)
    return out


def rows_in_pairs(data, rows, heads):
    """Rows of q or k as GGUF has Llama's: of each head, the two halves' rows take turns."""
    size = len(data) // rows
    half = rows // heads // 2
    order = (head * 2 * half + side * half + i for head in range(heads) for i in range(half) for side in range(2))
    return b"".join(data[row * size:(row + 1) * size] for row in order)


def from_llama(folder, quantised=lambda name, shape, kind, data: (kind, data)):
    """A Llama checkpoint folder (safetensors, byte-level tokenizer.json) as the GGUF file that published ones look like."""
    import json
    folder = pathlib.Path(folder)
    config = json.loads((folder / "config.json").read_text())
    raw = (folder / "model.safetensors").read_bytes()
    size = struct.unpack("<Q", raw[:8])[0]
    head = json.loads(raw[8:8 + size])
    heads = config["num_attention_heads"]
    kv = config["num_key_value_heads"]
    file = Gguf({"general.architecture": (STRING, "llama"), "llama.block_count": (U32, config["num_hidden_layers"]), "llama.embedding_length": (U32, config["hidden_size"]),
                 "llama.context_length": (U32, config["max_position_embeddings"]), "llama.feed_forward_length": (U32, config["intermediate_size"]),
                 "llama.attention.head_count": (U32, heads), "llama.attention.head_count_kv": (U32, kv), "llama.rope.freq_base": (F32, config["rope_theta"]),
                 "llama.attention.layer_norm_rms_epsilon": (F32, config["rms_norm_eps"]), "llama.rope.dimension_count": (U32, config["head_dim"])})
    names = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}
    parts = {"input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
             "post_attention_layernorm": "ffn_norm", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down"}
    for name, t in head.items():
        if name == "__metadata__":
            continue
        data, shape, kind = raw[8 + size + t["data_offsets"][0]:8 + size + t["data_offsets"][1]], t["shape"], t["dtype"].lower()
        stem, ending = name.rsplit(".", 1)
        if stem.startswith("model.layers."):
            _, _, i, part = stem.split(".", 3)
            if part.endswith(("q_proj", "k_proj")):
                data = rows_in_pairs(data, shape[0], heads if part.endswith("q_proj") else kv)
            stem = f"blk.{i}.{parts[part]}"
        else:
            stem = names[stem]
        name = f"{stem}.{ending}"
        kind, data = quantised(name, shape, kind, data)
        file.tensors[name] = Tensor(name, shape, kind, data)
    return file


def add_tokenizer(file, tokenizer, pre, bos, eos):
    """The keys tokenizer.ggml.* for a byte-level BPE of a tokenizer.json."""
    tokens = {i: t for t, i in tokenizer["model"]["vocab"].items()}
    types = {}
    for t in tokenizer["added_tokens"]:
        tokens[t["id"]] = t["content"]
        types[t["id"]] = 3 if t["special"] else 4
    merges = [m if isinstance(m, str) else " ".join(m) for m in tokenizer["model"]["merges"]]
    file.keys.update({"tokenizer.ggml.model": (STRING, "gpt2"), "tokenizer.ggml.pre": (STRING, pre),
                      "tokenizer.ggml.tokens": (ARRAY, Array(STRING, [tokens[i] for i in range(len(tokens))])),
                      "tokenizer.ggml.token_type": (ARRAY, Array(I32, [types.get(i, 1) for i in range(len(tokens))])),
                      "tokenizer.ggml.merges": (ARRAY, Array(STRING, merges)),
                      "tokenizer.ggml.bos_token_id": (U32, bos), "tokenizer.ggml.eos_token_id": (U32, eos), "tokenizer.ggml.add_bos_token": (BOOL, True)})
