-- A triplet for which known.sql has taken the shortcut passes once more, and that is the answer (answer.sql).
UPDATE greylisting_data
   SET passed_count = passed_count + 1, record_expires = UTC_TIMESTAMP() + INTERVAL :record_expire_good DAY
 WHERE triplet IN (:triplets) AND @is_known;

SELECT 'greylist 0', 6, @id, @age, -1, FALSE FROM DUAL WHERE @is_known;

-- Then this fails, out of the range of numbers: the server reads no further (src/store/mysql_connection.h, kStop).
SET @stop = 18446744073709551615 + @is_known;
