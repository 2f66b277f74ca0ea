# linkup_add_plugin(NAME SOURCES file... [SQL file...] [LIBRARIES target...])
#
# Makes the shared library NAME.so, a plugin that linkupd can load, from SOURCES, linked to the SDK. Only the plugin's
# descriptor is exported. The SQL files become NAME's migrations: `#include "NAME_migrations.h"` declares
# `std::vector<linkup::sdk::Migration> migrations()` in namespace linkup::NAME::sql. A file is named
# `0001_what_it_does.sql` when one text serves both databases, else `0001_what_it_does.sqlite.sql` and
# `0001_what_it_does.postgresql.sql`.
#
# The code also stands in the object library NAME_objects, for the plugin's own unit tests.
set(LINKUP_PLUGIN_MODULE_DIR ${CMAKE_CURRENT_LIST_DIR})

function(linkup_add_plugin name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;SQL;LIBRARIES")
    if(NOT arg_SOURCES)
        message(FATAL_ERROR "linkup_add_plugin(${name}): SOURCES is empty")
    endif()

    add_library(${name}_objects OBJECT ${arg_SOURCES})
    target_link_libraries(${name}_objects PUBLIC LinkUp::sdk ${arg_LIBRARIES})
    target_include_directories(${name}_objects PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
    set_target_properties(${name}_objects PROPERTIES
        CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON POSITION_INDEPENDENT_CODE ON)

    if(arg_SQL)
        set(generated ${CMAKE_CURRENT_BINARY_DIR}/generated)
        set(sql_files)
        foreach(file ${arg_SQL})
            cmake_path(ABSOLUTE_PATH file)
            list(APPEND sql_files ${file})
        endforeach()
        add_custom_command(
            OUTPUT ${generated}/${name}_migrations.h ${generated}/${name}_migrations.cpp
            COMMAND ${CMAKE_COMMAND} -DNAME=${name} -DOUTPUT=${generated} "-DFILES=${sql_files}"
                    -P ${LINKUP_PLUGIN_MODULE_DIR}/EmbedMigrations.cmake
            DEPENDS ${sql_files} ${LINKUP_PLUGIN_MODULE_DIR}/EmbedMigrations.cmake
            COMMENT "Embedding the migrations of ${name}" VERBATIM)
        target_sources(${name}_objects PRIVATE ${generated}/${name}_migrations.cpp ${generated}/${name}_migrations.h)
        target_include_directories(${name}_objects PUBLIC ${generated})
    endif()

    add_library(${name} MODULE)
    target_link_libraries(${name} PRIVATE ${name}_objects)
    set_target_properties(${name} PROPERTIES PREFIX "" OUTPUT_NAME ${name})
    if(LINKUP_PLUGIN_OUTPUT_DIRECTORY)
        set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${LINKUP_PLUGIN_OUTPUT_DIRECTORY})
    endif()
    # Exactly one symbol leaves. Hidden visibility alone lets through what libstdc++ instantiates with default visibility.
    set(map ${CMAKE_CURRENT_BINARY_DIR}/${name}.map)
    file(CONFIGURE OUTPUT ${map} CONTENT "{ global: linkup_plugin_descriptor; local: *; };\n" @ONLY)
    target_link_options(${name} PRIVATE -Wl,--no-undefined -Wl,-z,now -Wl,--version-script=${map})
endfunction()
