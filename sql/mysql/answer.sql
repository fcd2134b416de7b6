-- What came of it, where that is known by now (@is_answered).
SELECT @verdict, GREATEST(1, LAST_INSERT_ID()), @id, COALESCE(@age, 0),
       TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(), @block_expires), @is_alone
  FROM DUAL WHERE @is_answered;

-- Fails where that was the answer, as in known_again.sql.
SET @stop = 18446744073709551615 + @is_answered;
