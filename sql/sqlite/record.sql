-- The triplet, judged and recorded in one statement. On the right of DO UPDATE SET a column is what it was; in
-- RETURNING it is what it has become.
INSERT INTO greylisting_data
       (triplet, relay_ip, pending_network, mail_from, rcpt_to, block_expires, record_expires, blocked_count)
VALUES (:triplet, :client, :network, :sender, :recipient,
        datetime('now', :block_expire || ' minutes'), datetime('now', :record_expire || ' minutes'), 1)
ON CONFLICT (triplet) DO UPDATE SET
  last_update = CURRENT_TIMESTAMP,
  relay_ip = CASE WHEN record_expires <= datetime('now') THEN excluded.relay_ip ELSE relay_ip END,
  pending_network = CASE WHEN record_expires <= datetime('now') THEN excluded.pending_network
                         WHEN block_expires >= datetime('now') THEN pending_network END,
  create_time = CASE WHEN record_expires <= datetime('now') THEN CURRENT_TIMESTAMP ELSE create_time END,
  blocked_count = CASE WHEN record_expires <= datetime('now') THEN 1
                       WHEN block_expires >= datetime('now') THEN blocked_count + 1
                       ELSE blocked_count END,
  passed_count = CASE WHEN record_expires <= datetime('now') THEN 0
                      WHEN block_expires >= datetime('now') THEN passed_count
                      ELSE passed_count + 1 END,
  block_expires = CASE WHEN record_expires <= datetime('now') THEN excluded.block_expires ELSE block_expires END,
  record_expires = CASE WHEN record_expires <= datetime('now') THEN excluded.record_expires
                        WHEN block_expires >= datetime('now') THEN record_expires
                        ELSE datetime('now', :record_expire_good || ' days') END
-- 1 new or begun anew, 2 still blocked, 3 past its block for the first time, 4 past it before.
RETURNING CASE WHEN block_expires >= datetime('now') THEN IIF(blocked_count = 1, 1, 2)
               ELSE IIF(passed_count = 1, 3, 4) END AS state,
          id,
          strftime('%s', 'now') - strftime('%s', create_time) AS age,
          strftime('%s', block_expires) - strftime('%s', 'now') AS blocked_for;
