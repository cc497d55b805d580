# Writes OUTPUT, a .cpp with the text of all STEPS. Called at build time.
set(entries "")
foreach(step IN LISTS STEPS)
  get_filename_component(name "${step}" NAME_WE)
  if(NOT name MATCHES "^([0-9][0-9][0-9][0-9])_([a-z0-9_]+)$")
    message(FATAL_ERROR "${step}: a migration is called NNNN_what_it_adds.sql")
  endif()
  set(number "${CMAKE_MATCH_1}")
  set(name "${CMAKE_MATCH_2}")
  string(REGEX REPLACE "^0+" "" number "${number}")
  file(READ "${step}" sql)
  string(APPEND entries "  {${number}, \"${name}\", R\"sql(${sql})sql\"},\n")
endforeach()
file(WRITE "${OUTPUT}" "// Made from migrations/*.sql by migrations/embed.cmake.
#include \"migrations/migrations.hpp\"

#include <array>

namespace serverme {

namespace {

constexpr auto steps = std::to_array<migration>({
${entries}});

} // namespace

std::span<const migration> embedded_migrations() noexcept { return steps; }

} // namespace serverme
")
