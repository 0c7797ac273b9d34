"""Builds and runs the tests, and counts them: run_tests.py KIND [unit|e2e|lint] [FILTER].

Unit tests are the executables out/KIND/*_tests (GoogleTest). End-to-end tests are tests/e2e, which drive the real binary.
Lint is what the compiler does not check: see tools/lib/lint.py. The last line of the output sums up all of them.
"""

import os
import re
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SUPPRESSIONS = os.path.join(ROOT, 'build', 'tsan_suppressions.txt')


def say(text):
    print(text, flush=True)


def environment(kind):
    env = dict(os.environ)
    if kind in ('asan', 'tsan'):
        env['VERGE_TEST_SLOW'] = '1'
        symbolizer = 'external_symbolizer_path=/usr/bin/llvm-symbolizer-19'
        # V8 runs C++ on stacks and threads of its own: leaks are looked for in unit tests of the other libraries only.
        env['ASAN_OPTIONS'] = f'detect_leaks=0:abort_on_error=0:{symbolizer}'
        env['UBSAN_OPTIONS'] = f'print_stacktrace=1:{symbolizer}'
        # libuv, V8 and the rest are not instrumented: what only they touch cannot be judged.
        env['TSAN_OPTIONS'] = (f'suppressions={SUPPRESSIONS}:ignore_noninstrumented_modules=1:halt_on_error=1:'
                               f'{symbolizer}')
    return env


def run_unit(kind, pattern):
    """Runs each GoogleTest binary; gives (passed, failed)."""
    passed = failed = 0
    folder = os.path.join(ROOT, 'out', kind)
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        if not name.endswith('_tests') or not os.access(path, os.X_OK):
            continue
        command = [path, '--gtest_brief=1']
        if pattern:
            command.append(f'--gtest_filter=*{pattern}*')
        start = time.monotonic()
        try:
            result = subprocess.run(command, cwd=ROOT, env=environment(kind), capture_output=True, text=True,
                                    errors='replace', timeout=1800)
            output, code = result.stdout + result.stderr, result.returncode
        except subprocess.TimeoutExpired as error:
            output, code = (error.stdout or b'').decode(errors='replace') + '\ntimed out', -1
        ok = sum(int(n) for n in re.findall(r'\[  PASSED  \] (\d+) test', output))
        bad = sum(int(n) for n in re.findall(r'^ ?\[  FAILED  \] (\d+) test', output, re.M))
        if code != 0 and bad == 0:
            bad = 1  # it crashed, or a sanitizer ended it
        passed += ok
        failed += bad
        say(f'{name}: {ok} passed, {bad} failed ({time.monotonic() - start:.1f} s)')
        if bad:
            say(output[-20000:])
    return passed, failed


def run_counted(command, kind):
    """Runs a command whose last line is 'N passed, N failed'; gives the two numbers."""
    process = subprocess.Popen(command, cwd=ROOT, env=environment(kind), stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, errors='replace')
    last = ''
    for line in process.stdout:
        if re.fullmatch(r'\d+ passed, \d+ failed\n', line):
            last = line
        else:
            sys.stdout.write(line)
            sys.stdout.flush()
    code = process.wait()
    match = re.match(r'(\d+) passed, (\d+) failed', last)
    if not match:
        say(f'{command[1]} ended without a result (exit code {code})')
        return 0, 1
    passed, failed = int(match[1]), int(match[2])
    return passed, failed if code == 0 or failed else 1


def main():
    kind, words = sys.argv[1], sys.argv[2:]
    parts = ['lint', 'unit', 'e2e']
    if words and words[0] in parts:
        parts = [words.pop(0)]
    elif kind != 'release':
        parts = ['unit', 'e2e']
    pattern = words[0] if words else ''

    start = time.monotonic()
    say(f'building out/{kind}')
    build = subprocess.run([os.path.join(ROOT, 'tools', 'build'), kind], cwd=ROOT)
    if build.returncode != 0:
        say('the build failed\n0 passed, 1 failed')
        return 1
    say(f'built in {time.monotonic() - start:.0f} s')

    passed = failed = 0
    for part in parts:
        if part == 'lint':
            counts = run_counted([sys.executable, 'tools/lib/lint.py', kind], kind)
        elif part == 'unit':
            counts = run_unit(kind, pattern)
        else:
            verge = os.path.join(ROOT, 'out', kind, 'verge')
            command = [sys.executable, 'tests/e2e/run.py', '--verge', verge]
            if pattern:
                command += ['--filter', pattern]
            counts = run_counted(command, kind)
        passed += counts[0]
        failed += counts[1]
    say(f'{passed} passed, {failed} failed')
    return 1 if failed or not passed else 0


sys.exit(main())
