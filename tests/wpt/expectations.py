"""The lists of subtests that are expected to fail: one text file for each area, in expectations/.

  # A comment. The first says which revision of web-platform-tests the list is for.
  reason: Why the following fail.

  url/some-test.any.js
    the name of a subtest
    the beginning of several names *
    ~ one that does not always fail

A `*` stands for any characters; `\\*` is an asterisk, `\\n`, `\\\\` and `\\uXXXX` are what they look like. The name
"(file)" is for the file as a whole: that it could not be run to its end. No pattern with a `*` matches it.
"""

import os
import re

UNEXPLAINED = "not looked into yet"
FILE = "(file)"

_TOKEN_END = re.compile(r"[\s:.,;/()\[\]=\"'-]+")
# A pattern has to stand for this many subtests to be worth it.
_WORTH = 3


def escape(name):
    """A name as a pattern that matches only it."""
    out = []
    for i, character in enumerate(name):
        if character in "\\*":
            out.append("\\" + character)
        elif character == "\n":
            out.append("\\n")
        elif character == " " and 0 < i < len(name) - 1 or character == "~" and i:
            out.append(character)
        elif ord(character) > 0xFFFF or (character not in " ~" and character.isprintable()):
            out.append(character)
        else:
            out.append(f"\\u{ord(character):04x}")
    return "".join(out)


def compile_pattern(pattern):
    """A compiled expression for a pattern of a list."""
    out = []
    i = 0
    while i < len(pattern):
        character = pattern[i]
        if character == "*":
            out.append(".*")
        elif character == "\\" and i + 1 < len(pattern):
            i += 1
            following = pattern[i]
            if following == "u" and re.match(r"[0-9a-f]{4}", pattern[i + 1:i + 5]):
                out.append(re.escape(chr(int(pattern[i + 1:i + 5], 16))))
                i += 4
            else:
                out.append(re.escape("\n" if following == "n" else following))
        else:
            out.append(re.escape(character))
        i += 1
    return re.compile("".join(out), re.S)


class Pattern:
    """One line of a list."""

    def __init__(self, text, reason):
        self.sometimes = text.startswith("~")
        self.text = text.lstrip("~ ") if self.sometimes else text
        self.reason = reason
        self._expression = compile_pattern(self.text)

    def matches(self, name):
        if name == FILE:
            return self.text == FILE
        return bool(self._expression.fullmatch(name))

    @property
    def line(self):
        return "~ " + self.text if self.sometimes else self.text


class Malformed(Exception):
    """A list that cannot be read."""


class Verdict:
    """How a file's results compare with what was expected; lists of names."""

    def __init__(self):
        self.passed = 0
        self.expected = []
        self.unexpected = []  # (name, message)
        self.fixed = []  # pass, but are on the list


class Expectations:
    """The list of one area."""

    def __init__(self, path):
        self.path = path
        self.comments = []
        self.files = {}  # path of the test: patterns
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                self._parse(file.read())

    def _parse(self, text):
        reason, patterns = None, None
        for number, line in enumerate(text.splitlines(), 1):
            if not line.strip():
                continue
            if line.startswith("#"):
                self.comments.append(line)
            elif line.startswith("reason:"):
                reason, patterns = line[len("reason:"):].strip(), None
            elif not line.startswith(" "):
                if reason is None:
                    raise Malformed(f"{self.path}:{number}: a test without a reason above it")
                patterns = self.files.setdefault(line.strip(), [])
            elif patterns is None:
                raise Malformed(f"{self.path}:{number}: a subtest without a test above it")
            else:
                patterns.append(Pattern(line.strip(), reason))

    def judge(self, path, results):
        """`results` is a list of (name, passed, message)."""
        verdict = Verdict()
        patterns = self.files.get(path, ())
        for name, passed, message in results:
            listed = next((pattern for pattern in patterns if pattern.matches(name)), None)
            if passed:
                verdict.passed += 1
                if listed and not listed.sometimes:
                    verdict.fixed.append(name)
            elif listed:
                verdict.expected.append(name)
            else:
                verdict.unexpected.append((name, message))
        return verdict

    def unexplained(self):
        return sum(pattern.reason == UNEXPLAINED for patterns in self.files.values() for pattern in patterns)

    def update(self, path, results):
        """Rewrites the patterns for one file so that `results` are what is expected. Those that still hold stay."""
        passing = [name for name, passed, _ in results if passed]
        failing = [name for name, passed, _ in results if not passed]
        kept = [pattern for pattern in self.files.get(path, ())
                if pattern.sometimes or (not any(pattern.matches(name) for name in passing)
                                         and any(pattern.matches(name) for name in failing))]
        reasons = {pattern.reason for pattern in self.files.get(path, ())}
        left = [name for name in failing if not any(pattern.matches(name) for pattern in kept)]
        # What is left of a pattern that was too wide keeps its reason, if there was just one.
        reason = reasons.pop() if len(reasons) == 1 else UNEXPLAINED
        kept += [Pattern(text, reason) for text in compact(left, passing)]
        if kept:
            self.files[path] = kept
        else:
            self.files.pop(path, None)

    def write(self, heading):
        """Groups by reason, in the order in which they first appear; unexplained ones last. `heading` is a comment."""
        groups = {}
        for path in sorted(self.files):
            for pattern in self.files[path]:
                groups.setdefault(pattern.reason, {}).setdefault(path, []).append(pattern.line)
        if not groups:
            if os.path.exists(self.path):
                os.unlink(self.path)
            return
        lines = ["# " + heading, *self.comments[1:]]
        for reason in sorted(groups, key=lambda each: each == UNEXPLAINED):
            lines += ["", f"reason: {reason}"]
            for path, patterns in groups[reason].items():
                lines += ["", path, *("  " + pattern for pattern in patterns)]
        with open(self.path, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")


def compact(failing, passing):
    """Patterns that match all of `failing` and none of `passing`."""
    patterns = [FILE] if FILE in failing else []
    left = sorted(set(failing) - {FILE})
    others = [name for name in passing if name != FILE]
    if not others and len(left) >= _WORTH:
        return [*patterns, "*"]
    while left:
        name = left[0]
        for end in _TOKEN_END.finditer(name):
            prefix = name[:end.end()]
            covered = [each for each in left if each.startswith(prefix)]
            if len(prefix) < 3 or any(each.startswith(prefix) for each in others):
                continue
            if len(covered) >= _WORTH:
                patterns.append(escape(prefix + "x")[:-1] + "*")
                left = left[len(covered):]
            else:
                patterns.append(escape(name))
                left.pop(0)
            break
        else:
            patterns.append(escape(name))
            left.pop(0)
    return patterns
