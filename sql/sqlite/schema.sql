-- The tables of greylisting in an SQLite file. The plugin makes them at its first use; nobody needs to run this.
-- Names and meaning are those of sql/mysql/schema.sql. Times are UTC, written 'YYYY-MM-DD hh:mm:ss'.

CREATE TABLE IF NOT EXISTS greylisting_meta (
  name  TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;

-- Who is allowed, denied or (with explicit=1) greylisted. An administrator writes ipaddr or rcpt_to; the plugin reads
-- ipaddr into the three columns after it when it next meets the row. What is not an address or network gets
-- ipaddr_prefixsize -1 and never matches; greylistctl check lists such rows.
CREATE TABLE IF NOT EXISTS greylisting_lists (
  id                INTEGER PRIMARY KEY,
  ipaddr            TEXT,
  ipaddr_start      BLOB,
  ipaddr_end        BLOB,
  ipaddr_prefixsize INTEGER,
  rcpt_to           TEXT COLLATE NOCASE,
  block_expires     TEXT NOT NULL,
  record_expires    TEXT NOT NULL,
  create_time       TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
  last_update       TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
  comment           TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS greylisting_lists_ipaddr_start ON greylisting_lists (ipaddr_start);
CREATE INDEX IF NOT EXISTS greylisting_lists_rcpt_to ON greylisting_lists (rcpt_to);
CREATE INDEX IF NOT EXISTS greylisting_lists_unread ON greylisting_lists (id)
  WHERE ipaddr IS NOT NULL AND ipaddr_prefixsize IS NULL;

CREATE TABLE IF NOT EXISTS greylisting_data (
  id             INTEGER PRIMARY KEY,
  triplet        BLOB NOT NULL UNIQUE,
  relay_ip       BLOB,
  pending_network BLOB,
  pool           TEXT,
  mail_from      TEXT,
  rcpt_to        TEXT,
  block_expires  TEXT NOT NULL,
  record_expires TEXT NOT NULL,
  blocked_count  INTEGER NOT NULL DEFAULT 0,
  passed_count   INTEGER NOT NULL DEFAULT 0,
  aborted_count  INTEGER NOT NULL DEFAULT 0,
  create_time    TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
  last_update    TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX IF NOT EXISTS greylisting_data_record_expires ON greylisting_data (record_expires);
CREATE INDEX IF NOT EXISTS greylisting_data_pending_network ON greylisting_data (pending_network, record_expires)
  WHERE pending_network IS NOT NULL;

-- Written by greylistctl. subject, network_end and specificity are what src/lists/pattern.h makes of the pattern.
CREATE TABLE IF NOT EXISTS greylisting_entries (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  action       TEXT NOT NULL,
  kind         TEXT NOT NULL,
  pattern      TEXT NOT NULL,
  subject      BLOB NOT NULL,
  network_end  BLOB,
  specificity  INTEGER NOT NULL,
  block_expire INTEGER,
  reply        TEXT,
  expires      TEXT NOT NULL,
  create_time  TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
  last_update  TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
  comment      TEXT NOT NULL DEFAULT '',
  UNIQUE (pattern, kind, action)
);
CREATE INDEX IF NOT EXISTS greylisting_entries_action ON greylisting_entries (action, kind);
CREATE INDEX IF NOT EXISTS greylisting_entries_subject ON greylisting_entries (subject);

CREATE TABLE IF NOT EXISTS greylisting_clients (
  client        BLOB NOT NULL PRIMARY KEY,
  identity      TEXT NOT NULL,
  member_of     BLOB,
  passes        INTEGER NOT NULL DEFAULT 0,
  counted       TEXT NOT NULL,
  expires       TEXT NOT NULL,
  trapped_until TEXT,
  create_time   TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS greylisting_clients_member_of ON greylisting_clients (member_of) WHERE member_of IS NOT NULL;
CREATE INDEX IF NOT EXISTS greylisting_clients_expires ON greylisting_clients (expires);

CREATE TABLE IF NOT EXISTS greylisting_history (
  period TEXT NOT NULL,
  kind   TEXT NOT NULL,
  name   TEXT NOT NULL,
  host   TEXT NOT NULL DEFAULT '',
  total  INTEGER NOT NULL,
  PRIMARY KEY (period, kind, name, host)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS greylisting_expected (
  expected    BLOB NOT NULL PRIMARY KEY,
  who         INTEGER NOT NULL,
  sender      TEXT NOT NULL DEFAULT '',
  recipient   TEXT NOT NULL,
  expires     TEXT NOT NULL,
  create_time TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS greylisting_expected_expires ON greylisting_expected (expires);

-- An address that is changed has to be read anew.
DROP TRIGGER IF EXISTS greylisting_lists_update;
DROP TRIGGER IF EXISTS greylisting_lists_inserted;
DROP TRIGGER IF EXISTS greylisting_entries_inserted;
DROP TRIGGER IF EXISTS greylisting_entries_updated;
DROP TRIGGER IF EXISTS greylisting_lists_updated;
CREATE TRIGGER greylisting_lists_updated AFTER UPDATE ON greylisting_lists
WHEN NEW.ipaddr IS NOT OLD.ipaddr
BEGIN
  UPDATE greylisting_lists SET ipaddr_start = NULL, ipaddr_end = NULL, ipaddr_prefixsize = NULL WHERE id = NEW.id;
END;

-- Before version 5 a network of NAT64 was one of IPv6.
UPDATE greylisting_lists SET ipaddr_start = NULL, ipaddr_end = NULL, ipaddr_prefixsize = NULL
 WHERE ipaddr LIKE '%64:ff9b:%' AND LENGTH(ipaddr_start) = 16;

DELETE FROM greylisting_meta WHERE name = 'lists_version';
INSERT INTO greylisting_meta (name, value) VALUES ('schema_version', '5')
    ON CONFLICT (name) DO UPDATE SET value = IIF(value IN ('1', '2', '3', '4'), '5', value);
