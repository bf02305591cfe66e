"""The files of the page: read and joined once, named by one hash over all of them."""

from collections.abc import Iterator, Mapping
from hashlib import blake2b
from pathlib import Path

from domain.record import Record
from interfaces.http.openapi.static_file import StaticFile
from interfaces.http.page.comments import script_without_comments, style_without_comments
from interfaces.http.page.joined_scripts import START, join_scripts

FOLDER = Path(__file__).parents[2] / "page"
MEDIA_TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
}
# A changed file has another address, because the hash in it changes.
IMMUTABLE = {"Cache-Control": "public, max-age=31536000, immutable"}
WITHOUT_COMMENTS = {".js": script_without_comments, ".css": style_without_comments}
VENDORED = "vendored"
STYLE = "page.css"
FIRST_STYLE = "style/tokens.css"  # the others use its variables


class PageFiles(Record):
    """`digest` names the state of all files; `assets` are the files by their path in the folder,
    and `document` is the HTML that loads them."""

    digest: str
    assets: Mapping[str, StaticFile]
    document: bytes


def read_page_files(folder: Path = FOLDER) -> PageFiles:
    """Return the files of the page, each compressed once."""
    contents = _with_joined_scripts(_with_one_style(read_contents(folder)))
    template = (folder / "index.html").read_bytes()
    hashed = blake2b(template, digest_size=12)
    for name, body in contents.items():
        hashed.update(b"%b\0%d\0%b" % (name.encode(), len(body), body))
    digest = hashed.hexdigest()
    assets = {
        name: StaticFile(body, MEDIA_TYPES[Path(name).suffix], IMMUTABLE)
        for name, body in contents.items()
    }
    document = template.replace(b"{{loads}}", _loads(digest).encode())
    return PageFiles(digest=digest, assets=assets, document=document)


def read_contents(folder: Path = FOLDER) -> Mapping[str, bytes]:
    """Return the files by their path in the folder, without comments, before any are joined."""
    return dict(_contents(folder))


def address(digest: str, name: str) -> str:
    return f"/assets/{digest}/{name}"


def _contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.suffix in MEDIA_TYPES:
            yield path.relative_to(folder).as_posix(), _served(path, folder)


def _served(path: Path, folder: Path) -> bytes:
    bare = WITHOUT_COMMENTS.get(path.suffix)
    if bare is None or folder / VENDORED in path.parents:
        return path.read_bytes()
    return bare(path.read_text("utf-8")).encode()


def _with_one_style(contents: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """Return the files with all styles in one: a browser draws nothing before it has each."""
    styles = [name for name in contents if name.endswith(".css")]
    styles.sort(key=lambda name: name != FIRST_STYLE)
    others = {name: body for name, body in contents.items() if name not in styles}
    return others | {STYLE: b"\n".join(contents[name] for name in styles)}


def _with_joined_scripts(contents: Mapping[str, bytes]) -> Mapping[str, bytes]:
    scripts = {name: body.decode() for name, body in contents.items() if name.endswith(".js")}
    others = {name: body for name, body in contents.items() if name not in scripts}
    return others | {name: text.encode() for name, text in join_scripts(scripts).items()}


def _loads(digest: str) -> str:
    """Return the tags of the head."""
    return "\n".join(
        [
            f'<link rel="stylesheet" href="{address(digest, STYLE)}">',
            f'<link rel="icon" href="{address(digest, "style/icon.svg")}">',
            f'<script type="module" src="{address(digest, START)}"></script>',
        ]
    )
