#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`hekla-image` as a person and a script use it, over reference cases. image_host_test.py BIN_DIR"""
import json, pathlib, tempfile, unittest
from picture_host import REFERENCE, ROUNDED, Picture, bytes_of, call, f32, noise, read_png, run_model, smooth, worst, write_png

SRVGG, STYLE = REFERENCE / "srvgg", REFERENCE / "style_transfer"


class ImageHost(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def picture(self, name, picture):
        write_png(self.folder / name, picture)
        return self.folder / name

    def make(self, *words, out="out.png"):
        done = call("hekla-image", *words, "-o", f"{self.folder}/{out}")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.errors = done.stderr
        return read_png(self.folder / out)

    def upscaled(self, planes, height, width):
        return run_model("srvgg", {"image": f32([v / 255 for v in planes], (1, 3, height, width))})["upscaled"].values

    def test_upscaling_is_what_hekla_run_gives(self):
        picture = noise(13, 11, 3)
        got = self.make(self.picture("a.png", picture), "--model", SRVGG)
        self.assertEqual((got.width, got.height, got.channels), (52, 44, 3))
        self.assertLessEqual(worst(got.planes(), bytes_of(self.upscaled(picture.planes(), 11, 13), 0, 1)), ROUNDED)

    def test_tiles_do_not_show(self):
        path = self.picture("a.png", noise(90, 70, 3))
        whole = self.make(path, "--model", SRVGG, "--tile", 1000)
        for side in (32, 47, 64):
            self.assertLessEqual(worst(self.make(path, "--model", SRVGG, "--tile", side, out="t.png").planes(), whole.planes()), 1, side)

    def test_memory_decides_the_tile(self):
        path = self.picture("a.png", smooth(150, 120, 3))
        words = ("hekla-image", path, "--model", SRVGG, "--json", "-o", self.folder / "out.png")
        whole = json.loads(call(*words).stdout)
        self.assertEqual((whole["tile"]["width"], whole["tile"]["height"]), (150, 120))
        self.assertEqual((whole["width"], whole["height"], whole["scale"]), (600, 480, 4))
        memory = whole["memory"]
        budget = (memory["weight_bytes"] + memory["arena_bytes"] + memory["io_bytes"]) // 2
        done = call(*words, "--max-memory", budget)
        self.assertEqual(done.returncode, 0, done.stderr)
        tiled = json.loads(done.stdout)
        self.assertLess(tiled["tile"]["width"], 150)
        self.assertGreater(tiled["tile"]["overlap"], 0)
        self.assertLess(tiled["memory"]["arena_bytes"] + tiled["memory"]["io_bytes"], budget)
        done = call(*words, "--max-memory", "200K")
        self.assertEqual(done.returncode, 1)
        self.assertIn("tile", done.stderr)

    def test_gray_and_alpha_stay(self):
        colour = smooth(24, 20, 3)
        gray = Picture(24, 20, 1, [row[::3] for row in colour.rows])
        got = self.make(self.picture("gray.png", gray), "--model", SRVGG)
        self.assertEqual((got.width, got.height, got.channels), (96, 80, 1))
        alpha = noise(24, 20, 1)
        both = Picture(24, 20, 4, [bytes(v for x in range(24) for v in (*c[3 * x:3 * x + 3], a[x])) for c, a in zip(colour.rows, alpha.rows)])
        got = self.make(self.picture("alpha.png", both), "--model", SRVGG)
        self.assertEqual(got.channels, 4)
        plain = self.make(self.picture("plain.png", colour), "--model", SRVGG)
        for c in range(3):
            self.assertEqual(got.plane(c), plain.plane(c))
        self.assertEqual(got.plane(3), self.make(self.picture("mask.png", alpha), "--model", SRVGG).plane(0))

    def test_one_pixel(self):
        got = self.make(self.picture("a.png", noise(1, 1, 3)), "--model", SRVGG)
        self.assertEqual((got.width, got.height), (4, 4))

    def test_style_is_what_hekla_run_gives(self):
        picture = smooth(28, 20, 3)
        got = self.make(self.picture("a.png", picture), "--model", STYLE)
        truth = run_model("style_transfer", {"image": f32(picture.planes(), (1, 3, 20, 28))})["styled"].values
        self.assertLessEqual(worst(got.planes(), bytes_of(truth, 0, 255)), ROUNDED)

    def test_style_of_any_size(self):
        got = self.make(self.picture("a.png", smooth(31, 22, 3)), "--model", STYLE)
        self.assertEqual((got.width, got.height), (31, 22))
        self.assertEqual(self.errors.count("warning"), 0)

    def test_style_in_tiles_warns(self):
        self.make(self.picture("a.png", smooth(96, 64, 3)), "--model", STYLE, "--tile", 48)
        self.assertIn("looks at the whole picture", self.errors)

    def test_comparison(self):
        self.make(self.picture("a.png", noise(10, 9, 3)), "--model", SRVGG, "--compare", self.folder / "both.png")
        both, after = read_png(self.folder / "both.png"), read_png(self.folder / "out.png")
        self.assertEqual((both.width, both.height), (2 * 40 + 12, 36 + 8))
        self.assertEqual(both.part(48, 4, 40, 36).rows, after.rows)

    def test_folders(self):
        paths = [self.picture(f"{i}.png", noise(6 + i, 5, 3, i)) for i in (1, 2)]
        done = call("hekla-image", *paths, "--model", SRVGG, "-o", f"{self.folder}/made/")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(read_png(self.folder / "made" / "2.png").width, 32)

    def test_the_same_bytes_again(self):
        path = self.picture("a.png", noise(20, 20, 3))
        for name in ("b.png", "c.png"):
            self.make(path, "--model", SRVGG, out=name)
        self.assertEqual((self.folder / "b.png").read_bytes(), (self.folder / "c.png").read_bytes())

    def test_what_is_refused(self):
        good = self.picture("good.png", noise(40, 40, 3))
        cut = self.folder / "cut.png"
        cut.write_bytes(good.read_bytes()[:1000])
        text = self.folder / "text.png"
        text.write_text("no picture")
        for arguments, words in (
            ([cut, "--model", SRVGG], "cut.png: this PNG file is cut short or damaged"),
            ([text, "--model", SRVGG], "text.png: this is not a PNG file"),
            ([self.folder / "none.png", "--model", SRVGG], "there is no such file"),
            ([self.folder, "--model", SRVGG], "not a regular file"),
            ([good, "--model", self.folder / "none"], "no such file or folder"),
            ([good, "--model", REFERENCE / "dcgan"], "this program does not know"),
            ([good, "--model", SRVGG, "--tile", 4], "too small"),
            ([good, good, "--model", SRVGG], "need a folder"),
        ):
            done = call("hekla-image", *arguments, "-o", self.folder / "out.png")
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn(words, done.stderr)
            self.assertFalse((self.folder / "out.png").exists())
        before = good.read_bytes()
        done = call("hekla-image", good, "--model", SRVGG, "-o", good)
        self.assertIn("would be overwritten", done.stderr)
        self.assertEqual(good.read_bytes(), before)
        self.assertEqual(call("hekla-image", good, "--model", SRVGG, "-o", self.folder / "o.png", "--tile", 0).returncode, 2)


if __name__ == "__main__":
    unittest.main(verbosity=1)
