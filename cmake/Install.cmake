# `cmake --install` gives find_package(lamina): the library, its public headers as lamina/..., and bin/lamina.
include(CMakePackageConfigHelpers)

install(TARGETS lamina EXPORT lamina_targets
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library
        INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
if(TARGET lamina_parquet)
  install(TARGETS lamina_parquet LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library)
endif()
if(TARGET lamina_video)
  install(TARGETS lamina_video LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library)
endif()
install(TARGETS lamina_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT tools)
# The program finds the library beside it, wherever the prefix is moved to.
set_target_properties(lamina_cli PROPERTIES INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")

# Public headers, each at its place under lamina/, and lamina.h, which includes most of them.
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

# For programs that are built without CMake.
# Places are relative to the file, so that the prefix can be moved.
file(RELATIVE_PATH LAMINA_PC_TO_INCLUDE /${CMAKE_INSTALL_LIBDIR}/pkgconfig /${CMAKE_INSTALL_INCLUDEDIR})
configure_file(${PROJECT_SOURCE_DIR}/cmake/lamina.pc.in ${PROJECT_BINARY_DIR}/cmake/lamina.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/cmake/lamina.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT headers)

# The manual and what completes commands, made by the program; one that was built for another machine cannot be asked.
if(NOT CMAKE_CROSSCOMPILING AND NOT LAMINA_SANITIZE)
  set(share ${PROJECT_BINARY_DIR}/share)
  set(made)
  foreach(asked "man>lamina.1" "completion bash>lamina" "completion zsh>_lamina" "completion fish>lamina.fish")
    string(REGEX REPLACE ">.*" "" words ${asked})
    string(REGEX REPLACE ".*>" "" file ${asked})
    separate_arguments(words)
    add_custom_command(OUTPUT ${share}/${file} DEPENDS lamina_cli VERBATIM
                       COMMAND ${CMAKE_COMMAND} -E make_directory ${share}
                       COMMAND lamina_cli ${words} > ${share}/${file})
    list(APPEND made ${share}/${file})
  endforeach()
  add_custom_target(lamina_share ALL DEPENDS ${made})
  install(FILES ${share}/lamina.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT tools)
  install(FILES ${share}/lamina DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT tools)
  install(FILES ${share}/_lamina DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions COMPONENT tools)
  install(FILES ${share}/lamina.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d COMPONENT tools)
endif()

# `cpack -G DEB` in the build folder: one package with everything, which depends on what the library was linked with.
set(CPACK_PACKAGE_NAME lamina)
set(CPACK_PACKAGE_CONTACT "The Lamina maintainers <maintainers@lamina.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${PROJECT_BINARY_DIR}/lib)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "libopenblas0-openmp, libcurl4, libssl3")  # opened when they are needed
set(CPACK_STRIP_FILES ON)
include(CPack)
