# Fails unless PAGE is what GENERATOR prints.
execute_process(COMMAND ${GENERATOR} OUTPUT_VARIABLE wanted COMMAND_ERROR_IS_FATAL ANY)
file(READ ${PAGE} found)
if(NOT found STREQUAL wanted)
  message(FATAL_ERROR "${PAGE} is out of date: run cmake --build <build folder> --target ${TARGET}")
endif()
