-- With group_domain_level: mail of any sender keeps its domain trusted on a network, by as many of the domain's senders
-- as that takes, always the same. However many others there are, no more rows are changed.
UPDATE greylisting_clients SET expires = CASE WHEN expires > :earned_until THEN expires ELSE :earned_until END
 WHERE client IN (SELECT client FROM (SELECT client FROM greylisting_clients
                                       WHERE member_of = :group AND passes > 0 AND expires > :now
                                       ORDER BY member_of, client LIMIT :group_domain_level) AS senders);
