# The libraries that relume holds inside itself: linked statically and hidden, so that a user needs none of them.
find_package(Threads REQUIRED)

# Highway is used with static dispatch, which needs its headers alone.
find_path(RELUME_HIGHWAY_INCLUDE hwy/highway.h REQUIRED)
find_path(RELUME_FMT_INCLUDE fmt/format-inl.h REQUIRED)
find_path(RELUME_JSON_INCLUDE nlohmann/json.hpp REQUIRED)
find_path(RELUME_CSV_INCLUDE csv.h REQUIRED)
find_path(RELUME_ZLIB_INCLUDE zlib.h REQUIRED)
find_library(RELUME_ZLIB_LIBRARY NAMES libz.a z REQUIRED)
find_library(RELUME_CSV_LIBRARY NAMES libcsv.a csv REQUIRED)

include(RelumeJson)

add_library(relume_headers INTERFACE)
target_include_directories(relume_headers SYSTEM INTERFACE ${PROJECT_BINARY_DIR}/include
  ${RELUME_HIGHWAY_INCLUDE} ${RELUME_FMT_INCLUDE} ${RELUME_JSON_INCLUDE} ${RELUME_CSV_INCLUDE} ${RELUME_ZLIB_INCLUDE})
add_library(relume_dependencies INTERFACE)
target_link_libraries(relume_dependencies INTERFACE relume_headers
  ${RELUME_ZLIB_LIBRARY} ${RELUME_CSV_LIBRARY} Threads::Threads ${CMAKE_DL_LIBS})

if(RELUME_WITH_LIBXSMM)
  find_library(RELUME_XSMM_LIBRARY NAMES libxsmm.a xsmm)
  find_library(RELUME_XSMM_NOBLAS_LIBRARY NAMES libxsmmnoblas.a xsmmnoblas)
  if(RELUME_XSMM_LIBRARY AND RELUME_XSMM_NOBLAS_LIBRARY)
    target_compile_definitions(relume_dependencies INTERFACE RELUME_HAVE_LIBXSMM=1)
    target_link_libraries(relume_dependencies INTERFACE ${RELUME_XSMM_LIBRARY} ${RELUME_XSMM_NOBLAS_LIBRARY} m)
  else()
    message(STATUS "relume: libxsmm is not here (Debian: libxsmm-dev); matrices go through the portable kernel, which is slower")
  endif()
endif()
