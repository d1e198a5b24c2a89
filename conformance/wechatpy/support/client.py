"""wechatpy, pointed at the server under test the way its users point it at another host."""

import os

import requests
from requests.adapters import HTTPAdapter
from wechatpy import WeChatClient

BASE_URL = os.environ.get("KAQUAN_BASE_URL", "").rstrip("/")
APPID = os.environ.get("KAQUAN_APPID", "")
SECRET = os.environ.get("KAQUAN_SECRET", "")

#: Seconds for one call. WeChat's own clients give up after three to five.
CALL_SECONDS = 5


class _Impatient(HTTPAdapter):
    """Gives every call a time limit, so that a server that hangs fails a test and not the whole run."""

    def send(self, request, **kwargs):
        kwargs["timeout"] = CALL_SECONDS
        return super().send(request, **kwargs)


def http():
    """A plain HTTP session, for what is about the bytes on the wire."""
    session = requests.Session()
    # The server under test is never behind a proxy.
    session.trust_env = False
    session.mount("http://", _Impatient())
    session.mount("https://", _Impatient())
    return session


class Client(WeChatClient):
    """A merchant's client of the app under test."""

    API_BASE_URL = BASE_URL + "/cgi-bin/"

    def __init__(self, appid=APPID, secret=SECRET, **options):
        super().__init__(appid, secret, **options)
        self._http = http()
        self.card.API_BASE_URL = BASE_URL + "/"

    def fetch_access_token(self):
        """As in wechatpy, where WeChat's host is part of the code."""
        return self.token_of(grant_type="client_credential")

    def token_of(self, grant_type):
        """A token of the given grant type."""
        query = {"grant_type": grant_type, "appid": self.appid, "secret": self.secret}
        return self._fetch_access_token(url=BASE_URL + "/cgi-bin/token", params=query)

    def call(self, path, body, **options):
        """A call that wechatpy has no method for."""
        return self.post(path, data=body, api_base_url=BASE_URL + "/", **options)

    def claim(self, openid, card_id, **extra):
        """A holder takes a card. WeChat has no call for this: there it happens in the app; here it is kaquan's own."""
        return self.call("wallet/v1/claim", {"openid": openid, "card_id": card_id, **extra})["code"]
