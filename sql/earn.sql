-- What the client has earned by it, under one of its identities. Mail that passes counts once an hour; mail that is
-- accepted for trust only keeps that alive, and adds its sender to the group. A trap denies the client's network for a
-- while. The trap, and an entry that denies (:falls), take away what was earned. The same hour is not counted again, should
-- all of it be run again. What is assigned later reads nothing that is assigned before.
INSERT INTO greylisting_clients (client, identity, member_of, passes, counted, expires, trapped_until)
VALUES (:identity, :identity_name, :member_of, :passes, :now, :earned_until, :trapped_until)
:on_client
  passes = CASE WHEN :falls THEN 0
                WHEN expires <= :now THEN :passes
                WHEN :is_seen OR counted > :hour_ago THEN passes
                ELSE passes + 1 END,
  counted = CASE WHEN :falls OR counted > :hour_ago THEN counted ELSE :now END,
  expires = CASE WHEN expires > :earned_until THEN expires ELSE :earned_until END,
  trapped_until = COALESCE(:trapped_until, trapped_until);
