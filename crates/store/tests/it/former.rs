//! Rows as the previous version stored them: codes with white space around them.

/// Codes of one app and card, in both tables. Two of them become the same code.
pub const ROWS: &str = "
    INSERT INTO custom_codes (app_id, card_no, code, kind, seq, place) VALUES
        (1, 1, ' A1', 2, 1, NULL), (1, 1, 'B1', 2, 2, NULL), (1, 1, 'B1 ', 2, 3, NULL), (1, 1, '\u{3000}C1\u{a0}', 2, 4, NULL),
        (1, 1, ' D1', 2, 5, NULL), (1, 1, 'D1 ', 2, 6, NULL), (1, 2, 'A1\t', 1, NULL, 0);
    INSERT INTO codes (app_id, seq, card_no, openid, custom, state, origin, claimed_at, window_at, changed_at) VALUES
        (1, 1, 1, 'o', ' A1', 1, 1, 0, 0, 0), (1, 2, 1, 'o', 'B1', 1, 1, 0, 0, 0), (1, 3, 1, 'o', 'B1 ', 1, 1, 0, 0, 0),
        (1, 4, 1, 'o', '\u{3000}C1\u{a0}', 1, 1, 0, 0, 0), (1, 7, 1, 'o', NULL, 1, 1, 0, 0, 0);";

/// Removes what later migrations create, so that they can run again.
pub const WITHOUT_LATER: &str = "DROP TABLE temporary_media;";

/// The query for the rows after the migration.
pub const QUESTION: &str = "
    SELECT card_no || ':' || code || '=' || coalesce(seq, -1) AS line FROM custom_codes
    UNION ALL SELECT 'code ' || seq || ' ' || coalesce(custom, '-') FROM codes ORDER BY 1";

/// The expected rows.
pub const EXPECTED: [&str; 12] = [
    "1:A1=1",
    "1:B1 =3",
    "1:B1=2",
    "1:C1=4",
    "1:D1 =6",
    "1:D1=5",
    "2:A1=-1",
    "code 1 A1",
    "code 2 B1",
    "code 3 B1 ",
    "code 4 C1",
    "code 7 -",
];
