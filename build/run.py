"""Runs a program as a build step, from the build folder: run.py PROGRAM [ARG ...]."""

import os
import subprocess
import sys

# What a build tool leaves behind is nobody's concern.
environment = dict(os.environ, ASAN_OPTIONS='detect_leaks=0')
sys.exit(subprocess.call(sys.argv[1:], env=environment))
