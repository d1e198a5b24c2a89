"""A merchant's receiver of events: it does what wechatpy's documentation says a receiver does, and keeps what it read."""

import http.server
import queue
import threading
import urllib.parse

from wechatpy import parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.utils import check_signature

TOKEN = "sesame"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"

#: Seconds an event may take.
EVENT_SECONDS = 10


class Receiver:
    """Runs on a port of its own until it is closed."""

    def __init__(self, appid):
        self.crypto = WeChatCrypto(TOKEN, AES_KEY, appid)
        self.read = queue.Queue()
        self.passed = []
        self.bodies = []
        self.encrypted = True
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            """Answers one request."""

            def log_message(self, *_):
                """Says nothing."""

            def query(self):
                """The query, which carries what is signed."""
                pairs = urllib.parse.urlparse(self.path).query
                query = dict(urllib.parse.parse_qsl(pairs))
                check_signature(TOKEN, query["signature"], query["timestamp"], query["nonce"])
                return query

            def answer(self, text):
                """HTTP 200 and this."""
                self.send_response(200)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

            def do_GET(self):
                """The handshake."""
                self.answer(self.query()["echostr"])

            def do_POST(self):
                """An event."""
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                receiver.bodies.append(body)
                receiver.read.put(receiver.message(self.query(), body))
                self.answer("success")

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = "http://127.0.0.1:%d/wx" % self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def message(self, query, body):
        """The message as wechatpy reads it."""
        if self.encrypted:
            assert query["encrypt_type"] == "aes"
            body = self.crypto.decrypt_message(body, query["msg_signature"], query["timestamp"], query["nonce"])
        return parse_message(body)

    def event(self, name, card_id):
        """The next event of this name about this card. Others stay for later calls: only the events of one code are in order."""

        def is_meant(message):
            return message.event == name and message._data.get("CardId") == card_id

        while not any(map(is_meant, self.passed)):
            self.passed.append(self.read.get(timeout=EVENT_SECONDS))
        return self.passed.pop(next(index for index, message in enumerate(self.passed) if is_meant(message)))

    def close(self):
        """Stops."""
        self.server.shutdown()
        self.server.server_close()
