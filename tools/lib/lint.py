"""Checks what the compiler does not: lint.py KIND. Each rule is one test; the last line counts them.

 - Every header compiles alone.
 - No ToLocalChecked, FromJust or Check in code that may run after user code: with CPU limits any call into V8 can come
   back empty there.
 - No function of std::filesystem in the form that throws: there are no exceptions, it would end the process.
 - #include lines follow the layers: gn check.
 - No file names paths of one machine.
"""

import concurrent.futures
import os
import re
import shlex
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDERS = ('http', 'sqlite', 'cache', 'kv', 'd1', 'assets', 'confine', 'runtime', 'bindings', 'config', 'cli')

# Start-up code: runs before any user code, in the builder of the snapshot.
STARTUP = ('bindings/snapshot/builder.cc',)


def files(*suffixes):
    listing = subprocess.run(['git', 'ls-files', '--cached', '--others', '--exclude-standard'], cwd=ROOT,
                             capture_output=True, text=True, check=True).stdout.split('\n')
    return [name for name in listing if name.endswith(suffixes) and os.path.isfile(os.path.join(ROOT, name))]


def check_unsafe_handles():
    problems = []
    for name in files('.cc', '.h'):
        if name.startswith('tests/') or name in STARTUP:
            continue
        with open(os.path.join(ROOT, name), encoding='utf-8') as file:
            for number, line in enumerate(file, 1):
                code = line.split('//')[0]
                if re.search(r'ToLocalChecked|\bFromJust\(|\.Check\(\)', code):
                    problems.append(f'{name}:{number}: {line.strip()}')
    return problems


def check_throwing_files():
    problems = []
    throws = re.compile(r'\b(?:fs|filesystem)::(?:absolute|canonical|weakly_canonical|exists|is_\w+|file_size|create_\w+|remove|'
                        r'remove_all|rename|read_symlink|current_path|relative|proximate|last_write_time|status|'
                        r'symlink_status|space|temp_directory_path|copy\w*|resize_file|permissions|equivalent)\(')
    for name in files('.cc', '.h'):
        if name.startswith('tests/'):
            continue
        with open(os.path.join(ROOT, name), encoding='utf-8') as file:
            for number, line in enumerate(file, 1):
                # The error comes last, by whatever name: what is looked for is a call without one.
                if throws.search(line.split('//')[0]) and not re.search(r'\b(?:error|ec|ignored|failed)\)', line):
                    problems.append(f'{name}:{number}: {line.strip()}')
    return problems


def check_paths():
    problems = []
    pattern = re.compile(r'(?<![\w.])/(?:home|root|Users)/\w')
    for name in files('.cc', '.h', '.gn', '.gni', '.py', '.js', '.mjs', '.md', '.sh', ''):
        path = os.path.join(ROOT, name)
        try:
            with open(path, encoding='utf-8') as file:
                for number, line in enumerate(file, 1):
                    if pattern.search(line) and name != 'tools/lib/lint.py':
                        problems.append(f'{name}:{number}: {line.strip()}')
        except UnicodeDecodeError:
            pass
    return problems


def check_layers(kind):
    result = subprocess.run(['gn', 'check', f'out/{kind}'], cwd=ROOT, capture_output=True, text=True)
    return [] if result.returncode == 0 else [(result.stdout + result.stderr)[-3000:]]


def compile_flags(kind):
    """The flags of one translation unit of bindings, which has all the include paths."""
    commands = subprocess.run(['ninja', '-C', f'out/{kind}', '-t', 'commands', 'verge'], cwd=ROOT, capture_output=True,
                              text=True).stdout
    for line in commands.split('\n'):
        if 'bindings/registry.cc' in line and ' -c ' in line:
            words = shlex.split(line)
            compiler = next(i for i, word in enumerate(words) if 'clang++' in word)
            words = words[compiler:]
            skip = {'-MMD'}
            out = []
            i = 0
            while i < len(words):
                if words[i] in ('-MF', '-o', '-c'):
                    i += 2
                    continue
                if words[i] not in skip:
                    out.append(words[i])
                i += 1
            return out
    return []


def check_headers(kind):
    flags = compile_flags(kind)
    if not flags:
        return ['cannot tell how bindings/registry.cc is compiled']
    headers = [name for name in files('.h') if name.startswith(tuple(folder + '/' for folder in FOLDERS))]

    def compile_one(name):
        command = flags + ['-DTOML_EXCEPTIONS=0', '-Wno-pragma-once-outside-header', '-Wno-unused-const-variable',
                           '-fsyntax-only', '-x', 'c++', os.path.join('..', '..', name)]
        result = subprocess.run(command, cwd=os.path.join(ROOT, 'out', kind), capture_output=True, text=True)
        return '' if result.returncode == 0 else f'{name}:\n{result.stderr[-1500:]}'

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return [problem for problem in pool.map(compile_one, headers) if problem]


def main():
    kind = sys.argv[1]
    checks = {
        'no unchecked handles after user code': check_unsafe_handles,
        'no functions of std::filesystem that throw': check_throwing_files,
        'no paths of one machine': check_paths,
        'includes follow the layers': lambda: check_layers(kind),
        'each header compiles alone': lambda: check_headers(kind),
    }
    passed = failed = 0
    for name, check in checks.items():
        problems = check()
        if problems:
            failed += 1
            print(f'lint: FAILED: {name}')
            for problem in problems:
                print('  ' + problem)
        else:
            passed += 1
            print(f'lint: {name}')
    print(f'{passed} passed, {failed} failed')
    return 1 if failed else 0


sys.exit(main())
