# What `cmake --install BUILD --component sdk` installs: headers, library and CMake package.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/LinkUpSDK)

install(TARGETS linkup-sdk linkup-sdk-testing EXPORT LinkUpSDKTargets
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT sdk)
install(DIRECTORY include/linkup DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT sdk)
install(EXPORT LinkUpSDKTargets NAMESPACE LinkUp:: DESTINATION ${package_dir} COMPONENT sdk)

configure_package_config_file(cmake/LinkUpSDKConfig.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/LinkUpSDKConfig.cmake
    INSTALL_DESTINATION ${package_dir})
# As the ABI does: an older minor of the same major will do.
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/LinkUpSDKConfigVersion.cmake
    VERSION ${PROJECT_VERSION} COMPATIBILITY SameMajorVersion)
install(FILES
    ${CMAKE_CURRENT_BINARY_DIR}/LinkUpSDKConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/LinkUpSDKConfigVersion.cmake
    cmake/LinkUpPlugin.cmake cmake/EmbedMigrations.cmake
    DESTINATION ${package_dir} COMPONENT sdk)
install(DIRECTORY template/ DESTINATION ${CMAKE_INSTALL_DATADIR}/linkup/template COMPONENT sdk)
