-- Which store this file is. The generation grows with every restore, so that files made from an older state are known.

CREATE TABLE store_identity (
    only_row   INTEGER PRIMARY KEY CHECK (only_row = 1),
    store_id   TEXT    NOT NULL,
    generation INTEGER NOT NULL,
    -- Set in a backup: when it was taken.
    backup_at  INTEGER
);
INSERT INTO store_identity (only_row, store_id, generation) VALUES (1, lower(hex(randomblob(16))), 1);
