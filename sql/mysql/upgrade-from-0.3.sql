-- Brings the tables of greylisting 0.3, in which addresses are text, times are in the server's time zone and networks
-- have no prefix length, to those of 0.5; tables of 0.5 stay as they are. upgrade-from-0.5.sql runs it first. It can be
-- run again at any time, also when it was broken off.

-- '0000-00-00 00:00:00' is refused by a strict server.
SET SESSION sql_mode = '';

-- They write what an older version reads; schema.sql makes them anew.
DROP TRIGGER IF EXISTS greylisting_lists_insert;
DROP TRIGGER IF EXISTS greylisting_lists_update;

SET @is_later = (SELECT COUNT(*) FROM information_schema.columns
  WHERE table_schema = DATABASE() AND table_name = 'greylisting_lists' AND column_name = 'ipaddr_prefixsize');

-- What has yet to be converted is marked, so that no time is converted twice. The mark becomes the prefix length, which
-- the new triggers set.
SET @statement = IF(@is_later = 1 OR
  (SELECT COUNT(*) FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = 'greylisting_lists' AND column_name = 'has_local_times') = 1,
  'DO 0',
  'ALTER TABLE greylisting_lists ADD COLUMN has_local_times tinyint unsigned DEFAULT 1 AFTER ipaddr_end,
     MODIFY ipaddr varchar(43) DEFAULT NULL, MODIFY ipaddr_start varbinary(16) DEFAULT NULL,
     MODIFY ipaddr_end varbinary(16) DEFAULT NULL, MODIFY create_time timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP');
PREPARE statement FROM @statement;
EXECUTE statement;
SET @statement = IF(@is_later = 1, 'DO 0',
  'UPDATE greylisting_lists SET has_local_times = 0, last_update = last_update,
     block_expires = COALESCE(CONVERT_TZ(block_expires, @@GLOBAL.time_zone, ''+00:00''), block_expires),
     record_expires = COALESCE(CONVERT_TZ(record_expires, @@GLOBAL.time_zone, ''+00:00''), record_expires)
   WHERE has_local_times = 1');
PREPARE statement FROM @statement;
EXECUTE statement;

-- An address that is text still is the mark here: none has 4 or 16 characters.
SET @statement = IF(@is_later = 1, 'DO 0',
  'ALTER TABLE greylisting_data MODIFY relay_ip varbinary(45) DEFAULT NULL,
     MODIFY blocked_count bigint unsigned NOT NULL DEFAULT 0, MODIFY passed_count bigint unsigned NOT NULL DEFAULT 0,
     MODIFY aborted_count bigint unsigned NOT NULL DEFAULT 0,
     MODIFY create_time timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP');
PREPARE statement FROM @statement;
EXECUTE statement;
UPDATE greylisting_data SET last_update = last_update,
    block_expires = COALESCE(CONVERT_TZ(block_expires, @@GLOBAL.time_zone, '+00:00'), block_expires),
    record_expires = COALESCE(CONVERT_TZ(record_expires, @@GLOBAL.time_zone, '+00:00'), record_expires),
    relay_ip = INET6_ATON(CONVERT(relay_ip USING latin1))
 WHERE @is_later = 0 AND LENGTH(relay_ip) NOT IN (4, 16) AND INET6_ATON(CONVERT(relay_ip USING latin1)) IS NOT NULL;
SET @statement = IF(@is_later = 1, 'DO 0', 'ALTER TABLE greylisting_data MODIFY relay_ip varbinary(16) DEFAULT NULL');
PREPARE statement FROM @statement;
EXECUTE statement;

SET @statement = IF(@is_later = 1, 'DO 0',
  'ALTER TABLE greylisting_lists CHANGE has_local_times ipaddr_prefixsize tinyint unsigned DEFAULT NULL');
PREPARE statement FROM @statement;
EXECUTE statement;
DEALLOCATE PREPARE statement;
