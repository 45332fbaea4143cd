# cudasim_add_test(NAME name COMMAND command [arg...] [ENVIRONMENT VAR=value...] [LABELS label...] [TIMEOUT seconds])
#
# Registers a ctest test whose command runs against the simulated libcudart.  The program must have been
# linked with the shared runtime (nvcc -cudart shared, or CUDA::cudart) and carry PTX.  The label `cudasim`
# is added.  When COMMAND names an executable target its path is used.
function(cudasim_add_test)
  cmake_parse_arguments(PARSE_ARGV 0 A "" "NAME;TIMEOUT" "COMMAND;ENVIRONMENT;LABELS")
  if(NOT A_NAME OR NOT A_COMMAND OR A_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "cudasim_add_test: NAME and COMMAND are needed, got '${ARGN}'")
  endif()
  if(NOT A_TIMEOUT)
    set(A_TIMEOUT 300)
  endif()
  add_test(NAME ${A_NAME} COMMAND ${A_COMMAND})
  set_tests_properties(${A_NAME} PROPERTIES
    ENVIRONMENT "LD_LIBRARY_PATH=$<TARGET_FILE_DIR:cudasim>;${A_ENVIRONMENT}"
    LABELS "cudasim;${A_LABELS}" TIMEOUT ${A_TIMEOUT})
endfunction()
