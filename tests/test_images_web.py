"""Pictures from the web, against a server on this very machine."""

import http.server
import io
import threading
import time

import numpy as np
import pytest
from PIL import Image

from minicnn import images
from minicnn.errors import ImageError

GREY = np.arange(35, dtype=np.uint8).reshape(5, 7)


def png():
    buffer = io.BytesIO()
    Image.fromarray(GREY).save(buffer, "PNG")
    return buffer.getvalue()


DATA = png()


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers by the path."""

    def do_GET(self):
        name, _, rest = self.path[1:].partition("/")
        getattr(self, f"answer_{name}", self.answer_missing)(rest)

    def send(self, data=DATA, status=200, length=None, **headers):
        self.send_response(status)
        length = len(data) if length is None else length
        for key, value in {"Content-Length": str(length), **headers}.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(data)

    def answer_picture(self, rest):
        self.send()

    def answer_missing(self, rest):
        self.send(b"<html>", 404)

    def answer_broken(self, rest):
        self.send(b"", 500)

    def answer_empty(self, rest):
        self.send(b"")

    def answer_page(self, rest):
        self.send(b"<!DOCTYPE html><p>File:photo.png</p>")

    def answer_to(self, rest):
        self.send(b"", 302, Location=rest)

    def answer_forever(self, rest):
        self.send(b"", 302, Location=f"/forever/{len(rest)}x{rest}")

    def answer_short(self, rest):
        self.send(DATA[:-9], length=len(DATA))

    def answer_large(self, rest):
        self.send(DATA, length=10**12)

    def answer_endless(self, rest):
        self.send_response(200)
        self.end_headers()
        while not self.server.over.is_set():
            self.wfile.write(b"x" * 10_000)

    def answer_drops(self, rest):
        """Headers that come letter by letter: no single wait is long."""
        self.wfile.write(b"HTTP/1.0 200 OK\r\nX-Slow: ")
        while not self.server.over.wait(0.02):
            self.wfile.write(b"x")
            self.wfile.flush()

    def answer_slow(self, rest):
        self.send_response(200)
        self.end_headers()
        while not self.server.over.wait(0.02):
            self.wfile.write(b"x")
            self.wfile.flush()

    def answer_silent(self, rest):
        self.server.over.wait(5)

    def answer_garbage(self, rest):
        self.wfile.write(b"\0\1\2 this is not http\r\n\r\n")

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, address):
        pass  # the client went away, as it should


@pytest.fixture(scope="module")
def server():
    with Server(("127.0.0.1", 0), Handler) as running:
        running.over = threading.Event()
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.over.set()
        running.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")


WANTED = GREY[None, None] / np.float32(255)


@pytest.mark.parametrize(
    "path",
    [
        "picture", "picture/a b/\u00fc.png?x=[1]&y=%20#part", "to//picture",
        "to/../picture",
    ],
)  # fmt: skip
def test_a_picture(server, path):
    np.testing.assert_array_equal(images.load(f"{server}/{path}"), WANTED)


def test_the_scheme_may_be_in_capitals(server):
    np.testing.assert_array_equal(images.load(server.replace("http", "HTTP") + "/picture"), WANTED)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("none", "cannot be fetched: the server answered 404 Not Found"),
        ("broken", "the server answered 500 Internal Server Error"),
        ("empty", r"is empty \(0 bytes\)"),
        ("page", "starts with '<!DOCTYPE html>.*: it is a web page, so use the address of the"),
        ("to/file:///etc/passwd", "redirects to 'file:///etc/passwd', which is not an http"),
        ("to/ftp://127.0.0.1/a.png", "redirects to 'ftp:.* is not an http or https address"),
        ("to/data:image/png;base64,AAAA", "redirects to 'data:.* is not an http or https address"),
        ("to/gopher:x", "is not an http or https address"),
        ("forever/x", "the server answered 302"),
        ("short", "broke off after .* of .* bytes"),
        ("large", "more than the 256,000,000 bytes that are allowed: set max_bytes"),
        ("garbage", "cannot be fetched"),
    ],
)
def test_what_is_refused(server, path, message):
    with pytest.raises(ImageError, match=message) as caught:
        images.load(f"{server}/{path}")
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("'http://127.0.0.1")


def test_an_endless_answer(server):
    with pytest.raises(ImageError, match="more than the 1,000,000 bytes"):
        images.load(f"{server}/endless", max_bytes=1_000_000)


@pytest.mark.parametrize("path", ["drops", "slow", "silent"])
def test_the_time_limit_is_for_everything(server, path):
    start = time.monotonic()
    with pytest.raises(ImageError, match=r"did not arrive within 0.2 s: set timeout"):
        images.load(f"{server}/{path}", timeout=0.2)
    assert time.monotonic() - start < 2


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1:1/a.png", "http://", "http://[", "http://127.0.0.1:port/", "https://\0/",
     "http://a b/", "http://" + "\u00fc" * 80 + "/", "http:///a.png"],
)  # fmt: skip
def test_no_such_server(address):
    with pytest.raises(ImageError, match="cannot be fetched"):
        images.load(address, timeout=5)


@pytest.mark.parametrize("address", ["ftp://x/a.png", "file:///a.png", "data://x", "s3://b/a.png"])
def test_no_other_scheme(address):
    with pytest.raises(ImageError, match="is not an http or https address"):
        images.load(address)
