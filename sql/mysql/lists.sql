-- The entries of greylisting_lists, each match written as in judge.sql. All networks that hold the client begin with one of
-- a few addresses (:networks). With explicit=1 a listed domain is one to be greylisted.
SELECT MAX(CONCAT(IF(rcpt_to IS NULL, 700 + ipaddr_prefixsize, 600 + LEAST(ipaddr_prefixsize, 99)),
                  IF(block_expires >= UTC_TIMESTAMP(), ' denied', ' allowed'), ' lists/', id,
                  IF(rcpt_to IS NULL, ' client', ' envelope')))
  INTO @lists_network
  FROM greylisting_lists
 WHERE ipaddr_start IN (:networks) AND ipaddr_end >= :client AND record_expires > UTC_TIMESTAMP()
   AND (block_expires >= UTC_TIMESTAMP() OR NOT :explicit OR rcpt_to IS NULL);

SELECT MAX(IF(block_expires >= UTC_TIMESTAMP() OR NOT :explicit,
              CONCAT(:domain_specificity, IF(block_expires >= UTC_TIMESTAMP(), ' denied', ' allowed'), ' lists/', id,
                     ' envelope'), NULL)),
       COUNT(*) > 0
  INTO @lists_domain, @is_listed
  FROM greylisting_lists
 WHERE rcpt_to = :domain AND record_expires > UTC_TIMESTAMP();
