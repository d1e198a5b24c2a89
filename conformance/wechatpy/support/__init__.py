"""What the tests share: the client under test, the cards they make, and how results are printed."""
