"""A server on this machine, in place of the one that gives out weights."""

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

FIRST_PIECE = 2 << 20


@contextmanager
def serving(content: bytes) -> Iterator[str]:
    """Gives `content` for every path; below /slow a first piece, and then nothing. Yields "http://127.0.0.1:port"."""
    done = threading.Event()

    class Served(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if not self.path.startswith("/slow"):
                self.wfile.write(content)
                return
            self.wfile.write(content[:FIRST_PIECE])
            self.wfile.flush()
            done.wait(20)

        def log_message(self, *_: Any) -> None:
            """Not to the tests' terminal."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Served) as served:
        thread = threading.Thread(target=served.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{served.server_port}"
        finally:
            done.set()
            served.shutdown()
            thread.join()
