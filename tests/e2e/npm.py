"""Projects with packages from npm, installed as people install them."""

import os
import shutil
import subprocess
import unittest

from e2e.harness import HERE, make_directory


def available():
    return shutil.which("npm") is not None


required = unittest.skipUnless(available(), "npm installs the packages")


def install(directory, *packages):
    """Installs packages ("name@1") into a project's folder, without their scripts."""
    if not os.path.exists(os.path.join(directory, "package.json")):
        with open(os.path.join(directory, "package.json"), "w", encoding="ascii") as file:
            file.write('{"private": true}')
    subprocess.run(["npm", "install", "--no-fund", "--no-audit", "--ignore-scripts", "--prefer-offline", *packages],
                   cwd=directory, check=True, timeout=300, stdout=subprocess.DEVNULL)


def make_projects(*packages):
    """A folder with all of projects/ side by side, and `packages` installed above them; and a function that removes it."""
    directory, remove = make_directory({})
    shutil.copytree(os.path.join(HERE, "projects"), directory, dirs_exist_ok=True)
    install(directory, *packages)
    return directory, remove
