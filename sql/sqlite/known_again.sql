-- A triplet for which known.sql has taken the shortcut passes once more.
UPDATE greylisting_data
   SET passed_count = passed_count + 1, last_update = CURRENT_TIMESTAMP,
       record_expires = datetime('now', :record_expire_good || ' days')
 WHERE triplet IN (:triplets);
