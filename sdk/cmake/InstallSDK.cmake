# `cmake --install BUILD --component sdk` installs headers, library and CMake package. In the Debian packages the library
# stands with the daemon (component linkupd), and the rest in the component sdk_dev.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/LinkUpSDK)

configure_package_config_file(cmake/LinkUpSDKConfig.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/LinkUpSDKConfig.cmake
    INSTALL_DESTINATION ${package_dir})
# As the ABI does: an older minor of the same major will do.
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/LinkUpSDKConfigVersion.cmake
    VERSION ${PROJECT_VERSION} COMPATIBILITY SameMajorVersion)
# From the file's own folder to the prefix, so that an installation can be moved.
file(RELATIVE_PATH LINKUP_PC_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(cmake/linkup-sdk.pc.in ${CMAKE_CURRENT_BINARY_DIR}/linkup-sdk.pc @ONLY)

install(TARGETS linkup-sdk linkup-sdk-testing EXPORT LinkUpSDKTargets
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT sdk)
install(TARGETS linkup-sdk LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT linkupd NAMELINK_SKIP)
install(TARGETS linkup-sdk LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT sdk_dev NAMELINK_ONLY)
foreach(component sdk sdk_dev)
    install(DIRECTORY include/linkup DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT ${component})
    install(EXPORT LinkUpSDKTargets NAMESPACE LinkUp:: DESTINATION ${package_dir} COMPONENT ${component})
    install(FILES
        ${CMAKE_CURRENT_BINARY_DIR}/LinkUpSDKConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/LinkUpSDKConfigVersion.cmake
        cmake/LinkUpPlugin.cmake cmake/EmbedMigrations.cmake
        DESTINATION ${package_dir} COMPONENT ${component})
    install(FILES ${CMAKE_CURRENT_BINARY_DIR}/linkup-sdk.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT ${component})
    install(DIRECTORY template/ DESTINATION ${CMAKE_INSTALL_DATADIR}/linkup/template COMPONENT ${component})
endforeach()
