-- For MariaDB, which then leaves out lists.sql where there is nothing to ask of it.
SELECT EXISTS (SELECT 1 FROM greylisting_lists), NULL, NULL, NULL
  INTO @has_lists, @lists_network, @lists_domain, @is_listed;
