-- One RCPT, judged and recorded: the whole of it goes to the server in one packet. Words that begin with a colon are
-- replaced by values, each a number or a hexadecimal literal.

-- Judgement, in order: the first of these that is not NULL decides. The number behind the word is the id of the list
-- entry, or behind 'greylist' and 'throttled' how many triplets of the client's network are waiting. It is a SELECT, and
-- not a SET, because only that reads without locking rows.
SELECT COALESCE(
  -- The listed network that holds the client, the longest prefix first. All networks that hold it begin with one of a
  -- few addresses (:networks), so they are found by equality, however many there are.
  (SELECT CASE WHEN block_expires >= UTC_TIMESTAMP() THEN CONCAT('denied ', id)
               WHEN NOT :explicit OR rcpt_to IS NULL THEN CONCAT('allowed ', id) END
     FROM greylisting_lists
    WHERE ipaddr_start IN (:networks) AND ipaddr_end >= :client AND record_expires > UTC_TIMESTAMP()
    ORDER BY rcpt_to IS NOT NULL, ipaddr_prefixsize DESC, id LIMIT 1),

  -- The listed domain of the recipient. With explicit=1 being listed means being greylisted.
  (SELECT CASE WHEN block_expires >= UTC_TIMESTAMP() THEN CONCAT('denied ', id)
               WHEN NOT :explicit THEN CONCAT('allowed ', id) END
     FROM greylisting_lists WHERE rcpt_to = :domain AND record_expires > UTC_TIMESTAMP()
    ORDER BY id LIMIT 1),
  IF(:explicit AND NOT EXISTS (SELECT 1 FROM greylisting_lists WHERE rcpt_to = :domain AND record_expires > UTC_TIMESTAMP()),
     'not-listed 0', NULL),

  -- The triplet, if it is known; a new one only while its network has not as many waiting as it may have.
  IF(:max_pending = 0
     OR EXISTS (SELECT 1 FROM greylisting_data WHERE triplet = :triplet AND record_expires > UTC_TIMESTAMP()),
     'greylist 0', NULL),
  (SELECT CONCAT(IF(COUNT(*) < :max_pending, 'greylist ', 'throttled '), COUNT(*))
     FROM (SELECT 1 FROM greylisting_data
            WHERE pending_network = :network AND record_expires > UTC_TIMESTAMP() LIMIT :max_pending) AS pending))
  INTO @verdict;

-- The triplet. A new one is inserted; for a known one LAST_INSERT_ID(expression) carries out what it was:
-- 1 over and begun anew, 2 still blocked, 3 past its block for the first time, 4 past it before.
-- Every condition reads block_expires and record_expires as they were, which is why these two are set last.
INSERT INTO greylisting_data
       (triplet, id, relay_ip, pending_network, mail_from, rcpt_to, block_expires, record_expires, blocked_count)
SELECT :triplet, :id, :client, :network, :sender, :recipient,
       UTC_TIMESTAMP() + INTERVAL :block_expire MINUTE, UTC_TIMESTAMP() + INTERVAL :record_expire MINUTE, 1
  FROM DUAL WHERE @verdict LIKE 'greylist %'
ON DUPLICATE KEY UPDATE
  relay_ip = IF(record_expires <= UTC_TIMESTAMP(), VALUES(relay_ip), relay_ip),
  pending_network = CASE WHEN record_expires <= UTC_TIMESTAMP() THEN VALUES(pending_network)
                         WHEN block_expires >= UTC_TIMESTAMP() THEN pending_network END,
  create_time = IF(record_expires <= UTC_TIMESTAMP(), CURRENT_TIMESTAMP, create_time),
  blocked_count = CASE LAST_INSERT_ID(CASE WHEN record_expires <= UTC_TIMESTAMP() THEN 1
                                           WHEN block_expires >= UTC_TIMESTAMP() THEN 2
                                           WHEN passed_count = 0 THEN 3
                                           ELSE 4 END)
                  WHEN 1 THEN 1 WHEN 2 THEN blocked_count + 1 ELSE blocked_count END,
  passed_count = CASE WHEN record_expires <= UTC_TIMESTAMP() THEN 0
                      WHEN block_expires >= UTC_TIMESTAMP() THEN passed_count
                      ELSE passed_count + 1 END,
  block_expires = IF(record_expires <= UTC_TIMESTAMP(), VALUES(block_expires), block_expires),
  record_expires = CASE WHEN record_expires <= UTC_TIMESTAMP() THEN VALUES(record_expires)
                        WHEN block_expires >= UTC_TIMESTAMP() THEN record_expires
                        ELSE UTC_TIMESTAMP() + INTERVAL :record_expire_good DAY END;

-- What came of it. ROW_COUNT() is 1 when the row is new. id, create_time and block_expires do not change in the life
-- of a record, so reading them now is as good as before.
SELECT @verdict, IF(ROW_COUNT() = 1, 1, LAST_INSERT_ID()),
       id, UNIX_TIMESTAMP() - UNIX_TIMESTAMP(create_time), TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(), block_expires)
  FROM (SELECT 1) AS always LEFT JOIN greylisting_data ON triplet = :triplet AND @verdict LIKE 'greylist %';
