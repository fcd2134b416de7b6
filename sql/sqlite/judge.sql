-- Judgement, in order: the first of these that is not NULL decides. The number behind the word is the id of the list
-- entry, or behind 'greylist' and 'throttled' how many triplets of the client's network are waiting.
SELECT COALESCE(
  -- An entry whose ipaddr the plugin has yet to read; it does, and asks again.
  (SELECT 'unread ' || id FROM greylisting_lists WHERE ipaddr IS NOT NULL AND ipaddr_prefixsize IS NULL LIMIT 1),

  -- The listed network that holds the client, the longest prefix first. All networks that hold it begin with one of a
  -- few addresses (:networks, hexadecimal literals put in by the plugin), so they are found by equality, however many
  -- there are.
  (SELECT CASE WHEN block_expires >= datetime('now') THEN 'denied ' || id
               WHEN NOT :explicit OR rcpt_to IS NULL THEN 'allowed ' || id END
     FROM greylisting_lists
    WHERE ipaddr_start IN (:networks) AND ipaddr_end >= :client AND record_expires > datetime('now')
    ORDER BY rcpt_to IS NOT NULL, ipaddr_prefixsize DESC, id LIMIT 1),

  -- The listed domain of the recipient. With explicit=1 being listed means being greylisted.
  (SELECT CASE WHEN block_expires >= datetime('now') THEN 'denied ' || id
               WHEN NOT :explicit THEN 'allowed ' || id END
     FROM greylisting_lists WHERE rcpt_to = :domain AND record_expires > datetime('now')
    ORDER BY id LIMIT 1),
  IIF(:explicit AND NOT EXISTS (SELECT 1 FROM greylisting_lists WHERE rcpt_to = :domain AND record_expires > datetime('now')),
      'not-listed 0', NULL),

  -- The triplet, if it is known; a new one only while its network has not as many waiting as it may have.
  IIF(:max_pending = 0
      OR EXISTS (SELECT 1 FROM greylisting_data WHERE triplet = :triplet AND record_expires > datetime('now')),
      'greylist 0', NULL),
  (SELECT IIF(COUNT(*) < :max_pending, 'greylist ', 'throttled ') || COUNT(*)
     FROM (SELECT 1 FROM greylisting_data
            WHERE pending_network = :network AND record_expires > datetime('now') LIMIT :max_pending)));
