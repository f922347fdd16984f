# `cmake --install` gives find_package(lamina): the library, its public headers as lamina/..., and bin/lamina.
include(CMakePackageConfigHelpers)

install(TARGETS lamina EXPORT lamina_targets
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library
        INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(TARGETS lamina_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT tools)
# The program finds the library beside it, wherever the prefix is moved to.
set_target_properties(lamina_cli PROPERTIES INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")

# Public headers, each at its place under lamina/, and lamina.h, which includes them all.
get_target_property(public_headers lamina LAMINA_PUBLIC_HEADERS)
foreach(header ${public_headers})
  get_filename_component(folder ${header} DIRECTORY)
  install(FILES ${PROJECT_SOURCE_DIR}/${header} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/${folder} COMPONENT headers)
endforeach()
install(FILES ${PROJECT_BINARY_DIR}/include/lamina/lamina.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/lamina
        COMPONENT headers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/lamina)
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/lamina-config.cmake.in
                              ${PROJECT_BINARY_DIR}/cmake/lamina-config.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/cmake/lamina-config-version.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/cmake/lamina-config.cmake
              ${PROJECT_BINARY_DIR}/cmake/lamina-config-version.cmake
        DESTINATION ${package_dir} COMPONENT headers)
install(EXPORT lamina_targets NAMESPACE lamina:: FILE lamina-targets.cmake DESTINATION ${package_dir}
        COMPONENT headers)
