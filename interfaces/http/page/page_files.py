"""The files of the page: read and joined once, named by one hash over all of them."""

import json
from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from pathlib import Path

from zopfli.gzip import compress as zopfli_compress  # type: ignore[import-untyped]

from domain.record import Record
from interfaces.http.openapi.static_file import StaticFile
from interfaces.http.page.joined_scripts import START, join_scripts
from interfaces.http.page.minified import minified, without_indent
from interfaces.http.page.screens import SCREENS
from interfaces.http.rewriting.codings import Coding
from interfaces.http.rewriting.compression import compressed

FOLDER = Path(__file__).parents[2] / "page"
MEDIA_TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
}
# A changed file has another address, because the hash in it changes.
IMMUTABLE = {"Cache-Control": "public, max-age=31536000, immutable"}
VENDORED = "vendored"
TEXTS = (".js", ".css")
STYLE = "page.css"
FIRST_STYLE = "style/tokens.css"  # the others use its variables
WORKER = "sw.js"
LEVELS = {Coding.ZSTD: 19}  # the highest for which a browser needs little memory
ROUNDS = 3  # of compression with gzip: more take as long again for a byte in a thousand


class PageFiles(Record):
    """`digest` names the state of all files; `assets` are the files by their path in the folder,
    `document` is the HTML that loads them, and `worker` the script of the service worker."""

    digest: str
    assets: Mapping[str, StaticFile]
    document: bytes
    worker: bytes


def read_page_files(folder: Path = FOLDER) -> PageFiles:
    """Return the files of the page, each compressed once."""
    contents = dict(_contents(folder))
    template = (folder / "index.html").read_bytes()
    hashed = blake2b(template, digest_size=12)
    for name, body in contents.items():
        hashed.update(b"%b\0%d\0%b" % (name.encode(), len(body), body))
    digest = hashed.hexdigest()
    worker = contents.pop(WORKER)
    assets = {
        name: StaticFile(body, MEDIA_TYPES[Path(name).suffix], IMMUTABLE, _small(body))
        for name, body in contents.items()
    }
    document = template.replace(b"{{loads}}", _loads(digest).encode())
    release = _release(digest, assets)
    return PageFiles(digest=digest, assets=assets, document=document, worker=release + worker)


def read_modules(folder: Path = FOLDER) -> Mapping[str, str]:
    """Return the scripts by their path in the folder, short, before any are joined."""
    return minified({path: text for path, text in _texts(folder) if path.endswith(".js")})


def address(digest: str, name: str) -> str:
    return f"/assets/{digest}/{name}"


def _contents(folder: Path) -> Mapping[str, bytes]:
    # Modules are joined without their comments, and are short once more together.
    short = minified({**join_scripts(read_modules(folder)), STYLE: _one_style(folder)})
    others = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.suffix in MEDIA_TYPES and path.suffix not in TEXTS
    }
    return {name: text.encode() for name, text in short.items()} | others


def _texts(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.rglob("*")):
        if path.suffix in TEXTS:
            text = path.read_text("utf-8")
            kept = folder / VENDORED in path.parents  # its templates need each space
            yield path.relative_to(folder).as_posix(), text if kept else without_indent(text)


def _one_style(folder: Path) -> str:
    """Return all styles as one: a browser draws nothing before it has each."""
    styles = {path: text for path, text in _texts(folder) if path.endswith(".css")}
    return "\n".join(styles[path] for path in sorted(styles, key=lambda path: path != FIRST_STYLE))


def _small(body: bytes) -> Mapping[Coding, bytes]:
    """Return the body as small as each coding makes it within some rounds."""
    return {
        Coding.GZIP: zopfli_compress(body, numiterations=ROUNDS),
        Coding.ZSTD: compressed(body, Coding.ZSTD, LEVELS),
    }


def _release(digest: str, assets: Iterable[str]) -> bytes:
    """Return what the service worker knows of the release, as a script before its own."""
    files = [address(digest, name) for name in assets]
    known = {"digest": digest, "files": files, "screens": SCREENS}
    return f"self.RELEASE={json.dumps(known)};\n".encode()


def _loads(digest: str) -> str:
    """Return the tags of the head."""
    return "\n".join(
        [
            f'<link rel="stylesheet" href="{address(digest, STYLE)}">',
            f'<link rel="icon" href="{address(digest, "style/icon.svg")}">',
            f'<link rel="apple-touch-icon" href="{address(digest, "style/icon-192.png")}">',
            f'<link rel="manifest" href="{address(digest, "manifest.webmanifest")}">',
            f'<script type="module" src="{address(digest, START)}"></script>',
        ]
    )
