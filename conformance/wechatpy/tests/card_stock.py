"""card/modifystock: more and less of a card."""

from support import cards
from support.case import Case


class ModifyStock(Case):
    """What is left, and what there ever was, move together."""

    about = "card/modifystock"

    def test_stock_can_be_added_and_taken_away(self):
        card_id = self.claimable()
        self.assert_ok(self.client.card.modify_stock(card_id, 5))
        self.assertEqual(self.info(card_id)["sku"], {"quantity": 25, "total_quantity": 25})
        self.assert_ok(self.client.card.modify_stock(card_id, -15))
        self.assertEqual(self.info(card_id)["sku"], {"quantity": 10, "total_quantity": 10})
        self.assertEqual(self.info(card_id)["status"], "CARD_STATUS_VERIFY_OK")

    def test_both_fields_may_be_given_and_either_may_be_zero(self):
        card_id = self.create()
        body = {"card_id": card_id, "increase_stock_value": "3", "reduce_stock_value": 0}
        self.assert_ok(self.client.call("card/modifystock", body))
        self.assertEqual(self.info(card_id)["sku"]["quantity"], 23)

    def test_more_than_is_left_cannot_be_taken_away(self):
        card_id = self.create()
        with self.refused(40122):
            self.client.card.modify_stock(card_id, -21)
        self.assertEqual(self.info(card_id)["sku"]["quantity"], 20)

    def test_an_unknown_card_is_40073(self):
        with self.refused(40073):
            self.client.card.modify_stock(cards.unknown_card(), 1)
