-- Where something happened and by whom: the store and the clerk of a consume, its return or a payment. Earlier events have
-- neither.

ALTER TABLE events ADD COLUMN location_id BIGINT;

ALTER TABLE events ADD COLUMN staff TEXT COLLATE "C";
