#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`hekla-text` with one GGUF file and nothing beside it: the shipped model, converted as published files are, says what PyTorch says.

gguf_text_host_test.py BIN_DIR. Python's standard library alone. HEKLA_TEST_DEVICE and HEKLA_TEST_PROFILE choose the device.
"""
import json, os, pathlib, subprocess, sys, tempfile, unittest

BIN = pathlib.Path(sys.argv.pop(1))
TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS / "weights"))
import gguf_files as gguf

MODEL = TESTS.parent / "samples" / "models" / "hekla-scribe"
DEVICE = ["--device", os.environ.get("HEKLA_TEST_DEVICE") or "cpu"]
if os.environ.get("HEKLA_TEST_PROFILE") == "baseline":
    DEVICE += ["--profile", "baseline"]


class GgufText(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.model = pathlib.Path(cls.folder.name) / "scribe.gguf"
        cls.file = gguf.from_llama(MODEL)
        gguf.add_tokenizer(cls.file, json.loads((MODEL / "tokenizer.json").read_text()), "llama-bpe", 0, 0)
        cls.file.write(cls.model)
        cls.greedy = json.loads((MODEL / "reference.json").read_text())["greedy"]

    def text(self, *arguments):
        return subprocess.run([str(BIN / "hekla-text"), *DEVICE, *map(str, arguments)], capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL)

    def test_text(self):
        for case in self.greedy:
            done = self.text("--model", self.model, "--prompt", case["prompt"], "--max-tokens", len(case["greedy_ids"]), "--temperature", 0, "--hide-prompt")
            self.assertEqual(done.stdout, case["text"] + "\n", done.stderr)

    def test_ids(self):
        case = self.greedy[0]
        done = self.text("--model", self.model, "--prompt", case["prompt"], "--max-tokens", len(case["greedy_ids"]), "--temperature", 0, "--print-ids")
        self.assertEqual([int(i) for i in done.stdout.split(",")], case["greedy_ids"], done.stderr)

    def test_a_whole_tokenizer_json_inside(self):
        file = gguf.read(self.model)
        file.keys = {k: v for k, v in file.keys.items() if not k.startswith("tokenizer.")}
        file.keys["tokenizer.huggingface.json"] = (gguf.STRING, (MODEL / "tokenizer.json").read_text())
        model = pathlib.Path(self.folder.name) / "whole.gguf"
        file.write(model)
        case = self.greedy[0]
        done = self.text("--model", model, "--prompt", case["prompt"], "--max-tokens", len(case["greedy_ids"]), "--temperature", 0, "--hide-prompt")
        self.assertEqual(done.stdout, case["text"] + "\n", done.stderr)

    def test_what_is_refused(self):
        model = pathlib.Path(self.folder.name) / "odd.gguf"
        for key, value, words in (("model", (gguf.STRING, "rwkv"), 'tokenizer.ggml.model is "rwkv", which is not supported; supported are gpt2 and llama'),
                                  ("pre", (gguf.STRING, "klingon"), 'tokenizer.ggml.pre is "klingon"'),
                                  ("model", (gguf.U32, 7), "tokenizer.ggml.model must be text"),
                                  ("scores", (gguf.ARRAY, gguf.Array(gguf.U8, [1] * 4096)), "tokenizer.ggml.scores must be a list of f32"),
                                  ("tokens", (gguf.ARRAY, gguf.Array(gguf.STRING, ["a", "b"])), "tokenizer.ggml.token_type has 4096 values for 2 tokens"),
                                  ("bos_token_id", (gguf.U32, 70000), "tokenizer.ggml.bos_token_id is 70000; the file has 4096 tokens")):
            with self.subTest(words):
                file = gguf.read(self.model)
                file.keys["tokenizer.ggml." + key] = value
                file.write(model)
                done = self.text("--model", model, "--prompt", "x")
                self.assertEqual(done.returncode, 1, done.stderr)
                self.assertIn(str(model) + ": " + words, done.stderr)
                self.assertEqual(done.stdout, "")


if __name__ == "__main__":
    unittest.main(verbosity=1)
