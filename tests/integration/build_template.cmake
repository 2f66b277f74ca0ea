# Configures, builds and tests the template as its README says. Needs SOURCE, BUILD, PREFIX, GENERATOR, COMPILER, FLAGS.
function(run)
    execute_process(COMMAND ${ARGV} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
    if(NOT result EQUAL 0)
        list(JOIN ARGV " " command)
        message(FATAL_ERROR "${command}\n${output}")
    endif()
endfunction()

# Another compiler or sanitizer would be another build, which the daemon refuses.
run(${CMAKE_COMMAND} -S ${SOURCE} -B ${BUILD} -G ${GENERATOR} -DCMAKE_PREFIX_PATH=${PREFIX}
    -DCMAKE_CXX_COMPILER=${COMPILER} "-DCMAKE_CXX_FLAGS=${FLAGS} -Wall -Wextra -Wpedantic -Werror")
run(${CMAKE_COMMAND} --build ${BUILD})
run(ctest --test-dir ${BUILD} --output-on-failure)

# Exactly one symbol leaves a plugin.
execute_process(COMMAND nm --dynamic --defined-only --extern-only ${BUILD}/hello.so OUTPUT_VARIABLE symbols)
string(REGEX MATCHALL "[^\n]+\n" lines "${symbols}")
list(LENGTH lines count)
if(NOT count EQUAL 1 OR NOT symbols MATCHES " linkup_plugin_descriptor\n$")
    message(FATAL_ERROR "hello.so exports other symbols than its descriptor:\n${symbols}")
endif()
