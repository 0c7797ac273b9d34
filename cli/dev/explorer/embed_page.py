"""Makes the C++ text of the explorer's page, and its Content-Security-Policy: embed_page.py PAGE.html OUT.cc.

The page has one <script> and one <style>; the policy lets nothing else run, by their hashes.
"""

import base64
import hashlib
import re
import sys

DELIMITER = "verge_page"


def source_of(page, element):
    found = re.findall(rf"<{element}>(.*?)</{element}>", page, re.S)
    if len(found) != 1:
        sys.exit(f"the page has {len(found)} <{element}>; it has to have one")
    return "'sha256-" + base64.b64encode(hashlib.sha256(found[0].encode("utf-8")).digest()).decode("ascii") + "'"


def main(page_path, out_path):
    with open(page_path, encoding="utf-8", newline="") as file:
        page = file.read()
    if f"){DELIMITER}" in page:
        sys.exit("the page contains the delimiter of its C++ string")
    policy = "; ".join([
        "default-src 'none'", f"script-src {source_of(page, 'script')}", f"style-src {source_of(page, 'style')}",
        "connect-src 'self'", "img-src data:", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
    ])
    with open(out_path, "w", encoding="utf-8") as file:
        file.write('#include "cli/dev/explorer/page.h"\n\nnamespace verge::cli {\n\n')
        file.write(f'const std::string_view kExplorerPage = R"{DELIMITER}({page}){DELIMITER}";\n')
        file.write(f'const std::string_view kExplorerPolicy = R"{DELIMITER}({policy}){DELIMITER}";\n\n')
        file.write("}  // namespace verge::cli\n")


main(*sys.argv[1:])
