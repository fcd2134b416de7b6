-- The list entry that decides: 'denied', 'allowed', or 'greylist' for a domain with explicit=1; no row when none does.
-- A network before a domain, a longer prefix before a shorter one. The networks that hold the client are found by
-- equality, because every one of them begins with one of a few addresses (:networks, hexadecimal literals put in by
-- the plugin). 'unread' is an entry whose ipaddr the plugin has yet to read; it comes first.
SELECT CASE WHEN rank = 0 THEN 'unread'
            WHEN block_expires >= datetime('now') THEN 'denied'
            WHEN :explicit AND rcpt_to IS NOT NULL THEN 'greylist'
            ELSE 'allowed' END AS verdict,
       id
  FROM (SELECT 0 AS rank, id, ipaddr_prefixsize, rcpt_to, block_expires FROM greylisting_lists
         WHERE ipaddr IS NOT NULL AND ipaddr_prefixsize IS NULL
        UNION ALL
        SELECT 1, id, ipaddr_prefixsize, rcpt_to, block_expires FROM greylisting_lists
         WHERE ipaddr_start IN (:networks) AND ipaddr_end >= :client AND record_expires > datetime('now')
        UNION ALL
        SELECT 1, id, ipaddr_prefixsize, rcpt_to, block_expires FROM greylisting_lists
         WHERE rcpt_to = :domain AND record_expires > datetime('now'))
 ORDER BY rank, rcpt_to IS NOT NULL, ipaddr_prefixsize DESC, id
 LIMIT 1;
