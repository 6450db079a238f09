# Fails unless PAGE is what GENERATOR prints, which EMULATOR runs where it is for another machine.
execute_process(COMMAND ${EMULATOR} ${GENERATOR} OUTPUT_VARIABLE wanted COMMAND_ERROR_IS_FATAL ANY)
string(REPLACE "\r\n" "\n" wanted "${wanted}") # as Windows writes text
file(READ ${PAGE} found)
if(NOT found STREQUAL wanted)
  message(FATAL_ERROR "${PAGE} is out of date: run cmake --build <build folder> --target ${TARGET}")
endif()
