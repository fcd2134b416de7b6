-- For MariaDB, which then leaves out what there is nothing to ask of: lists.sql, regexps.sql, session.sql.
SELECT EXISTS (SELECT 1 FROM greylisting_lists), EXISTS (SELECT 1 FROM greylisting_entries WHERE subject = '/'),
       NULL, NULL, NULL, NULL
  INTO @has_lists, @has_regexps, @lists_network, @lists_domain, @is_listed, @is_alone;
