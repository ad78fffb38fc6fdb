# The shared library behind brandiron_watermark.h, with everything of ours linked in. Only the C
# functions leave it; its version is that of the C interface, not of Brandiron.
#
#   cmake --install build/release --component watermark --prefix /usr/local
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

file(GLOB c_api_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/src/c_api/*.cpp)
set(exports ${CMAKE_CURRENT_SOURCE_DIR}/src/c_api/exports.map)
add_library(brandiron_watermark_c SHARED ${c_api_sources})
add_library(brandiron::watermark-c ALIAS brandiron_watermark_c)
set_target_properties(brandiron_watermark_c PROPERTIES
  OUTPUT_NAME brandiron_watermark VERSION 1.0.0 SOVERSION 1 EXPORT_NAME watermark-c
  LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib
  CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON LINK_DEPENDS ${exports})
target_include_directories(brandiron_watermark_c
  PUBLIC $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include>
         $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>
  PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/src)
target_link_libraries(brandiron_watermark_c
  PRIVATE $<BUILD_INTERFACE:brandiron_flags> $<BUILD_INTERFACE:brandiron::watermark>)
target_link_options(brandiron_watermark_c PRIVATE
  LINKER:--version-script=${exports} LINKER:--as-needed LINKER:--exclude-libs,ALL)
if(NOT BRANDIRON_SANITIZE)
  target_link_options(brandiron_watermark_c PRIVATE LINKER:--no-undefined)
endif()

# Installed: library, header, CMake package, pkg-config file, manual pages.
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/brandiron-watermark)
install(TARGETS brandiron_watermark_c EXPORT brandiron-watermark
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
          COMPONENT watermark NAMELINK_COMPONENT watermark)
install(FILES include/brandiron_watermark.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        COMPONENT watermark)
install(EXPORT brandiron-watermark NAMESPACE brandiron:: DESTINATION ${package}
        FILE brandiron-watermark-targets.cmake COMPONENT watermark)
configure_package_config_file(cmake/brandiron-watermark-config.cmake.in
  ${CMAKE_CURRENT_BINARY_DIR}/brandiron-watermark-config.cmake INSTALL_DESTINATION ${package})
write_basic_package_version_file(
  ${CMAKE_CURRENT_BINARY_DIR}/brandiron-watermark-config-version.cmake
  VERSION ${PROJECT_VERSION} COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/brandiron-watermark-config.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/brandiron-watermark-config-version.cmake
        DESTINATION ${package} COMPONENT watermark)
file(RELATIVE_PATH pc_to_prefix /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
configure_file(cmake/brandiron-watermark.pc.in ${CMAKE_CURRENT_BINARY_DIR}/brandiron-watermark.pc
               @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/brandiron-watermark.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT watermark)
install(FILES ${CMAKE_SOURCE_DIR}/docs/man/brandiron_watermark.3
        DESTINATION ${CMAKE_INSTALL_MANDIR}/man3 COMPONENT watermark)
install(FILES ${CMAKE_SOURCE_DIR}/docs/man/brandiron-mark.1
        DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
