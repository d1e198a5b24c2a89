"""The base of all test cases: a client, shortcuts for the steps most tests begin with, and the checks they share."""

import contextlib
import functools
import time
import unittest

from wechatpy.exceptions import WeChatClientException

from support import cards
from support.client import Client

#: Seconds for a card to pass an automatic review.
REVIEW_SECONDS = 5


@functools.cache
def shared_client():
    """One client, hence one token, for all tests that are not about tokens."""
    return Client()


class Case(unittest.TestCase):
    """A test case about the call named in `about`."""

    about = ""
    maxDiff = None

    @property
    def client(self):
        """The merchant."""
        return shared_client()

    # Steps

    def create(self, body=None, **changes):
        """A new card."""
        return self.client.card.create(cards.coupon(**changes) if body is None else body)

    def claimable(self, body=None, **changes):
        """A new card that has passed its review."""
        card_id = self.create(body, **changes)
        self.reviewed(card_id)
        return card_id

    def reviewed(self, card_id):
        """Waits until the card has passed its review; the suite cannot see the server's clock, so it has to ask."""
        until = time.monotonic() + REVIEW_SECONDS
        while self.info(card_id)["status"] != "CARD_STATUS_VERIFY_OK":
            self.assertLess(time.monotonic(), until, "the card does not pass its review")
            time.sleep(0.05)

    def held(self, body=None, **changes):
        """A new card, a holder of it, and the holder's code."""
        card_id, holder = self.claimable(body, **changes), cards.new_openid()
        return card_id, holder, self.client.claim(holder, card_id)

    def section(self, card_id):
        """The part of a card under the name of its type."""
        card = self.client.card.get(card_id)
        return card[card["card_type"].lower()]

    def info(self, card_id):
        """The base_info of a card."""
        return self.section(card_id)["base_info"]

    def update(self, card_id, kind="general_coupon", fields=None, **base_info):
        """An update of some fields of base_info, of the type's own fields, or of both."""
        section = dict(fields or {})
        if base_info:
            section["base_info"] = base_info
        return self.client.card.update({"card_id": card_id, kind: section})

    def state(self, code, **options):
        """The state of a code, whatever it is."""
        return self.client.card.get_code(code, check_consume=False, **options)["user_card_status"]

    # Checks

    @contextlib.contextmanager
    def refused(self, errcode):
        """What happens inside must be refused with this errcode; the refusal is handed out to look at."""
        with self.assertRaises(WeChatClientException) as raised:
            yield raised
        error = raised.exception
        self.assertEqual(error.errcode, errcode, "refused with %r: %s" % (error.errcode, error.errmsg))

    def assert_ok(self, reply):
        """A success says so in both fields, which clients test in one or the other."""
        self.assertEqual((reply["errcode"], reply["errmsg"]), (0, "ok"))

    def assert_holds(self, got, expected):
        """`got` has at least what is expected, and the same."""
        self.assertEqual({name: got.get(name) for name in expected}, expected)
