#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`hekla-gan` as a person and a script use it, over reference cases. gan_host_test.py BIN_DIR"""
import json, pathlib, shutil, tempfile, unittest
from array import array
from picture_host import REFERENCE, ROUNDED, Tensor, bytes_of, call, f32, latents, read_png, run_model, worst


class GanHost(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def draw(self, *words, out="a.png"):
        done = call("hekla-gan", *words, "-o", f"{self.folder}/{out}")
        self.assertEqual(done.returncode, 0, done.stderr)
        return self.folder / out

    def refuse(self, words, *arguments):
        done = call("hekla-gan", *arguments, "-o", self.folder / "none.png")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn(words, done.stderr)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_a_grid_holds_what_hekla_run_gives(self):
        sheet = read_png(self.draw("--model", REFERENCE / "dcgan", "--seed", 5, "--grid", "2x3"))
        self.assertEqual((sheet.width, sheet.height, sheet.channels), (3 * 66 + 2, 2 * 66 + 2, 3))
        z = latents(5, 6, 100)
        truth = run_model("dcgan", {"z": f32(z, (6, 100, 1, 1))})["image"].values
        for i in range(6):
            cell = sheet.part(2 + i % 3 * 66, 2 + i // 3 * 66, 64, 64)
            self.assertLessEqual(worst(cell.planes(), bytes_of(truth[i * 12288:(i + 1) * 12288], -1, 1)), ROUNDED)

    def test_labels_by_number_and_in_turn(self):
        case = REFERENCE / "cdcgan"
        picture = read_png(self.draw("--model", case, "--seed", 3, "--batch", 1, "--label", 7))
        self.assertEqual((picture.width, picture.height, picture.channels), (28, 28, 1))
        z = latents(3, 12, 32)
        truth = run_model("cdcgan", {"z": f32(z[:32], (1, 32)), "labels": Tensor("I32", [1], array("i", [7]))})["image"].values
        self.assertLessEqual(worst(picture.planes(), bytes_of(truth, -1, 1)), ROUNDED)
        sheet = read_png(self.draw("--model", case, "--seed", 3, "--batch", 12, "--grid", "2x6"))
        labels = Tensor("I32", [12], array("i", [i % 10 for i in range(12)]))
        truth = run_model("cdcgan", {"z": f32(z, (12, 32)), "labels": labels})["image"].values
        for i in (0, 9, 11):
            cell = sheet.part(2 + i % 6 * 30, 2 + i // 6 * 30, 28, 28)
            self.assertLessEqual(worst(cell.planes(), bytes_of(truth[i * 784:(i + 1) * 784], -1, 1)), ROUNDED)

    def test_labels_by_name_and_the_range_of_the_config(self):
        case = self.folder / "case"
        case.mkdir()
        config = json.loads((REFERENCE / "cdcgan" / "config.json").read_text())
        config["id2label"] = {str(i): f"thing {i}" for i in range(10)}
        (case / "config.json").write_text(json.dumps(config))
        shutil.copy(REFERENCE / "cdcgan" / "model.safetensors", case)
        words = ("--seed", 2, "--batch", 1, "--label")
        by_name = read_png(self.draw("--model", case, *words, "Thing 4", out="name.png"))
        by_number = read_png(self.draw("--model", REFERENCE / "cdcgan", *words, 4, out="number.png"))
        self.assertEqual(by_name.rows, by_number.rows)
        config["output_range"] = [1, -1]
        (case / "config.json").write_text(json.dumps(config))
        negative = read_png(self.draw("--model", case, *words, "4", out="negative.png"))
        self.assertLessEqual(worst(negative.planes(), [255 - v for v in by_number.planes()]), 1)
        done = call("hekla-gan", "--model", case, "--label", "thing 10", "-o", self.folder / "x.png")
        self.assertEqual(done.returncode, 1)
        self.assertIn("thing 3", done.stderr)

    def test_seeds(self):
        words = ("--model", REFERENCE / "cdcgan", "--batch", 3, "--seed")
        first, again, other = (self.draw(*words, seed, out=name).read_bytes() for seed, name in ((1, "a.png"), (1, "b.png"), (2, "c.png")))
        self.assertEqual(first, again)
        self.assertNotEqual(first, other)

    def test_ways_and_frames(self):
        words = ("--model", REFERENCE / "cdcgan", "--seed", 1, "--label", 2, "--batch", 3, "--interpolate", 4)
        sheet = read_png(self.draw(*words))
        self.assertEqual((sheet.width, sheet.height), (4 * 30 + 2, 2 * 30 + 2))
        plain = read_png(self.draw("--model", REFERENCE / "cdcgan", "--seed", 1, "--label", 2, "--batch", 3, "--grid", "1x3", out="plain.png"))
        for way in range(2):
            for end, column in ((0, 0), (1, 3)):
                self.assertLessEqual(worst(sheet.part(2 + column * 30, 2 + way * 30, 28, 28).planes(), plain.part(2 + (way + end) * 30, 2, 28, 28).planes()), 1)
        self.draw(*words, out="frames/")
        frames = sorted(self.folder.glob("frames/*.png"))
        self.assertEqual([f.name for f in frames], [f"{i:03}.png" for i in range(7)])
        self.assertLessEqual(worst(read_png(frames[3]).planes(), sheet.part(2 + 90, 2, 28, 28).planes()), 1)

    def test_truncation(self):
        """StyleGAN2: psi goes to the model; at 0 every seed gives the average picture."""
        case = REFERENCE / "stylegan2"
        picture = read_png(self.draw("--model", case, "--seed", 4, "--batch", 1, "--psi", 0.5))
        inputs = {"z": f32(latents(4, 1, 16), (1, 16)), "psi": f32([0.5], ())}
        self.assertLessEqual(worst(picture.planes(), bytes_of(run_model("stylegan2", inputs)["image"].values, -1, 1)), ROUNDED)
        average = [read_png(self.draw("--model", case, "--seed", seed, "--batch", 1, "--psi", 0)).rows for seed in (1, 2)]
        self.assertEqual(average[0], average[1])

    def test_report(self):
        done = call("hekla-gan", "--model", REFERENCE / "dcgan", "--batch", 2, "--zoom", 2, "--json", "-o", self.folder / "a.png")
        report = json.loads(done.stdout)
        self.assertEqual(report["outputs"], [str(self.folder / "a.png")])
        self.assertEqual((report["pictures"], report["width"], report["seed"]), (2, 64, 0))
        self.assertEqual([stage["name"] for stage in report["stages"]], ["load", "pictures"])
        self.assertGreater(report["memory"]["weight_bytes"], 500_000)
        self.assertEqual(read_png(self.folder / "a.png").width, 2 * 130 + 2)

    def test_what_is_refused(self):
        case = REFERENCE / "cdcgan"
        self.refuse("no label `10`", "--model", case, "--label", 10)
        self.refuse("no label `-1`", "--model", case, "--label=-1")
        self.refuse("no label `boot`", "--model", case, "--label", "boot")
        self.refuse("takes none", "--model", REFERENCE / "dcgan", "--label", 1)
        self.refuse("no truncation", "--model", case, "--psi", 0.5)
        self.refuse("no such file", "--model", self.folder / "nothing")
        self.refuse("rows x columns", "--model", case, "--grid", "0x3")
        self.refuse("no room for 5", "--model", case, "--grid", "2x2", "--batch", 5)
        self.refuse("this program", "--model", REFERENCE / "gpt2")
        self.refuse("above the limit", "--model", case, "--max-memory", "1K")
        done = call("hekla-gan", "--model", case, "-o", self.folder / "no" / "a.png")
        self.assertEqual(done.returncode, 1)
        self.assertIn("there is no folder", done.stderr)
        self.assertEqual(call("hekla-gan", "--model", case, "--batch", 0).returncode, 2)
        self.assertEqual(call("hekla-gan").returncode, 2)


if __name__ == "__main__":
    unittest.main(verbosity=1)
