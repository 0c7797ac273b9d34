"""Runs tests of web-platform-tests inside verge: see README.md."""
