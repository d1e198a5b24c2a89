"""Tokens: getting one, and what the absence of a good one looks like."""

from wechatpy.exceptions import WeChatClientException

from support.case import Case
from support.client import APPID, BASE_URL, SECRET, Client, http


class Token(Case):
    """How a merchant's program gets its token."""

    about = "cgi-bin/token"

    def test_a_token_is_good_for_two_hours(self):
        reply = Client().fetch_access_token()
        self.assertEqual(sorted(reply), ["access_token", "expires_in"])
        self.assertTrue(0 < len(reply["access_token"]) <= 512)
        self.assertEqual(reply["expires_in"], 7200)

    def test_a_wrong_secret_is_40125(self):
        with self.refused(40125):
            Client(secret="not-" + SECRET).fetch_access_token()

    def test_an_unknown_appid_is_40013(self):
        with self.refused(40013):
            Client(appid="wx0000000000000000").fetch_access_token()

    def test_another_grant_type_is_40002(self):
        with self.refused(40002):
            Client().token_of(grant_type="authorization_code")

    def test_a_token_can_be_had_by_an_empty_post(self):
        query = {"grant_type": "client_credential", "appid": APPID, "secret": SECRET}
        reply = http().post(BASE_URL + "/cgi-bin/token", params=query).json()
        self.assertIn("access_token", reply)


class TokenOfACall(Case):
    """What a call does with the token it is given."""

    about = "access_token"

    def test_a_call_without_a_token_is_41001(self):
        with self.refused(41001) as refusal:
            Client(access_token="unused").call("card/batchget", {"offset": 0, "count": 1}, params={"access_token": ""})
        self.assertTrue(refusal.exception.errmsg.startswith("access_token missing"))

    def test_a_malformed_token_is_one_that_a_new_token_cures(self):
        with self.assertRaises(WeChatClientException) as raised:
            Client(access_token="stale", auto_retry=False).card.batch_get()
        self.assertEqual(raised.exception.errcode, 40001)

    def test_wechatpy_replaces_a_bad_token_by_itself(self):
        self.assert_ok(Client(access_token="stale").card.batch_get(count=1))

    def test_the_previous_token_stays_good_for_a_while(self):
        first, second = Client(), Client()
        first.fetch_access_token()
        second.fetch_access_token()
        first.auto_retry = False
        self.assert_ok(first.card.batch_get(count=1))

    def test_the_token_may_stand_anywhere_in_the_query(self):
        token = Client().fetch_access_token()["access_token"]
        query = [("lang", "zh_CN"), ("access_token", token), ("debug", "1")]
        reply = http().post(BASE_URL + "/card/batchget", params=query, data=b'{"offset":0,"count":1}').json()
        self.assert_ok(reply)
