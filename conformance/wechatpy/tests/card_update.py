"""card/update: what may change, what a change sends to review, and that a refusal changes nothing."""

from support import cards
from support.case import Case


class Review(Case):
    """Which updates are reviewed again."""

    about = "card/update"

    def test_a_telephone_number_needs_no_review(self):
        card_id = self.claimable()
        reply = self.update(card_id, service_phone="12306")
        self.assert_ok(reply)
        self.assertIs(reply["send_check"], False)
        self.assert_holds(self.info(card_id), {"service_phone": "12306", "status": "CARD_STATUS_VERIFY_OK"})

    def test_limits_entries_and_code_type_need_no_review(self):
        changes = {"get_limit": 9, "can_share": False, "can_give_friend": False, "code_type": "CODE_TYPE_BARCODE",
                   "custom_url_name": "订座", "custom_url": "https://example.com/seat", "custom_url_sub_title": "靠窗",
                   "promotion_url_name": "更多", "promotion_url": "https://example.com/more",
                   "center_title": "立即使用", "center_sub_title": "全天", "center_url": "https://example.com/use"}
        card_id = self.create()
        self.assertIs(self.update(card_id, **changes)["send_check"], False)
        self.assert_holds(self.info(card_id), changes)

    def test_what_a_holder_reads_is_reviewed_again_and_shown_at_once(self):
        for change in ({"notice": "请先出示"}, {"description": "每日限量"}, {"logo_url": cards.LOGO + "&v=2"}):
            with self.subTest(change=change):
                card_id = self.claimable()
                self.assertIs(self.update(card_id, **change)["send_check"], True)
                self.assert_holds(self.info(card_id), change)
                self.reviewed(card_id)

    def test_a_reviewed_field_goes_to_review_even_with_its_old_value(self):
        self.assertIs(self.update(self.create(color="Color030"), color="Color030")["send_check"], True)

    def test_rules_of_a_member_card_are_reviewed_and_its_own_entries_are_not(self):
        card_id = self.create(cards.member_card())
        rules = {"prerogative": "全年九折", "bonus_rules": "每消费五元积一分"}
        entry = {"custom_field1": {"name_type": "FIELD_NAME_TYPE_LEVEL", "url": "https://example.com/level"}}
        self.assertIs(self.update(card_id, "member_card", rules)["send_check"], True)
        self.assertIs(self.update(card_id, "member_card", entry)["send_check"], False)
        self.assert_holds(self.section(card_id), {**rules, **entry})


class Overlay(Case):
    """What an update leaves alone, and what it empties."""

    about = "card/update"

    def test_what_is_not_named_stays(self):
        card_id = self.claimable(custom_url_name="茶单", custom_url="https://example.com/menu")
        before = self.section(card_id)
        self.update(card_id, custom_url_name="新单")
        after = self.section(card_id)
        self.assertEqual(after["base_info"].pop("custom_url_name"), "新单")
        before["base_info"].pop("custom_url_name")
        for section in (before, after):
            section["base_info"].pop("update_time")
        self.assertEqual(after, before)

    def test_an_empty_string_empties_a_field(self):
        card_id = self.create(center_title="去喝茶", center_url="https://example.com/go")
        self.assertIs(self.update(card_id, center_title="")["send_check"], False)
        self.assertFalse(self.info(card_id).get("center_title"))

    def test_shops_may_come_as_numbers_strings_or_one_string_and_0_clears_them(self):
        card_id = self.create(location_id_list=[11])
        for sent, kept in (([12, 13], [12, 13]), (["14"], [14]), ("15,16", [15, 16]), ("0", [])):
            with self.subTest(sent=sent):
                self.assertIs(self.update(card_id, location_id_list=sent)["send_check"], False)
                self.assertEqual(self.info(card_id)["location_id_list"], kept)


class Window(Case):
    """The time in which a card may be used: it only ever widens."""

    about = "card/update"

    def test_a_window_may_widen_and_codes_already_claimed_follow(self):
        card_id, _, code = self.held(date_info=cards.window(-10, 20))
        wider = cards.window(-20, 40)
        self.assertIs(self.update(card_id, date_info=wider)["send_check"], False)
        self.assertEqual(self.info(card_id)["date_info"], wider)
        self.assertEqual(self.client.card.get_code(code)["card"]["end_time"], wider["end_timestamp"])

    def test_the_same_window_again_is_no_change(self):
        card_id = self.create()
        self.assert_ok(self.update(card_id, date_info=self.info(card_id)["date_info"]))

    def test_a_window_may_not_narrow_at_either_end_or_slide(self):
        card_id = self.create(date_info=cards.window(-10, 20))
        for begin, end in ((-9, 20), (-10, 19), (-9, 21), (-11, 19)):
            with self.subTest(begin=begin, end=end), self.refused(40100):
                self.update(card_id, date_info=cards.window(begin, end))
        self.assertEqual(self.info(card_id)["date_info"], cards.window(-10, 20))

    def test_a_window_may_not_become_a_term_nor_a_term_change(self):
        term = {"type": "DATE_TYPE_FIX_TERM", "fixed_term": 30, "fixed_begin_term": 0}
        with self.refused(40100):
            self.update(self.create(), date_info=term)
        with self.refused(40100):
            self.update(self.create(date_info=term), date_info=dict(term, fixed_term=60))


class Refusals(Case):
    """A refused update changes nothing at all."""

    about = "card/update"

    def test_a_field_that_cannot_change_refuses_the_whole_update_with_47001(self):
        card_id = self.create(service_phone="12306")
        before = self.section(card_id)
        with self.refused(47001) as refusal:
            self.update(card_id, service_phone="10086", brand_name="别家茶铺")
        self.assertRegex(refusal.exception.errmsg, r'^data format error hint: \[.+\] .*Error before ": "别家茶铺"')
        self.assertEqual(self.section(card_id), before)

    def test_stock_and_unknown_fields_cannot_be_updated(self):
        card_id = self.create()
        for change in ({"sku": {"quantity": 1}}, {"use_custom_code": True}, {"tea": "green"}):
            with self.subTest(change=change), self.refused(47001):
                self.update(card_id, **change)

    def test_the_section_of_another_type_is_47001(self):
        with self.refused(47001):
            self.update(self.create(), "groupon", service_phone="10086")

    def test_a_text_that_is_too_long_is_45021(self):
        card_id = self.create()
        with self.refused(45021):
            self.update(card_id, notice="长" * 17)
        self.assertEqual(self.info(card_id)["notice"], cards.base_info()["notice"])

    def test_an_unknown_card_is_40073(self):
        with self.refused(40073):
            self.update(cards.unknown_card(), service_phone="10086")
