-- A triplet for which known.sql has taken the shortcut passes once more.
UPDATE greylisting_data
   SET passed_count = passed_count + 1, record_expires = UTC_TIMESTAMP() + INTERVAL :record_expire_good DAY
 WHERE triplet IN (:triplets) AND @is_known;
