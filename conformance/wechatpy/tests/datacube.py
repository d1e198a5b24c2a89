"""datacube: the four reports on cards. The suite cannot let a day pass, so it looks at shape and at dates; what the
reports count is tested in Rust, where the clock can be moved."""

from support import cards
from support.case import Case

COUNTS = {"view_cnt", "view_user", "receive_cnt", "receive_user", "verify_cnt", "verify_user"}
GONE = {"given_cnt", "given_user", "expire_cnt", "expire_user"}
#: The fields that a row of each report has at least.
ROWS = {
    "getcardbizuininfo": COUNTS | GONE,
    "getcardcardinfo": COUNTS | GONE | {"card_id", "card_type", "is_pay"},
    "getcardmembercardinfo": COUNTS | {"active_user", "total_user", "total_receive_user"},
    "getcardmembercarddetail": COUNTS | {"cardid", "active_user", "total_user", "new_user"},
}


class Reports(Case):
    """All four take the same dates and give the same kind of reply."""

    about = "datacube"

    def report(self, name, begin, end, **extra):
        """The reply of one report."""
        body = {"begin_date": begin, "end_date": end, **extra}
        if name == "getcardmembercarddetail":
            body.setdefault("card_id", cards.unknown_card())
        else:
            body.setdefault("cond_source", 1)
        return self.client.call("datacube/" + name, body)

    def each_refuses(self, errcode, begin, end):
        """Every report refuses these dates with this errcode."""
        for name in ROWS:
            with self.subTest(name, begin=begin, end=end), self.refused(errcode):
                self.report(name, begin, end)

    def each_answers(self, begin, end):
        """Every report takes these dates."""
        for name in ROWS:
            with self.subTest(name, begin=begin, end=end):
                self.assertIsInstance(self.report(name, begin, end)["list"], list)

    def test_a_report_is_a_list_and_nothing_else(self):
        for name, fields in ROWS.items():
            with self.subTest(name):
                reply = self.report(name, cards.day(-30), cards.day(-1))
                self.assertEqual(list(reply), ["list"])
                for row in reply["list"]:
                    self.assertLessEqual({"ref_date"} | fields, set(row))

    def test_a_report_on_yesterday_alone_is_possible(self):
        self.each_answers(cards.day(-1), cards.day(-1))

    def test_a_report_covers_62_days_at_most(self):
        self.each_answers(cards.day(-62), cards.day(-1))
        self.each_refuses(61501, cards.day(-63), cards.day(-1))

    def test_today_is_never_in_a_report(self):
        self.each_refuses(61501, cards.day(-1), cards.day(0))

    def test_an_end_before_the_begin_is_61501(self):
        self.each_refuses(61501, cards.day(-2), cards.day(-3))

    def test_a_date_that_is_not_written_in_full_or_does_not_exist_is_61500(self):
        for bad in ("2015-6-5", "20150605", "2015/06/05", "2015-02-30"):
            self.each_refuses(61500, bad, "2015-06-30")

    def test_a_report_may_ask_for_one_card(self):
        card_id = self.create()
        self.assertIn("list", self.report("getcardcardinfo", cards.day(-3), cards.day(-1), card_id=card_id))
        self.assertIn("list", self.report("getcardcardinfo", cards.day(-3), cards.day(-1), card_id=""))

    def test_cards_made_in_the_console_are_asked_for_by_cond_source_0(self):
        self.assertIn("list", self.report("getcardbizuininfo", cards.day(-3), cards.day(-1), cond_source=0))
        with self.refused(40097):
            self.report("getcardbizuininfo", cards.day(-3), cards.day(-1), cond_source=7)

    def test_the_detail_report_wants_a_card(self):
        with self.refused(41012):
            self.report("getcardmembercarddetail", cards.day(-3), cards.day(-1), card_id=None)
