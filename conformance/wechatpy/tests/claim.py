"""Claims: how a card gets into the hands of a holder."""

from support import cards
from support.case import Case


class Claim(Case):
    """kaquan's own call for what WeChat's app does."""

    about = "claim"

    def test_a_claim_takes_one_from_stock_and_gives_a_code_of_12_digits(self):
        card_id, _, code = self.held()
        self.assertRegex(code, r"^\d{12}$")
        self.assertEqual(self.info(card_id)["sku"], {"quantity": 19, "total_quantity": 20})

    def test_a_holder_may_claim_as_often_as_get_limit_says(self):
        card_id, holder = self.claimable(get_limit=2), cards.new_openid()
        self.assertEqual(len({self.client.claim(holder, card_id) for _ in range(2)}), 2)
        with self.refused(45033):
            self.client.claim(holder, card_id)
        self.client.claim(cards.new_openid(), card_id)

    def test_when_the_stock_is_gone_a_claim_is_45031(self):
        card_id = self.claimable(sku={"quantity": 1})
        self.client.claim(cards.new_openid(), card_id)
        with self.refused(45031):
            self.client.claim(cards.new_openid(), card_id)
        self.assertEqual(self.info(card_id)["sku"]["quantity"], 0)

    def test_a_code_the_merchant_chose_can_be_claimed_once(self):
        card_id, code = self.claimable(use_custom_code=True), cards.new_code()
        self.assertEqual(self.client.claim(cards.new_openid(), card_id, code=code), code)
        with self.refused(40056):
            self.client.claim(cards.new_openid(), card_id, code=code)

    def test_where_a_claim_came_from_is_kept_with_the_code(self):
        code = self.client.claim(cards.new_openid(), self.claimable(), outer_str="window-3")
        self.assertEqual(self.client.card.get_code(code)["outer_str"], "window-3")

    def test_an_unknown_card_is_40073(self):
        with self.refused(40073):
            self.client.claim(cards.new_openid(), cards.unknown_card())
