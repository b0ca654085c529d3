#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`hekla-vae` as a person and a script use it, over reference cases. vae_host_test.py BIN_DIR"""
import json, pathlib, tempfile, unittest
from picture_host import REFERENCE, ROUNDED, Picture, bytes_of, call, f32, latents, noise, read_png, run_model, smooth, worst, write_png

CASE = REFERENCE / "conv_vae"


class VaeHost(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def picture(self, name, picture):
        write_png(self.folder / name, picture)
        return self.folder / name

    def make(self, *words, out="out.png"):
        done = call("hekla-vae", *words, "--model", CASE, "-o", f"{self.folder}/{out}")
        self.assertEqual(done.returncode, 0, done.stderr)
        return self.folder / out

    def test_reconstructions_are_what_hekla_run_gives(self):
        pictures = [noise(28, 28, 1, seed) for seed in (1, 2)]
        paths = [self.picture(f"{i}.png", p) for i, p in enumerate(pictures)]
        sheet = read_png(self.make("reconstruct", *paths))
        self.assertEqual((sheet.width, sheet.height, sheet.channels), (62, 62, 1))
        for i, picture in enumerate(pictures):
            self.assertEqual(sheet.part(2, 2 + 30 * i, 28, 28).rows, picture.rows)
            mu = run_model("conv_vae", {"image": f32([v / 255 for v in picture.planes()], (1, 1, 28, 28))}, "--entry", "encode")["mu"]
            truth = run_model("conv_vae", {"z": f32(mu.values, (1, 16))}, "--entry", "decode")["image"].values
            self.assertLessEqual(worst(sheet.part(32, 2 + 30 * i, 28, 28).planes(), bytes_of(truth, 0, 1)), ROUNDED)

    def test_samples_are_what_hekla_run_gives(self):
        sheet = read_png(self.make("sample", "--grid", "2x2", "--seed", 9))
        truth = run_model("conv_vae", {"z": f32(latents(9, 4, 16), (4, 16))}, "--entry", "decode")["image"].values
        for i in range(4):
            cell = sheet.part(2 + i % 2 * 30, 2 + i // 2 * 30, 28, 28)
            self.assertLessEqual(worst(cell.planes(), bytes_of(truth[i * 784:(i + 1) * 784], 0, 1)), ROUNDED)

    def test_any_picture_is_fitted_to_the_model(self):
        """A colour photograph with alpha: its middle, gray, 28 by 28."""
        sheet = read_png(self.make("reconstruct", self.picture("wide.png", smooth(90, 50, 4))))
        self.assertEqual((sheet.width, sheet.height, sheet.channels), (62, 32, 1))

    def test_ways(self):
        a, b = (self.picture(f"{seed}.png", noise(28, 28, 1, seed)) for seed in (1, 2))
        way = read_png(self.make("interpolate", a, b, "--steps", 3))
        self.assertEqual((way.width, way.height), (3 * 30 + 2, 32))
        pairs = read_png(self.make("reconstruct", a, b, out="pairs.png"))
        for column, row in ((0, 0), (2, 1)):
            self.assertLessEqual(worst(way.part(2 + column * 30, 2, 28, 28).planes(), pairs.part(32, 2 + row * 30, 28, 28).planes()), 1)
        self.make("interpolate", "--batch", 3, "--steps", 2, out="frames/")
        self.assertEqual(len(list(self.folder.glob("frames/*.png"))), 4)

    def test_any_size_where_the_model_leaves_it_free(self):
        """Autoencoders of diffusion, on -1 to 1: 30x21 is filled up by reflection to multiples of 4, and cut off again."""
        picture = smooth(30, 21, 3)
        path = self.picture("a.png", picture)
        full = [row + row[-6:-3] + row[-9:-6] for row in picture.rows]
        full = Picture(32, 24, 3, full + full[-2:-5:-1])
        image = f32([v / 127.5 - 1 for v in full.planes()], (1, 3, 24, 32))
        for case, mean in (("vae_kl_deep_oldnames", "mean"), ("vae_tiny", "latent")):
            made = call("hekla-vae", "reconstruct", path, "--model", REFERENCE / case, "-o", self.folder / "b.png")
            self.assertEqual(made.returncode, 0, made.stderr)
            sheet = read_png(self.folder / "b.png")
            self.assertEqual((sheet.width, sheet.height), (66, 25))
            latent = run_model(case, {"image": image}, "--entry", "encode")[mean]
            truth = run_model(case, {"latent": latent}, "--entry", "decode")["image"]
            planes = [truth.values[(c * truth.shape[2] + y) * truth.shape[3] + x] for c in range(3) for y in range(21) for x in range(30)]
            self.assertLessEqual(worst(sheet.part(34, 2, 30, 21).planes(), bytes_of(planes, -1, 1)), ROUNDED, case)
        made = call("hekla-vae", "sample", "--size", "13x9", "--batch", 1, "--model", REFERENCE / "vae_tiny", "-o", self.folder / "s.png")
        self.assertEqual((read_png(self.folder / "s.png").width, read_png(self.folder / "s.png").height), (13, 9), made.stderr)

    def test_seeds(self):
        first, again, other = (self.make("sample", "--batch", 2, "--seed", seed, out=name).read_bytes() for seed, name in ((1, "a.png"), (1, "b.png"), (2, "c.png")))
        self.assertEqual(first, again)
        self.assertNotEqual(first, other)

    def test_report(self):
        done = call("hekla-vae", "sample", "--model", CASE, "--batch", 2, "--json", "-o", self.folder / "a.png")
        report = json.loads(done.stdout)
        self.assertEqual((report["pictures"], report["width"], report["height"]), (2, 28, 28))
        self.assertEqual(report["models"][0]["graph"], "conv-vae")

    def test_what_is_refused(self):
        good = self.picture("good.png", noise(28, 28, 1))
        cut = self.folder / "cut.png"
        cut.write_bytes(good.read_bytes()[:300])
        for arguments, words in (
            (["reconstruct", cut], "cut.png: this PNG file is cut short or damaged"),
            (["reconstruct", self.folder / "none.png"], "none.png: there is no such file"),
            (["reconstruct"], "name the pictures"),
            (["interpolate", good], "two pictures"),
            (["sample", good], "name none"),
            (["sample", "--size", "64x64"], "one size"),
            (["sample", "--size", "0x64"], "no size"),
            (["reconstruct", good, "--grid", "2x2"], "--grid"),
        ):
            done = call("hekla-vae", *arguments, "--model", CASE, "-o", self.folder / "out.png")
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn(words, done.stderr)
            self.assertFalse((self.folder / "out.png").exists())
        done = call("hekla-vae", "sample", "--model", REFERENCE / "dcgan", "-o", self.folder / "out.png")
        self.assertEqual(done.returncode, 1)
        self.assertIn("decode", done.stderr)
        self.assertEqual(call("hekla-vae", "draw", "--model", CASE).returncode, 2)


if __name__ == "__main__":
    unittest.main(verbosity=1)
