// The floor of a decision on MySQL: connect with the account that the plugin has, one statement, close.
// The client library starts TLS when it starts itself; src/process/deferred_tls.cpp, linked here too, has it
// wait.

#include <mysql.h>

int main(int /*count*/, char** arguments) {
  MYSQL* const mysql = mysql_init(nullptr);
  mysql_options(mysql, MYSQL_READ_DEFAULT_FILE, arguments[1]);
  if (mysql_real_connect(mysql, nullptr, nullptr, nullptr, nullptr, 0, nullptr, 0) == nullptr) return 1;
  const int failed = mysql_query(mysql, "DO 1");
  mysql_close(mysql);
  return failed == 0 ? 0 : 1;
}
