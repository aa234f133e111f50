# cmake --install: the library, its headers, the command line, and what find_package(relume) reads.
include(CMakePackageConfigHelpers)
set(relume_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/relume)

install(TARGETS relume EXPORT relumeTargets
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
        INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT relumeTargets NAMESPACE relume:: DESTINATION ${relume_package_dir})

configure_package_config_file(cmake/relumeConfig.cmake.in relumeConfig.cmake INSTALL_DESTINATION ${relume_package_dir})
write_basic_package_version_file(relumeConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/relumeConfig.cmake ${PROJECT_BINARY_DIR}/relumeConfigVersion.cmake
        DESTINATION ${relume_package_dir})
if(NOT BUILD_SHARED_LIBS)
  install(FILES ${PROJECT_SOURCE_DIR}/cmake/RelumeDependencies.cmake DESTINATION ${relume_package_dir})
endif()

# Which headers are public is found when they are installed, so that there is no list to keep.
install(CODE "
  set(source_dir \"${PROJECT_SOURCE_DIR}\")
  set(include_dir \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_INCLUDEDIR}\")
  include(\"${PROJECT_SOURCE_DIR}/cmake/InstallHeaders.cmake\")")
