-- The triplet, under the client's network and, where it vouches for the client, under the sender's domain as well: what is
-- reached under the one holds for the other, for which @block_expires is the earliest of the records. :records is DUAL, or
-- the two as rows. A new one is inserted; for a known one LAST_INSERT_ID(expression) carries out what it was: 1 over and
-- begun anew; 2 still blocked, at its first retry, 3 at a later one; 4 past its block for the first time, at its first
-- retry, 5 at a later one; 6 past it before. Every condition reads block_expires, record_expires and blocked_count as they
-- were, which is why the first two are set last.
INSERT INTO greylisting_data
       (triplet, id, relay_ip, pending_network, pool, mail_from, rcpt_to, block_expires, record_expires,
        blocked_count, passed_count, judged)
SELECT :record_key, :record_id, :client, IF(@block_expires < UTC_TIMESTAMP(), NULL, :record_network), :record_pool,
       :sender, :recipient, @block_expires,
       IF(@block_expires < UTC_TIMESTAMP(), UTC_TIMESTAMP() + INTERVAL :record_expire_good DAY,
                                            UTC_TIMESTAMP() + INTERVAL @record_minutes MINUTE),
       @block_expires >= UTC_TIMESTAMP(), @block_expires < UTC_TIMESTAMP(),
       IF(@block_expires < UTC_TIMESTAMP(), CONCAT(:question, COALESCE(NULLIF(:asked_version, ''), @lists_version)), NULL)
  FROM :records WHERE @verdict LIKE 'greylist %'
ON DUPLICATE KEY UPDATE
  relay_ip = IF(record_expires <= UTC_TIMESTAMP(), VALUES(relay_ip), relay_ip),
  pending_network = CASE WHEN record_expires <= UTC_TIMESTAMP() THEN VALUES(pending_network)
                         WHEN LEAST(block_expires, @block_expires) >= UTC_TIMESTAMP() THEN pending_network END,
  create_time = IF(record_expires <= UTC_TIMESTAMP(), CURRENT_TIMESTAMP, create_time),
  blocked_count = IF(LAST_INSERT_ID(CASE WHEN @block_expires >= UTC_TIMESTAMP() AND record_expires <= UTC_TIMESTAMP()
                                         THEN IF(@blocked_until IS NULL, 1, 2)
                                         WHEN LEAST(block_expires, @block_expires) >= UTC_TIMESTAMP()
                                         THEN IF(GREATEST(blocked_count, @times_blocked) > 1, 3, 2)
                                         WHEN (passed_count = 0 OR record_expires <= UTC_TIMESTAMP()) AND @is_first_pass
                                         THEN IF(@times_blocked > 1, 5, 4)
                                         ELSE 6 END) > 0 AND record_expires <= UTC_TIMESTAMP(),
                     VALUES(blocked_count),
                     blocked_count + (LEAST(block_expires, @block_expires) >= UTC_TIMESTAMP())),
  passed_count = CASE WHEN record_expires <= UTC_TIMESTAMP() THEN VALUES(passed_count)
                      ELSE passed_count + (LEAST(block_expires, @block_expires) < UTC_TIMESTAMP()) END,
  judged = VALUES(judged),
  block_expires = IF(record_expires <= UTC_TIMESTAMP(), VALUES(block_expires), LEAST(block_expires, @block_expires)),
  record_expires = CASE WHEN record_expires <= UTC_TIMESTAMP() THEN VALUES(record_expires)
                        WHEN block_expires >= UTC_TIMESTAMP() THEN record_expires
                        ELSE UTC_TIMESTAMP() + INTERVAL :record_expire_good DAY END;
