#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The `hekla` command as a script sees it: exit codes, what stands on stdout and stderr, files that appear whole or not at all.

tool_test.py BIN_DIR. Python's standard library alone. HEKLA_TEST_DEVICE and HEKLA_TEST_PROFILE choose the device for what needs one.
"""
import array, json, math, os, pathlib, struct, subprocess, sys, tempfile, unittest, xml.dom.minidom

BIN = pathlib.Path(sys.argv.pop(1))
TESTS = pathlib.Path(__file__).resolve().parent.parent
ROOT = TESTS.parent
CASE = TESTS / "reference" / "gpt2"
DEVICE = ["--device", os.environ.get("HEKLA_TEST_DEVICE") or "cpu"]
if os.environ.get("HEKLA_TEST_PROFILE") == "baseline":
    DEVICE += ["--profile", "baseline"]


def hekla(*arguments, program="hekla", **more):
    return subprocess.run([str(BIN / program), *map(str, arguments)], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=300, **more)


def write_tensors(path, tensors):
    """{name: (dtype, shape, bytes)}"""
    head, at = {}, 0
    for name, (dtype, shape, data) in tensors.items():
        head[name] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + len(data)]}
        at += len(data)
    text = json.dumps(head).encode()
    pathlib.Path(path).write_bytes(struct.pack("<Q", len(text)) + text + b"".join(t[2] for t in tensors.values()))


def read_tensors(path):
    data = pathlib.Path(path).read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    head = json.loads(data[8:8 + size])
    return {n: (t["dtype"], t["shape"], data[8 + size + t["data_offsets"][0]:8 + size + t["data_offsets"][1]]) for n, t in head.items() if n != "__metadata__"}


def ids(values, dtype="I64"):
    return (dtype, [1, len(values)], array.array("q" if dtype == "I64" else "i", values).tobytes())


class Tool(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name)
        self.addCleanup(self.folder.cleanup)

    def test_help_and_usage(self):
        top = hekla("--help")
        self.assertEqual(top.returncode, 0)
        for command in ("devices", "check", "show", "fmt", "weights", "run", "bench", "warm", "schema"):
            self.assertIn(command, top.stdout)
            self.assertEqual(hekla(command, "--help").returncode, 0)
        self.assertEqual(hekla().returncode, 2)
        self.assertEqual(hekla("rum").returncode, 2)
        self.assertEqual(hekla("run", "--no-such-flag").returncode, 2)
        self.assertRegex(hekla("--version").stdout, r"^\d+\.\d+\.\d+\n$")

    def test_devices(self):
        listed = json.loads(hekla("devices", "--json").stdout)
        self.assertIn("cpu", [d["id"] for d in listed])
        self.assertEqual(listed[-1]["id"], "null")
        text = hekla("devices").stdout
        for d in listed:
            self.assertIn(d["id"], text)

    def test_check(self):
        good = hekla("check", ROOT / "graphs" / "llama.yaml", ROOT / "graphs" / "gpt2.yaml")
        self.assertEqual((good.returncode, good.stderr), (0, ""))
        with_weights = hekla("check", ROOT / "graphs" / "gpt2.yaml", "--weights", CASE)
        self.assertEqual((with_weights.returncode, with_weights.stderr), (0, ""))
        file = self.path / "typo.yaml"
        file.write_text("hekla: 1\nname: t\ninputs:\n  x: float[2, 3]\ngraph:\n  y: relo(x)\noutputs:\n  y: float[2, 3]\n")
        bad = hekla("check", file)
        self.assertEqual((bad.returncode, bad.stdout), (3, ""))
        self.assertIn("typo.yaml:6:6", bad.stderr)
        self.assertIn("did you mean `relu`", bad.stderr)
        as_json = hekla("check", "--json", file)
        self.assertEqual(as_json.returncode, 3)
        found = json.loads(as_json.stdout)[0]
        self.assertEqual((found["code"], found["line"], found["column"]), ("HK2302", 6, 6))
        set_unknown = hekla("check", ROOT / "graphs" / "gpt2.yaml", "--set", "n_layers=3")
        self.assertEqual(set_unknown.returncode, 3)
        self.assertIn("n_layer", set_unknown.stderr)
        other = hekla("check", ROOT / "graphs" / "gpt2.yaml", "--weights", TESTS / "reference" / "llama")
        self.assertEqual(other.returncode, 3)
        self.assertIn("serves gpt2", other.stderr)

    def test_preflight(self):
        sizes = ("--device", "cpu", "--dims", "T=5", "--dims", "P=32")
        told = json.loads(hekla("check", "--model", CASE, *sizes, "--json").stdout)
        self.assertEqual(told["peak_bytes"], sum(told[part + "_bytes"] for part in ("weight", "state", "arena", "io")))
        self.assertGreater(told["arena_bytes"], 0)
        with_graph = hekla("check", ROOT / "graphs" / "gpt2.yaml", "--model", CASE, *sizes)
        self.assertEqual(with_graph.returncode, 0, with_graph.stderr)
        self.assertIn("activations", with_graph.stdout)
        tight = hekla("check", "--model", CASE, *sizes, "--max-memory", "1K")
        self.assertEqual(tight.returncode, 1)
        self.assertIn("does not fit", tight.stdout)
        # Refused when it is run, too, with the size that would fit.
        limit = told["weight_bytes"] + told["state_bytes"] + told["arena_bytes"] // 2
        over = hekla("bench", "--model", CASE, "--device", "cpu", "--dims", "T=5", "--capacity", "P=32", "--max-memory", str(limit))
        self.assertEqual(over.returncode, 1)
        self.assertRegex(over.stderr, r"above the limit of \d+; T = [1-4] would fit")

    def test_show_plan(self):
        graph = [ROOT / "graphs" / "llama.yaml", "--plan", "--set", "n_layer=2", "--set", "d=64", "--set", "n_head=4", "--set", "d_ff=96", "--set", "vocab=131", "--set", "ctx=128"]
        done = hekla("show", *graph, *DEVICE, "--dims", "T=7", "--then", "T=1", "--only", "last", "--json", "--measure")
        self.assertEqual(done.returncode, 0, done.stderr)
        told = json.loads(done.stdout)["dispatches"]
        self.assertLessEqual(len(told), 2 * 8 + 6 if DEVICE[1] != "cpu" else 100)
        for step in told:
            self.assertGreater(step["bytes"], 0)
            if not step["once"]:
                self.assertGreater(step["us"], 0)
        text = hekla("show", *graph, *DEVICE, "--dims", "T=7")
        self.assertEqual(text.returncode, 0, text.stderr)
        self.assertIn("attention", text.stdout)
        self.assertEqual(hekla("show", "--plan", *DEVICE).returncode, 2)
        self.assertEqual(hekla("show").returncode, 2)

    def test_warm(self):
        done = hekla("warm", "--model", CASE, *DEVICE, "--dims", "T=5", "--then", "T=1", "--only", "last", "--capacity", "P=16")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"ready after \d+\.\d\d s\n$")
        wrong = hekla("warm", "--model", CASE, *DEVICE, "--dims", "Q=5")
        self.assertNotEqual(wrong.returncode, 0)
        self.assertIn("`Q`", wrong.stderr)

    def test_show(self):
        graph = [ROOT / "graphs" / "gpt2.yaml", "--config", CASE / "config.json"]
        text = hekla("show", *graph)
        self.assertEqual(text.returncode, 0)
        self.assertIn("h[1]", text.stdout)
        self.assertIn("attention(", text.stdout)
        svg = hekla("show", *graph, "--format", "svg").stdout
        self.assertEqual(xml.dom.minidom.parseString(svg).documentElement.tagName, "svg")
        dot = hekla("show", *graph, "--format", "dot").stdout
        self.assertTrue(dot.startswith("digraph") and dot.rstrip().endswith("}"))
        self.assertGreater(dot.count("->"), 30)
        nodes = json.loads(hekla("show", *graph, "--format", "json").stdout)["nodes"]
        self.assertEqual(sum(n["text"].startswith("attention(") for n in nodes), 2)

    def test_fmt(self):
        for file in sorted((ROOT / "graphs").glob("*.yaml")):
            self.assertEqual(hekla("fmt", "--check", file).returncode, 0, file)
        loose = self.path / "loose.yaml"
        loose.write_text("hekla: 1\nname:    t   # kept\ninputs:\n    x: float[2,3]\ngraph:\n    y: relu( x )\noutputs:\n    y: float[2, 3]\n")
        self.assertEqual(hekla("fmt", "--check", loose).returncode, 1)
        before = hekla("show", loose).stdout
        self.assertEqual(hekla("fmt", loose).returncode, 0)
        self.assertEqual(hekla("fmt", "--check", loose).returncode, 0)
        self.assertIn("# kept", loose.read_text())
        self.assertEqual(hekla("show", loose).stdout, before)

    def test_schema(self):
        schema = json.loads(hekla("schema").stdout)
        self.assertEqual(schema["$schema"], "https://json-schema.org/draft/2020-12/schema")
        self.assertIn("rms_norm", json.dumps(schema))
        self.assertNotIn("linear_fused", json.dumps(schema))
        self.assertIn("summary:", hekla("schema", "rope").stdout)
        self.assertEqual(hekla("schema", "rop").returncode, 1)

    def test_weights(self):
        listed = json.loads(hekla("weights", "--json", CASE).stdout)
        self.assertEqual(listed["architecture"], "gpt2")
        names = {t["name"]: t for t in listed["tensors"]}
        self.assertEqual(names["transformer.h.0.attn.c_attn.weight"]["shape"], [48, 144])
        self.assertIn("transformer.h.0.attn.c_attn.weight", hekla("weights", CASE / "model.safetensors").stdout)
        lying = self.path / "lying.safetensors"
        lying.write_bytes(struct.pack("<Q", 1 << 62) + b"{}")
        bad = hekla("weights", lying)
        self.assertEqual(bad.returncode, 3)
        self.assertIn("lying.safetensors", bad.stderr)

    def run_gpt2(self, tensors, *arguments):
        write_tensors(self.path / "in.safetensors", tensors)
        return hekla("run", "--model", CASE, "--inputs", self.path / "in.safetensors", "--outputs", self.path / "out.safetensors", *DEVICE, *arguments)

    def test_run(self):
        wide = self.run_gpt2({"ids": ids([1, 2, 3, 5])})
        self.assertEqual((wide.returncode, wide.stdout), (0, ""), wide.stderr)
        out = read_tensors(self.path / "out.safetensors")
        self.assertEqual(sorted(out), ["last", "logits"])
        self.assertEqual(out["logits"][:2], ("F32", [1, 4, 131]))
        # One row and four rows may take different kernels, which add in different orders.
        for a, b in zip(array.array("f", out["logits"][2][-131 * 4:]), array.array("f", out["last"][2])):
            self.assertAlmostEqual(a, b, delta=1e-4)
        narrow = self.run_gpt2({"ids": ids([1, 2, 3, 5], "I32")}, "--only", "last", "--tap", "h[0]")
        self.assertEqual(narrow.returncode, 0, narrow.stderr)
        tapped = read_tensors(self.path / "out.safetensors")
        self.assertEqual(sorted(tapped), ["h[0]", "last"])
        self.assertEqual(tapped["h[0]"][1], [1, 4, 48])
        self.assertTrue(all(map(math.isfinite, array.array("f", tapped["h[0]"][2]))))
        again = self.run_gpt2({"ids": ids([1, 2, 3, 5])}, "--repeat", 3)
        self.assertIn("median", again.stderr)

    def test_tap_is_the_reference(self):
        """h[0] is what transformers calls the hidden state after layer 0."""
        case = json.loads((CASE / "case.json").read_text())
        given = read_tensors(CASE / "inputs.safetensors")["input_ids"]
        done = self.run_gpt2({"ids": given}, "--tap", "h[0]")
        self.assertEqual(done.returncode, 0, done.stderr)
        got = array.array("f", read_tensors(self.path / "out.safetensors")["h[0]"][2])
        want = array.array("f", read_tensors(CASE / "expected.safetensors")["hidden_layer0"][2])
        spec = case["outputs"]["hidden_layer0"]
        self.assertEqual(len(got), len(want))
        self.assertLessEqual(max(abs(a - b) for a, b in zip(got, want)), spec["tolerance_rel_std"] * spec["std"])

    def test_run_refuses(self):
        (self.path / "out.safetensors").write_text("what was there")
        for tensors, arguments, code, words in (
            ({"tokens": ids([1])}, [], 1, "`tokens`"),
            ({"ids": ids([1, 1 << 40])}, [], 2, "element 1"),
            ({"ids": ("F32", [1, 1], struct.pack("<f", 1))}, [], 2, "`ids`"),
            ({"ids": ids([1, 2])}, ["--only", "logit"], 1, "`logit`"),
            ({"ids": ids([1, 2])}, ["--tap", "h[9]"], 1, "h[9]"),
            ({"ids": ids([1, 2])}, ["--entry", "encode"], 3, "encode"),
            ({"ids": ids([1] * 65)}, [], 3, "64"),
            ({"ids": ids([1, 2])}, ["--max-memory", "1K"], 1, "1024"),
        ):
            done = self.run_gpt2(tensors, *arguments)
            self.assertIn(words, done.stderr)
            self.assertEqual(done.returncode, code, done.stderr)
            self.assertEqual(done.stdout, "")
            self.assertEqual((self.path / "out.safetensors").read_text(), "what was there")
        self.assertEqual(hekla("run", "--model", self.path / "nothing", *DEVICE).returncode, 1)
        no_device = hekla("run", "--model", CASE, "--device", "no such")
        self.assertEqual(no_device.returncode, 1)
        self.assertIn("`no such`", no_device.stderr)
        lost = hekla("run", "--model", CASE, "--inputs", CASE / "inputs.safetensors", "--outputs", self.path / "out.safetensors", *DEVICE)
        self.assertNotEqual(lost.returncode, 0)  # the file calls them input_ids
        self.assertIn("input_ids", lost.stderr)

    def test_trace(self):
        done = self.run_gpt2({"ids": ids([1, 2, 3])}, "--trace", self.path / "trace.json")
        self.assertEqual(done.returncode, 0, done.stderr)
        events = [e for e in json.loads((self.path / "trace.json").read_text())["traceEvents"] if e["ph"] == "X"]
        self.assertGreater(len(events), 10)
        self.assertTrue(all(e["dur"] >= 0 for e in events))
        self.assertIn("attention", {e["cat"].split("_")[0] for e in events})

    def test_json_and_yaml_graphs_are_one(self):
        graph = {"outputs": {"y": "float[N, 3]"}, "name": "t", "inputs": {"x": "float[N, 3]"}, "hekla": 1, "graph": {"y": "x * 2.0 + relu(x)"}, "dims": {"N": {"max": 9}}}
        (self.path / "g.json").write_text(json.dumps(graph, sort_keys=True))
        (self.path / "g.yaml").write_text("hekla: 1\nname: t\ndims: {N: {max: 9}}\ninputs:\n  x: float[N, 3]\ngraph:\n  y: x * 2.0 + relu(x)\noutputs:\n  y: float[N, 3]\n")
        write_tensors(self.path / "x.safetensors", {"x": ("F32", [2, 3], struct.pack("<6f", -1, 2, -3, 4, -5, 6))})
        for name in ("g.json", "g.yaml"):
            done = hekla("run", self.path / name, "--inputs", self.path / "x.safetensors", "--outputs", self.path / "y.safetensors", *DEVICE)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(struct.unpack("<6f", read_tensors(self.path / "y.safetensors")["y"][2]), (-2, 6, -6, 12, -10, 18))

    def test_bench_on_null_tells_the_runtimes_own_cost(self):
        done = hekla("bench", ROOT / "graphs" / "llama.yaml", "--random-weights", "f16", "--set", "n_layer=24", "--set", "d=64", "--set", "n_head=4", "--set", "d_ff=96", "--set", "vocab=131",
                     "--set", "ctx=128", "--device", "null", "--dims", "T=17", "--then", "T=1", "--only", "last", "--times", 50, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        told = json.loads(done.stdout)
        self.assertEqual(told["replay"]["heap_allocations"], 0)
        self.assertLessEqual(told["arena_bytes"], 1.15 * told["arena_live_bytes"])
        self.assertGreater(told["dispatches"], 24 * 8)

    def test_bench_by_node(self):
        (self.path / "g.yaml").write_text("hekla: 1\nname: t\ninputs:\n  x: float[5, 7]\ngraph:\n  h: linear(x, w.fc, out=11)\n  y: softmax(h)\noutputs:\n  y: float[5, 11]\n")
        done = hekla("bench", self.path / "g.yaml", "--random-weights", "f32", "--times", 3, "--nodes", "--svg", self.path / "roofline.svg", *DEVICE)
        self.assertEqual(done.returncode, 0, done.stderr)
        for told in ("linear", "softmax", "GFLOP/s", "GB/s"):
            self.assertIn(told, done.stdout)
        self.assertEqual(xml.dom.minidom.parse(str(self.path / "roofline.svg")).documentElement.tagName, "svg")


if __name__ == "__main__":
    unittest.main(verbosity=1)
