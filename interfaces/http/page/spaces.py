"""Leaves out the spaces of scripts that mean nothing. Texts, templates and regular expressions stay
as they are, and so does each end of a line that may end a statement."""

import re

_TEXT = re.compile(r"""(["'])(?:\\.|(?!\1)[^\\\n])*\1""")
_TEMPLATE = re.compile(r"(?:\\.|\$(?!\{)|[^`\\$])*", re.DOTALL)
_REGULAR = re.compile(r"/(?![*/ ])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\[\n])+/[a-z]*")
_SPACES = re.compile(r"[ \t\n]+")
_WORD = re.compile(r"[\w$]+")
_BEFORE_REGULAR = "(,=:[!&|?{};>\n"
_NO_END = "{,;([:?|&=>"  # after these, the end of a line ends nothing
_NO_START = "}),;].:?"  # before these, it ends nothing, or no more than they do


def script_without_spaces(text: str) -> str:
    out: list[str] = []
    # How many braces are open in the code of each template that the place is in; the last counts.
    depths: list[int] = []
    place = 0

    def template(start: int) -> int:
        """Copy a template up to its end or to code in it; return where that ends."""
        found = _TEMPLATE.match(text, start)
        end = found.end() if found else start
        code = text.startswith("${", end)
        out.append(text[start : end + (2 if code else 1)])
        if code:
            depths.append(0)
        return end + (2 if code else 1)

    while place < len(text):
        here, last = text[place], out[-1][-1] if out else "\n"
        if found := _SPACES.match(text, place):
            place = found.end()
            out.append(_kept(last, text[place : place + 1], "\n" in found[0]))
            if not out[-1]:
                out.pop()
        elif here == "`":
            out.append(here)
            place = template(place + 1)
        elif here == "}" and depths and depths[-1] == 0:
            depths.pop()
            out.append(here)
            place = template(place + 1)
        elif found := (
            _TEXT.match(text, place)
            or _WORD.match(text, place)
            or (_REGULAR.match(text, place) if last in _BEFORE_REGULAR or _returns(out) else None)
        ):
            out.append(found[0])
            place = found.end()
        else:
            if depths:
                depths[-1] += (here == "{") - (here == "}")
            out.append(here)
            place += 1
    return "".join(out)


def _returns(out: list[str]) -> bool:
    return bool(out) and out[-1] in ("return", "case", "typeof")


def _kept(before: str, after: str, line_ends: bool) -> str:
    """Return what must stay of the spaces between two characters."""
    if line_ends:
        return "" if before in _NO_END or (after and after in _NO_START) else "\n"
    if _WORD.match(before) and _WORD.match(after):
        return " "
    return " " if before == after and after in "+-" else ""
