"""Joins the modules that the page needs into few files, when the server starts: many small files
compress badly, and a browser would ask for each. The modules have no comments.

Each module becomes a block, after the blocks of the modules it imports, and leaves what it exports
in `m_`. What is fetched by `import()` is a file of its own; if it has imports, the start must
not wait for it, since it waits for the start."""

import re
from collections.abc import Iterator, Mapping, Sequence
from posixpath import dirname, normpath

START = "app.js"
# A statement begins a line, or follows another or a comment without a space.
_STATEMENT = r"(?:^|(?<=[;}/]))"
_STATIC = re.compile(
    rf"{_STATEMENT}import\s*(?:\{{(?P<names>[^}}]*)\}}|\* ?as (?P<all>\w+)|(?P<default>\w+))\s*"
    r'from\s*"(?P<path>[^"]+)"(?:;|$)',
    re.MULTILINE,
)
_DYNAMIC = re.compile(r'\bimport\("(?P<path>[^"]+)"\)')
_DECLARED = re.compile(
    rf"{_STATEMENT}export (?=(?:const|class|(?:async )?function) (?P<name>\w+))", re.MULTILINE
)
_LISTED = re.compile(rf"{_STATEMENT}export\s*\{{(?P<names>[^}}]*)\}};?", re.MULTILINE)
_DEFAULT = re.compile(rf"{_STATEMENT}export default\b ?", re.MULTILINE)


def join_scripts(scripts: Mapping[str, str]) -> Mapping[str, str]:
    """Return the files to serve, by path. Scripts that nothing imports stay as they are.

    Raises:
        ValueError: modules import each other in a circle.
    """
    numbers = {path: number for number, path in enumerate(scripts)}
    main = _needed(scripts, START, ())
    joined = {START: _joined(scripts, main, numbers)}
    fetched = {path for module in main for path in _fetched(scripts, module)}
    done = set(main)
    for entry in sorted(fetched):
        # A module without imports is not joined: the start itself may wait for it.
        if _STATIC.search(scripts[entry]):
            modules = _needed(scripts, entry, main)
            done |= set(modules)
            joined[entry] = _joined(scripts, modules, numbers, entry)
        else:
            done.add(entry)
            joined[entry] = scripts[entry]
    return joined | {path: text for path, text in scripts.items() if path not in done}


def _needed(scripts: Mapping[str, str], start: str, there: Sequence[str]) -> Sequence[str]:
    """Return a module and all that it imports but what is `there`, each after what it imports."""
    found: list[str] = []
    entered: list[str] = []

    def enter(path: str) -> None:
        if path in found or path in there:
            return
        if path in entered:
            raise ValueError(f"These modules import each other: {' → '.join([*entered, path])}.")
        entered.append(path)
        for imported in _STATIC.finditer(scripts[path]):
            enter(_resolved(path, imported["path"]))
        entered.pop()
        found.append(path)

    enter(start)
    return found


def _fetched(scripts: Mapping[str, str], path: str) -> Iterator[str]:
    for found in _DYNAMIC.finditer(scripts[path]):
        yield _resolved(path, found["path"])


def _joined(
    scripts: Mapping[str, str],
    modules: Sequence[str],
    numbers: Mapping[str, int],
    entry: str | None = None,
) -> str:
    """Return one file with these modules; one that is fetched exports what its `entry` does."""
    blocks = [_block(scripts[path], path, numbers) for path in modules]
    if entry is None:
        return "\n".join(["export const m_ = [];", *blocks])
    imports = f'import {{ m_ }} from "{"../" * entry.count("/") or "./"}{START}";'
    names = _exports(scripts[entry])
    exports = [
        f"export default m_[{numbers[entry]}].default;"
        if name == "default"
        else f"export const {{ {name} }} = m_[{numbers[entry]}];"
        for name in names
    ]
    return "\n".join([imports, *blocks, *exports])


def _block(text: str, path: str, numbers: Mapping[str, int]) -> str:
    body = _STATIC.sub(lambda found: _taken(found, path, numbers), text)
    body = _DYNAMIC.sub(lambda found: f'import("./{_resolved(path, found["path"])}")', body)
    body = _DECLARED.sub("", _LISTED.sub("", body))
    body = _DEFAULT.sub("const default_ = ", body).strip()
    exports = ",".join(
        name if name == local else f"{name}:{local}" for name, local in _exports(text).items()
    )
    return f"{{\n{body}\nm_[{numbers[path]}]={{{exports}}};\n}}"


def _taken(found: "re.Match[str]", path: str, numbers: Mapping[str, int]) -> str:
    origin = f"m_[{numbers[_resolved(path, found['path'])]}]"
    if found["all"]:
        return f"const {found['all']}={origin};"
    names = found["names"] or f"default as {found['default']}"
    return f"const {{{names.replace(' as ', ':')}}}={origin};"


def _exports(text: str) -> Mapping[str, str]:
    """Return what a module exports: names, and what each is called in the module."""
    found = {each["name"]: each["name"] for each in _DECLARED.finditer(text)}
    for listed in _LISTED.finditer(text):
        for each in listed["names"].split(","):
            local, _, name = each.strip().partition(" as ")
            found[name or local] = local
    return found | ({"default": "default_"} if _DEFAULT.search(text) else {})


def _resolved(path: str, imported: str) -> str:
    return normpath(f"{dirname(path)}/{imported}").lstrip("/")
