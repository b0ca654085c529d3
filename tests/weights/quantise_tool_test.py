#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`hekla weights --quantise` as a person uses it: what it writes runs and stays near the full model, what it refuses, and how.

quantise_tool_test.py BIN_DIR. Python's standard library alone.
"""
import array, json, math, pathlib, shutil, struct, subprocess, sys, tempfile, unittest

import gguf_files as gguf

BIN = pathlib.Path(sys.argv.pop(1)) if len(sys.argv) > 1 else pathlib.Path("build/bin")
TESTS = pathlib.Path(__file__).resolve().parent.parent
REFERENCE = TESTS / "reference"
SCRIBE = TESTS.parent / "samples" / "models" / "hekla-scribe"
# How far logits may be from the full model's, in parts of their deviation: measured on these models, doubled.
NEAR = {"f16": 0.002, "bf16": 0.02, "q8_0": 0.03, "q6_k": 0.08, "q5_1": 0.15, "q5_0": 0.2, "q5_k": 0.15, "q4_1": 0.3, "q4_0": 0.4, "q4_k": 0.3}


def command(program, *arguments):
    return subprocess.run([str(BIN / program), *map(str, arguments)], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=300)


class Quantise(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = pathlib.Path(self.folder.name)

    def quantise(self, model, kind, out, *more):
        return command("hekla", "weights", model, "--quantise", kind, "-o", out, *more)

    def logits(self, model):
        source, out = self.path / "in.safetensors", self.path / "out.safetensors"
        data = array.array("i", [3, 1, 4, 15, 9, 26]).tobytes()
        head = json.dumps({"ids": {"dtype": "I32", "shape": [1, 6], "data_offsets": [0, len(data)]}}).encode()
        source.write_bytes(struct.pack("<Q", len(head)) + head + data)
        done = command("hekla", "run", "--model", model, "--inputs", source, "--outputs", out, "--only", "logits", "--device", "cpu")
        self.assertEqual(done.returncode, 0, done.stderr)
        raw = out.read_bytes()
        size = struct.unpack("<Q", raw[:8])[0]
        begin, end = json.loads(raw[8:8 + size])["logits"]["data_offsets"]
        return array.array("f", raw[8 + size + begin:8 + size + end])

    def near(self, model, full, bound):
        got = self.logits(model)
        deviation = math.sqrt(sum(v * v for v in full) / len(full))
        error = math.sqrt(sum((a - b) ** 2 for a, b in zip(got, full, strict=True)) / len(full))
        self.assertLess(error, bound * deviation)
        return error / deviation

    def test_every_type_runs_and_is_near(self):
        import gguf_variety_test as variety
        full = self.path / "full.gguf"
        variety.plain(variety.llama("llama", 11, ["f32"], 256, 4, 2, 64, 256, 67, tied=False)).write(full)
        want = self.logits(full)
        for kind, bound in NEAR.items():
            with self.subTest(kind):
                out = self.path / f"{kind}.gguf"
                done = self.quantise(full, kind, out)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(done.stdout, "")
                self.assertIn(f"9 tensors in {kind}", done.stderr)
                self.assertIn("3 stored as f32, for each has one dimension: blk.0.attn_norm.weight, blk.0.ffn_norm.weight, output_norm.weight", done.stderr)
                written = gguf.read(out)
                self.assertEqual({t.kind for t in written.tensors.values() if len(t.shape) == 2}, {kind})
                self.assertEqual(written.keys["llama.block_count"], gguf.read(full).keys["llama.block_count"])
                self.near(out, want, bound)

    def test_safetensors_folders(self):
        for case in ("gpt2", "qwen2_sharded", "qwen3"):
            want = self.logits(REFERENCE / case)
            for kind in ("f16", "bf16", "q8_0"):
                with self.subTest(case=case, kind=kind):
                    out = self.path / "small.gguf"
                    done = self.quantise(REFERENCE / case, kind, out)
                    self.assertEqual(done.returncode, 0, done.stderr)
                    self.near(out, want, NEAR[kind])
            half = self.path / case
            half.mkdir()
            shutil.copy(REFERENCE / case / "config.json", half)
            done = self.quantise(REFERENCE / case, "f16", half / "model.safetensors")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.near(half, want, NEAR["f16"])

    def test_text_comes_with_the_file(self):
        out = self.path / "scribe.gguf"
        done = self.quantise(SCRIBE, "q8_0", out, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        report = json.loads(done.stdout)
        self.assertEqual((report["dtype"], report["changed"], len(report["kept"])), ("q8_0", 43, 13))
        self.assertLess(report["relative_error"], 0.006)
        case = json.loads((SCRIBE / "reference.json").read_text())["greedy"][0]
        done = command("hekla-text", "--model", out, "--prompt", case["prompt"], "--max-tokens", 8, "--temperature", 0, "--print-ids", "--device", "cpu")
        self.assertEqual([int(i) for i in done.stdout.split(",")], case["greedy_ids"][:8], done.stderr)

    def test_the_same_bytes_twice(self):
        images = []
        for name in ("a.gguf", "b.gguf"):
            self.assertEqual(self.quantise(REFERENCE / "gguf_llama_f16", "q4_1", self.path / name).returncode, 0)
            images.append((self.path / name).read_bytes())
        self.assertEqual(*images)

    def test_what_is_refused(self):
        model, out = REFERENCE / "gguf_llama_f16", self.path / "out.gguf"
        for arguments, code, words in (((model, "q3_k", out), 2, "`q3_k` is no type; types are f16, bf16, q8_0"),
                                       ((model, "i32", out), 2, "nothing is quantised to i32"),
                                       ((model, "q8_0", self.path / "out.bin"), 2, "must end in .gguf or .safetensors"),
                                       ((REFERENCE / "gpt2", "q8_0", self.path / "out.safetensors"), 2, "safetensors files have no type q8_0"),
                                       ((REFERENCE / "gguf_llama_q4_k", "q8_0", out), 2, "is quantised already"),
                                       ((self.path / "nothing", "q8_0", out), 1, "nothing"),
                                       ((model, "q8_0", self.path / "no" / "folder.gguf"), 1, "folder.gguf")):
            with self.subTest(words):
                done = self.quantise(*arguments)
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertIn(words, done.stderr)
                self.assertEqual(list(self.path.iterdir()), [])
        done = command("hekla", "weights", model, "--quantise", "q8_0")
        self.assertEqual(done.returncode, 2)
        self.assertIn("--quantise needs a file to write: -o NAME.gguf", done.stderr)
        self.assertEqual(command("hekla", "weights", model, "-o", out).returncode, 2)
        self.assertIn("--quantise", command("hekla", "weights", "--help").stdout)


if __name__ == "__main__":
    unittest.main(verbosity=1)
