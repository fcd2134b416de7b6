-- With group_domain_level: whether enough senders of the sender's domain have passed here.
SELECT (SELECT 1 FROM greylisting_clients
         WHERE member_of = :group AND passes > 0 AND expires > UTC_TIMESTAMP() LIMIT :group_rest, 1)
  INTO @is_group_trusted;
