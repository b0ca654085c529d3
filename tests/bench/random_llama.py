#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes one random Llama twice, with the same numbers: as a Hugging Face folder (for Hekla) and as GGUF (for llama.cpp).

random_llama.py OUT [--layers 12 --width 768 --heads 12 --kv-heads 12 --ff 2048 --vocab 32000 --context 1024]
OUT/model.safetensors, OUT/config.json, OUT/model.gguf. Matrices are F16, norms F32. Speed does not depend on what the numbers are;
they are scaled by fan-in so that nothing overflows. Python's standard library alone, numpy where it is present (much faster).
"""
import argparse, array, json, math, pathlib, random, struct

try:
    import numpy
except ImportError:
    numpy = None


def matrix(rows, cols, seed):
    """rows x cols halves as bytes."""
    scale = math.sqrt(3 / cols)
    if numpy is not None:
        return numpy.random.default_rng(seed).uniform(-scale, scale, rows * cols).astype(numpy.float16).tobytes()
    draw = random.Random(seed)
    return b"".join(struct.pack("<e", draw.uniform(-scale, scale)) for _ in range(rows * cols))


def main():
    p = argparse.ArgumentParser()
    p.add_argument("out", type=pathlib.Path)
    for name, value in (("layers", 12), ("width", 768), ("heads", 12), ("kv-heads", 12), ("ff", 2048), ("vocab", 32000), ("context", 1024)):
        p.add_argument("--" + name, type=int, default=value)
    a = p.parse_args()
    a.out.mkdir(parents=True, exist_ok=True)
    head, kv = a.width // a.heads, a.width // a.heads * a.kv_heads
    ones = array.array("f", [1.0] * a.width).tobytes()
    # name in safetensors, name in GGUF, [rows, cols] (or [cols] for a norm)
    plan = [("model.embed_tokens.weight", "token_embd.weight", [a.vocab, a.width])]
    for i in range(a.layers):
        h, g = f"model.layers.{i}.", f"blk.{i}."
        plan += [(h + "input_layernorm.weight", g + "attn_norm.weight", [a.width]),
                 (h + "self_attn.q_proj.weight", g + "attn_q.weight", [a.width, a.width]),
                 (h + "self_attn.k_proj.weight", g + "attn_k.weight", [kv, a.width]),
                 (h + "self_attn.v_proj.weight", g + "attn_v.weight", [kv, a.width]),
                 (h + "self_attn.o_proj.weight", g + "attn_output.weight", [a.width, a.width]),
                 (h + "post_attention_layernorm.weight", g + "ffn_norm.weight", [a.width]),
                 (h + "mlp.gate_proj.weight", g + "ffn_gate.weight", [a.ff, a.width]),
                 (h + "mlp.up_proj.weight", g + "ffn_up.weight", [a.ff, a.width]),
                 (h + "mlp.down_proj.weight", g + "ffn_down.weight", [a.width, a.ff])]
    plan += [("model.norm.weight", "output_norm.weight", [a.width]), ("lm_head.weight", "output.weight", [a.vocab, a.width])]
    data = [matrix(*shape, seed) if len(shape) == 2 else ones for seed, (_, _, shape) in enumerate(plan)]

    header, at = {}, 0
    for (name, _, shape), blob in zip(plan, data):
        header[name] = {"dtype": "F16" if len(shape) == 2 else "F32", "shape": shape, "data_offsets": [at, at + len(blob)]}
        at += len(blob)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(a.out / "model.safetensors", "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text)
        f.writelines(data)
    (a.out / "config.json").write_text(json.dumps({
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": a.width, "intermediate_size": a.ff, "num_hidden_layers": a.layers,
        "num_attention_heads": a.heads, "num_key_value_heads": a.kv_heads, "head_dim": head, "max_position_embeddings": a.context, "vocab_size": a.vocab,
        "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "hidden_act": "silu", "tie_word_embeddings": False, "bos_token_id": 1, "eos_token_id": 2}, indent=1))

    def string(s):
        return struct.pack("<Q", len(s)) + s.encode()

    def u32(key, value):
        return string(key) + struct.pack("<II", 4, value)

    def f32(key, value):
        return string(key) + struct.pack("<If", 6, value)

    def text_value(key, value):
        return string(key) + struct.pack("<I", 8) + string(value)

    keys = [text_value("general.architecture", "llama"), text_value("general.name", "random"), u32("general.alignment", 32), u32("llama.block_count", a.layers),
            u32("llama.context_length", a.context), u32("llama.embedding_length", a.width), u32("llama.feed_forward_length", a.ff), u32("llama.attention.head_count", a.heads),
            u32("llama.attention.head_count_kv", a.kv_heads), f32("llama.attention.layer_norm_rms_epsilon", 1e-5), f32("llama.rope.freq_base", 10000.0), u32("llama.rope.dimension_count", head),
            u32("llama.vocab_size", a.vocab), text_value("tokenizer.ggml.model", "none")]
    infos, at = [], 0
    for (_, name, shape), blob in zip(plan, data):
        dims = shape[::-1]  # GGUF writes the fastest axis first
        infos.append(string(name) + struct.pack("<I", len(dims)) + b"".join(struct.pack("<Q", d) for d in dims) + struct.pack("<IQ", 1 if len(shape) == 2 else 0, at))
        at += len(blob) + (-len(blob) % 32)
    body = struct.pack("<4sIQQ", b"GGUF", 3, len(plan), len(keys)) + b"".join(keys) + b"".join(infos)
    with open(a.out / "model.gguf", "wb") as f:
        f.write(body + b"\0" * (-len(body) % 32))
        for blob in data:
            f.write(blob + b"\0" * (-len(blob) % 32))
    print(f"{sum(len(b) for b in data) / 2 / 1e6:.1f} M parameters in {a.out}")


main()
