-- That this mail is expected until then. What is expected for longer already stays so.
INSERT INTO greylisting_expected (expected, who, sender, recipient, expires)
VALUES (:key, :who, :sender, :recipient, :until)
:on_expected expires = CASE WHEN expires > :until THEN expires ELSE :until END;
