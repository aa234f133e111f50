# cmake --install: the library, its headers, the command line, the documents, and what find_package(relume) and
# pkg-config read.
include(CMakePackageConfigHelpers)
set(relume_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/relume)

install(TARGETS relume EXPORT relumeTargets
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
        INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
if(TARGET relume_infer)
  install(TARGETS relume_infer EXPORT relumeTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
          INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
endif()
# ONNX files, where protobuf was found. What is static takes the program's own protobuf.
set(relume_onnx_library "")
if(TARGET relume_onnx)
  install(TARGETS relume_onnx EXPORT relumeOnnxTargets
          LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
          ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(EXPORT relumeOnnxTargets NAMESPACE relume:: DESTINATION ${relume_package_dir})
  if(NOT BUILD_SHARED_LIBS)
    set(relume_onnx_library protobuf-lite)
  endif()
endif()
install(EXPORT relumeTargets NAMESPACE relume:: DESTINATION ${relume_package_dir})

# What a program links beside a static relume: names, found where the program is built.
set(relume_libraries "")
set(relume_private_libs "")
if(NOT BUILD_SHARED_LIBS)
  set(relume_libraries csv z)
  if(RELUME_XSMM_LIBRARY AND RELUME_XSMM_NOBLAS_LIBRARY)
    list(PREPEND relume_libraries xsmm xsmmnoblas)
  endif()
  foreach(name IN LISTS relume_libraries ITEMS pthread dl m stdc++)
    string(APPEND relume_private_libs " -l${name}")
  endforeach()
endif()

configure_package_config_file(cmake/relumeConfig.cmake.in relumeConfig.cmake INSTALL_DESTINATION ${relume_package_dir})
write_basic_package_version_file(relumeConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/relumeConfig.cmake ${PROJECT_BINARY_DIR}/relumeConfigVersion.cmake
        DESTINATION ${relume_package_dir})

# Relative to itself, so that the tree may be moved.
file(RELATIVE_PATH relume_prefix_from_pc /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(cmake/relume.pc.in relume.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/relume.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
if(TARGET relume_infer)
  configure_file(cmake/relume-infer.pc.in relume-infer.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/relume-infer.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endif()

install(FILES LICENSE README.md CHANGELOG.md CONTRIBUTING.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY examples DESTINATION ${CMAKE_INSTALL_DOCDIR} FILES_MATCHING PATTERN *.cpp)
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR} PATTERN Doxyfile EXCLUDE PATTERN draw_architecture EXCLUDE)

# Which headers are public is read from their first lines when they are installed, so that there is no list to keep.
install(CODE "
  set(source_dir \"${PROJECT_SOURCE_DIR}\")
  set(include_dir \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_INCLUDEDIR}\")
  include(\"${PROJECT_SOURCE_DIR}/cmake/InstallHeaders.cmake\")")
