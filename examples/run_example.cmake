# Runs PROGRAM and matches what it prints with the regular expression in EXPECTED.
execute_process(COMMAND ${PROGRAM} OUTPUT_VARIABLE output RESULT_VARIABLE status)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "${PROGRAM} ended with ${status}")
endif()
file(READ ${EXPECTED} expected)
if(NOT "${output}" MATCHES "^${expected}$")
  message(FATAL_ERROR "printed\n${output}\nwhich does not match\n${expected}")
endif()
