"""card/get, card/batchget and card/getcolors: reading what there is."""

from support import cards
from support.case import Case


class Get(Case):
    """One card."""

    about = "card/get"

    def test_a_card_comes_back_as_it_was_sent(self):
        sent = {"sub_title": "限本月", "service_phone": "0571-87654321", "get_limit": 3, "can_share": False,
                "can_give_friend": False, "custom_url_name": "茶单", "custom_url": "https://example.com/menu",
                "center_title": "去喝茶", "center_url": "https://example.com/go"}
        info = self.info(self.create(**sent))
        self.assert_holds(info, sent)
        self.assert_holds(info, cards.base_info(color=..., sku=...))

    def test_text_comes_back_byte_for_byte(self):
        text = "一\n二\t三 \"双\" '单' \\反\\ <b>粗</b> &amp; 🍵\u200b完"
        self.assertEqual(self.info(self.create(description=text))["description"], text)

    def test_a_new_card_has_its_id_its_whole_stock_and_its_times(self):
        card_id = self.create()
        info = self.info(card_id)
        self.assertEqual(info["id"], card_id)
        self.assertEqual(info["sku"], {"quantity": 20, "total_quantity": 20})
        self.assertGreater(info["create_time"], cards.midnight(-1))
        self.assertGreaterEqual(info["update_time"], info["create_time"])

    def test_the_colour_comes_back_as_its_value(self):
        self.assertEqual(self.info(self.create(color="Color030"))["color"], "#509fc9")

    def test_a_term_has_only_the_fields_of_a_term(self):
        term = {"type": "DATE_TYPE_FIX_TERM", "fixed_term": 30, "fixed_begin_term": 1}
        self.assertEqual(self.info(self.create(date_info=dict(term, begin_timestamp=0)))["date_info"], term)

    def test_shops_come_back_as_numbers(self):
        self.assertEqual(self.info(self.create(location_id_list=["123", 456]))["location_id_list"], [123, 456])
        self.assertEqual(self.info(self.create())["location_id_list"], [])

    def test_an_app_with_automatic_review_passes_a_new_card(self):
        self.reviewed(self.create())

    def test_an_unknown_card_is_40073(self):
        with self.refused(40073):
            self.client.card.get(cards.unknown_card())

    def test_no_card_id_is_41012(self):
        with self.refused(41012):
            self.client.call("card/get", {})


class BatchGet(Case):
    """The list of cards."""

    about = "card/batchget"

    def test_pages_of_the_list_hold_every_card_once(self):
        made = {self.create() for _ in range(3)}
        seen, total = [], 1
        while len(seen) < total:
            reply = self.client.card.batch_get(offset=len(seen), count=2)
            self.assertTrue(0 < len(reply["card_id_list"]) <= 2)
            total = reply["total_num"]
            seen += reply["card_id_list"]
        self.assertEqual((len(seen), len(set(seen))), (total, total))
        self.assertLessEqual(made, set(seen))

    def test_a_filter_by_status_may_be_a_list_or_a_single_word(self):
        card_id = self.claimable()
        for status_list in (["CARD_STATUS_VERIFY_OK"], "CARD_STATUS_VERIFY_OK"):
            with self.subTest(status_list=status_list):
                total = self.client.card.batch_get(count=1, status_list=status_list)["total_num"]
                # The newest card is the last.
                reply = self.client.card.batch_get(offset=max(total - 50, 0), count=50, status_list=status_list)
                self.assertIn(card_id, reply["card_id_list"])
        reply = self.client.card.batch_get(count=50, status_list=["CARD_STATUS_VERIFY_FAIL"])
        self.assertNotIn(card_id, reply["card_id_list"])

    def test_a_page_of_more_than_50_is_40097(self):
        with self.refused(40097):
            self.client.card.batch_get(count=51)


class GetColors(Case):
    """The palette."""

    about = "card/getcolors"

    def test_the_palette_has_14_colours_with_name_and_value(self):
        palette = {colour["name"]: colour["value"] for colour in self.client.get(
            "card/getcolors", api_base_url=self.client.card.API_BASE_URL)["colors"]}
        self.assertEqual(len(palette), 14)
        self.assert_holds(palette, {"Color010": "#63b359", "Color100": "#cc463d", "Color102": "#5E6671"})

    def test_every_colour_of_the_palette_can_be_used(self):
        for colour in self.client.card.get_colors():
            with self.subTest(colour["name"]):
                self.assertEqual(self.info(self.create(color=colour["name"]))["color"], colour["value"])
