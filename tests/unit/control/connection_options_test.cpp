// How options are added to what the operator wrote about his database.
#define CAF_SUITE connection_options

#include "nodes/control/sql/database.hpp"
#include "tests/unit/test.hpp"

using serverme::control::sql::with_option;

CAF_TEST(options are added to connection strings of both forms) {
  CAF_CHECK_EQUAL(with_option("host=db user=me", "connect_timeout", "2"),
                  "host=db user=me connect_timeout=2");
  CAF_CHECK_EQUAL(with_option("postgresql://me@db/x", "connect_timeout", "2"),
                  "postgresql://me@db/x?connect_timeout=2");
  CAF_CHECK_EQUAL(with_option("postgres://me@db/x?sslmode=require", "connect_timeout", "2"),
                  "postgres://me@db/x?sslmode=require&connect_timeout=2");
}

CAF_TEST(what the operator says himself counts) {
  CAF_CHECK_EQUAL(with_option("postgresql://db/x?connect_timeout=9", "connect_timeout", "2"),
                  "postgresql://db/x?connect_timeout=9");
}
