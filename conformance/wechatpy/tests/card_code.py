"""card/code: looking at a code, consuming it, and taking it out of use. Also card/user/getcardlist."""

from support import cards
from support.case import Case

#: A code that no holder ever got.
NOBODYS = "000000000000"


class Get(Case):
    """The state of a code."""

    about = "card/code/get"

    def test_a_fresh_code_is_normal_and_can_be_consumed(self):
        card_id, holder, code = self.held()
        window = cards.window()
        reply = self.client.card.get_code(code)
        self.assert_ok(reply)
        self.assert_holds(reply, {"openid": holder, "can_consume": True, "user_card_status": "NORMAL"})
        self.assert_holds(reply["card"], {"card_id": card_id, "code": code, "begin_time": window["begin_timestamp"],
                                          "end_time": window["end_timestamp"]})

    def test_a_term_counts_whole_days_from_the_day_of_the_claim(self):
        term = {"type": "DATE_TYPE_FIX_TERM", "fixed_term": 7, "fixed_begin_term": 0}
        _, _, code = self.held(date_info=term)
        card = self.client.card.get_code(code)["card"]
        self.assertIn(card["begin_time"], (cards.midnight(0), cards.midnight(-1)))
        self.assertEqual(card["end_time"], card["begin_time"] + 7 * cards.DAY - 1)

    def test_a_code_whose_time_has_not_come_cannot_be_consumed_yet(self):
        _, _, code = self.held(date_info=cards.window(begin=2, end=9))
        self.assert_holds(self.client.card.get_code(code), {"can_consume": False, "user_card_status": "NORMAL"})
        with self.refused(40079):
            self.client.card.consume_code(code)

    def test_a_consumed_code_is_40099_unless_the_check_is_waived(self):
        _, _, code = self.held()
        self.client.card.consume_code(code)
        with self.refused(40099):
            self.client.card.get_code(code)
        reply = self.client.card.get_code(code, check_consume=False)
        self.assert_holds(reply, {"can_consume": False, "user_card_status": "CONSUMED"})

    def test_an_unknown_code_is_40056_and_none_at_all_is_41013(self):
        with self.refused(40056):
            self.client.card.get_code(NOBODYS)
        with self.refused(41013):
            self.client.call("card/code/get", {"check_consume": True})


class Consume(Case):
    """A code is used up, once."""

    about = "card/code/consume"

    def test_consuming_names_the_card_and_the_holder(self):
        card_id, holder, code = self.held()
        reply = self.client.card.consume_code(code)
        self.assert_ok(reply)
        self.assert_holds(reply, {"card": {"card_id": card_id}, "openid": holder})

    def test_a_code_is_consumed_once(self):
        _, _, code = self.held()
        self.client.card.consume_code(code)
        with self.refused(40099):
            self.client.card.consume_code(code)

    def test_an_unknown_code_is_40056(self):
        with self.refused(40056):
            self.client.card.consume_code(NOBODYS)

    def test_a_code_the_merchant_chose_is_found_only_with_its_card(self):
        card_id, code = self.claimable(use_custom_code=True), cards.new_code()
        self.client.claim(cards.new_openid(), card_id, code=code)
        with self.refused(40056):
            self.client.card.consume_code(code)
        self.assertEqual(self.client.card.consume_code(code, card_id)["card"]["card_id"], card_id)

    def test_the_code_of_a_member_card_is_not_consumed(self):
        _, _, code = self.held(cards.member_card())
        with self.refused(40071):
            self.client.card.consume_code(code)


class Unavailable(Case):
    """A code is taken out of use for good."""

    about = "card/code/unavailable"

    def test_a_code_taken_out_of_use_cannot_be_consumed(self):
        _, _, code = self.held()
        self.assert_ok(self.client.card.invalid_code(code))
        self.assertEqual(self.state(code), "UNAVAILABLE")
        with self.refused(40127):
            self.client.card.consume_code(code)

    def test_a_consumed_code_cannot_be_taken_out_of_use(self):
        _, _, code = self.held()
        self.client.card.consume_code(code)
        with self.refused(40099):
            self.client.card.invalid_code(code)
        self.assertEqual(self.state(code), "CONSUMED")

    def test_an_unknown_code_is_40056(self):
        with self.refused(40056):
            self.client.card.invalid_code(NOBODYS)


class GetCardList(Case):
    """What a holder has."""

    about = "card/user/getcardlist"

    def test_a_holder_has_what_was_claimed_and_not_yet_used(self):
        first, holder, code = self.held()
        second = self.claimable(cards.coupon("GIFT"))
        other = self.client.claim(holder, second)
        both = [{"card_id": first, "code": code}, {"card_id": second, "code": other}]
        self.assertEqual(self.client.card.get_card_list(holder)["card_list"], both)
        self.client.card.consume_code(code)
        self.assertEqual(self.client.card.get_card_list(holder)["card_list"], both[1:])

    def test_the_list_can_be_of_one_card(self):
        first, holder, code = self.held()
        self.client.claim(holder, self.claimable())
        reply = self.client.card.get_card_list(holder, first)
        self.assertEqual(reply["card_list"], [{"card_id": first, "code": code}])

    def test_no_openid_is_41009(self):
        with self.refused(41009):
            self.client.call("card/user/getcardlist", {"card_id": ""})
