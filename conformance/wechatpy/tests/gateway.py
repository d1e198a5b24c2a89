"""One host name: card calls and all others go to kaquan, which passes the others on to WeChat."""

from wechatpy.exceptions import WeChatClientException

from support import cards
from support.case import Case
from support.client import APPID, BASE_URL, SECRET, Client, http
from support.original import APPID as REAL_APPID
from support.original import SECRET as REAL_SECRET
from support.original import TICKET, TOKEN, Original


class Gateway(Case):
    """A merchant's program with one host name, and a stand-in for WeChat behind it."""

    about = "gateway"

    def setUp(self):
        self.original = Original()
        self.addCleanup(self.original.close)
        upstream = {"url": self.original.url, "appid": REAL_APPID, "secret": REAL_SECRET}
        try:
            self.client.call("kaquan/v1/upstream/set", upstream)
        except WeChatClientException as error:
            if error.errcode == 48001:
                self.skipTest("the server has no KAQUAN_SECRET_KEY")
            raise
        self.addCleanup(self.client.call, "kaquan/v1/upstream/delete", {})

    def test_a_whole_flow_needs_one_host_name(self):
        client, holder = self.client, cards.new_openid()
        card_id = self.claimable(title="满百减十")
        self.assertEqual(client.user.get(holder)["openid"], holder)
        self.assert_ok(client.message.send_text(holder, "欢迎"))
        self.assert_ok(client.message.send_card(holder, card_id))
        code = client.claim(holder, card_id)
        self.assertEqual(self.state(code), "NORMAL")
        self.assert_ok(client.menu.delete())
        self.assert_ok(client.card.consume_code(code, card_id))
        text, card = self.original.bodies("/cgi-bin/message/custom/send")
        self.assertEqual((text["msgtype"], text["text"]["content"]), ("text", "欢迎"))
        self.assertEqual((card["touser"], card["msgtype"]), (holder, "text"))
        self.assertIn("满百减十", card["text"]["content"])
        self.assertIn("/w/q/", card["text"]["content"])

    def test_the_ticket_of_pages_is_wechats_and_that_of_cards_is_kaquans(self):
        self.assertEqual(self.client.jsapi.get_ticket("jsapi")["ticket"], TICKET)
        self.assertNotEqual(self.client.jsapi.get_ticket("wx_card")["ticket"], TICKET)

    def test_a_person_is_known_by_web_authorization(self):
        # wechatpy has WeChat's address in its code, so these are its calls with the other host.
        query = {"appid": APPID, "secret": SECRET, "code": "C", "grant_type": "authorization_code"}
        user = http().get(BASE_URL + "/sns/oauth2/access_token", params=query).json()
        self.assertEqual((user["openid"], user["access_token"]), ("oUser", "USER_TOKEN"))
        query = {"access_token": "USER_TOKEN", "openid": "oUser", "lang": "zh_CN", "appid": APPID}
        info = http().get(BASE_URL + "/sns/userinfo", params=query).json()
        self.assertEqual(info["nickname"], "小明")

    def test_no_secret_passes(self):
        client = Client()
        client.user.get("o1")
        sent = self.original.everything()
        self.assertIn(TOKEN, sent)
        for secret in (SECRET, client.access_token):
            self.assertNotIn(secret, sent)
        shown = str(client.call("kaquan/v1/upstream/get", {}))
        for secret in (REAL_SECRET, TOKEN):
            self.assertNotIn(secret, shown)
