#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""GGUF files that lie, classes G1 to G18, made from a true one and given to `hekla run`: each is refused with words that name file and
fault, by an exit code, within seconds and within the memory that the true one takes.

gguf_lies_test.py BIN_DIR. Python's standard library alone. gguf_test.cpp does the same to the reader, with more of each class.
"""
import array, json, os, pathlib, struct, subprocess, sys, tempfile, time, unittest

import gguf_files as gguf
from gguf_files import ARRAY, F32, I32, STRING, U8, U16, U32, U64, Array

BIN = pathlib.Path(sys.argv.pop(1)) if len(sys.argv) > 1 else pathlib.Path("build/bin")
TRUE = pathlib.Path(__file__).resolve().parent.parent / "reference" / "gguf_llama_q4_k" / "model.gguf"


def keyed(name, kind, value):
    return lambda g: g.keys.__setitem__(name, (kind, value))


def attribute(**values):
    return lambda g: [setattr(g, name, value) for name, value in values.items()]


def entry(tensor, **values):
    return lambda g: [setattr(g.tensors[tensor], name, value) for name, value in values.items()]


def raw_key(data):
    return attribute(extra_keys=data, extra_key_count=1)


def scale(tensor, value, at=0):
    def change(g):
        t = g.tensors[tensor]
        data = bytearray(t.data)
        struct.pack_into("<e", data, at, value)
        t.data = bytes(data)
    return change


def renamed(tensor, name):
    return entry(tensor, name=name)


class Lies(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.path = pathlib.Path(cls.folder.name)
        data = array.array("i", [1, 5, 7]).tobytes()
        head = json.dumps({"ids": {"dtype": "I32", "shape": [1, 3], "data_offsets": [0, 12]}}).encode()
        (cls.path / "in.safetensors").write_bytes(struct.pack("<Q", len(head)) + head + data)
        cls.true = gguf.read(TRUE)
        assert cls.true.image() == TRUE.read_bytes()
        code, errors, cls.memory, cls.truth = cls.run_model(TRUE)
        assert code == 0, errors

    @classmethod
    def run_model(cls, model):
        """(exit code, stderr, peak KiB, output or None)"""
        out = cls.path / "out.safetensors"
        out.unlink(missing_ok=True)
        errors = cls.path / "errors.txt"
        with open(errors, "w") as sink:
            process = subprocess.Popen([str(BIN / "hekla"), "run", "--model", str(model), "--inputs", str(cls.path / "in.safetensors"), "--outputs", str(out),
                                        "--device", "cpu"], stdin=subprocess.DEVNULL, stdout=sink, stderr=sink)
            started = time.monotonic()
            while True:
                pid, status, usage = os.wait4(process.pid, os.WNOHANG)
                if pid:
                    break
                if time.monotonic() - started > 60:
                    process.kill()
                    os.wait4(process.pid, 0)
                    return -9, "it hung", 0, None
                time.sleep(0.01)
            process.returncode = os.waitstatus_to_exitcode(status)
        return process.returncode, errors.read_text(errors="replace"), usage.ru_maxrss, out.read_bytes() if out.exists() else None

    def refused(self, *lies):
        """lies: (name, change, words, exit code)"""
        for name, change, words, code in lies:
            with self.subTest(name):
                file = gguf.read(TRUE)
                cut = change(file)
                model = self.path / "lie.gguf"
                model.write_bytes(cut if isinstance(cut, bytes) else file.image())
                got, errors, memory, output = self.run_model(model)
                self.assertEqual(got, code, errors)
                self.assertIn(words, errors)
                self.assertLess(len(errors), 4000)
                self.assertLess(memory, self.memory + 16 * 1024, "KiB")
                self.assertIsNone(output)

    def test_G1_mark_version_byte_order(self):
        self.refused(("mark", attribute(magic=b"GGJT"), "lie.gguf", 3),
                     ("swapped", attribute(magic=b"FUGG"), "big-endian", 1),
                     ("version 1", attribute(version=1), "convert it again", 1),
                     ("version 9", attribute(version=9), "GGUF version 9 is unknown; 2 and 3 are read", 3))

    def test_G2_counts(self):
        self.refused(("tensors", attribute(tensor_count=2**64 - 1), "18446744073709551615 tensors announced", 3),
                     ("keys", attribute(key_count=2**64 - 1), "18446744073709551615 metadata keys announced", 3),
                     ("one more", attribute(tensor_count=13), "lie.gguf", 3))

    def test_G3_keys(self):
        self.refused(("empty", keyed("", U32, 1), "a metadata key is empty", 3),
                     ("twice", raw_key(gguf.text("llama.block_count") + struct.pack("<II", U32, 1)), "metadata 'llama.block_count': is given twice", 3),
                     ("huge", keyed("k" * 70000, U32, 1), "the key is longer than 65535 bytes", 3))

    def test_G4_array_types(self):
        self.refused(("unknown", raw_key(gguf.text("k") + struct.pack("<I", 77)), "unknown type 77", 3),
                     ("unknown elements", raw_key(gguf.text("k") + struct.pack("<IIQ", ARRAY, 77, 1)), "an array of type 77", 3),
                     ("nested", raw_key(gguf.text("k") + struct.pack("<IIQIQ", ARRAY, ARRAY, 1, U8, 0)), "an array of type 9", 3))

    def test_G5_narrow_arrays(self):
        """A count that only wider elements would fill."""
        self.refused(("u8 for f32", keyed("tokenizer.ggml.scores", ARRAY, Array(U8, [0] * 97, 2**40)), "metadata 'tokenizer.ggml.scores' needs", 3))

    def test_G6_strings(self):
        self.refused(("value", raw_key(gguf.text("k") + struct.pack("<IQ", STRING, 2**40)), "metadata 'k' needs 1099511627776 bytes", 3),
                     ("key", raw_key(struct.pack("<Q", 2**64 - 8)), "a metadata key needs 18446744073709551608 bytes", 3))

    def test_G7_alignment(self):
        for value in (0, 13, 2**31):
            self.refused((str(value), keyed("general.alignment", U32, value), f"{value} is no power of two", 3))
        self.refused(("text", keyed("general.alignment", STRING, "32"), "metadata 'general.alignment'", 3))

    def test_G8_dimensions(self):
        name = "blk.0.attn_q.weight"
        self.refused(("five", entry(name, dims=[256, 256, 1, 1, 1]), "5 dimensions", 3),
                     ("none", entry(name, dims=[]), "0 dimensions", 3),
                     ("zero", entry(name, dims=[256, 0]), "a dimension of 0", 3),
                     ("negative", entry(name, dims=[256, 2**64 - 1]), "a dimension of 18446744073709551615", 3),
                     ("part of a block", entry(name, dims=[255, 256]), "stores whole blocks of 256", 3))

    def test_G9_sizes_that_wrap(self):
        name = "blk.0.attn_q.weight"
        self.refused(("product", entry(name, dims=[2**40, 2**40]), "more bytes than can be counted", 3),
                     ("padding", entry(name, dims=[2**62]), name, 3))

    def test_G10_offsets(self):
        name = "blk.0.attn_k.weight"
        offset = 0
        for t in self.true.tensors.values():
            if t.name == name:
                break
            offset += len(t.data) + -len(t.data) % 32
        self.refused(("unaligned", entry(name, offset=offset + 1), "no multiple of the alignment 32", 3),
                     ("overlapping", entry(name, offset=offset - 32), name, 3),
                     ("out", entry(name, offset=2**40), "leaves a hole", 3))

    def test_G11_total_wraps(self):
        self.refused(("offset", entry("blk.0.attn_k.weight", offset=2**64 - 32), "leaves a hole", 3))

    def test_G12_names(self):
        self.refused(("twice", renamed("blk.0.attn_k.weight", "blk.0.attn_q.weight"), "is in the table twice", 3),
                     ("64 bytes", renamed("blk.0.attn_k.weight", "n" * 64), "longer than 63 bytes", 3))

    def test_G13_removed_types(self):
        for number in (4, 5, 31, 36):
            self.refused((str(number), entry("blk.0.attn_q.weight", number=number), f"unknown or withdrawn type {number}", 3))
        self.refused(("foreign", entry("blk.0.attn_q.weight", number=10), "the type Q2_K is not read; use the model in another type", 1))

    def test_G14_truncated(self):
        for cut in (33, 1000, 200_000):
            self.refused((str(cut), lambda g: g.image()[:-cut], "the file is cut short: download it again", 3))

    def test_G15_sizes_of_models(self):
        self.refused(("blocks", keyed("llama.block_count", U32, 10**9), "1000000000 blocks announced, in a file of 12 tensors", 3),
                     ("blocks that are there", keyed("llama.block_count", U32, 2), "the file has this tensor for 0 to 0 only, so 1 turns", 3),
                     ("heads", keyed("llama.attention.head_count", U32, 0), "metadata 'llama.attention.head_count': is 0", 3),
                     ("key heads", keyed("llama.attention.head_count_kv", U32, 0), "metadata 'llama.attention.head_count_kv': is 0", 3),
                     ("odd heads", keyed("llama.attention.head_count", U32, 2**31 - 1), "is not exact", 3),
                     ("width", keyed("llama.embedding_length", U32, 0), "metadata 'llama.embedding_length': is 0", 3),
                     ("vocabulary", keyed("llama.vocab_size", U32, 2**31 - 1), "the graph needs [2147483647, 256]", 3),
                     ("context", keyed("llama.context_length", U32, 2**32 - 1), "metadata 'llama.context_length'", 3),
                     ("text", keyed("llama.block_count", STRING, "1"), "must be a whole number", 3),
                     ("epsilon", keyed("llama.attention.layer_norm_rms_epsilon", F32, float("nan")), "no positive number", 3))

    def test_G16_split_files(self):
        self.refused(("parts", keyed("split.count", U16, 3), "is one of 3 parts of a split GGUF file; merge them first", 1),
                     ("number", keyed("split.no", U16, 1), "part 1 of a file that is not split", 3),
                     ("tensors", keyed("split.tensors.count", I32, 24), "24 tensors, but the file has 12", 3))

    def test_G17_scales(self):
        words = "is not finite; the file is damaged, download it again"
        self.refused(("nan", scale("blk.0.attn_q.weight", float("nan")), words, 3),
                     ("infinite minimum", scale("blk.0.attn_q.weight", float("inf"), 2), words, 3),
                     ("last block of q6_k", scale("blk.0.ffn_down.weight", float("nan"), 256 * 210 - 2), words, 3))

    def test_G18_templates(self):
        """Nothing runs a chat template: it is text that nobody asks for."""
        file = gguf.read(TRUE)
        file.keys["tokenizer.chat_template"] = (STRING, "{% for i in range(10**18) %}{{ ''.__class__.__mro__[1].__subclasses__() }}{% endfor %}")
        model = self.path / "template.gguf"
        file.write(model)
        code, errors, memory, output = self.run_model(model)
        self.assertEqual((code, errors), (0, ""))
        self.assertEqual(output, self.truth)
        self.assertLess(memory, self.memory + 16 * 1024)


if __name__ == "__main__":
    unittest.main(verbosity=1)
