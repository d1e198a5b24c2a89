"""What is on the wire: clients look at the status, the type and the very bytes of a reply."""

import functools
import json

from support import cards
from support.case import Case
from support.client import BASE_URL, Client, http


@functools.cache
def token():
    """A token of its own: what goes past wechatpy does not get a new one by itself."""
    return Client().fetch_access_token()["access_token"]


class Wire(Case):
    """Requests and replies as bytes."""

    about = "wire"

    def post(self, path, body, **headers):
        """A POST of bytes with a good token, with no Content-Type unless one is given."""
        query = {"access_token": token()}
        return http().post(BASE_URL + path, params=query, data=body, headers=headers)

    def test_a_reply_is_one_compact_line_of_json(self):
        reply = self.post("/card/batchget", b'{"offset":0,"count":1}')
        self.assertEqual(reply.status_code, 200)
        self.assertTrue(reply.headers["Content-Type"].startswith("application/json"))
        self.assertTrue(reply.content.startswith(b'{"errcode":0,"errmsg":"ok"'))
        self.assertNotIn(b"\n", reply.content)

    def test_a_refusal_is_http_200_with_errcode_and_errmsg_alone(self):
        reply = self.post("/card/get", json.dumps({"card_id": cards.unknown_card()}).encode())
        self.assertEqual(reply.status_code, 200)
        self.assertEqual(list(reply.json()), ["errcode", "errmsg"])
        self.assertRegex(reply.json()["errmsg"], r"^invalid card id hint: \[[\w.-]{11,14}\] card_id: ")

    def test_a_body_that_is_not_json_is_47001(self):
        self.assertEqual(self.post("/card/get", b'{"card_id":').json()["errcode"], 47001)

    def test_an_empty_body_is_44002(self):
        self.assertEqual(self.post("/card/get", b"").json()["errcode"], 44002)

    def test_the_content_type_of_a_request_does_not_matter(self):
        for kind in ("application/x-www-form-urlencoded", "text/plain", "application/json"):
            with self.subTest(kind):
                reply = self.post("/card/batchget", b'{"offset":0,"count":1}', **{"Content-Type": kind})
                self.assertEqual(reply.json()["errcode"], 0)

    def test_escaped_and_plain_utf8_mean_the_same(self):
        for escaped in (True, False):
            with self.subTest(escaped=escaped):
                body = json.dumps(cards.coupon(title="新茶🍵"), ensure_ascii=escaped).encode()
                card_id = self.post("/card/create", body).json()["card_id"]
                self.assertEqual(self.info(card_id)["title"], "新茶🍵")

    def test_a_call_that_wants_post_refuses_get_with_43002(self):
        reply = http().get(BASE_URL + "/card/get", params={"access_token": token()})
        self.assertEqual((reply.status_code, reply.json()["errcode"]), (200, 43002))
