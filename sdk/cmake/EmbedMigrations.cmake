# Run by linkup_add_plugin(): turns SQL files into C++ that holds them. Needs NAME, OUTPUT and FILES.
set(entries "")
set(numbers "")
foreach(file IN LISTS FILES)
    get_filename_component(base ${file} NAME)
    if(NOT base MATCHES "^([0-9][0-9][0-9][0-9])_([a-z0-9_]+)(\\.(sqlite|postgresql))?\\.sql$")
        message(FATAL_ERROR "${file}: a migration is named NNNN_what_it_does[.sqlite|.postgresql].sql")
    endif()
    set(number ${CMAKE_MATCH_1})
    set(title ${CMAKE_MATCH_2})
    set(dialect "${CMAKE_MATCH_4}")
    if(dialect STREQUAL "")
        set(dialect common)
    endif()
    file(READ ${file} text)
    string(FIND "${text}" ")linkup_sql\"" clash)
    if(NOT clash EQUAL -1)
        message(FATAL_ERROR "${file}: holds the text that ends a raw string here")
    endif()
    list(APPEND numbers ${number})
    set(title_${number} ${title})
    set(text_${number}_${dialect} "${text}")
    set(has_${number}_${dialect} TRUE)
endforeach()
list(REMOVE_DUPLICATES numbers)
list(SORT numbers)
foreach(number IN LISTS numbers)
    if(has_${number}_common)
        set(sqlite "${text_${number}_common}")
        set(postgresql "${text_${number}_common}")
    elseif(has_${number}_sqlite AND has_${number}_postgresql)
        set(sqlite "${text_${number}_sqlite}")
        set(postgresql "${text_${number}_postgresql}")
    else()
        message(FATAL_ERROR "migration ${number} of ${NAME}: has a text for one database only")
    endif()
    math(EXPR version "1${number} - 10000")
    string(APPEND entries "        {${version}, \"${title_${number}}\",\n"
        "         R\"linkup_sql(${sqlite})linkup_sql\",\n"
        "         R\"linkup_sql(${postgresql})linkup_sql\"},\n")
endforeach()

file(WRITE ${OUTPUT}/${NAME}_migrations.h
"// Made by linkup_add_plugin() from the plugin's SQL files.
#pragma once
#include <linkup/sdk/database.h>
#include <vector>
namespace linkup::${NAME}::sql {
std::vector<sdk::Migration> migrations();
}
")
file(WRITE ${OUTPUT}/${NAME}_migrations.cpp
"// Made by linkup_add_plugin() from the plugin's SQL files.
#include \"${NAME}_migrations.h\"
namespace linkup::${NAME}::sql {
std::vector<sdk::Migration> migrations() {
    return {
${entries}    };
}
}
")
