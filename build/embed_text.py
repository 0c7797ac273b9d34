"""Makes C++ constants of text files: embed_text.py OUT.cc HEADER.h NAME=FILE... The header declares them, as
`extern const std::string_view NAME` in verge::cli."""

import sys

DELIMITER = "verge_text"


def main(out, header, files):
    with open(out, "w", encoding="utf-8") as file:
        file.write(f'#include "{header}"\n\nnamespace verge::cli {{\n\n')
        for each in files:
            name, path = each.split("=", 1)
            with open(path, encoding="utf-8") as source:
                text = source.read()
            if f"){DELIMITER}" in text:
                sys.exit(f"{path} contains the delimiter of its C++ string")
            file.write(f'const std::string_view {name} = R"{DELIMITER}({text}){DELIMITER}";\n')
        file.write("\n}  // namespace verge::cli\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
