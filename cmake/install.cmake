# What an installation holds: the programs, the library, the public headers, and a package for find_package(burnish). It can be moved as a whole.
# Third-party libraries that came as wheels lie beside ours; those of the system are the system's, or the release archive's (tools/package).
install(TARGETS burnish LIBRARY DESTINATION lib)
install(TARGETS burnish_cli RUNTIME DESTINATION bin)
install(CODE "file(CREATE_LINK burnish \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/bin/trtexec\" SYMBOLIC)")
install(DIRECTORY include/burnish DESTINATION include)
install(FILES LICENSE README.md CHANGELOG.md DESTINATION share/doc/burnish)
if(dnnl_is_wheel)
  install(FILES ${CMAKE_LIBRARY_OUTPUT_DIRECTORY}/libdnnl.so.3 DESTINATION lib)
endif()

include(CMakePackageConfigHelpers)
set(config ${PROJECT_BINARY_DIR}/generated/cmake)
configure_file(cmake/burnish-config.cmake.in ${config}/burnish-config.cmake @ONLY)
write_basic_package_version_file(${config}/burnish-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${config}/burnish-config.cmake ${config}/burnish-config-version.cmake DESTINATION lib/cmake/burnish)
