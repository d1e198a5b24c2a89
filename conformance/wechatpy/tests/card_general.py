"""card/generalcard and dynamic codes, for which the library has no methods; card/code by its methods."""

from support import cards
from support.case import Case


def gift_card():
    """The body of a card/create for a gift card with a balance."""
    base = cards.base_info(date_info={"type": "DATE_TYPE_PERMANENT"}, get_limit=0, use_dynamic_code=True)
    section = {"sub_card_type": "GIFT_CARD", "supply_balance": True, "init_balance": 10000, "prerogative": "全店通用",
               "base_info": base}
    return {"card": {"card_type": "GENERAL_CARD", "general_card": section}}


def activated(case):
    """The card, the holder and the code of an active gift card."""
    card_id, holder, code = case.held(gift_card())
    case.assert_ok(case.client.call("card/generalcard/activate", {"code": code, "card_number": "G0001"}))
    return card_id, holder, code


class General(Case):
    """A gift card from the claim to its last fen."""

    about = "card/generalcard"

    def test_the_balance_begins_and_changes_and_stays_when_activated_again(self):
        _, holder, code = activated(self)
        changed = self.client.call("card/generalcard/updateuser", {"code": code, "balance": 2500})
        self.assert_holds(changed, {"result_balance": 2500, "openid": holder})
        self.assert_ok(self.client.call("card/generalcard/activate", {"code": code, "card_number": "G0002"}))
        self.assert_holds(self.client.card.get_code(code)["card"], {"card_number": "G0002", "balance": 2500})

    def test_an_inactive_card_takes_no_change(self):
        _, _, code = activated(self)
        self.assert_ok(self.client.call("card/generalcard/unactivate", {"code": code}))
        with self.refused(40127):
            self.client.call("card/generalcard/updateuser", {"code": code, "balance": 1})


class Dynamic(Case):
    """Codes that change over time."""

    about = "dynamic codes"

    def test_the_code_of_the_moment_stands_for_the_code(self):
        _, holder, code = activated(self)
        moment = self.client.call("wallet/v1/dynamic_code", {"openid": holder, "code": code})["dynamic_code"]
        self.assertRegex(moment, r"^1636\d{14}$")
        self.assertEqual(self.client.card.get_code(moment)["card"]["code"], code)
        self.assert_ok(self.client.card.consume_code(moment))
        with self.refused(40099):
            self.client.card.consume_code(code)

    def test_digits_that_were_never_issued_are_no_code(self):
        with self.refused(40056):
            self.client.card.get_code("163600000000000001")
