-- With group_domain_level, beside look.sql: how many senders of the sender's domain have passed from this network.
UNION ALL
SELECT 'group', NULL, COUNT(*), NULL, NULL, NULL, NULL, NULL
  FROM (SELECT 1 FROM greylisting_clients WHERE member_of = :group AND passes > 0 AND expires > :now
         LIMIT :group_domain_level) AS senders
