#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Fails every file call of loading and writing, one by one, and watches which files are opened.

usage: file_faults.py DRIVER MODEL_FOLDER      (needs strace)

Each call from the driver's start mark on is made to fail with each error below, once, and with EIO from then on. The driver must
end by itself with success or a clear error; the old output stays whole unless the new one replaced it whole; no temporary
file is left. Then names that lead out of a checkpoint's folder are tried, and strace must not see their targets opened.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

CALLS = ['openat', 'openat2', 'newfstatat', 'fstat', 'pread64', 'mmap', 'write', 'fsync', 'close', 'rename', 'fchmod', 'getdents64', 'madvise']
ERRORS = ['EIO', 'ENOSPC', 'EMFILE', 'ENOMEM']
INTERRUPTED = ['openat', 'openat2', 'pread64', 'write', 'fsync', 'close']  # what a signal can interrupt
OLD = b'the old file'


def run(driver, model, out, *options):
    with tempfile.NamedTemporaryFile('r', errors='replace') as log:
        done = subprocess.run(['strace', '-f', '-y', '-s', '200', '-o', log.name, *options, driver, model, out],
                              capture_output=True, timeout=60, env={**os.environ, 'ASAN_OPTIONS': 'detect_leaks=0'})
        return done, log.read().splitlines()


def call_of(line):
    match = re.match(r'\d+ +(\w+)\(', line)
    return match and match.group(1)


def sweep(driver, model):
    failures, tried = [], 0
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, 'out.safetensors')
        done, lines = run(driver, model, out)
        assert done.returncode == 0, done.stderr
        with open(out, 'rb') as file:
            new = file.read()
        marks = [i for i, line in enumerate(lines) if call_of(line) == 'getppid']
        assert len(marks) == 2, 'the marks are not in the log'
        for call in CALLS:
            before = sum(call_of(line) == call for line in lines[:marks[0]])
            ours = sum(call_of(line) == call for line in lines[marks[0]:marks[1]])
            for k in range(before + 1, before + ours + 1):
                for error in ERRORS + (['EINTR'] if call in INTERRUPTED else []):
                    for when in (f'{k}', f'{k}+') if error == 'EIO' else (f'{k}',):
                        with open(out, 'wb') as file:
                            file.write(OLD)
                        done, _ = run(driver, model, out, '-e', f'inject={call}:error={error}:when={when}')
                        tried += 1
                        with open(out, 'rb') as file:
                            content = file.read()
                        left = os.listdir(folder)
                        for name in left:
                            if name != 'out.safetensors':
                                os.remove(os.path.join(folder, name))
                        what = f'{call} {when} {error}: exit code {done.returncode}, {done.stderr[-200:]!r}'
                        silenced = call == 'write' and when.endswith('+')  # the message cannot be written either
                        if done.returncode not in (0, 3) or (done.returncode == 3 and b': ' not in done.stderr and not silenced):
                            failures.append(what)
                        elif content != (new if done.returncode == 0 else OLD):
                            failures.append(f'{what}: the file holds {content[:40]!r}')
                        elif left != ['out.safetensors']:
                            failures.append(f'{what}: leaves {left}')
                        elif error == 'EINTR' and done.returncode != 0:
                            failures.append(f'{what}: did not try again')
    return failures, tried


def escapes(driver, model):
    """Shard names and links that lead to a file called `secret`."""
    failures, tried = [], 0
    with tempfile.TemporaryDirectory() as outer:
        folder = os.path.join(outer, 'model')
        secret = os.path.join(outer, 'secret')
        shard = next(name for name in sorted(os.listdir(model)) if re.fullmatch(r'model.*\.safetensors', name))
        shutil.copy(os.path.join(model, shard), secret)
        names = ['../secret', './../secret', 'sub/../../secret', secret, '//' + secret, 'file://' + secret, '..\\secret',
                 'absolute', 'relative', 'parent/secret', 'out_and_back', 'chain', 'hard', 'magic', 'x\x00/../../secret', 'sub/up/secret']
        for name in names + ['config.json', 'model.safetensors']:
            shutil.rmtree(folder, ignore_errors=True)
            os.makedirs(os.path.join(folder, 'sub'))
            for link, target in {'absolute': secret, 'relative': '../secret', 'parent': '..', 'out_and_back': '../model/relative',
                                 'chain': 'relative', 'sub/up': '../..', 'magic': '/proc/self/root' + secret}.items():
                os.symlink(target, os.path.join(folder, link))
            os.link(secret, os.path.join(folder, 'hard'))
            if name in ('config.json', 'model.safetensors'):
                os.symlink(secret, os.path.join(folder, name))
            else:
                with open(os.path.join(folder, 'model.safetensors.index.json'), 'w') as file:
                    json.dump({'weight_map': {'w': name}}, file)
            done, lines = run(driver, folder, os.path.join(outer, 'out'), '-e', 'trace=open,openat,openat2')
            tried += 1
            if done.returncode != 3:
                failures.append(f'{name!r}: exit code {done.returncode}, {done.stderr[-200:]!r}')
            inode = (os.stat(secret).st_dev, os.stat(secret).st_ino)
            for line in lines:
                opened = re.search(r'= \d+<(.*)>$', line)
                if opened is None or 'O_PATH' in line or not os.path.exists(opened.group(1)):
                    continue
                status = os.stat(opened.group(1))
                if (status.st_dev, status.st_ino) == inode:
                    failures.append(f'{name!r}: opened: {line}')
    return failures, tried


def main():
    driver, model = sys.argv[1:]
    faults, fault_count = sweep(driver, model)
    leaks, leak_count = escapes(driver, model)
    for failure in faults + leaks:
        print(failure)
    print(f'{fault_count} faults, {len(faults)} handled wrongly; {leak_count} ways out of the folder, {len(leaks)} open')
    return 1 if faults or leaks or fault_count < 100 else 0


if __name__ == '__main__':
    sys.exit(main())
