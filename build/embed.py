"""Makes a C++ table of scripts: embed.py OUT.cc HEADER.h TABLE ROOT SCRIPT.js..."""

import os
import sys

DELIMITER = "verge_script"


def main(out, header, table, root, scripts):
    entries = []
    for path in scripts:
        with open(path, encoding="utf-8") as file:
            # Lines keep their numbers. None of a string may begin with "//".
            text = "".join("\n" if line.lstrip().startswith("//") else line for line in file)
        if f"){DELIMITER}" in text:
            raise SystemExit(f"{path} contains the delimiter of its C++ string")
        entries.append(f'    {{"{os.path.relpath(path, root)}", R"{DELIMITER}({text}){DELIMITER}"}},\n')
    with open(out, "w", encoding="ascii") as file:
        file.write(f'#include "{header}"\n\nnamespace verge::bindings {{\n\n')
        file.write(f"const LazyScript {table}s[] = {{\n{''.join(entries)}}};\n")
        file.write(f"const size_t {table}Count = {len(entries)};\n\n}}  // namespace verge::bindings\n")


if __name__ == "__main__":
    main(*sys.argv[1:5], sys.argv[5:])
