"""A checkout of web-platform-tests: a work tree, or a git directory whose files are taken out into out/wpt."""

import os
import re
import subprocess

from wpt import areas

# What the tests need besides themselves.
SUPPORT = ("common", "images", "interfaces", "media", "resources", "service-workers", "tools", "html/resources")

HELP = """There is no checkout of web-platform-tests. Get one, and name it with --wpt or in VERGE_WPT:

  git clone --depth 1 https://github.com/web-platform-tests/wpt.git ../wpt
  tools/wpt --wpt ../wpt
"""


class Unusable(Exception):
    """What was given is no checkout."""


def _git(directory, *arguments, stdin=None):
    return subprocess.run(["git", *directory, *arguments], input=stdin, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, check=False)


class Checkout:
    """Files by their path from the root of web-platform-tests."""

    def __init__(self, root, revision):
        self.root = root
        self.revision = revision  # short hash and date, or "unknown"

    def path(self, name):
        """The file, None when there is none (or none below the root)."""
        path = os.path.normpath(os.path.join(self.root, name.lstrip("/")))
        inside = path.startswith(os.path.normpath(self.root) + os.sep)
        return path if inside and os.path.isfile(path) else None

    def read(self, name):
        path = self.path(name)
        if path is None:
            raise FileNotFoundError(name)
        with open(path, "rb") as file:
            return file.read()

    def tests(self):
        """All files that are in an area, sorted."""
        found = []
        for folder in _test_folders():
            for place, _, names in os.walk(os.path.join(self.root, folder)):
                relative = os.path.relpath(place, self.root)
                found += [f"{relative}/{name}" for name in names if name.endswith(".any.js")]
        return sorted(path for path in found if areas.area_of(path))


def _test_folders():
    return sorted({pattern.split("/")[0] for area in areas.AREAS for pattern in area.patterns})


def _revision(directory):
    result = _git(directory, "log", "-1", "--format=%h %cs")
    return result.stdout.decode().strip() or "unknown"


def open_checkout(path, scratch):
    """Opens what `path` names; a git directory's files go into a folder of `scratch`, once."""
    if os.path.isfile(os.path.join(path, "resources", "testharness.js")):
        return Checkout(os.path.abspath(path), _revision(["-C", path]))
    if not os.path.isfile(os.path.join(path, "HEAD")):
        raise Unusable(f"{path} is neither a checkout of web-platform-tests nor a git directory of one")
    directory = ["--git-dir", path]
    revision = _revision(directory)
    root = os.path.join(scratch, "tree-" + re.sub(r"\W+", "-", revision))
    if not os.path.exists(os.path.join(root, ".complete")):
        _take_out(directory, sorted({*_test_folders(), *SUPPORT}), root)
    if not os.path.isfile(os.path.join(root, "resources", "testharness.js")):
        raise Unusable(f"{path} is not a git directory of web-platform-tests")
    return Checkout(root, revision)


def _take_out(directory, folders, root):
    """Writes the files of HEAD. One by one: unlike `git archive` this goes on where a partial clone lacks some."""
    listing = _git(directory, "ls-tree", "-r", "-z", "HEAD", *folders).stdout.split(b"\0")
    files = []
    for line in filter(None, listing):
        meta, name = line.split(b"\t", 1)
        mode, kind, digest = meta.split()
        if kind == b"blob" and mode != b"120000":
            files.append((digest, name.decode("utf-8", "surrogateescape"), mode == b"100755"))
    # The list fits no pipe: it goes through a file.
    os.makedirs(root, exist_ok=True)
    wanted = os.path.join(root, ".wanted")
    with open(wanted, "wb") as file:
        file.write(b"".join(digest + b"\n" for digest, _, _ in files))
    with open(wanted, "rb") as file, subprocess.Popen(
            ["git", *directory, "cat-file", "--batch", "--buffer"], stdin=file, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL) as cat:
        for _, name, executable in files:
            header = cat.stdout.readline().split()
            if len(header) != 3:
                continue  # missing
            content = cat.stdout.read(int(header[2]))
            cat.stdout.read(1)
            path = os.path.join(root, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as out:
                out.write(content)
            if executable:
                os.chmod(path, 0o755)
    os.unlink(wanted)
    with open(os.path.join(root, ".complete"), "w", encoding="ascii"):
        pass
