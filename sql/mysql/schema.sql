-- The tables of greylisting for MariaDB 10.5 and later and MySQL 5.6.3 and later.
--
-- For a new installation:  mysql DATABASE < schema.sql   (or: greylistctl migrate)
-- It creates what is missing and changes nothing that exists. A database of greylisting 0.5 is
-- brought here by upgrade-from-0.5.sql.

-- Whatever the server and the account are set to.
SET SESSION autocommit = 1, sql_mode = '', time_zone = '+00:00', sql_safe_updates = 0,
  sql_select_limit = 18446744073709551615, sql_big_selects = 1, completion_type = 0;

-- One row for each thing that is true of the whole database.
CREATE TABLE IF NOT EXISTS greylisting_meta (
  name  varchar(64)  NOT NULL,
  value varchar(255) NOT NULL,
  PRIMARY KEY (name)
) ENGINE=InnoDB DEFAULT CHARSET=latin1;

-- Who is allowed, denied or (with explicit=1) greylisted, as in greylisting 0.5. Rows are inserted with plain SQL,
-- also without naming the columns: that is why this table keeps its eleven columns for ever.
CREATE TABLE IF NOT EXISTS greylisting_lists (
  id                int unsigned     NOT NULL AUTO_INCREMENT,
  ipaddr            varchar(43)      DEFAULT NULL, -- client address or network (CIDR), as written
  ipaddr_start      varbinary(16)    DEFAULT NULL, -- its first address, set by the triggers below
  ipaddr_end        varbinary(16)    DEFAULT NULL, -- its last address, likewise
  ipaddr_prefixsize tinyint unsigned DEFAULT NULL, -- its prefix length, likewise
  rcpt_to           varchar(255)     DEFAULT NULL, -- domain of the recipient
  block_expires     datetime         NOT NULL,     -- UTC; in the future: denied; in the past: allowed
  record_expires    datetime         NOT NULL,     -- UTC; the row counts until then
  create_time       timestamp        NOT NULL DEFAULT CURRENT_TIMESTAMP,
  last_update       timestamp        NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  comment           varchar(255)     NOT NULL,
  PRIMARY KEY (id),
  KEY ipaddr_start (ipaddr_start),
  KEY ipaddr_end (ipaddr_end),
  KEY rcpt_to (rcpt_to(20))
) ENGINE=InnoDB DEFAULT CHARSET=latin1;

-- One row a triplet. The primary key is a hash of what makes two attempts the same (src/mail/triplet.h), so that finding,
-- inserting and counting is one statement on one index.
CREATE TABLE IF NOT EXISTS greylisting_data (
  triplet        binary(16)       NOT NULL,
  id             bigint unsigned  NOT NULL,           -- for people; a new record's is the first 52 bits of its triplet,
                                                      -- because AUTO_INCREMENT would lock the table at every decision
  relay_ip       varbinary(16)    DEFAULT NULL,       -- client address of the first attempt, network byte order
  pending_network varbinary(16)   DEFAULT NULL,       -- first address of the client's network until the triplet passes
  pool           varchar(255)     DEFAULT NULL,       -- the sender's domain, in the second record of an attempt for which
                                                      -- it vouches (SPF): that record is found from any client network
  mail_from      varchar(255)     DEFAULT NULL,       -- envelope sender in normal form, printable ASCII
  rcpt_to        varchar(255)     DEFAULT NULL,       -- recipient, likewise
  block_expires  datetime         NOT NULL,           -- UTC; attempts are deferred up to and including this second
  record_expires datetime         NOT NULL,           -- UTC; the row counts until then
  blocked_count  int unsigned     NOT NULL DEFAULT 0, -- attempts deferred
  passed_count   int unsigned     NOT NULL DEFAULT 0, -- attempts accepted
  aborted_count  int unsigned     NOT NULL DEFAULT 0, -- of greylisting 0.5, kept
  create_time    timestamp        NOT NULL DEFAULT CURRENT_TIMESTAMP,
  last_update    timestamp        NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  PRIMARY KEY (triplet),
  KEY id (id),
  KEY record_expires (record_expires),
  KEY pending_network (pending_network, record_expires),
  KEY relay_ip (relay_ip),
  KEY mail_from (mail_from(20)),
  KEY rcpt_to (rcpt_to(20))
) ENGINE=InnoDB DEFAULT CHARSET=latin1;

-- Who is allowed, denied, trapped, greylisted or not, by more than greylisting_lists knows. greylistctl writes the
-- rows: subject, network_end and specificity are what src/lists/pattern.h makes of the pattern.
CREATE TABLE IF NOT EXISTS greylisting_entries (
  id           int unsigned      NOT NULL AUTO_INCREMENT,
  action       varchar(8)        NOT NULL,              -- allow, deny, trap; greylist (opt in), skip (opt out)
  kind         varchar(9)        NOT NULL,              -- network, host, sender, recipient
  pattern      varchar(255)      NOT NULL,
  subject      varbinary(255)    NOT NULL,              -- the key by which an attempt finds it; '/' for every /regexp/
  network_end  varbinary(16)     DEFAULT NULL,          -- a network's last address
  specificity  smallint unsigned NOT NULL,              -- three digits; the greatest of those that match counts
  block_expire int unsigned      DEFAULT NULL,          -- minutes, instead of the setting's (greylist)
  reply        varchar(510)      DEFAULT NULL,          -- instead of reject_message (deny)
  expires      datetime          NOT NULL,              -- UTC; the entry counts until then
  create_time  timestamp         NOT NULL DEFAULT CURRENT_TIMESTAMP,
  last_update  timestamp         NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  comment      varchar(255)      NOT NULL DEFAULT '',
  PRIMARY KEY (id),
  UNIQUE KEY entry (pattern, kind, action),
  KEY action (action, kind),
  KEY subject (subject)
) ENGINE=InnoDB DEFAULT CHARSET=latin1 COLLATE=latin1_bin;

-- What clients have earned. One row a client identity: a network, a sender's domain that vouches for its clients, or
-- a sender on a network, of which as many as group_domain_level make their domain trusted there.
CREATE TABLE IF NOT EXISTS greylisting_clients (
  client        binary(16)   NOT NULL,              -- a hash of the identity (src/mail/triplet.h)
  identity      varchar(255) NOT NULL,              -- for people
  member_of     binary(16)   DEFAULT NULL,          -- the domain on a network to which this sender belongs
  passes        int unsigned NOT NULL DEFAULT 0,    -- hours in which mail of it has passed
  counted       datetime     NOT NULL,              -- UTC; when the last of them was counted
  expires       datetime     NOT NULL,              -- UTC; the row counts until then
  trapped_until datetime     DEFAULT NULL,          -- UTC; denied until then
  create_time   timestamp    NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY (client),
  KEY member_of (member_of),
  KEY expires (expires)
) ENGINE=InnoDB DEFAULT CHARSET=latin1;

-- What has happened, counted: by the hour what each host has decided, by the day what became of records that the
-- clean-up has deleted. greylistctl cleanup writes it; src/ctl/records/history.h says what kinds and names there are.
CREATE TABLE IF NOT EXISTS greylisting_history (
  period datetime        NOT NULL,            -- UTC; when the hour or the day begins
  kind   varchar(16)     NOT NULL,
  name   varchar(191)    NOT NULL,
  host   varchar(64)     NOT NULL DEFAULT '', -- whose count it is; empty for what is not one host's
  total  bigint unsigned NOT NULL,
  PRIMARY KEY (period, kind, name, host)
) ENGINE=InnoDB DEFAULT CHARSET=latin1 COLLATE=latin1_bin;

-- Mail that somebody here waits for. A row is for an address, a domain or anybody who may write to a recipient.
CREATE TABLE IF NOT EXISTS greylisting_expected (
  expected    binary(16)       NOT NULL,            -- a hash of sender and recipient (src/mail/expectation.h)
  who         tinyint unsigned NOT NULL,            -- 0: the sender, 1: anybody of its domain, 2: anybody
  sender      varchar(255)     NOT NULL DEFAULT '', -- for people
  recipient   varchar(255)     NOT NULL,            -- likewise
  expires     datetime         NOT NULL,            -- UTC; the row counts until then
  create_time timestamp        NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY (expected),
  KEY expires (expires)
) ENGINE=InnoDB DEFAULT CHARSET=latin1;

-- The triggers read ipaddr into its first address, last address and prefix length. An IPv4-mapped IPv6 address and one
-- of NAT64 (64:ff9b::/96) count as IPv4, and bits after the prefix are cleared. What is not an address or network leaves all three NULL and never
-- matches; greylistctl check lists such rows. Each is one SET, assigned from left to right, so that the file needs no
-- DELIMITER: address, prefix length, then both without the part before the IPv4 address, then the range.
DROP TRIGGER IF EXISTS greylisting_lists_insert;
CREATE TRIGGER greylisting_lists_insert BEFORE INSERT ON greylisting_lists FOR EACH ROW SET
  NEW.ipaddr_start = INET6_ATON(TRIM(SUBSTRING_INDEX(NEW.ipaddr, '/', 1))),
  NEW.ipaddr_prefixsize = CASE
      WHEN NEW.ipaddr NOT LIKE '%/%' THEN LENGTH(NEW.ipaddr_start) * 8
      WHEN SUBSTRING(NEW.ipaddr, LOCATE('/', NEW.ipaddr) + 1) REGEXP '^[0-9]{1,3} *$'
           AND SUBSTRING(NEW.ipaddr, LOCATE('/', NEW.ipaddr) + 1) + 0 <= LENGTH(NEW.ipaddr_start) * 8
      THEN SUBSTRING(NEW.ipaddr, LOCATE('/', NEW.ipaddr) + 1) + 0 END,
  NEW.ipaddr_prefixsize = IF(HEX(NEW.ipaddr_start) REGEXP '^(00000000000000000000FFFF|0064FF9B0000000000000000)........$',
      IF(NEW.ipaddr_prefixsize >= 96, NEW.ipaddr_prefixsize - 96, NULL), NEW.ipaddr_prefixsize),
  NEW.ipaddr_start = IF(HEX(NEW.ipaddr_start) REGEXP '^(00000000000000000000FFFF|0064FF9B0000000000000000)........$',
      SUBSTRING(NEW.ipaddr_start, 13), NEW.ipaddr_start),
  NEW.ipaddr_end = CONCAT(
      LEFT(NEW.ipaddr_start, NEW.ipaddr_prefixsize DIV 8),
      IF(NEW.ipaddr_prefixsize % 8 = 0, '',
         CHAR(ASCII(SUBSTRING(NEW.ipaddr_start, NEW.ipaddr_prefixsize DIV 8 + 1, 1)) | (255 >> NEW.ipaddr_prefixsize % 8))),
      REPEAT(x'FF', LENGTH(NEW.ipaddr_start) - CEIL(NEW.ipaddr_prefixsize / 8))),
  NEW.ipaddr_start = CONCAT(
      LEFT(NEW.ipaddr_start, NEW.ipaddr_prefixsize DIV 8),
      IF(NEW.ipaddr_prefixsize % 8 = 0, '',
         CHAR(ASCII(SUBSTRING(NEW.ipaddr_start, NEW.ipaddr_prefixsize DIV 8 + 1, 1)) & (255 << (8 - NEW.ipaddr_prefixsize % 8)))),
      REPEAT(x'00', LENGTH(NEW.ipaddr_start) - CEIL(NEW.ipaddr_prefixsize / 8)));

DROP TRIGGER IF EXISTS greylisting_lists_update;
CREATE TRIGGER greylisting_lists_update BEFORE UPDATE ON greylisting_lists FOR EACH ROW SET
  NEW.ipaddr_start = INET6_ATON(TRIM(SUBSTRING_INDEX(NEW.ipaddr, '/', 1))),
  NEW.ipaddr_prefixsize = CASE
      WHEN NEW.ipaddr NOT LIKE '%/%' THEN LENGTH(NEW.ipaddr_start) * 8
      WHEN SUBSTRING(NEW.ipaddr, LOCATE('/', NEW.ipaddr) + 1) REGEXP '^[0-9]{1,3} *$'
           AND SUBSTRING(NEW.ipaddr, LOCATE('/', NEW.ipaddr) + 1) + 0 <= LENGTH(NEW.ipaddr_start) * 8
      THEN SUBSTRING(NEW.ipaddr, LOCATE('/', NEW.ipaddr) + 1) + 0 END,
  NEW.ipaddr_prefixsize = IF(HEX(NEW.ipaddr_start) REGEXP '^(00000000000000000000FFFF|0064FF9B0000000000000000)........$',
      IF(NEW.ipaddr_prefixsize >= 96, NEW.ipaddr_prefixsize - 96, NULL), NEW.ipaddr_prefixsize),
  NEW.ipaddr_start = IF(HEX(NEW.ipaddr_start) REGEXP '^(00000000000000000000FFFF|0064FF9B0000000000000000)........$',
      SUBSTRING(NEW.ipaddr_start, 13), NEW.ipaddr_start),
  NEW.ipaddr_end = CONCAT(
      LEFT(NEW.ipaddr_start, NEW.ipaddr_prefixsize DIV 8),
      IF(NEW.ipaddr_prefixsize % 8 = 0, '',
         CHAR(ASCII(SUBSTRING(NEW.ipaddr_start, NEW.ipaddr_prefixsize DIV 8 + 1, 1)) | (255 >> NEW.ipaddr_prefixsize % 8))),
      REPEAT(x'FF', LENGTH(NEW.ipaddr_start) - CEIL(NEW.ipaddr_prefixsize / 8))),
  NEW.ipaddr_start = CONCAT(
      LEFT(NEW.ipaddr_start, NEW.ipaddr_prefixsize DIV 8),
      IF(NEW.ipaddr_prefixsize % 8 = 0, '',
         CHAR(ASCII(SUBSTRING(NEW.ipaddr_start, NEW.ipaddr_prefixsize DIV 8 + 1, 1)) & (255 << (8 - NEW.ipaddr_prefixsize % 8)))),
      REPEAT(x'00', LENGTH(NEW.ipaddr_start) - CEIL(NEW.ipaddr_prefixsize / 8)));

-- Entries that were added while there was no trigger.
UPDATE greylisting_lists SET ipaddr = ipaddr, last_update = last_update
 WHERE ipaddr IS NOT NULL AND ipaddr_start IS NULL;

-- Before version 5 a network of NAT64 was one of IPv6.
UPDATE greylisting_lists SET ipaddr = ipaddr, last_update = last_update
 WHERE ipaddr LIKE '%64:ff9b:%' AND LENGTH(ipaddr_start) = 16;

-- The version of this schema: last, once the tables and the triggers are there.
INSERT INTO greylisting_meta (name, value)
SELECT 'schema_version', '5' FROM information_schema.columns
 WHERE table_schema = DATABASE() AND table_name = 'greylisting_data' AND column_name IN ('pool', 'judged')
HAVING SUM(column_name = 'pool') = 1 AND SUM(column_name = 'judged') = 0
    ON DUPLICATE KEY UPDATE value = IF(value IN ('1', '2', '3', '4'), '5', value);
