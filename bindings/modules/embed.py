"""Makes the C++ table of built-in modules: embed.py LIST OUT.cc, from the source tree's root as seen by the build.

LIST has a line for each module: its specifier and the script, a path from the root. Words behind that are for the script,
which finds them, and the specifier, in front of its text as `names` and `specifier`: several modules may have the same one.
"""

import json
import os
import sys

DELIMITER = "verge_js"


def main(root, list_path, out_path):
    entries = []
    with open(list_path, encoding="ascii") as file:
        for line in file:
            if line.strip():
                entries.append(line.split())
    out = ['#include "bindings/modules/builtin_modules.h"', "", "namespace verge::bindings {", "namespace {", ""]
    for number, (specifier, script, *names) in enumerate(entries):
        # V8 reads the text in place, a byte for each character: ASCII only.
        with open(os.path.join(root, script), encoding="ascii") as file:
            text = file.read()
        if names:
            text = f"const specifier = {json.dumps(specifier)}, names = {json.dumps(names)}; {text}"
        if f"){DELIMITER}" in text:
            sys.exit(f"{script} contains the delimiter )" + DELIMITER)
        out.append(f'constexpr char kText{number}[] = R"{DELIMITER}({text}){DELIMITER}";')
    out += ["", "constexpr BuiltinModuleSource kSources[] = {"]
    for number, (specifier, script, *_) in enumerate(entries):
        out.append(f'    {{"{specifier}", "verge:{script}", {{kText{number}, sizeof(kText{number}) - 1}}}},')
    out += ["};", "", "}  // namespace", "",
            "std::span<const BuiltinModuleSource> BuiltinModuleSources() { return kSources; }", "",
            "}  // namespace verge::bindings", ""]
    with open(out_path, "w", encoding="ascii") as file:
        file.write("\n".join(out))


main(*sys.argv[1:])
