# SPDX-License-Identifier: MIT
"""The text hekla-scribe learns from, read from packages of Debian 13.

Prose: the King James Bible of `bible-kjv-text` (public domain), printed by the command `bible`
of `bible-kjv`; a document is a chapter. Python: the sources of the interpreter's own standard
library (PSF licence); a document is a run of top-level definitions of one module.

    python3 corpus.py          prints what there is
"""
import hashlib
import pathlib
import re
import subprocess
import sys
import sysconfig

BOOKS = """Ge Genesis|Exo Exodus|Lev Leviticus|Num Numbers|Deu Deuteronomy|Josh Joshua|Jdgs Judges|
Ruth Ruth|1Sm 1 Samuel|2Sm 2 Samuel|1Ki 1 Kings|2Ki 2 Kings|1Chr 1 Chronicles|2Chr 2 Chronicles|
Ezra Ezra|Neh Nehemiah|Est Esther|Job Job|Psa Psalm|Prv Proverbs|Eccl Ecclesiastes|
SSol Song of Solomon|Isa Isaiah|Jer Jeremiah|Lam Lamentations|Eze Ezekiel|Dan Daniel|Hos Hosea|
Joel Joel|Amos Amos|Obad Obadiah|Jonah Jonah|Mic Micah|Nahum Nahum|Hab Habakkuk|Zep Zephaniah|
Hag Haggai|Zec Zechariah|Mal Malachi|Mat Matthew|Mark Mark|Luke Luke|John John|Acts Acts|
Rom Romans|1Cor 1 Corinthians|2Cor 2 Corinthians|Gal Galatians|Eph Ephesians|Phi Philippians|
Col Colossians|1Th 1 Thessalonians|2Th 2 Thessalonians|1Tim 1 Timothy|2Tim 2 Timothy|
Titus Titus|Phmn Philemon|Heb Hebrews|Jas James|1Pet 1 Peter|2Pet 2 Peter|1Jn 1 John|2Jn 2 John|
3Jn 3 John|Jude Jude|Rev Revelation"""
BOOK_NAMES = dict(b.strip().split(" ", 1) for b in BOOKS.replace("\n", "").split("|"))

# Modules that are tables rather than programs.
NOT_CODE = re.compile(
    r"^(encodings/|pydoc_data/|html/entities|_sysconfigdata|stringprep|this\.py|config-|"
    r"test/typinganndata/|__phello__/)"
)
PYTHON_DOCUMENT_BYTES = 3500  # a document is closed at the first top-level line after this many
HELD_OUT_ONE_IN = 20


def held_out(name):
    """One document group in twenty, chosen by the hash of its name."""
    return int(hashlib.sha256(name.encode()).hexdigest(), 16) % HELD_OUT_ONE_IN == 0


def prose():
    """[(group, text)]: one document per chapter, `Genesis 1`, an empty line, a verse per line."""
    printed = subprocess.run(
        ["bible", "-f", "gen1:1-rev22:21"], check=True, capture_output=True, text=True
    ).stdout
    chapters = {}
    for line in printed.splitlines():
        book, chapter, verse = re.match(r"(\d?[A-Za-z]+)(\d+):\d+ +(.*)", line).groups()
        chapters.setdefault(f"{BOOK_NAMES[book]} {chapter}", []).append(verse.strip())
    return [(title, title + "\n\n" + "\n".join(v) + "\n") for title, v in chapters.items()]


def python():
    """[(group, text)]: pieces of standard-library modules, each headed by `# path/module.py`."""
    root = pathlib.Path(sysconfig.get_paths()["stdlib"])
    documents = []
    for path in sorted(root.rglob("*.py")):
        name = path.relative_to(root).as_posix()
        if path.is_symlink() or "-packages/" in name or NOT_CODE.match(name):
            continue
        try:
            source = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        piece = ""
        lines = [line.rstrip() + "\n" for line in source.expandtabs(8).splitlines()]
        for line, previous in zip(lines, ["\n"] + lines):
            starts = re.match(r"(class|def|async|@|if|try)\b|@", line) and previous == "\n"
            if starts and len(piece) >= PYTHON_DOCUMENT_BYTES:
                documents.append((name, f"# {name}\n\n" + piece.strip("\n") + "\n"))
                piece = ""
            piece += line
        if piece.strip():
            documents.append((name, f"# {name}\n\n" + piece.strip("\n") + "\n"))
    return documents


def load():
    """{"prose": {"train": [text], "valid": [text]}, "python": {...}}"""
    result = {}
    for kind, documents in (("prose", prose()), ("python", python())):
        parts = {"train": [], "valid": []}
        for group, text in documents:
            parts["valid" if held_out(group) else "train"].append(text)
        result[kind] = parts
    return result


if __name__ == "__main__":
    for kind, parts in load().items():
        for part, texts in parts.items():
            size = sum(len(t.encode()) for t in texts)
            print(f"{kind:7} {part:6} {len(texts):5} documents {size:9} bytes")
    print("held out:", ", ".join(sorted({g for g, _ in prose() + python() if held_out(g)})))
    sys.exit(0)
