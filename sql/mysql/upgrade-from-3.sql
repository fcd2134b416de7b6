-- Brings a database with schema version 1, 2, 3 or 4 to this version. It can be run again at any time and loses nothing.
--
--     cd sql/mysql && mysql DATABASE < upgrade-from-3.sql        (or: greylistctl migrate)
--
-- Mail may flow meanwhile: a plugin that finds the tables half-way lets it pass.

-- Whatever the server and the account are set to.
SET SESSION autocommit = 1, sql_mode = '', time_zone = '+00:00', sql_safe_updates = 0,
  sql_select_limit = 18446744073709551615, sql_big_selects = 1, completion_type = 0;

SET @statement = IF(
  (SELECT COUNT(*) FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = 'greylisting_data' AND column_name = 'pool') = 1,
  'DO 0', 'ALTER TABLE greylisting_data ADD COLUMN pool varchar(255) NULL AFTER pending_network');
PREPARE statement FROM @statement;
EXECUTE statement;

-- What version 3 kept to ask the lists less often.
DROP TRIGGER IF EXISTS greylisting_lists_inserted;
DROP TRIGGER IF EXISTS greylisting_lists_updated;
DROP TRIGGER IF EXISTS greylisting_entries_inserted;
DROP TRIGGER IF EXISTS greylisting_entries_updated;
DELETE FROM greylisting_meta WHERE name = 'lists_version';
SET @statement = IF(
  (SELECT COUNT(*) FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = 'greylisting_data' AND column_name = 'judged') = 0,
  'DO 0', 'ALTER TABLE greylisting_data DROP COLUMN judged');
PREPARE statement FROM @statement;
EXECUTE statement;
DEALLOCATE PREPARE statement;

-- The new tables, and the version.
SOURCE schema.sql;
