"""Event push: wechatpy verifies, decrypts and reads what a receiver is sent."""

from support import cards
from support.case import Case
from support.client import APPID
from support.receiver import AES_KEY, TOKEN, Receiver


class Events(Case):
    """Events in WeChat's three modes."""

    about = "events"

    def receive(self, mode):
        """A receiver that is sent events in this mode until the test ends."""
        receiver = Receiver(APPID)
        self.addCleanup(receiver.close)
        receiver.encrypted = mode != "plain"
        wanted = {"url": receiver.url, "token": TOKEN, "mode": mode, "encoding_aes_key": AES_KEY}
        self.client.call("kaquan/v1/callback/set", wanted)
        self.addCleanup(self.client.call, "kaquan/v1/callback/delete", {})
        return receiver

    def check_a_claim(self, mode):
        """A claim and a consume arrive as wechatpy's own types."""
        receiver = self.receive(mode)
        card_id, holder, code = self.held()
        self.assertEqual(receiver.event("card_pass_check", card_id).card_id, card_id)
        got = receiver.event("user_get_card", card_id)
        self.assertEqual((got.source, got.code, got.is_given_by_friend), (holder, code, False))
        self.client.card.consume_code(code)
        used = receiver.event("user_consume_card", card_id)
        self.assertEqual((used.source, used.code, used.consume_source), (holder, code, "FROM_API"))
        return receiver, code

    def test_in_clear_an_event_is_verified_and_read(self):
        self.check_a_claim("plain")

    def test_in_safe_mode_an_event_is_decrypted_and_tells_nothing_else(self):
        receiver, code = self.check_a_claim("safe")
        self.assertFalse([body for body in receiver.bodies if code in body])

    def test_in_compatible_mode_both_forms_are_there(self):
        receiver, code = self.check_a_claim("compatible")
        self.assertTrue([body for body in receiver.bodies if code in body])

    def test_an_event_can_be_sent_again(self):
        receiver = self.receive("safe")
        card_id, holder, _ = self.held(cards.coupon())
        first = receiver.event("user_get_card", card_id)
        found = self.client.call("kaquan/v1/events/list", {"card_id": card_id, "kind": "claim"})["events"]
        again = {"count": 0}
        while not again["count"]:
            # Until kaquan has written down that it was delivered it is on its way.
            again = self.client.call("kaquan/v1/events/resend", {"event_id": found[0]["event_id"]})
        second = receiver.event("user_get_card", card_id)
        self.assertEqual((second.source, second.time), (holder, first.time))
