-- What the client has earned under one of its identities. :event is 'pass', which counts once an hour; 'seen', which keeps
-- trust alive and adds a sender to the group; 'trap', which denies the client's network for a while; or 'fall'. The trap,
-- and an entry that denies, take away what has been earned.
INSERT INTO greylisting_clients (client, identity, member_of, passes, counted, expires, trapped_until)
SELECT :identity_key, :identity_name, :identity_group,
       :event = 'pass' OR (:event = 'seen' AND :identity_group IS NOT NULL), datetime('now'),
       IIF(:event = 'trap', datetime('now', :trap_expire || ' hours'), datetime('now', :auto_allow_expire || ' days')),
       IIF(:event = 'trap', datetime('now', :trap_expire || ' hours'), NULL)
 WHERE :event <> 'trap' OR :identity_key = :client_key
ON CONFLICT (client) DO UPDATE SET
  passes = CASE WHEN :event IN ('trap', 'fall') THEN 0
                WHEN :event = 'seen' THEN passes
                WHEN expires <= datetime('now') THEN 1
                WHEN counted > datetime('now', '-1 hour') THEN passes
                ELSE passes + 1 END,
  counted = IIF(:event IN ('pass', 'seen') AND counted <= datetime('now', '-1 hour'), excluded.counted, counted),
  expires = IIF(:event = 'fall', expires, MAX(expires, excluded.expires)),
  trapped_until = IIF(:event = 'trap', excluded.trapped_until, trapped_until);
