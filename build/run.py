"""Runs a program as a build step, from the build folder: run.py PROGRAM [ARG ...]."""

import os
import subprocess
import sys

# What a build tool leaves behind is nobody's concern, and the builder of the snapshot shares nothing between threads but
# V8's own data, which ThreadSanitizer cannot judge.
environment = dict(os.environ, ASAN_OPTIONS='detect_leaks=0', TSAN_OPTIONS='report_bugs=0')
sys.exit(subprocess.call(sys.argv[1:], env=environment))
