-- Brings a database of greylisting 0.5 to this version. It can be run again at any time and loses nothing: rows that
-- 0.5 wrote twice become one that has both rows' counts, and every other row and every list entry stays.
--
--     cd sql/mysql && mysql DATABASE < upgrade-from-0.5.sql        (or: greylistctl migrate)
--
-- The account needs what sql/mysql/grants.sql grants greylistctl. Mail may
-- flow meanwhile: a plugin that finds the tables half-way lets it pass.

-- Whatever the server and the account are set to, but for the time zone, in which 0.3 has its times. 0.5 lists allow with
-- block_expires '0000-00-00 00:00:00', which a strict server refuses to touch.
SET SESSION autocommit = 1, sql_mode = '', sql_safe_updates = 0, sql_select_limit = 18446744073709551615,
  sql_big_selects = 1, completion_type = 0;

-- Tables of 0.3 become those of 0.5; nothing for these.
SOURCE upgrade-from-0.3.sql;

-- What is missing: greylisting_meta, and the triggers in their new form. It also has the session be as it has to be.
SOURCE schema.sql;

-- Only InnoDB has rows that can be locked one by one, and transactions.
SET @statement = IF(
  (SELECT engine FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'greylisting_lists') = 'InnoDB',
  'DO 0', 'ALTER TABLE greylisting_lists ENGINE = InnoDB');
PREPARE statement FROM @statement;
EXECUTE statement;
SET @statement = IF(
  (SELECT COUNT(*) FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = 'greylisting_data' AND column_name = 'triplet') = 1,
  'DO 0', 'ALTER TABLE greylisting_data ADD COLUMN triplet binary(16) NULL FIRST,
    ADD COLUMN pending_network varbinary(16) NULL AFTER relay_ip, ADD COLUMN pool varchar(255) NULL AFTER pending_network,
    ENGINE = InnoDB');
PREPARE statement FROM @statement;
EXECUTE statement;

-- Addresses in the form in which the plugin takes them: no dots at the end of a domain, and no BATV tag, of which 0.5
-- knows some forms only; a tag can be in another. What is in front of the @ is what counts.
UPDATE greylisting_data SET last_update = last_update, mail_from = TRIM(TRAILING '.' FROM mail_from)
 WHERE triplet IS NULL AND mail_from LIKE '%@%.';
UPDATE greylisting_data SET last_update = last_update, rcpt_to = TRIM(TRAILING '.' FROM rcpt_to)
 WHERE triplet IS NULL AND rcpt_to LIKE '%@%.';
UPDATE greylisting_data SET last_update = last_update, mail_from = CASE
    WHEN mail_from REGEXP '^prvs=[^@].*/[0-9a-f]{10}@[^@]*$' THEN
      CONCAT(SUBSTRING(mail_from, 6, CHAR_LENGTH(mail_from) - CHAR_LENGTH(SUBSTRING_INDEX(mail_from, '@', -1)) - 17),
             '@', SUBSTRING_INDEX(mail_from, '@', -1))
    WHEN mail_from REGEXP '^prvs=[^=@]*=[^@]' THEN SUBSTRING(mail_from, LOCATE('=', mail_from, 6) + 1)
    WHEN mail_from REGEXP '^prvs=[^=@/]+/[^=@]*@[^@]*$' THEN
      CONCAT(SUBSTRING(SUBSTRING_INDEX(mail_from, '/', 1), 6), '@', SUBSTRING_INDEX(mail_from, '@', -1))
    ELSE mail_from END
 WHERE triplet IS NULL AND mail_from LIKE 'prvs=%@%';

-- The client's network as 0.5 has it, /24 or /64; an IPv4-mapped address is the IPv4 address.
UPDATE greylisting_data SET last_update = last_update, pending_network = CASE
    WHEN LENGTH(relay_ip) = 4 THEN CONCAT(LEFT(relay_ip, 3), x'00')
    WHEN HEX(relay_ip) LIKE '00000000000000000000FFFF________' THEN CONCAT(SUBSTRING(relay_ip, 13, 3), x'00')
    WHEN LENGTH(relay_ip) = 16 THEN CONCAT(LEFT(relay_ip, 8), REPEAT(x'00', 8)) END
 WHERE triplet IS NULL;

-- The key of schema 4 (src/mail/triplet.h, `keys`); the plugin finds it, and greylistctl migrate makes it that of this
-- version. tis620 is a character set in which lower case is lower case of A to Z alone, as it is in
-- the plugin. A row without a client address keeps a key of its own.
UPDATE greylisting_data SET last_update = last_update, triplet = UNHEX(LEFT(SHA2(COALESCE(
  CONCAT(
    IF(LENGTH(pending_network) = 4, CONCAT('4', CHAR(24)), CONCAT('6', CHAR(64))), pending_network,
    x'00', CAST(LOWER(CONVERT(CAST(COALESCE(mail_from, '') AS BINARY) USING tis620)) AS BINARY),
    x'00', CAST(LOWER(CONVERT(CAST(COALESCE(rcpt_to, '') AS BINARY) USING tis620)) AS BINARY)),
  CONCAT('row ', id)), 256), 32))
 WHERE triplet IS NULL;

-- A table that has lost its primary key, as when the import of a dump was broken off, may have had rows of one triplet
-- since, whose id is the same. They are told apart by another one until they are one.
SET @has_key = (SELECT COUNT(*) FROM information_schema.key_column_usage
  WHERE table_schema = DATABASE() AND table_name = 'greylisting_data' AND constraint_name = 'PRIMARY');
SET @row = 0;
UPDATE greylisting_data SET last_update = last_update, id = (@row := @row + 1) WHERE @has_key = 0;

-- Of several rows of one triplet the oldest stays. Counts add up; times are those of the rows that are still alive,
-- the earliest end of a block and the latest end of a record among them.
DROP TEMPORARY TABLE IF EXISTS greylisting_merged;
CREATE TEMPORARY TABLE greylisting_merged (PRIMARY KEY (triplet)) ENGINE = InnoDB AS
SELECT triplet,
       MIN(id) AS id,
       COALESCE(MIN(IF(record_expires > UTC_TIMESTAMP(), block_expires, NULL)), MIN(block_expires)) AS block_expires,
       MAX(record_expires) AS record_expires,
       SUM(blocked_count) AS blocked_count,
       SUM(passed_count) AS passed_count,
       SUM(aborted_count) AS aborted_count,
       MIN(create_time) AS create_time,
       MAX(last_update) AS last_update
  FROM greylisting_data GROUP BY triplet HAVING COUNT(*) > 1;
START TRANSACTION;
UPDATE greylisting_data AS d JOIN greylisting_merged AS m ON m.id = d.id
   SET d.block_expires = m.block_expires, d.record_expires = m.record_expires,
       d.blocked_count = m.blocked_count, d.passed_count = m.passed_count, d.aborted_count = m.aborted_count,
       d.create_time = m.create_time, d.last_update = m.last_update;
DELETE d FROM greylisting_data AS d JOIN greylisting_merged AS m ON m.triplet = d.triplet WHERE d.id <> m.id;
UPDATE greylisting_data SET last_update = last_update, pending_network = NULL
 WHERE passed_count > 0 AND pending_network IS NOT NULL;
COMMIT;
DROP TEMPORARY TABLE greylisting_merged;
UPDATE greylisting_data SET last_update = last_update, id = CONV(LEFT(HEX(triplet), 13), 16, 10) WHERE @has_key = 0;

-- Now the triplet can be the key.
SET @keys = (SELECT GROUP_CONCAT(DISTINCT index_name) FROM information_schema.statistics
  WHERE table_schema = DATABASE() AND table_name = 'greylisting_data');
SET @statement = IF(
  (SELECT column_name FROM information_schema.key_column_usage
    WHERE table_schema = DATABASE() AND table_name = 'greylisting_data' AND constraint_name = 'PRIMARY' LIMIT 1) = 'triplet',
  'DO 0',
  CONCAT('ALTER TABLE greylisting_data MODIFY triplet binary(16) NOT NULL, MODIFY id bigint unsigned NOT NULL, ',
     IF(@has_key = 0, '', 'DROP PRIMARY KEY, '), 'ADD PRIMARY KEY (triplet)',
     IF(FIND_IN_SET('id', @keys), '', ', ADD KEY id (id)'),
     IF(FIND_IN_SET('record_expires', @keys), '', ', ADD KEY record_expires (record_expires)'),
     IF(FIND_IN_SET('pending_network', @keys), '', ', ADD KEY pending_network (pending_network, record_expires)')));
PREPARE statement FROM @statement;
EXECUTE statement;
DEALLOCATE PREPARE statement;

-- The triggers read every entry anew: networks written with bits after their prefix are whole from now on.
UPDATE greylisting_lists SET ipaddr = ipaddr, last_update = last_update WHERE ipaddr IS NOT NULL;

INSERT INTO greylisting_meta (name, value) VALUES ('schema_version', '5')
    ON DUPLICATE KEY UPDATE value = IF(value IN ('1', '2', '3', '4'), '5', value);
