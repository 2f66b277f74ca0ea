# The Debian packages, for `./dev package`: linkupd, and linkup-sdk-dev for authors of plugins. What stands below the prefix
# is installed where it is built; here is what a package has beyond that.
set(packaging ${CMAKE_CURRENT_LIST_DIR})

# Settings of the packaged server: the sample, with its state where the unit puts it.
file(READ ${PROJECT_SOURCE_DIR}/etc/linkupd.properties sample)
string(REPLACE "#paths.state = state\n" "paths.state = /var/lib/linkup\n" settings "${sample}")
if(settings STREQUAL sample)
    message(FATAL_ERROR "etc/linkupd.properties has no line `#paths.state = state` to begin from")
endif()
file(WRITE ${CMAKE_BINARY_DIR}/packaging/linkupd.properties "${settings}")
set_property(DIRECTORY ${PROJECT_SOURCE_DIR} APPEND PROPERTY
    CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/etc/linkupd.properties)
install(FILES ${CMAKE_BINARY_DIR}/packaging/linkupd.properties DESTINATION /etc/linkup
    COMPONENT linkupd_settings EXCLUDE_FROM_ALL)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/etc/plugins.d DESTINATION /etc/linkup
    COMPONENT linkupd_settings EXCLUDE_FROM_ALL)
# dpkg asks before it overwrites these.
file(GLOB plugin_settings RELATIVE ${PROJECT_SOURCE_DIR}/etc CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/etc/plugins.d/*.properties)
set(conffiles "/etc/linkup/linkupd.properties\n")
foreach(file ${plugin_settings})
    string(APPEND conffiles "/etc/linkup/${file}\n")
endforeach()
file(WRITE ${CMAKE_BINARY_DIR}/packaging/conffiles "${conffiles}")

install(FILES ${PROJECT_SOURCE_DIR}/etc/systemd/linkupd.service ${PROJECT_SOURCE_DIR}/etc/systemd/linkupd.socket
    DESTINATION lib/systemd/system COMPONENT linkupd)
install(FILES ${PROJECT_SOURCE_DIR}/etc/sysusers.d/linkup.conf DESTINATION lib/sysusers.d COMPONENT linkupd)
install(FILES ${PROJECT_SOURCE_DIR}/etc/tmpfiles.d/linkup.conf DESTINATION lib/tmpfiles.d COMPONENT linkupd)

install(FILES ${PROJECT_SOURCE_DIR}/etc/haproxy/linkup.cfg DESTINATION share/doc/linkupd/examples COMPONENT linkupd)

find_program(GZIP_PROGRAM gzip REQUIRED)
foreach(package linkupd linkup-sdk-dev)
    set(documents ${CMAKE_BINARY_DIR}/packaging/${package})
    file(CONFIGURE OUTPUT ${documents}/changelog @ONLY CONTENT
"@package@ (@PROJECT_VERSION@) stable; urgency=medium

  * See the history of the repository.

 -- linkupd <linkupd@localhost>  Thu, 01 Jan 2026 00:00:00 +0000
")
    execute_process(COMMAND ${GZIP_PROGRAM} -9 -n -f -k ${documents}/changelog COMMAND_ERROR_IS_FATAL ANY)
    set(component linkupd)
    if(package STREQUAL linkup-sdk-dev)
        set(component sdk_dev)
    endif()
    install(FILES ${documents}/changelog.gz DESTINATION share/doc/${package} COMPONENT ${component})
    install(FILES ${packaging}/${package}.lintian-overrides RENAME ${package}
        DESTINATION share/lintian/overrides COMPONENT ${component})
    install(FILES ${packaging}/copyright DESTINATION share/doc/${package} COMPONENT ${component})
endforeach()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME linkupd)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")  # each package has its own
set(CPACK_PACKAGE_CONTACT "linkupd <linkupd@localhost>")
set(CPACK_PACKAGE_VENDOR linkupd)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR}/packages)
set(CPACK_STRIP_FILES ON)
set(CPACK_SET_DESTDIR ON)  # for /etc
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_COMPONENTS_ALL linkupd linkupd_settings sdk_dev)
set(CPACK_DEBIAN_ENABLE_COMPONENT_DEPENDS OFF)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(CPACK_DEBIAN_SERVER_PACKAGE_NAME linkupd)
set(CPACK_DEBIAN_SERVER_PACKAGE_SECTION net)
set(CPACK_DEBIAN_SERVER_DESCRIPTION "modular server for meeting people
Sign-up, discovery and likes, chat, and a daily live event, over HTTP and
WebSocket: a small daemon that loads plugins.")
set(CPACK_DEBIAN_SERVER_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${CMAKE_BINARY_DIR}/sdk)
# What the programs do not link but need, and what the scripts call.
set(CPACK_DEBIAN_SERVER_PACKAGE_DEPENDS
    "tzdata, opencv-data, systemd | systemd-standalone-sysusers, systemd | systemd-standalone-tmpfiles")
set(CPACK_DEBIAN_SERVER_PACKAGE_SUGGESTS "postgresql, redis-server")
set(CPACK_DEBIAN_SERVER_PACKAGE_CONTROL_EXTRA ${CMAKE_BINARY_DIR}/packaging/conffiles
    ${packaging}/postinst ${packaging}/prerm ${packaging}/postrm ${packaging}/triggers)

set(CPACK_DEBIAN_SDK_PACKAGE_NAME linkup-sdk-dev)
set(CPACK_DEBIAN_SDK_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_SDK_DESCRIPTION "headers and template for plugins of linkupd
Builds plugins out of tree: headers, the CMake package LinkUpSDK, a pkg-config
file, fakes for tests, and a template plugin in /usr/share/linkup/template.")
set(CPACK_DEBIAN_SDK_PACKAGE_DEPENDS "linkupd (= ${PROJECT_VERSION})")
set(CPACK_DEBIAN_SDK_PACKAGE_RECOMMENDS "g++, cmake, libsqlite3-dev")

include(CPack)
cpack_add_component_group(server)
cpack_add_component_group(sdk)
cpack_add_component(linkupd GROUP server)
cpack_add_component(linkupd_settings GROUP server)
cpack_add_component(sdk_dev GROUP sdk)
