#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`hekla-text` as a person and a script use it, over the model shipped in samples/models and over reference cases.

text_host_test.py BIN_DIR. Python's standard library alone. HEKLA_TEST_DEVICE and HEKLA_TEST_PROFILE choose the device.
Truth: reference.json beside the model, computed by PyTorch in float32 from the stored weights, and the reference cases.
"""
import json, os, pathlib, re, signal, subprocess, sys, tempfile, time, unittest

BIN = pathlib.Path(sys.argv.pop(1))
TESTS = pathlib.Path(__file__).resolve().parent.parent
MODEL = TESTS.parent / "samples" / "models" / "hekla-scribe"
DEVICE = ["--device", os.environ.get("HEKLA_TEST_DEVICE") or "cpu"]
if os.environ.get("HEKLA_TEST_PROFILE") == "baseline":
    DEVICE += ["--profile", "baseline"]


def text(*arguments, stdin=None):
    return subprocess.run([str(BIN / "hekla-text"), *DEVICE, *map(str, arguments)], capture_output=True, text=True, input=stdin, timeout=300,
                          **({} if stdin is not None else {"stdin": subprocess.DEVNULL}))


class TextHost(unittest.TestCase):
    def test_greedy_ids_are_pytorchs(self):
        for case in json.loads((MODEL / "reference.json").read_text())["greedy"]:
            done = text("--model", MODEL, "--prompt-ids", ",".join(map(str, case["ids"])), "--max-tokens", len(case["greedy_ids"]), "--temperature", 0, "--print-ids")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual([int(i) for i in done.stdout.split(",")], case["greedy_ids"], case["prompt"])

    def test_greedy_text(self):
        case = json.loads((MODEL / "reference.json").read_text())["greedy"][0]
        done = text("--model", MODEL, "--prompt", case["prompt"], "--max-tokens", len(case["greedy_ids"]), "--temperature", 0, "--hide-prompt")
        self.assertEqual(done.stdout, case["text"] + "\n", done.stderr)
        self.assertRegex(done.stderr, r"[\d.]+ tokens/s")

    def test_seeds(self):
        runs = [text("--model", MODEL, "--prompt", "Genesis 1", "--max-tokens", 24, "--seed", seed).stdout for seed in (1, 1, 2)]
        self.assertEqual(runs[0], runs[1])
        self.assertNotEqual(runs[0], runs[2])
        self.assertTrue(runs[0].startswith("Genesis 1"))

    def test_prompt_from_stdin_and_file(self):
        flags = ["--model", MODEL, "--max-tokens", 6, "--temperature", 0, "--quiet"]
        want = text(*flags, "--prompt", "def read(").stdout
        self.assertEqual(text(*flags, stdin="def read(").stdout, want)
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.write("def read(")
            file.flush()
            self.assertEqual(text(*flags, "--prompt-file", file.name).stdout, want)
        self.assertEqual(text(*flags, "--prompt", "def read(").stderr, "")

    def test_stop_strings(self):
        case = json.loads((MODEL / "reference.json").read_text())["greedy"][0]
        word = case["text"].split()[2]
        done = text("--model", MODEL, "--prompt", case["prompt"], "--max-tokens", 32, "--temperature", 0, "--hide-prompt", "--stop", word)
        self.assertEqual(done.stdout, case["text"].split(word)[0] + "\n")

    def test_a_long_prompt_is_read_in_pieces(self):
        """More tokens than one piece holds: the same continuation whichever way the pieces fall is what the cache tests show; here it runs."""
        ids = [(i * 37) % 4000 + 90 for i in range(300)]
        done = text("--model", MODEL, "--prompt-ids", ",".join(map(str, ids)), "--max-tokens", 3, "--temperature", 0, "--print-ids")
        self.assertEqual(len(done.stdout.split(",")), 3, done.stderr)

    def test_what_is_refused(self):
        for arguments, words in (
            (["--model", MODEL, "--prompt", "word " * 4000], "holds 512"),
            (["--model", MODEL, "--prompt-ids", "1,2,4096", "--print-ids"], "4096"),
            (["--model", MODEL / "nothing", "--prompt", "x"], "no such file or folder"),
            (["--model", TESTS / "reference" / "gpt2", "--prompt", "x"], "tokenizer.json"),
            (["--model", TESTS / "reference" / "tokenizers", "--prompt-ids", "1", "--print-ids"], "tokenizers"),
            (["--model", MODEL, "--prompt", "x", "--top-p", "7"], "top"),
            (["--model", MODEL, "--prompt", "x", "--graph", TESTS.parent / "graphs" / "gpt2.yaml"], "serves gpt2"),
        ):
            done = text(*arguments)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn(words, done.stderr)
            self.assertNotIn("terminate", done.stderr)
        self.assertEqual(text("--prompt", "x").returncode, 2)
        self.assertEqual(text("--model", MODEL, "--prompt", "x", "--max-tokens", "-1").returncode, 2)

    def test_the_context_may_fill_up(self):
        done = text("--model", MODEL, "--prompt", "Genesis 1", "--max-tokens", 50, "--context", 12, "--ignore-eos")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("context is full", done.stderr)

    def test_interrupt(self):
        command = [str(BIN / "hekla-text"), *DEVICE, "--model", str(MODEL), "--prompt", "Genesis 1", "--max-tokens", "500", "--ignore-eos"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True) as process:
            self.assertEqual(process.stdout.read(9), "Genesis 1")
            time.sleep(0.5)
            process.send_signal(signal.SIGINT)
            process.stdout.read()
            errors = process.stderr.read()
            self.assertIn(process.wait(timeout=60), (130, 0), errors)  # 0: it was done before the signal came
            self.assertRegex(errors, r"tokens/s")


if __name__ == "__main__":
    unittest.main(verbosity=1)
