"""A browser's part in a login: it keeps cookies, and says which page a request comes from."""

from http.cookies import SimpleCookie
from typing import Any

import httpx


class Browser:
    """Calls the API as the pages of `origin` do. `cookies` are those it has, by name."""

    def __init__(self, http: httpx.AsyncClient, origin: str) -> None:
        self._http = http
        self.origin = origin
        self.cookies: dict[str, str] = {}
        self.set: dict[str, Any] = {}  # the cookies of the last answer, with their attributes

    async def navigate(self, url: str, **headers: str) -> httpx.Response:
        """Go to a page; another site may have caused that."""
        return await self._send("GET", url, None, headers)

    async def post(self, url: str, body: Any, **headers: str) -> httpx.Response:
        """Post as a script of our page does; `headers` replace those of a browser."""
        own = {"origin": self.origin, "sec-fetch-site": "same-origin"}
        return await self._send("POST", url, body, own | headers)

    async def _send(
        self, method: str, url: str, body: Any, headers: dict[str, str]
    ) -> httpx.Response:
        sent = {name.replace("_", "-"): value for name, value in headers.items() if value}
        if self.cookies:
            sent["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = await self._http.request(method, url, json=body, headers=sent)
        self._http.cookies.clear()  # it keeps none for itself
        self.set = {}
        for header in answer.headers.get_list("set-cookie"):
            for name, morsel in SimpleCookie(header).items():
                self.set[name] = morsel
                if morsel["max-age"] == "0":
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value
        return answer
