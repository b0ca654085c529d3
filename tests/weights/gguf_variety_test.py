#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""GGUF models of every served architecture in every type and in mixtures, odd in every size that may be odd: what a device computes from the
blocks is what the cpu backend computes from a file of the numbers that they stand for, which gguf_files.py tells by the formulas.

gguf_variety_test.py BIN_DIR. Python's standard library alone. HEKLA_TEST_DEVICE and HEKLA_TEST_PROFILE choose the device.
"""
import array, json, math, os, pathlib, random, struct, subprocess, sys, tempfile, unittest

import gguf_files as gguf
from gguf_files import F32, STRING, U32, Gguf, Tensor

BIN = pathlib.Path(sys.argv.pop(1)) if len(sys.argv) > 1 else pathlib.Path("build/bin")
DEVICE = ["--device", os.environ.get("HEKLA_TEST_DEVICE") or "cpu"]
if os.environ.get("HEKLA_TEST_PROFILE") == "baseline":
    DEVICE += ["--profile", "baseline"]
SMALL = ("q4_0", "q4_1", "q5_0", "q5_1", "q8_0", "f16", "bf16")
ALL = SMALL + ("q4_k", "q5_k", "q6_k")


class Maker:
    """`kinds`: the types that matrices take in turn; rows that are no whole blocks become f16."""

    def __init__(self, arch, seed, kinds):
        self.random, self.kinds, self.turn, self.arch = random.Random(seed), kinds, 0, arch
        self.file = Gguf({"general.architecture": (STRING, arch)})

    def key(self, name, value):
        self.file.keys[f"{self.arch}.{name}"] = (F32 if isinstance(value, float) else U32, value)

    def matrix(self, name, rows, columns, spread=None):
        kind = self.kinds[self.turn % len(self.kinds)]
        self.turn += 1
        if columns % gguf.TYPES[kind][1]:
            kind = "f16"
        data = gguf.blocks(kind, rows * columns, self.random, spread or columns ** -0.5)
        self.file.tensors[name] = Tensor(name, [rows, columns], kind, data)

    def vector(self, name, size, around):
        values = [around + self.random.gauss(0, 0.3) for _ in range(size)]
        self.file.tensors[name] = Tensor(name, [size], "f32", struct.pack(f"<{size}f", *values))


def llama(arch, seed, kinds, d, heads, kv, d_head, ff, vocab, tied=True, layers=1, key_length=False):
    m = Maker(arch, seed, kinds)
    for name, value in (("block_count", layers), ("embedding_length", d), ("context_length", 32), ("feed_forward_length", ff), ("attention.head_count", heads),
                        ("attention.head_count_kv", kv), ("attention.layer_norm_rms_epsilon", 1e-5), ("rope.freq_base", 5000.0), ("rope.dimension_count", d_head)):
        m.key(name, value)
    if key_length:
        m.key("attention.key_length", d_head)
    m.matrix("token_embd.weight", vocab, d, 0.7)
    for i in range(layers):
        m.vector(f"blk.{i}.attn_norm.weight", d, 1)
        for part, rows in (("q", heads * d_head), ("k", kv * d_head), ("v", kv * d_head)):
            m.matrix(f"blk.{i}.attn_{part}.weight", rows, d)
            if arch == "qwen2":
                m.vector(f"blk.{i}.attn_{part}.bias", rows, 0)
        if arch == "qwen3":
            m.vector(f"blk.{i}.attn_q_norm.weight", d_head, 1)
            m.vector(f"blk.{i}.attn_k_norm.weight", d_head, 1)
        m.matrix(f"blk.{i}.attn_output.weight", d, heads * d_head)
        m.vector(f"blk.{i}.ffn_norm.weight", d, 1)
        m.matrix(f"blk.{i}.ffn_gate.weight", ff, d)
        m.matrix(f"blk.{i}.ffn_up.weight", ff, d)
        m.matrix(f"blk.{i}.ffn_down.weight", d, ff)
    m.vector("output_norm.weight", d, 1)
    if not tied:
        m.matrix("output.weight", vocab, d)
    return m.file


def gpt2(seed, kinds, d, heads, ff, vocab, tied=True):
    m = Maker("gpt2", seed, kinds)
    for name, value in (("block_count", 1), ("embedding_length", d), ("context_length", 32), ("feed_forward_length", ff), ("attention.head_count", heads),
                        ("attention.layer_norm_epsilon", 1e-5)):
        m.key(name, value)
    m.matrix("token_embd.weight", vocab, d, 0.7)
    m.matrix("position_embd.weight", 32, d, 0.2)
    for name in ("blk.0.attn_norm", "blk.0.ffn_norm", "output_norm"):
        m.vector(name + ".weight", d, 1)
        m.vector(name + ".bias", d, 0)
    for name, rows, columns in (("attn_qkv", 3 * d, d), ("attn_output", d, d), ("ffn_up", ff, d), ("ffn_down", d, ff)):
        m.matrix(f"blk.0.{name}.weight", rows, columns)
        m.vector(f"blk.0.{name}.bias", rows, 0)
    if not tied:
        m.matrix("output.weight", vocab, d)
    return m.file


def plain(file):
    """The same file in numbers."""
    out = Gguf(file.keys)
    for t in file.tensors.values():
        values = gguf.numbers(t.kind, t.data)
        out.tensors[t.name] = Tensor(t.name, t.shape, "f32", struct.pack(f"<{len(values)}f", *values))
    return out


class Variety(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.path = pathlib.Path(cls.folder.name)

    def logits(self, file, name, ids, device):
        model, source, out = (self.path / n for n in (name, "in.safetensors", "out.safetensors"))
        file.write(model)
        data = array.array("i", sum(ids, [])).tobytes()
        head = json.dumps({"ids": {"dtype": "I32", "shape": [len(ids), len(ids[0])], "data_offsets": [0, len(data)]}}).encode()
        source.write_bytes(struct.pack("<Q", len(head)) + head + data)
        done = subprocess.run([str(BIN / "hekla"), "run", "--model", str(model), "--inputs", str(source), "--outputs", str(out), "--only", "logits", *device],
                              capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stderr)
        raw = out.read_bytes()
        size = struct.unpack("<Q", raw[:8])[0]
        begin, end = json.loads(raw[8:8 + size])["logits"]["data_offsets"]
        return array.array("f", raw[8 + size + begin:8 + size + end])

    def same(self, file):
        """One prompt of several rows and columns, one of a single token."""
        vocab = file.tensors["token_embd.weight"].shape[0]
        dice = random.Random(7)
        numbers = plain(file)
        for batch, length in ((2, 7), (1, 1)):
            ids = [[dice.randrange(vocab) for _ in range(length)] for _ in range(batch)]
            got = self.logits(file, "blocks.gguf", ids, DEVICE)
            want = self.logits(numbers, "numbers.gguf", ids, ["--device", "cpu"])
            deviation = math.sqrt(sum(v * v for v in want) / len(want))
            worst = max(abs(a - b) for a, b in zip(got, want, strict=True))
            self.assertLess(worst, 1e-4 * deviation)
            self.assertGreater(deviation, 0.1)

    def test_every_type_alone(self):
        for kind in SMALL:
            with self.subTest(kind):
                self.same(llama("llama", kind, [kind], 96, 3, 1, 32, 160, 101))
        for kind in ("q4_k", "q5_k", "q6_k"):
            with self.subTest(kind):
                self.same(llama("llama", kind, [kind], 256, 4, 2, 64, 256, 67, tied=False))

    def test_mixtures(self):
        for seed in range(3):
            kinds = random.Random(seed).sample(ALL, len(ALL))
            with self.subTest(kinds):
                self.same(llama("llama", seed, kinds, 256, 8, 2, 32, 512, 83, tied=seed == 0, layers=2))

    def test_rows_that_are_no_blocks(self):
        """Hidden sizes that are prime leave the last matrix in f16."""
        self.same(llama("llama", 1, SMALL[:5], 64, 2, 2, 32, 53, 97))
        self.same(llama("qwen2", 2, SMALL[:5], 160, 5, 1, 32, 75, 33, tied=False))

    def test_qwen2_and_qwen3(self):
        self.same(llama("qwen2", 3, SMALL, 64, 4, 2, 16, 96, 77))
        self.same(llama("qwen3", 4, SMALL, 64, 3, 1, 32, 96, 77, tied=False, key_length=True))

    def test_gpt2(self):
        self.same(gpt2(5, SMALL, 96, 3, 224, 131))
        self.same(gpt2(6, ["q5_1", "q4_0", "bf16"], 64, 4, 128, 61, tied=False))
        self.same(gpt2(7, ["q6_k", "q4_k", "q5_k", "q8_0"], 256, 4, 256, 45))


if __name__ == "__main__":
    unittest.main(verbosity=1)
