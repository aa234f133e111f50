# nlohmann-json's destructor takes memory to go through what a value holds, and ends the process where there is none; a
# value that got no memory for what it was to hold is fatal as well, and a constructor that fails half-way leaks. What
# relume reads is at most 100 deep (data/parse_json.h), so that a copy of the header, which lies before the system's, does
# without, and lets the constructors of lists and of other types begin with a whole value.
file(READ ${RELUME_JSON_INCLUDE}/nlohmann/json.hpp json_header)
function(relume_change_json before after)
  string(FIND "${json_header}" "${before}" position)
  if(position EQUAL -1)
    message(STATUS "relume: this nlohmann-json is another; a lack of memory may end the process or leak")
  endif()
  string(REPLACE "${before}" "${after}" json_header "${json_header}")
  set(json_header "${json_header}" PARENT_SCOPE)
endfunction()
relume_change_json("if (t == value_t::array || t == value_t::object)"
  "if ((t == value_t::array || t == value_t::object || t == value_t::string) && !object) return;
            if (false)")
relume_change_json("~basic_json() noexcept
    {
        assert_invariant(false);" "~basic_json() noexcept
    {")
relume_change_json("value_t manual_type = value_t::array)
    {" "value_t manual_type = value_t::array)
        : basic_json(nullptr)
    {")
relume_change_json("std::forward<CompatibleType>(val))))
    {" "std::forward<CompatibleType>(val))))
        : basic_json(nullptr)
    {")
file(WRITE ${PROJECT_BINARY_DIR}/json.hpp "${json_header}")
configure_file(${PROJECT_BINARY_DIR}/json.hpp ${PROJECT_BINARY_DIR}/include/nlohmann/json.hpp COPYONLY)
