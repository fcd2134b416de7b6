-- With group_domain_level: a group falls with any of its senders.
UPDATE greylisting_clients SET passes = 0 WHERE member_of = :group;
