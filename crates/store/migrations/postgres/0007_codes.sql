-- Blanks around a code are no part of it. Codes that were kept with such blanks lose them; of several that would become the
-- same code, one does, and the others stay as they are.

CREATE TEMPORARY TABLE code_blanks ON COMMIT DROP AS
SELECT string_agg(chr(n), '') AS blanks
FROM unnest(ARRAY[9, 10, 11, 12, 13, 32, 133, 160, 5760, 8192, 8193, 8194, 8195, 8196, 8197, 8198, 8199, 8200, 8201, 8202,
    8203, 8204, 8205, 8206, 8207, 8232, 8233, 8239, 8287, 8288, 12288, 65279]) AS n;

CREATE TEMPORARY TABLE code_trims ON COMMIT DROP AS
SELECT DISTINCT ON (app_id, card_no, btrim(code, blanks)) app_id, card_no, code, btrim(code, blanks) AS trimmed, seq
FROM custom_codes, code_blanks
WHERE code <> btrim(code, blanks)
ORDER BY app_id, card_no, btrim(code, blanks), code;

DELETE FROM code_trims USING custom_codes AS kept
WHERE kept.app_id = code_trims.app_id AND kept.card_no = code_trims.card_no AND kept.code = code_trims.trimmed;

UPDATE custom_codes SET code = code_trims.trimmed FROM code_trims
WHERE custom_codes.app_id = code_trims.app_id AND custom_codes.card_no = code_trims.card_no
  AND custom_codes.code = code_trims.code;

UPDATE codes SET custom = code_trims.trimmed FROM code_trims
WHERE codes.app_id = code_trims.app_id AND codes.seq = code_trims.seq AND codes.custom = code_trims.code;
