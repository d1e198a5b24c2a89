"""card/membercard/activate: a claimed member card becomes a member's card."""

from support import cards
from support.case import Case


class Activate(Case):
    """Activation by the merchant's own program."""

    about = "card/membercard/activate"

    def test_a_claimed_member_card_can_be_activated_and_again_with_another_number(self):
        card_id, _, code = self.held(cards.member_card())
        activate = self.client.card.activate_membercard
        self.assert_ok(activate("T0001", code, card_id=card_id, init_bonus=50, init_bonus_record="入会赠送"))
        self.assert_ok(activate("T0002", code))
        self.assertEqual(self.state(code), "NORMAL")

    def test_numbers_may_be_strings_or_have_a_fraction_of_zero(self):
        _, _, code = self.held(cards.member_card())
        self.assert_ok(self.client.card.activate_membercard("T0003", code, init_bonus="", init_balance=0.0))

    def test_a_code_nobody_claimed_is_40056(self):
        with self.refused(40056):
            self.client.card.activate_membercard("T0004", "000000000000")

    def test_the_code_of_a_coupon_is_40071(self):
        _, _, code = self.held()
        with self.refused(40071):
            self.client.card.activate_membercard("T0005", code)

    def test_no_membership_number_is_41011(self):
        _, _, code = self.held(cards.member_card())
        with self.refused(41011):
            self.client.call("card/membercard/activate", {"code": code})
