-- The triplet, under the client's network and, where it vouches for the client, under the sender's domain as well (:records,
-- a row each): what is reached under the one holds for the other. :waits is whether, as far as was known, all of them are
-- blocked; :block_expires is the earliest end of their blocks, or when the block of a new one is over.
--
-- Of a row that is there already, LAST_INSERT_ID carries out what it was (src/judgement/facts.h, RecordState). Columns are
-- assigned from left to right, and each reads the others as they were: so block_expires and record_expires come last.
INSERT INTO greylisting_data
       (triplet, id, relay_ip, pending_network, pool, mail_from, rcpt_to, block_expires, record_expires, blocked_count,
        passed_count)
VALUES :records
ON DUPLICATE KEY UPDATE
  aborted_count = aborted_count + 0 * LAST_INSERT_ID(
    CASE WHEN record_expires <= :now AND :waits THEN 1
         WHEN block_expires >= :now AND :waits THEN IF(blocked_count > 1, 3, 2)
         WHEN record_expires <= :now OR passed_count = 0 THEN IF(blocked_count > 1, 5, 4)
         ELSE 6 END),
  relay_ip = IF(record_expires <= :now, VALUES(relay_ip), relay_ip),
  pending_network = CASE WHEN record_expires <= :now THEN VALUES(pending_network)
                         WHEN block_expires >= :now AND :waits THEN pending_network END,
  create_time = IF(record_expires <= :now, CURRENT_TIMESTAMP, create_time),
  blocked_count = CASE WHEN record_expires <= :now THEN VALUES(blocked_count)
                       ELSE blocked_count + (block_expires >= :now AND :waits) END,
  passed_count = CASE WHEN record_expires <= :now THEN VALUES(passed_count)
                      ELSE passed_count + 1 - (block_expires >= :now AND :waits) END,
  block_expires = IF(record_expires <= :now, VALUES(block_expires), LEAST(block_expires, VALUES(block_expires))),
  record_expires = CASE WHEN record_expires <= :now THEN VALUES(record_expires)
                        WHEN block_expires >= :now AND :waits THEN record_expires
                        ELSE :good_until END;
