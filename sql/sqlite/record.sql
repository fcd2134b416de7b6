-- The triplet, under one of its identities: the client's network or, where it vouches for the client, the sender's domain.
-- What is reached under the one holds for the other: :block_expires is the earliest of its records, or when the block of a
-- new one is over. On the right of DO UPDATE SET a column is what it was; in RETURNING it is what it has become.
INSERT INTO greylisting_data
       (triplet, relay_ip, pending_network, pool, mail_from, rcpt_to, block_expires, record_expires,
        blocked_count, passed_count, judged)
VALUES (:record_key, :client, IIF(:block_expires < datetime('now'), NULL, :record_network), :record_pool, :sender,
        :recipient, :block_expires,
        IIF(:block_expires < datetime('now'), datetime('now', :record_expire_good || ' days'),
                                              datetime('now', :record_minutes || ' minutes')),
        :block_expires >= datetime('now'), :block_expires < datetime('now'),
        IIF(:block_expires < datetime('now'), :question || COALESCE(NULLIF(:asked_version, ''), :lists_version), NULL))
ON CONFLICT (triplet) DO UPDATE SET
  last_update = CURRENT_TIMESTAMP,
  relay_ip = CASE WHEN record_expires <= datetime('now') THEN excluded.relay_ip ELSE relay_ip END,
  pending_network = CASE WHEN record_expires <= datetime('now') THEN excluded.pending_network
                         WHEN MIN(block_expires, :block_expires) >= datetime('now') THEN pending_network END,
  create_time = CASE WHEN record_expires <= datetime('now') THEN CURRENT_TIMESTAMP ELSE create_time END,
  blocked_count = CASE WHEN record_expires <= datetime('now') THEN excluded.blocked_count
                       WHEN MIN(block_expires, :block_expires) >= datetime('now') THEN blocked_count + 1
                       ELSE blocked_count END,
  passed_count = CASE WHEN record_expires <= datetime('now') THEN excluded.passed_count
                      WHEN MIN(block_expires, :block_expires) >= datetime('now') THEN passed_count
                      ELSE passed_count + 1 END,
  judged = excluded.judged,
  block_expires = CASE WHEN record_expires <= datetime('now') THEN excluded.block_expires
                       ELSE MIN(block_expires, :block_expires) END,
  record_expires = CASE WHEN record_expires <= datetime('now') THEN excluded.record_expires
                        WHEN MIN(block_expires, :block_expires) >= datetime('now') THEN record_expires
                        ELSE datetime('now', :record_expire_good || ' days') END
-- 1 new or begun anew; 2 still blocked, at its first retry, 3 at a later one; 4 past its block for the first time, at its
-- first retry, 5 at a later one; 6 past it before.
RETURNING CASE WHEN block_expires >= datetime('now') THEN MIN(blocked_count, 3)
               WHEN passed_count = 1 AND :is_first_pass THEN IIF(blocked_count > 1, 5, 4)
               ELSE 6 END AS state,
          id,
          strftime('%s', 'now') - strftime('%s', create_time) AS age,
          strftime('%s', block_expires) - strftime('%s', 'now') AS blocked_for;
