-- Where something happened and by whom: the store and the clerk of a consume, its return or a payment. Earlier events have
-- neither. Reports have two more kinds of rows: scope_kind 4 coupons, 5 members (scope_no is the store).

ALTER TABLE events ADD COLUMN location_id INTEGER;

ALTER TABLE events ADD COLUMN staff TEXT;
