-- Blanks around a code are no part of it. Codes that were kept with such blanks lose them; of several that would become the
-- same code, one does, and the others stay as they are.

UPDATE OR IGNORE custom_codes
SET code = trim(code, char(9, 10, 11, 12, 13, 32, 133, 160, 5760, 8192, 8193, 8194, 8195, 8196, 8197, 8198, 8199, 8200, 8201,
    8202, 8203, 8204, 8205, 8206, 8207, 8232, 8233, 8239, 8287, 8288, 12288, 65279))
WHERE code <> trim(code, char(9, 10, 11, 12, 13, 32, 133, 160, 5760, 8192, 8193, 8194, 8195, 8196, 8197, 8198, 8199, 8200,
    8201, 8202, 8203, 8204, 8205, 8206, 8207, 8232, 8233, 8239, 8287, 8288, 12288, 65279));

UPDATE codes
SET custom = trim(custom, char(9, 10, 11, 12, 13, 32, 133, 160, 5760, 8192, 8193, 8194, 8195, 8196, 8197, 8198, 8199, 8200,
    8201, 8202, 8203, 8204, 8205, 8206, 8207, 8232, 8233, 8239, 8287, 8288, 12288, 65279))
WHERE custom IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM custom_codes AS kept
      WHERE kept.app_id = codes.app_id AND kept.card_no = codes.card_no AND kept.code = codes.custom)
  AND EXISTS (SELECT 1 FROM custom_codes AS kept
      WHERE kept.app_id = codes.app_id AND kept.card_no = codes.card_no AND kept.seq = codes.seq
        AND kept.code = trim(codes.custom, char(9, 10, 11, 12, 13, 32, 133, 160, 5760, 8192, 8193, 8194, 8195, 8196, 8197,
            8198, 8199, 8200, 8201, 8202, 8203, 8204, 8205, 8206, 8207, 8232, 8233, 8239, 8287, 8288, 12288, 65279)));
