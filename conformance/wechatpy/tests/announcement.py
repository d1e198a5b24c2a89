"""card/announcement, card/sms/geturl and card/storewxa, for which the library has no methods."""

import time

from support import cards
from support.case import Case


class Announcements(Case):
    """Announcements to a member."""

    about = "card/announcement"

    def member(self):
        """The card, the holder and the code of an active member."""
        card_id, holder, code = self.held(cards.member_card())
        self.assert_ok(self.client.card.activate_membercard("A0001", code, card_id=card_id))
        return card_id, holder, code

    def send(self, card_id, code):
        """An announcement for an hour; its time."""
        body = {"card_id": card_id, "code": code, "end_time": int(time.time()) + 3600, "text": "店庆双倍积分"}
        return self.client.call("card/announcement/send", body)["create_time"]

    def shown(self, holder, code):
        """What the holder's phone shows."""
        return self.client.call("wallet/v1/get", {"openid": holder, "code": code})["announcements"]

    def test_a_member_gets_four_announcements_a_month(self):
        card_id, holder, code = self.member()
        for _ in range(4):
            self.send(card_id, code)
        with self.refused(45009):
            self.send(card_id, code)
        self.assertEqual(len(self.shown(holder, code)), 4)

    def test_an_announcement_can_be_changed_and_ended(self):
        card_id, holder, code = self.member()
        named = {"card_id": card_id, "code": code, "create_time": self.send(card_id, code)}
        self.assert_ok(self.client.call("card/announcement/update", {**named, "text": "明日店庆"}))
        (shown,) = self.shown(holder, code)
        self.assertEqual((shown["text"], shown["is_current"]), ("明日店庆", True))
        self.assert_ok(self.client.call("card/announcement/update", {**named, "close": True}))
        with self.refused(40097):
            self.client.call("card/announcement/update", {**named, "text": "晚了"})

    def test_only_active_members_get_announcements(self):
        card_id, _, code = self.held(cards.member_card())
        with self.refused(40127):
            self.send(card_id, code)


class Links(Case):
    """Links for text messages, and the cards of stores."""

    about = "card/sms/geturl"

    def test_a_member_card_has_a_short_link(self):
        card_id = self.claimable(cards.member_card())
        reply = self.client.call("card/sms/geturl", {"card_id": card_id, "outer_id": 3})
        self.assertIn("/w/s/", reply["url"])

    def test_a_coupon_has_none(self):
        with self.refused(40071):
            self.client.call("card/sms/geturl", {"card_id": self.claimable()})
