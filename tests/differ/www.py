#!/usr/bin/env python3
"""www: what the lab's web server serves, for the Linux side: two pages, echo and discard."""
import http.server
import socketserver
import threading

PAGES = {"/": b"five layers\n", "/big": b"x" * 2000000}


class Pages(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = PAGES.get(self.path)
        if body is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Silent(socketserver.BaseRequestHandler):
    def handle(self):
        while self.request.recv(4096):
            pass


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


for port, kind in (7, Silent), (9, Silent):
    threading.Thread(target=Server(("", port), kind).serve_forever, daemon=True).start()
http.server.ThreadingHTTPServer(("", 80), Pages).serve_forever()
