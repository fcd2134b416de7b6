-- One RCPT, judged and recorded: the whole of it goes to the server in one packet. Words that begin with a colon are
-- replaced by values, each a number or a hexadecimal literal.
--
-- Order of judgement: the most specific list entry, then the triplet.

SET @verdict = IF(:explicit, 'not-listed', 'greylist'), @entry = 0;

-- Lists. A network before a domain, a longer prefix before a shorter one. The networks that hold the client are found
-- by equality, because every one of them begins with one of a few addresses (:networks). With explicit=1 an entry for
-- a domain says that it is greylisted.
SELECT CASE WHEN block_expires >= UTC_TIMESTAMP() THEN 'denied'
            WHEN :explicit AND rcpt_to IS NOT NULL THEN 'greylist'
            ELSE 'allowed' END,
       id
  INTO @verdict, @entry
  FROM (SELECT id, ipaddr_prefixsize, rcpt_to, block_expires FROM greylisting_lists
         WHERE ipaddr_start IN (:networks) AND ipaddr_end >= :client AND record_expires > UTC_TIMESTAMP()
        UNION ALL
        SELECT id, ipaddr_prefixsize, rcpt_to, block_expires FROM greylisting_lists
         WHERE rcpt_to = :domain AND record_expires > UTC_TIMESTAMP()) AS entries
 ORDER BY rcpt_to IS NOT NULL, ipaddr_prefixsize DESC, id
 LIMIT 1;

-- The triplet. A new one is inserted; for a known one LAST_INSERT_ID(expression) carries out what it was:
-- 1 over and begun anew, 2 still blocked, 3 past its block for the first time, 4 past it before.
-- Every condition reads block_expires and record_expires as they were, which is why these two are set last.
INSERT INTO greylisting_data (triplet, relay_ip, mail_from, rcpt_to, block_expires, record_expires, blocked_count)
SELECT :triplet, :client, :sender, :recipient,
       UTC_TIMESTAMP() + INTERVAL :block_expire MINUTE, UTC_TIMESTAMP() + INTERVAL :record_expire MINUTE, 1
  FROM DUAL WHERE @verdict = 'greylist'
ON DUPLICATE KEY UPDATE
  relay_ip = IF(record_expires <= UTC_TIMESTAMP(), VALUES(relay_ip), relay_ip),
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
SELECT @verdict, @entry, IF(ROW_COUNT() = 1, 1, LAST_INSERT_ID()),
       id, UNIX_TIMESTAMP() - UNIX_TIMESTAMP(create_time), TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(), block_expires)
  FROM (SELECT 1) AS always LEFT JOIN greylisting_data ON triplet = :triplet AND @verdict = 'greylist';
