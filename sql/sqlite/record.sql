-- The triplet, as sql/mysql/record.sql writes it. On the right of SET a column is what it was; RETURNING says what the row
-- was (src/judgement/facts.h, RecordState) by what it has become.
INSERT INTO greylisting_data
       (triplet, relay_ip, pending_network, pool, mail_from, rcpt_to, block_expires, record_expires, blocked_count,
        passed_count)
VALUES :records
ON CONFLICT (triplet) DO UPDATE SET
  last_update = CURRENT_TIMESTAMP,
  relay_ip = IIF(record_expires <= :now, excluded.relay_ip, relay_ip),
  pending_network = CASE WHEN record_expires <= :now THEN excluded.pending_network
                         WHEN block_expires >= :now AND :waits THEN pending_network END,
  create_time = IIF(record_expires <= :now, CURRENT_TIMESTAMP, create_time),
  blocked_count = CASE WHEN record_expires <= :now THEN excluded.blocked_count
                       ELSE blocked_count + (block_expires >= :now AND :waits) END,
  passed_count = CASE WHEN record_expires <= :now THEN excluded.passed_count
                      ELSE passed_count + 1 - (block_expires >= :now AND :waits) END,
  block_expires = IIF(record_expires <= :now, excluded.block_expires, MIN(block_expires, excluded.block_expires)),
  record_expires = CASE WHEN record_expires <= :now THEN excluded.record_expires
                        WHEN block_expires >= :now AND :waits THEN record_expires
                        ELSE :good_until END
RETURNING CASE WHEN block_expires >= :now THEN MIN(blocked_count, 3)
               WHEN passed_count = 1 THEN IIF(blocked_count > 1, 5, 4)
               ELSE 6 END,
          id;
