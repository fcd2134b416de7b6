-- The list entries that match one RCPT, found by equality, however many there are: a pattern by the keys of
-- src/lists/pattern_key.h, a network by the few addresses with which one that holds the client can begin (:networks). Of
-- regular expressions, which are under '/', all: the plugin holds the attempt against them.
SELECT 'entries', id, action, kind, specificity, block_expire, reply, CASE WHEN subject = x'2f' THEN pattern END
  FROM greylisting_entries
 WHERE subject IN (:subjects) AND (network_end IS NULL OR network_end >= :client) AND expires > :now
UNION ALL
SELECT 'lists', id, CASE WHEN block_expires >= :now THEN 'deny' ELSE 'allow' END,
       CASE WHEN rcpt_to IS NULL THEN 'network' ELSE 'either' END,
       CASE WHEN rcpt_to IS NULL THEN 700 + ipaddr_prefixsize
            WHEN ipaddr_prefixsize > 99 THEN 699 ELSE 600 + ipaddr_prefixsize END, NULL, NULL, NULL
  FROM greylisting_lists
 WHERE ipaddr_start IN (:networks) AND ipaddr_end >= :client AND record_expires > :now
UNION ALL
SELECT 'lists', id, CASE WHEN block_expires >= :now THEN 'deny' ELSE 'allow' END, 'recipient', :domain_specificity,
       NULL, NULL, NULL
  FROM greylisting_lists
 WHERE rcpt_to = :domain AND record_expires > :now
