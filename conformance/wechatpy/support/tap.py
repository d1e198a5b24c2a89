"""Runs unittest tests and tells the results in TAP, the Test Anything Protocol."""

import os
import traceback
import unittest

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def name_of(test):
    """The call a test is about, and its name read as a sentence."""
    about = getattr(test, "about", None) or type(test).__name__
    method = getattr(test, "_testMethodName", str(test))
    return "%s: %s" % (about, method.removeprefix("test_").replace("_", " "))


def reason_of(err, part=""):
    """Why a test failed: the way through the suite's own files, then the error. What libraries do inside is noise."""
    kind, error, trace = err
    frames = [f for f in traceback.extract_tb(trace) if f.filename.startswith(HERE)]
    places = ["%s:%d: %s" % (os.path.relpath(f.filename, HERE), f.lineno, f.line) for f in frames]
    return places + ("%s%s: %s" % (part, kind.__name__, error)).splitlines()


class Result(unittest.TestResult):
    """Prints a line per finished test, and the reasons of a failure as comments below it."""

    def __init__(self):
        super().__init__()
        self.number = 0
        self.failed = False
        self.reasons, self.skip = [], ""

    def addError(self, test, err):
        self.reasons += reason_of(err)

    addFailure = addError

    def addSubTest(self, test, subtest, err):
        if err is not None:
            # What unittest writes behind the test's id: the values that tell this part from the others.
            self.reasons += reason_of(err, subtest.id().removeprefix(test.id()).strip() + " ")

    def addSkip(self, test, reason):
        self.skip = " # SKIP " + reason

    def stopTest(self, test):
        # Not in addSuccess and addFailure: neither is called for a test that failed in one of its parts.
        self.number += 1
        print("%s %d - %s%s" % ("not ok" if self.reasons else "ok", self.number, name_of(test), self.skip))
        for line in self.reasons:
            print("  # " + line)
        self.failed = self.failed or bool(self.reasons)
        self.reasons, self.skip = [], ""


def run(tests):
    """Runs the tests in the given order; returns the exit status."""
    print("1..%d" % len(tests))
    result = Result()
    for test in tests:
        test.run(result)
    return 1 if result.failed else 0
