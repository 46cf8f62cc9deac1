"""A file from the web: http and https only, of a limited size, within a limited time."""

from __future__ import annotations

import http.client
import queue
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

from minicnn.errors import ImageError
from minicnn.images.words import one_line

CHUNK = 1 << 16
HEADERS = {"User-Agent": "minicnn (Python urllib)", "Accept-Encoding": "identity"}


def fetch(address: str, *, max_bytes: int, timeout: float) -> bytes:
    """Return what is at an http(s) address.

    `timeout` is for everything together: finding the server, its answer and all of the content.
    The work is done in a thread, since looking up a name or a server that sends its headers drop
    by drop cannot be interrupted otherwise.

    Raises
    ------
    ImageError
        If the address has another scheme or redirects to one, if the server cannot be reached or
        answers with an error, if it sends too much, too little or too slowly.
    """
    _check_scheme(address, address)
    deadline = time.monotonic() + timeout
    answers: queue.SimpleQueue[bytes | Exception] = queue.SimpleQueue()

    def work() -> None:
        try:
            answers.put(_download(address, max_bytes, deadline))
        except Exception as error:
            if isinstance(error, urllib.error.HTTPError):
                error.close()
            answers.put(error)

    late = ImageError(
        f"{address!r} did not arrive within {timeout:g} s: set timeout to wait longer"
    )
    try:
        threading.Thread(target=work, daemon=True, name="minicnn-fetch").start()
        answer = answers.get(timeout=timeout)
    except queue.Empty:
        raise late from None
    except RuntimeError as error:  # no threads to be had
        raise ImageError(f"{address!r} cannot be fetched: {error}") from error
    if isinstance(answer, bytes):
        return answer
    if isinstance(answer, ImageError):
        raise answer
    if isinstance(answer, TimeoutError) or _reason(answer) == "timed out":
        raise late from answer
    raise ImageError(f"{address!r} cannot be fetched: {_reason(answer)}") from answer


def _download(address: str, max_bytes: int, deadline: float) -> bytes:
    request = urllib.request.Request(_quoted(address), headers=HEADERS)
    parts: list[bytes] = []
    size = 0
    with _opener().open(request, timeout=_left(deadline)) as response:
        announced = response.length
        if announced is not None and announced > max_bytes:
            raise _too_much(address, max_bytes)
        while part := response.read1(CHUNK):
            parts.append(part)
            size += len(part)
            if size > max_bytes:
                raise _too_much(address, max_bytes)
            _left(deadline)  # nobody waits any more: stop
    if announced is not None and size < announced:
        raise ImageError(f"{address!r} broke off after {size:,} of {announced:,} bytes")
    return b"".join(parts)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


class _SafeRedirects(urllib.request.HTTPRedirectHandler):
    """Follow redirects, to http and https only."""

    def http_error_302(self, req: Any, fp: Any, code: int, msg: str, headers: Any) -> Any:
        target = headers.get("location") or headers.get("uri") or ""
        try:
            _check_scheme(target, req.full_url, relative=True)
        except ImageError:
            fp.close()
            raise
        return super().http_error_302(req, fp, code, msg, headers)

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302


def _opener() -> urllib.request.OpenerDirector:
    """Return an opener that knows http, https, proxies and redirects, and no other scheme."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        _SafeRedirects(),
    ):
        opener.add_handler(handler)
    return opener


def _check_scheme(address: str, asked: str, *, relative: bool = False) -> None:
    scheme = address.partition(":")[0].lower() if ":" in address.partition("/")[0] else ""
    if scheme in ("http", "https") or (relative and not scheme):
        return
    by = "" if address == asked else f" redirects to {address!r}, which"
    raise ImageError(f"{asked!r}{by} is not an http or https address: no other is followed")


def _quoted(address: str) -> str:
    """Return the address as a server wants it: spaces and letters beyond ASCII escaped."""
    parts = urllib.parse.urlsplit(address)
    path = urllib.parse.quote(parts.path, safe="/%:@!$&'()*+,;=~-._")
    query = urllib.parse.quote(parts.query, safe="/?%:@!$&'()*+,;=~-._[]|")
    return urllib.parse.urlunsplit((parts.scheme, parts.netloc, path, query, ""))


def _reason(error: Exception) -> str:
    """Return why it failed, in a few words."""
    if isinstance(error, urllib.error.HTTPError):
        standard = http.client.responses.get(error.code, "")
        return f"the server answered {error.code} {standard}".rstrip()
    if isinstance(error, urllib.error.URLError):
        return str(getattr(error.reason, "strerror", None) or error.reason)
    return one_line(error)


def _too_much(address: str, max_bytes: int) -> ImageError:
    return ImageError(
        f"{address!r} has more than the {max_bytes:,} bytes that are allowed: "
        f"set max_bytes to allow more"
    )
