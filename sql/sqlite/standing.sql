-- With the shortcut of known.sql: what the client has earned is asked all the same. Trust and traps want the whole judgement;
-- whether this hour of the client is still to be counted.
SELECT COALESCE(MAX(passes >= IIF(member_of IS NULL, :auto_allow_after, 1)
                    OR client = :client_key AND COALESCE(trapped_until > datetime('now'), 0)), 0) AS has_standing,
       COALESCE(SUM(counted > datetime('now', '-1 hour')), 0) < :identities AS is_countable
  FROM greylisting_clients WHERE client IN (:client_keys) AND expires > datetime('now');
