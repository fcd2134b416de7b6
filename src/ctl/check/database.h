// database: what a MySQL or MariaDB server and its accounts have to be for the plugin and for this tool, seen
// by trying it.
#pragma once

#include <vector>

#include "ctl/administration/administration.h"
#include "settings/settings.h"

namespace greylisting::ctl {

/// Of option files, encryption, the server's variables, triggers and the privileges of both accounts. What is
/// tried is rolled back. Throws StoreError when one of the accounts cannot connect.
std::vector<Finding> examine_database(const Settings& settings);

/// Of the option files alone.
std::vector<Finding> examine_option_files(const Settings& settings);

}  // namespace greylisting::ctl
