"""Makes the C++ table of templates: embed_templates.py OUT.cc FILE..., each FILE being …/templates/TEMPLATE/PATH. A file
called "gitignore" is ".gitignore" in the project: in this tree it must not be one."""

import os
import sys

DELIMITER = "verge_text"


def main(out, files):
    templates = {}
    for path in files:
        name, _, inside = path.split("/templates/", 1)[1].partition("/")
        if os.path.basename(inside) == "gitignore":
            inside = os.path.join(os.path.dirname(inside), ".gitignore")
        with open(path, encoding="utf-8") as file:
            text = file.read()
        if f"){DELIMITER}" in text:
            sys.exit(f"{path} contains the delimiter of its C++ string")
        templates.setdefault(name, []).append((inside, text))
    with open(out, "w", encoding="utf-8") as file:
        file.write('#include "cli/init/templates.h"\n\nnamespace verge::cli {\nnamespace {\n\n')
        for number, (name, contents) in enumerate(templates.items()):
            file.write(f"constexpr TemplateFile kFiles{number}[] = {{\n")
            for inside, text in contents:
                file.write(f'    {{"{inside}", R"{DELIMITER}({text}){DELIMITER}"}},\n')
            file.write("};\n")
        file.write("constexpr Template kAll[] = {\n")
        for number, name in enumerate(templates):
            file.write(f'    {{"{name}", kFiles{number}}},\n')
        file.write("};\n\n}  // namespace\n\nconst std::span<const Template> kTemplates(kAll);\n\n}  // namespace verge::cli\n")


main(sys.argv[1], sys.argv[2:])
