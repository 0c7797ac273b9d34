"""The tests of APIs that run inside verge: every test of every tests/workers/*.test.mjs is one test here."""

import glob
import os
import unittest

from e2e.harness import Case, ROOT

WORKERS = os.path.join(ROOT, "tests", "workers")


class Workers(Case):
    def run_file(self, path):
        # What is tested is what the code does, not how long it takes; under sanitizers it takes long.
        verge = self.start(None, "--cpu-ms", "120000", path=path)
        for result in self.run_worker_tests(verge):
            # What a test says it has printed, in one message or in several.
            if result["output"]:
                with self.subTest(result["name"]):
                    prefix = f"[{verge.name}] "
                    found = verge.stderr.wait_for(lambda log: result["output"] in log.replace(prefix, ""), 10)
                    self.assertTrue(found, f"the log lacks:\n{result['output']}")


def add(path):
    name = os.path.basename(path)[: -len(".test.mjs")]
    setattr(Workers, f"test_{name}", lambda self: self.run_file(path))


for each in sorted(glob.glob(os.path.join(WORKERS, "*.test.mjs"))):
    add(each)

if __name__ == "__main__":
    unittest.main()
