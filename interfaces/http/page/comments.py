"""Leaves the comments out of the scripts and styles that browsers get: they are for people who read
the source, and are a third of it."""

import re

# Our own files write comments on lines of their own, or as a JSDoc cast within a line; a test
# compares the programs before and after.
_BLOCK = re.compile(r"^[ \t]*/\*\*.*?\*/|/\*\*? ?@.*?\*/ ?", re.DOTALL | re.MULTILINE)
_LINE = re.compile(r"^[ \t]*//.*$|[ \t]+// [^\"'`\n]*$", re.MULTILINE)
_STYLE = re.compile(r"/\*.*?\*/", re.DOTALL)
_AROUND_SIGNS = re.compile(r"\s*([{};,])\s*")
_INDENT = re.compile(r"^[ \t]+|[ \t]+$", re.MULTILINE)


def script_without_comments(text: str) -> str:
    bare = _BLOCK.sub(lambda found: "\n" * found[0].count("\n"), text)
    return _INDENT.sub("", _LINE.sub("", bare))


def style_without_comments(text: str) -> str:
    return _AROUND_SIGNS.sub(r"\1", _STYLE.sub("", text))
