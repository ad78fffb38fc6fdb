"""A time-stamping authority (RFC 3161) on this machine: http.server in front of `openssl ts`."""

import http.server
import shutil
import subprocess
import threading
from pathlib import Path

CONFIGURATION = """[tsa]
default_tsa = here
[here]
serial = {folder}/tsa-serial
default_policy = 1.2.3.4.1
signer_digest = sha256
digests = sha256, sha384, sha512
accuracy = secs:1
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


def available():
    return shutil.which("openssl") is not None


class Authority:
    """Answers at `url`, with tsa.pem and tsa.key of `folder`. `misbehave` changes answers."""

    def __init__(self, folder, misbehave=None):
        self.folder = Path(folder)
        (self.folder / "tsa.cnf").write_text(CONFIGURATION.format(folder=self.folder))
        (self.folder / "tsa-serial").write_text("01\n")
        authority = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                request = self.rfile.read(int(self.headers["Content-Length"]))
                if misbehave and misbehave(self, request):
                    return
                authority.answer(self, authority.reply(request))

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/tsa"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def reply(self, request):
        query, reply = self.folder / "query.tsq", self.folder / "reply.tsr"
        query.write_bytes(request)
        subprocess.run(
            ["openssl", "ts", "-reply", "-config", self.folder / "tsa.cnf", "-queryfile", query,
             "-signer", self.folder / "tsa.pem", "-inkey", self.folder / "tsa.key",
             "-chain", self.folder / "tsa.pem", "-out", reply], check=True, capture_output=True)
        return reply.read_bytes()

    @staticmethod
    def answer(handler, body, kind="application/timestamp-reply"):
        handler.send_response(200)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
