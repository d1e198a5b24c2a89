"""Runs the wechatpy suite and reports in TAP.

What to drive comes from the environment; ../README.md lists the variables. `cargo xtask conformance` sets them.
"""

import os
import sys
import unittest
import warnings

from support import tap


def tests_of(suite):
    """The single tests inside nested suites."""
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from tests_of(item)
        else:
            yield item


def main():
    # wechatpy warns of its own old ways on every call.
    warnings.simplefilter("ignore", DeprecationWarning)
    here = os.path.dirname(os.path.abspath(__file__))
    found = unittest.TestLoader().discover(os.path.join(here, "tests"), pattern="*.py", top_level_dir=here)
    only = os.environ.get("KAQUAN_ONLY", "").replace("_", " ").lower()
    return tap.run([test for test in tests_of(found) if only in tap.name_of(test).lower()])


if __name__ == "__main__":
    sys.exit(main())
