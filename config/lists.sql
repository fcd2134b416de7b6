-- Samples: who is allowed or denied whatever the triplet. On either store; the most specific entry decides.
-- An entry is for a client address or network (ipaddr) or for the domain of the recipient (rcpt_to).
-- block_expires in the past allows, in the future denies; record_expires is when the entry ends. All times are UTC.
--
-- Greylisting 0.5 writes '0000-00-00 00:00:00' to allow. Where the server refuses that date (sql_mode NO_ZERO_DATE,
-- the default of MySQL 5.7 and later), any date in the past does the same:

-- A client network that is let in.
INSERT INTO greylisting_lists (ipaddr, block_expires, record_expires, comment)
VALUES ('192.0.2.0/24', '1970-01-01 00:00:01', '9999-12-31 23:59:59', 'our own other site');

-- A client that is refused until a day in 2030.
INSERT INTO greylisting_lists (ipaddr, block_expires, record_expires, comment)
VALUES ('2001:db8::bad', '9999-12-31 23:59:59', '2030-01-31 00:00:00', 'asked us to stop answering');

-- A domain of ours whose mail is never held up.
INSERT INTO greylisting_lists (rcpt_to, block_expires, record_expires, comment)
VALUES ('support.example', '1970-01-01 00:00:01', '9999-12-31 23:59:59', 'codes and tickets must not wait');
