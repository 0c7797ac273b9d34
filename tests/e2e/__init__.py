"""End-to-end tests: the real binary, real sockets. Run by run.py."""
