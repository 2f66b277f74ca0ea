# Configures, builds and tests a plugin as its author would, out of a copy, so that nothing of this tree is in reach. Needs
# NAME, SOURCE, BUILD, PREFIX, GENERATOR, COMPILER, LAUNCHER, FLAGS.
function(run)
    execute_process(COMMAND ${ARGV} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
    if(NOT result EQUAL 0)
        list(JOIN ARGV " " command)
        message(FATAL_ERROR "${command}\n${output}")
    endif()
endfunction()

file(REMOVE_RECURSE ${BUILD}/source)
file(COPY ${SOURCE}/ DESTINATION ${BUILD}/source)
# Another compiler or sanitizer would be another build, which the daemon refuses.
run(${CMAKE_COMMAND} -S ${BUILD}/source -B ${BUILD} -G ${GENERATOR} -DCMAKE_PREFIX_PATH=${PREFIX}
    -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER}
    "-DCMAKE_CXX_FLAGS=${FLAGS} -Wall -Wextra -Wpedantic -Werror")
run(${CMAKE_COMMAND} --build ${BUILD})
run(ctest --test-dir ${BUILD} --output-on-failure)

# Exactly one symbol leaves a plugin.
execute_process(COMMAND nm --dynamic --defined-only --extern-only ${BUILD}/${NAME}.so OUTPUT_VARIABLE symbols)
string(REGEX MATCHALL "[^\n]+\n" lines "${symbols}")
list(LENGTH lines count)
if(NOT count EQUAL 1 OR NOT symbols MATCHES " linkup_plugin_descriptor\n$")
    message(FATAL_ERROR "${NAME}.so exports other symbols than its descriptor:\n${symbols}")
endif()
