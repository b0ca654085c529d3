// SPDX-License-Identifier: MIT
// Fills in what the library that defines tokenizer.json says of each variant in tokenizer_variants.json. Run by hand
// when a variant is added; the tests read only the JSON. Needs the npm package `tokenizers` (made with 0.23.2):
//
//     npm install --prefix /tmp/oracle tokenizers@0.23.2
//     NODE_PATH=/tmp/oracle/node_modules node make_tokenizer_variants.mjs
//
// A variant: `base`, a tokenizer of tests/reference/tokenizers; `patch`, a JSON merge patch (RFC 7386) for it;
// `texts` to encode; `id_lists` to decode (beside the ids of the texts), unless `encode_only` says why not. Everything under `truth` is written here.
import {createRequire} from "module";
import {readFileSync, writeFileSync} from "fs";
import {dirname, join} from "path";
import {fileURLToPath} from "url";

const {Tokenizer} = createRequire(import.meta.url)("tokenizers");
const here = dirname(fileURLToPath(import.meta.url));
const file = join(here, "tokenizer_variants.json");

function merge(target, patch) {
  if (patch === null || typeof patch !== "object" || Array.isArray(patch)) return patch;
  const out = target !== null && typeof target === "object" && !Array.isArray(target) ? {...target} : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete out[key];
    else out[key] = merge(out[key], value);
  }
  return out;
}

const variants = JSON.parse(readFileSync(file, "utf8"));
for (const variant of variants) {
  const base = JSON.parse(readFileSync(join(here, "../reference/tokenizers", variant.base, "tokenizer.json"), "utf8"));
  const json = merge(base, variant.patch);
  for (const part of ["normalizer", "pre_tokenizer", "post_processor", "decoder"]) json[part] ??= null;
  const tokenizer = Tokenizer.fromString(JSON.stringify(json));
  const ids = async (text, addSpecialTokens) => (await tokenizer.encode(text, null, {addSpecialTokens})).getIds();
  variant.truth = {encoded: [], decoded: []};
  for (const text of variant.texts) {
    variant.truth.encoded.push({ids: await ids(text, false), ids_special: await ids(text, true)});
  }
  const lists = variant.encode_only ? [] : [...variant.truth.encoded.map((e) => e.ids_special), ...variant.id_lists];
  for (const list of lists) {
    variant.truth.decoded.push({
      ids: list, text: await tokenizer.decode(list, true), with_special: await tokenizer.decode(list, false)});
  }
}
const lines = variants.map((v) => {
  const {truth, ...rest} = v;
  const rows = (list) => list.map((row) => "    " + JSON.stringify(row)).join(",\n");
  return ` {${JSON.stringify(rest).slice(1, -1)},\n  "truth": {"encoded": [\n${rows(truth.encoded)}],\n   "decoded": [\n${rows(truth.decoded)}]}}`;
});
writeFileSync(file, "[\n" + lines.join(",\n") + "\n]\n");
