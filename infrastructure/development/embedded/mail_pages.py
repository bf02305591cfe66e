"""Web pages of the caught mail: a list, and each mail as text and as HTML."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from application.ports.startup import CannotStart
from infrastructure.development.embedded.mail import CatchingMailServer, ReceivedMail

PATH = "/dev/mail"

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3em .8em .3em 0}
tr+tr{border-top:1px solid #ddd}pre{white-space:pre-wrap;background:#f5f5f2;padding:1em}
iframe{width:100%;height:34em;border:1px solid #ddd}
"""
_PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'"
# A mail may use its own styles and nothing else: no scripts, no remote pictures.
_MAIL_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"


@contextmanager
def mail_pages(mails: CatchingMailServer, port: int = 0) -> Iterator[str]:
    """Serve the pages in a thread while the block runs; yield the address of the list.

    Port 0 stands for any free port.

    Raises:
        CannotStart: the port is taken.
    """
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), _handler(mails.messages))
    except OSError as error:
        raise CannotStart(
            f"Port {port} cannot be used for the pages of mail ({error.strerror})."
        ) from error
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{PATH}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(messages: Callable[[], list[ReceivedMail]]) -> type[BaseHTTPRequestHandler]:
    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            match self.path.partition("?")[0].removeprefix(PATH).strip("/").split("/"):
                case [""]:
                    self._show(_page("Mail", _list(messages())))
                case [number] if caught := _find(messages(), number):
                    self._show(_page(_subject(caught), _one(caught)))
                case [number, "html"] if caught := _find(messages(), number):
                    self._show(caught.part("html"), _MAIL_POLICY)
                case _:
                    self._show(_page("Not here", "<p>There is no such mail.</p>"), status=404)

        def _show(self, page: str, policy: str = _PAGE_POLICY, *, status: int = 200) -> None:
            body = page.encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Content-Security-Policy", policy)
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Nobody wants to read that."""

    return Pages


def _find(mails: list[ReceivedMail], number: str) -> ReceivedMail | None:
    return next((caught for caught in mails if str(caught.number) == number), None)


def _page(title: str, content: str) -> str:
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(title)}</title>"
        f"<style>{_STYLE}</style><h1>{escape(title)}</h1>{content}</html>"
    )


def _list(mails: list[ReceivedMail]) -> str:
    if not mails:
        return "<p>No mail yet. Reload this page when you expect some.</p>"
    rows = "".join(
        f"<tr><td>{escape(str(caught.mail['Date']))}<td>{escape(', '.join(caught.to))}"
        f'<td><a href="{PATH}/{caught.number}">{escape(_subject(caught))}</a>'
        for caught in reversed(mails)
    )
    return f"<table><tr><th>Date<th>To<th>Subject{rows}</table>"


def _one(caught: ReceivedMail) -> str:
    headers = "".join(
        f"<tr><th>{escape(name)}<td>{escape(str(value))}" for name, value in caught.mail.items()
    )
    return (
        f'<p><a href="{PATH}">All mail</a></p>'
        f'<iframe sandbox src="{PATH}/{caught.number}/html" title="The HTML part"></iframe>'
        f"<h2>Text</h2><pre>{escape(caught.part('plain'))}</pre>"
        f"<h2>Headers</h2><table>{headers}</table>"
    )


def _subject(caught: ReceivedMail) -> str:
    return str(caught.mail["Subject"] or "(no subject)")
