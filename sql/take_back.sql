-- The pass that was counted in this transaction for a recipient that the host has refused since: it can be counted again.
-- Not twice, should all of it be run again.
UPDATE greylisting_clients SET passes = passes - 1, counted = :hour_ago
 WHERE client IN (:clients) AND passes > 0 AND counted > :hour_ago;
