"""card/create: every kind of card, and what makes a card impossible."""

from support import cards
from support.case import Case


class Create(Case):
    """New cards."""

    about = "card/create"

    def test_every_coupon_type_can_be_created_and_keeps_its_own_fields(self):
        for card_type, fields in cards.COUPONS.items():
            with self.subTest(card_type):
                card = self.client.card.get(self.create(cards.coupon(card_type)))
                self.assertEqual(card["card_type"], card_type)
                self.assert_holds(card[card_type.lower()], fields)

    def test_a_member_card_can_be_created_and_keeps_its_own_fields(self):
        card = self.client.card.get(self.create(cards.member_card()))
        self.assertEqual(card["card_type"], "MEMBER_CARD")
        self.assert_holds(card["member_card"], cards.MEMBER_CARD)
        self.assertEqual(card["member_card"]["base_info"]["date_info"], {"type": "DATE_TYPE_PERMANENT"})

    def test_a_card_id_has_28_characters_and_begins_with_p(self):
        self.assertRegex(self.create(), r"^p[A-Za-z0-9_-]{27}$")

    def test_numbers_may_come_as_strings(self):
        window = cards.window()
        texts = dict(window, begin_timestamp=str(window["begin_timestamp"]), end_timestamp=str(window["end_timestamp"]))
        body = cards.coupon("CASH", {"least_cost": "800", "reduce_cost": "300"}, sku={"quantity": "7"}, date_info=texts)
        section = self.section(self.create(body))
        self.assert_holds(section, {"least_cost": 800, "reduce_cost": 300})
        self.assertEqual(section["base_info"]["sku"]["quantity"], 7)
        self.assertEqual(section["base_info"]["date_info"], window)

    def test_null_is_the_same_as_not_given(self):
        info = self.info(self.create(service_phone=None, sub_title=None))
        self.assertNotIn("service_phone", info)
        self.assertNotIn("sub_title", info)

    def test_a_missing_title_is_41011_and_is_named(self):
        with self.refused(41011) as refusal:
            self.create(title=...)
        self.assertRegex(refusal.exception.errmsg, r"hint: \[.+\] m_data\.base_info\(\)\.title$")

    def test_a_missing_field_of_the_type_is_41011(self):
        with self.refused(41011):
            self.create(cards.coupon("GROUPON", fields={}))

    def test_an_unknown_card_type_is_40071(self):
        with self.refused(40071):
            self.create({"card": {"card_type": "TEAPOT", "teapot": {"base_info": cards.base_info()}}})

    def test_a_title_is_at_most_27_bytes(self):
        self.create(title="九个汉字正好二十七")
        with self.refused(45021):
            self.create(title="十个汉字就超过了二十七")

    def test_a_colour_outside_the_palette_is_40076(self):
        with self.refused(40076):
            self.create(color="Color999")

    def test_a_window_that_ends_before_it_begins_is_40079(self):
        with self.refused(40079):
            self.create(date_info=cards.window(begin=5, end=2))

    def test_only_a_member_card_may_be_permanent(self):
        with self.refused(40079):
            self.create(date_info={"type": "DATE_TYPE_PERMANENT"})

    def test_a_stock_of_nothing_is_40122(self):
        with self.refused(40122):
            self.create(sku={"quantity": 0})

    def test_a_get_limit_over_a_hundred_million_is_72009(self):
        with self.refused(72009):
            self.create(get_limit=100_000_001)
