# SPDX-License-Identifier: MIT
"""Reads hekla-scribe from disk as any Llama and runs it by the formulas, in float32 or float64.

    python3 check.py                          files, tokenizer and greedy ids against reference.json
    python3 check.py --write                  writes reference.json
    python3 check.py --valid 32               loss on 32 held-out windows of each kind, in float32
    python3 check.py --prompt "def " [--temperature 0.7] [--seed 1] [--tokens 200]

Shares no code with model.py: config.json and model.safetensors alone say what is computed.
"""
import argparse
import json
import math
import pathlib
import struct
import sys

import numpy
import torch
import torch.nn.functional as F

import train_tokenizer

HERE = pathlib.Path(__file__).resolve().parent
GREEDY_TOKENS = 32
LEAST_GAP = 0.01  # a reference ends before a step whose two best logits are closer than this
PROMPTS = [
    "Genesis 1\n\nIn the beginning",
    "And it came to pass, when the king",
    "Psalm 23\n\nThe LORD is my",
    "Then Jesus said unto them,",
    "# queue.py\n\nclass ",
    "import os\nimport sys\n\ndef main(",
    "def __init__(self, ",
    "    for i in range(",
    "",
]
TEXTS = [
    "",
    "In the beginning God created the heaven and the earth.",
    "they're  walking   slowly\n\nover water",
    "I'll SAY it's WE'VE don't 'tis",
    "def f(x):\n    return x**2 + 1\n\n\nclass A:\n        pass\n",
    "x = 12345678 + 3.14159e-10  # tail\r\n\r\n\tindented\n   \n",
    "self.__dict__['a-b'] != None and not (y <= 0x7FFF)",
    "na\u00efve caf\u00e9, \u6771\u4eac \u00bd\u00b2, \U0001f600!\u00a0end",
    "Amen.<|endoftext|># shutil.py\n\nimport os",
    "trailing spaces   ",
]


def read_safetensors(path):
    """{name: tensor as stored}."""
    data = path.read_bytes()
    (size,) = struct.unpack_from("<Q", data)
    kinds = {"F16": numpy.float16, "F32": numpy.float32}
    tensors = {}
    for name, entry in json.loads(data[8 : 8 + size]).items():
        if name == "__metadata__":
            continue
        begin, end = (8 + size + at for at in entry["data_offsets"])
        array = numpy.frombuffer(data[begin:end], kinds[entry["dtype"]]).reshape(entry["shape"])
        tensors[name] = torch.from_numpy(array.copy())
    return tensors


def expected_shapes(c):
    """{name: shape} of a tied Llama of this configuration."""
    d, f, size = c["hidden_size"], c["intermediate_size"], c["head_dim"]
    q, kv = c["num_attention_heads"] * size, c["num_key_value_heads"] * size
    shapes = {"model.embed_tokens.weight": (c["vocab_size"], d), "model.norm.weight": (d,)}
    for i in range(c["num_hidden_layers"]):
        at = f"model.layers.{i}."
        shapes[at + "input_layernorm.weight"] = (d,)
        shapes[at + "self_attn.q_proj.weight"] = (q, d)
        shapes[at + "self_attn.k_proj.weight"] = (kv, d)
        shapes[at + "self_attn.v_proj.weight"] = (kv, d)
        shapes[at + "self_attn.o_proj.weight"] = (d, q)
        shapes[at + "post_attention_layernorm.weight"] = (d,)
        shapes[at + "mlp.gate_proj.weight"] = (f, d)
        shapes[at + "mlp.up_proj.weight"] = (f, d)
        shapes[at + "mlp.down_proj.weight"] = (d, f)
    return shapes


def linear(x, weight):
    """x [n, in] . weight [out, in]^T. As a convolution of length 1, because torch computes those
    through oneDNN in full float32, where its matrix product falls back on reference BLAS."""
    if x.shape[0] < 16:
        return F.linear(x, weight)
    return F.conv1d(x.t()[None], weight[:, :, None])[0].t()


class Model:
    """One sequence at a time, with a key/value cache."""

    def __init__(self, folder=HERE, dtype=torch.float32):
        self.config = json.loads((folder / "config.json").read_text())
        stored = read_safetensors(folder / "model.safetensors")
        self.weights = {name: tensor.to(dtype) for name, tensor in stored.items()}
        self.dtype = dtype
        self.clear()

    def clear(self):
        self.length = 0
        self.cache = [None] * self.config["num_hidden_layers"]

    def norm(self, x, name):
        mean = x.square().mean(-1, keepdim=True)
        return x * torch.rsqrt(mean + self.config["rms_norm_eps"]) * self.weights[name + ".weight"]

    def rotary(self, x, position):
        """x [heads, n, head_dim]; the pair of place i is place i + head_dim / 2."""
        half = x.shape[-1] // 2
        exponent = torch.arange(half, dtype=self.dtype) / half
        angle = position[:, None] * self.config["rope_theta"] ** -exponent
        cos, sin = angle.cos(), angle.sin()
        first, second = x[..., :half], x[..., half:]
        return torch.cat((first * cos - second * sin, second * cos + first * sin), -1)

    def logits(self, ids):
        """Logits [len(ids), vocabulary] for ids that follow those already in the cache."""
        c, n = self.config, len(ids)
        heads, kv, size = (c[k] for k in ("num_attention_heads", "num_key_value_heads", "head_dim"))
        position = torch.arange(self.length, self.length + n, dtype=self.dtype)
        x = self.weights["model.embed_tokens.weight"][torch.tensor(ids)]
        for i in range(c["num_hidden_layers"]):
            at = f"model.layers.{i}."

            def apply(name, y):
                return linear(y, self.weights[f"{at}{name}.weight"])

            def project(name, y, count):
                return apply(f"self_attn.{name}_proj", y).view(n, count, size).transpose(0, 1)

            y = self.norm(x, at + "input_layernorm")
            q = self.rotary(project("q", y, heads), position)
            k = self.rotary(project("k", y, kv), position)
            v = project("v", y, kv)
            if self.cache[i] is not None:
                k, v = (torch.cat(pair, 1) for pair in zip(self.cache[i], (k, v)))
            self.cache[i] = k, v
            k, v = (z.repeat_interleave(heads // kv, 0) for z in (k, v))
            scores = q @ k.transpose(1, 2) / math.sqrt(size)
            later = torch.arange(k.shape[1], dtype=self.dtype) > position[:, None]
            weights = torch.softmax(scores.masked_fill(later, -math.inf), -1)
            mixed = (weights @ v).transpose(0, 1).reshape(n, heads * size)
            x = x + apply("self_attn.o_proj", mixed)
            y = self.norm(x, at + "post_attention_layernorm")
            gate, up = apply("mlp.gate_proj", y), apply("mlp.up_proj", y)
            x = x + apply("mlp.down_proj", F.silu(gate) * up)
        self.length += n
        return linear(self.norm(x, "model.norm"), self.weights["model.embed_tokens.weight"])


def generate(model, ids, count, temperature=0.0, top_p=1.0, seed=0, least_gap=0.0):
    """(new ids, smallest gap between best and second logit over all steps); ends after END, or
    before a step with a gap below least_gap."""
    model.clear()
    random = torch.Generator().manual_seed(seed)
    new, smallest = [], math.inf
    row = model.logits(ids)[-1]
    while True:
        best = torch.topk(row, 2).values
        gap = float(best[0] - best[1])
        if gap < least_gap:
            return new, smallest
        smallest = min(smallest, gap)
        if temperature == 0:
            new.append(int(row.argmax()))
        else:
            p, order = torch.softmax(row / temperature, -1).sort(descending=True)
            p[p.cumsum(0) - p >= top_p] = 0
            new.append(int(order[torch.multinomial(p, 1, generator=random)]))
        if len(new) == count or new[-1] == model.config["eos_token_id"]:
            return new, smallest
        row = model.logits(new[-1:])[-1]


def greedy(model, tokenizer):
    cases = []
    for prompt in PROMPTS:
        ids = tokenizer.encode(prompt, start=True)
        new, gap = generate(model, ids, GREEDY_TOKENS, least_gap=LEAST_GAP)
        model.clear()
        top = torch.topk(model.logits(ids)[-1], 5)
        cases.append(
            {
                "prompt": prompt,
                "ids": ids,
                "greedy_ids": new,
                "text": tokenizer.decode(new),
                "smallest_gap": round(gap, 6),
                "top5_ids": top.indices.tolist(),
                "top5_logits": [round(float(v), 5) for v in top.values],
            }
        )
    return cases


def tokenizer_cases(tokenizer):
    cases = []
    for text in TEXTS:
        ids = tokenizer.encode(text)
        decoded = tokenizer.decode(ids)
        tokens = [tokenizer.tokens[i] for i in ids]
        cases.append({"text": text, "ids": ids, "tokens": tokens, "decoded": decoded})
    return cases


def write_reference(tokenizer):
    cases = greedy(Model(), tokenizer)
    for case, exact in zip(cases, greedy(Model(dtype=torch.float64), tokenizer)):
        if case["greedy_ids"] != exact["greedy_ids"]:
            sys.exit(f"float32 and float64 differ on {case['prompt']!r}: take another prompt")
    reference = {
        "doc": "Greedy continuations in float32 from the stored float16 weights; float64 gives the "
        f"same ids. They end with id 0, or after {GREEDY_TOKENS} ids, or before a step whose two "
        f"best logits are closer than {LEAST_GAP}. smallest_gap: least distance between best and "
        "second logit on the way. top5: the logits after the last prompt id. "
        "Prompt ids begin with <|endoftext|> (0), tokenizer cases are without it.",
        "greedy": cases,
        "tokenizer": tokenizer_cases(tokenizer),
    }
    with open(HERE / "reference.json", "w", encoding="utf-8") as f:
        json.dump(reference, f, indent=1)
        f.write("\n")
    print("smallest gap:", min(c["smallest_gap"] for c in cases))


def check_all(tokenizer):
    failures = []
    model = Model()
    shapes = {name: tuple(t.shape) for name, t in model.weights.items()}
    if shapes != expected_shapes(model.config):
        failures.append("model.safetensors holds other tensors than config.json describes")
    if len(tokenizer.vocab) != model.config["vocab_size"]:
        failures.append("tokenizer.json and config.json differ in the vocabulary's size")
    reference = json.loads((HERE / "reference.json").read_text())
    if tokenizer_cases(tokenizer) != reference["tokenizer"]:
        failures.append("tokenizer cases differ")
    for dtype in (torch.float32, torch.float64):
        found = greedy(Model(dtype=dtype), tokenizer)
        for got, want in zip(found, reference["greedy"], strict=True):
            exact = ("prompt", "ids", "greedy_ids", "text", "top5_ids")
            same = all(got[key] == want[key] for key in exact)
            pairs = zip(got["top5_logits"], want["top5_logits"])
            if not same or max(abs(a - b) for a, b in pairs) > 1e-3:
                failures.append(f"{dtype}: {want['prompt']!r} continues otherwise")
    for text in failures:
        print("FAIL:", text)
    count = sum(t.numel() for t in model.weights.values())
    verdict = "failed" if failures else "files, tokenizer and greedy ids agree"
    print(f"{count} parameters; {verdict}")
    return 1 if failures else 0


def validate(tokenizer, windows):
    """Loss on windows of a whole context, evenly spaced over the held-out documents. bits per
    byte: over the bytes that the predicted tokens stand for."""
    import corpus

    model = Model()
    context = model.config["max_position_embeddings"]
    for kind, parts in corpus.load().items():
        stream = []
        for text in parts["valid"]:
            stream += tokenizer.encode(text, start=True)
        total = count = size = 0
        for at in numpy.linspace(0, len(stream) - context - 1, windows).astype(int):
            ids = stream[at : at + context + 1]
            model.clear()
            logs = torch.log_softmax(model.logits(ids[:-1]), -1)
            total -= float(logs[range(context), ids[1:]].sum())
            count += context
            size += sum(len(tokenizer.tokens[i]) for i in ids[1:] if i != tokenizer.end)
        print(
            f"{kind:7} {count:6} tokens, {size:6} bytes: {total / count:.4f} nats per token, "
            f"{total / size / math.log(2):.4f} bits per byte",
            flush=True,
        )


@torch.no_grad()
def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write reference.json")
    parser.add_argument("--valid", type=int, metavar="N", help="loss on N held-out windows a kind")
    parser.add_argument("--prompt", help="continue this text")
    parser.add_argument("--tokens", type=int, default=200)
    parser.add_argument("--temperature", type=float, default=0.0)
    parser.add_argument("--top-p", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    tokenizer = train_tokenizer.Tokenizer(HERE / "tokenizer.json")
    if args.write:
        write_reference(tokenizer)
    elif args.valid:
        validate(tokenizer, args.valid)
    elif args.prompt is not None:
        ids = tokenizer.encode(args.prompt.replace("\\n", "\n"), start=True)
        count = min(args.tokens, Model().config["max_position_embeddings"] - len(ids))
        new, _ = generate(Model(), ids, count, args.temperature, args.top_p, args.seed)
        print(tokenizer.decode(ids) + tokenizer.decode(new))
    else:
        return check_all(tokenizer)
    return 0


if __name__ == "__main__":
    sys.exit(main())
