#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Run the `hekla` and `hekla-text` commands over reference cases, knowing nothing of Hekla but its command line.

    drive_cases.py --bin BIN [--device D] [--profile P] [--only CASE]... [--no-greedy] [FOLDER]

Each case folder goes through `hekla run`, and its outputs through the rule of its case.json (image_plans.py: the runs of
image cases); a language model's greedy continuation goes through `hekla-text` and must match to the last id. Device and
profile default to HEKLA_TEST_DEVICE and HEKLA_TEST_PROFILE, as ctest sets them. Prints one line per check; exit status 1
if any failed or none ran. Standard library only.
"""
import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
from array import array
from pathlib import Path

import image_plans

TIMEOUT_S = 300  # one command; the slowest seen is a few seconds
LANGUAGE = ("causal_lm", "gguf")
NATIVE = {"F32": "f", "F64": "d", "I64": "q", "I32": "i", "BOOL": "b", "U8": "B"}


class Tensor:
    def __init__(self, dtype, shape, values):
        self.dtype, self.shape, self.values = dtype, shape, values


def read_safetensors(path):
    data = memoryview(Path(path).read_bytes())
    body = 8 + int.from_bytes(data[:8], "little")
    tensors = {}
    for name, entry in json.loads(bytes(data[8:body])).items():
        if name == "__metadata__":
            continue
        if entry["dtype"] not in NATIVE:
            raise ValueError(f"{path}: {name} is {entry['dtype']}, which this script does not read")
        begin, end = entry["data_offsets"]
        values = array(NATIVE[entry["dtype"]])
        values.frombytes(data[body + begin:body + end])
        tensors[name] = Tensor(entry["dtype"], entry["shape"], values)
    return tensors


def write_safetensors(path, tensors):
    header, body = {}, b""
    for name, tensor in tensors.items():
        raw = tensor.values.tobytes()
        header[name] = {"dtype": tensor.dtype, "shape": tensor.shape, "data_offsets": [len(body), len(body) + len(raw)]}
        body += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    Path(path).write_bytes(len(text).to_bytes(8, "little") + text + body)


def difference(got, expected, spec):
    """(passes, text). `spec` is the output's entry in case.json: std and tolerance_rel_std, or "exact"."""
    if got.shape != expected.shape:
        return False, f"shape {got.shape}, expected {expected.shape}"
    if spec.get("tolerance") == "exact" or "tolerance_rel_std" not in spec:
        wrong = sum(a != b for a, b in zip(got.values, expected.values))
        return wrong == 0, f"{wrong} of {len(expected.values)} differ"
    if not all(map(math.isfinite, got.values)):
        return False, "values that are not finite"
    bound = spec["tolerance_rel_std"] * spec["std"]
    worst = max(abs(a - b) for a, b in zip(got.values, expected.values))
    return worst <= bound, f"largest difference {worst:.2e}, allowed {bound:.2e}"


class Driver:
    def __init__(self, options):
        self.options = options
        self.passed = self.failed = 0

    def report(self, name, ok, text):
        self.passed, self.failed = self.passed + ok, self.failed + (not ok)
        print(f"{'ok  ' if ok else 'FAIL'} {name}: {text}", flush=True)

    def call(self, tool, *words):
        """(stdout, None), or (None, what went wrong)."""
        command = [str(self.options.bin / tool), *words]
        if self.options.device:
            command += ["--device", self.options.device]
        if self.options.profile:
            command += ["--profile", self.options.profile]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, stdin=subprocess.DEVNULL)
        except (OSError, subprocess.TimeoutExpired) as error:
            return None, str(error)
        if done.returncode != 0:
            return None, f"exit status {done.returncode}: {done.stderr.strip()[:2000]}\n    from: {' '.join(command)}"
        return done.stdout, None

    def run_graph(self, folder, given, entry=None):
        """(outputs, None), or (None, what went wrong)."""
        with tempfile.TemporaryDirectory() as scratch:
            taken, made = f"{scratch}/in.safetensors", f"{scratch}/out.safetensors"
            write_safetensors(taken, given)
            words = ["--entry", entry] if entry else []
            _, problem = self.call("hekla", "run", "--model", str(folder), "--inputs", taken, "--outputs", made, *words)
            return (None, problem) if problem else (read_safetensors(made), None)

    def check_outputs(self, folder, case, given, expected, names, entry=None):
        """`names`: expected tensor -> output. Gives what came out, or None."""
        got, problem = self.run_graph(folder, given, entry)
        if problem:
            self.report(case["name"], False, problem)
            return None
        for name, output in names.items():
            if output not in got:
                self.report(f"{case['name']} {name}", False, f"there is no output {output}, but {sorted(got)}")
                continue
            ok, text = difference(got[output], expected[name], case["outputs"][name])
            self.report(f"{case['name']} {name}", ok, text)
        return got

    def check_language(self, folder, case, inputs, expected):
        got = self.check_outputs(folder, case, {"ids": inputs["input_ids"]}, expected, {"logits": "logits"})
        if got is None:
            return
        if "last" in got:
            self.check_last(case, got["last"], expected["logits"])
        else:
            self.report(f"{case['name']} last", False, f"there is no such output, but {sorted(got)}")
        if self.options.greedy:
            self.check_greedy(folder, case, expected)

    def check_last(self, case, last, logits):
        """`last` holds the logits of each row's final place."""
        rows, places, width = logits.shape
        values = array(logits.values.typecode)
        for row in range(rows):
            end = (row + 1) * places * width
            values.extend(logits.values[end - width:end])
        shape = last.shape if math.prod(last.shape) == rows * width else [rows, width]
        ok, text = difference(last, Tensor(logits.dtype, shape, values), case["outputs"]["logits"])
        self.report(f"{case['name']} last", ok, text)

    def check_greedy(self, folder, case, expected):
        rows, length = expected["greedy_ids"].shape
        count = case["settings"]["new_tokens"]
        for row in range(rows):
            ids = list(expected["greedy_ids"].values[row * length:(row + 1) * length])
            prompt, continuation = ids[:-count], ids[-count:]
            name = f"{case['name']} greedy[{row}]"
            printed, problem = self.call("hekla-text", "--model", str(folder), "--prompt-ids", ",".join(map(str, prompt)),
                                         "--max-tokens", str(count), "--temperature", "0", "--print-ids")
            if problem:
                self.report(name, False, problem)
                continue
            # The ids may be preceded by the prompt's own.
            got = [int(word) for word in printed.replace(",", " ").split()]
            ok = got in (continuation, ids)
            self.report(name, ok, f"{count} ids equal" if ok else f"{got}\n    expected {continuation}")

    def run(self, folder):
        case = json.loads((folder / "case.json").read_text())
        inputs, expected = (read_safetensors(folder / f"{part}.safetensors") for part in ("inputs", "expected"))
        if case["family"] in LANGUAGE:
            self.check_language(folder, case, inputs, expected)
            return
        for run in image_plans.runs_of(case, inputs, expected, Tensor):
            self.check_outputs(folder, case, run.given, expected, run.names, run.entry)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).resolve().parent.parent / "reference")
    parser.add_argument("--bin", type=Path, required=True, help="folder of the built commands")
    parser.add_argument("--device", default=os.environ.get("HEKLA_TEST_DEVICE"))
    parser.add_argument("--profile", default=os.environ.get("HEKLA_TEST_PROFILE"))
    parser.add_argument("--only", action="append", default=[], metavar="CASE", help="this case; may be given again")
    parser.add_argument("--no-greedy", dest="greedy", action="store_false", help="leave hekla-text out")
    driver = Driver(parser.parse_args())
    cases = {path.parent.name: path.parent for path in driver.options.folder.glob("*/case.json")
             if json.loads(path.read_text())["family"] in LANGUAGE + image_plans.FAMILIES}
    for name in sorted(driver.options.only or cases):
        if name in cases:
            driver.run(cases[name])
        else:
            driver.report(name, False, f"no such case in {driver.options.folder}")
    print(f"{driver.passed} passed, {driver.failed} failed")
    return 0 if driver.passed and not driver.failed else 1


if __name__ == "__main__":
    sys.exit(main())
