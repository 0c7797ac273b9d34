"""Makes a C++ table of scripts: embed.py OUT.cc ROOT SCRIPT.js..."""

import os
import sys

DELIMITER = "verge_script"


def main(out, root, scripts):
    entries = []
    for path in scripts:
        with open(path, encoding="utf-8") as file:
            # Lines keep their numbers. None of a string may begin with "//".
            text = "".join("\n" if line.lstrip().startswith("//") else line for line in file)
        if f"){DELIMITER}" in text:
            raise SystemExit(f"{path} contains the delimiter of its C++ string")
        entries.append(f'    {{"{os.path.relpath(path, root)}", R"{DELIMITER}({text}){DELIMITER}"}},\n')
    with open(out, "w", encoding="ascii") as file:
        file.write('#include "bindings/core/lazy_script.h"\n\nnamespace verge::bindings {\n\n')
        file.write(f"const LazyScript kLazyScripts[] = {{\n{''.join(entries)}}};\n")
        file.write(f"const size_t kLazyScriptCount = {len(entries)};\n\n}}  // namespace verge::bindings\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
