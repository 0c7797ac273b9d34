"""The README's "Getting started": every command of it, one after the other, in a shell."""

import json
import os
import re
import subprocess

from e2e.harness import BINARY, ROOT, START_TIMEOUT, Case, Verge


class GettingStarted(Case):
    def commands(self):
        with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
            text = file.read()
        section = re.search(r"^## Getting started\n(.*?)^## ", text, re.M | re.S)
        self.assertTrue(section, "the README has no such section")
        lines = []
        for block in re.findall(r"^```sh\n(.*?)^```", section.group(1), re.M | re.S):
            lines += [re.sub(r"\s+#.*", "", line) for line in block.splitlines() if line.strip()]
        return lines

    def shell(self, line, cwd):
        path = os.path.dirname(BINARY) + os.pathsep + os.environ["PATH"]
        result = subprocess.run(["bash", "-c", line], cwd=cwd, env={**os.environ, "PATH": path}, capture_output=True, text=True,
                                timeout=START_TIMEOUT, check=False)
        self.assertEqual(result.returncode, 0, f"{line}\n{result.stdout}{result.stderr}")
        return result.stdout

    def test_commands(self):
        cwd = self.directory()
        verge = None
        done = []
        for line in self.commands():
            if line.startswith("tools/"):
                self.assertTrue(os.access(os.path.join(ROOT, line.split()[0]), os.X_OK), line)
            elif line.startswith("export PATH="):
                self.assertIn("out/release", line)  # where `shell` finds it, too
            elif line.startswith("cd "):
                cwd = os.path.join(cwd, line[3:])
            elif re.match(r"verge (dev|serve)\b", line):
                if verge:
                    verge.stop()
                words = re.sub(r"--port \d+", "", line).split()[1:]
                verge = Verge([*words, "--port", "0"], cwd=cwd)
                self.addCleanup(verge.stop)
            else:
                out = self.shell(re.sub(r"localhost:\d+", f"localhost:{verge.port}" if verge else "no-server", line), cwd)
                done.append((line, out))
        kinds = {line.split()[1] if line.startswith("verge ") else line.split()[0] for line, _ in done}
        self.assertLessEqual({"init", "d1", "kv", "curl"}, kinds, done)
        notes = [out for line, out in done if line.startswith("curl") and out.startswith('{"notes"')]
        self.assertEqual(json.loads(notes[0])["notes"][0]["text"], "first")
