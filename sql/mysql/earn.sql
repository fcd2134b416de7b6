-- What the client has earned by this, for one of its identities. Mail that passes counts once an hour; mail that is
-- accepted for trust only keeps that alive, and adds its sender to the group. A trap denies the client's network for a
-- while. The trap, and an entry that denies ('fall'), take away what has been earned under any of them. This comes before
-- the record, which alone must not be written twice when all of it is run again: a second time the hour is counted already.
INSERT INTO greylisting_clients (client, identity, member_of, passes, counted, expires, trapped_until)
SELECT :identity_key, :identity_name, :identity_group,
       @event = 'pass' OR (@event = 'seen' AND :identity_group IS NOT NULL), UTC_TIMESTAMP(),
       CASE WHEN @event <> 'trap' THEN UTC_TIMESTAMP() + INTERVAL :auto_allow_expire DAY
            WHEN :identity_key = :client_key THEN UTC_TIMESTAMP() + INTERVAL :trap_expire HOUR
            ELSE UTC_TIMESTAMP() END,
       IF(@event = 'trap' AND :identity_key = :client_key, UTC_TIMESTAMP() + INTERVAL :trap_expire HOUR, NULL)
  FROM DUAL WHERE IF(@event = 'trap', :identity_key = :client_key OR COALESCE(@has_passes, FALSE), @event IS NOT NULL)
ON DUPLICATE KEY UPDATE
  passes = CASE WHEN @event IN ('trap', 'fall') THEN 0
                WHEN expires <= UTC_TIMESTAMP() THEN VALUES(passes)
                WHEN @event = 'seen' THEN passes
                WHEN counted > UTC_TIMESTAMP() - INTERVAL 1 HOUR THEN passes
                ELSE passes + 1 END,
  counted = IF(@event IN ('pass', 'seen') AND counted <= UTC_TIMESTAMP() - INTERVAL 1 HOUR, VALUES(counted), counted),
  expires = IF(@event = 'fall', expires, GREATEST(expires, VALUES(expires))),
  trapped_until = COALESCE(VALUES(trapped_until), trapped_until);
