"""A stand-in for WeChat's own host: it issues tokens, answers some calls, and keeps what it was sent."""

import http.server
import json
import threading
import urllib.parse

APPID = "wx-real-account"
SECRET = "real-secret-of-the-account"
TOKEN = "REAL_TOKEN_abcdefghijklmnopqrstuvwxyz"
TICKET = "REAL_JSAPI_TICKET"


class Original:
    """Runs on a port of its own until it is closed."""

    def __init__(self):
        self.calls = []
        original = self

        class Handler(http.server.BaseHTTPRequestHandler):
            """Answers one request."""

            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                """Says nothing."""

            def answer(self):
                """The answer to a call, as JSON."""
                url = urllib.parse.urlparse(self.path)
                query = dict(urllib.parse.parse_qsl(url.query))
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                original.calls.append((url.path, query, body.decode()))
                text = json.dumps(original.reply(url.path, query, body), ensure_ascii=False).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json; encoding=utf-8")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = answer

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = "http://127.0.0.1:%d" % self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def reply(self, path, query, body):
        """What WeChat would say."""
        if path == "/cgi-bin/stable_token":
            asked = json.loads(body)
            if (asked["appid"], asked["secret"]) != (APPID, SECRET):
                return {"errcode": 40125, "errmsg": "invalid appsecret"}
            return {"access_token": TOKEN, "expires_in": 7200}
        if path == "/sns/oauth2/access_token":
            if (query["appid"], query["secret"]) != (APPID, SECRET):
                return {"errcode": 40125, "errmsg": "invalid appsecret"}
            return {"access_token": "USER_TOKEN", "openid": "oUser", "expires_in": 7200, "scope": "snsapi_base"}
        if path == "/sns/userinfo":
            return {"openid": query["openid"], "nickname": "小明", "sex": 0}
        if query.get("access_token") != TOKEN:
            return {"errcode": 40001, "errmsg": "invalid credential, access_token is invalid or not latest"}
        if path == "/cgi-bin/user/info":
            return {"subscribe": 1, "openid": query["openid"], "language": "zh_CN", "tagid_list": []}
        if path == "/cgi-bin/ticket/getticket":
            return {"errcode": 0, "errmsg": "ok", "ticket": TICKET, "expires_in": 7200}
        return {"errcode": 0, "errmsg": "ok"}

    def bodies(self, path):
        """The bodies of the calls of a path."""
        return [json.loads(body) for called, _, body in self.calls if called == path]

    def everything(self):
        """All that was sent, as one text."""
        return repr(self.calls)

    def close(self):
        """Stops."""
        self.server.shutdown()
        self.server.server_close()
