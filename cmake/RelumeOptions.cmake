# What every target of the project is compiled with; nothing of it reaches a program that only links relume.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)

add_library(relume_flags INTERFACE)
target_compile_options(relume_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor -Woverloaded-virtual
  -fno-math-errno -fno-trapping-math -ffp-contract=off)
option(RELUME_WERROR "Treat warnings as errors" OFF)
if(RELUME_WERROR)
  target_compile_options(relume_flags INTERFACE -Werror)
endif()

# What is linked is read-only once it is loaded, and no stack is code. tests/house/check_install looks at it.
if(PROJECT_IS_TOP_LEVEL)
  add_link_options($<$<CONFIG:Release>:-Wl,-z,relro,-z,now,-z,noexecstack>)
endif()
set(RELUME_FORTIFY -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)  # lengths that the C library checks

set(RELUME_SANITIZE "" CACHE STRING "Sanitizers to build with, as -fsanitize takes them")
if(RELUME_SANITIZE)
  add_compile_options(-fsanitize=${RELUME_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
  add_link_options(-fsanitize=${RELUME_SANITIZE})
endif()
option(RELUME_COVERAGE "Build with coverage counters" OFF)
if(RELUME_COVERAGE)
  add_compile_options(--coverage)
  add_link_options(--coverage)
endif()

find_program(RELUME_CCACHE ccache)
if(RELUME_CCACHE AND PROJECT_IS_TOP_LEVEL)
  # A clone beside this one finds what was compiled here.
  set(CMAKE_CXX_COMPILER_LAUNCHER env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=true ${RELUME_CCACHE})
endif()
find_program(RELUME_MOLD mold)
if(RELUME_MOLD AND PROJECT_IS_TOP_LEVEL)
  add_link_options(-fuse-ld=mold)
endif()

# clang-tidy runs beside the compiler, so that the build system knows what has changed since it last ran. The hash makes
# a change of its configuration count as one.
set(RELUME_CLANG_TIDY "" CACHE STRING "A clang-tidy to run on every source")
if(RELUME_CLANG_TIDY)
  set(relume_tidy_hash)
  foreach(config IN ITEMS .clang-tidy tests/.clang-tidy tests/fuzz/.clang-tidy)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${config})
    file(SHA256 ${PROJECT_SOURCE_DIR}/${config} hash)
    string(APPEND relume_tidy_hash ${hash})
  endforeach()
  set(CMAKE_CXX_CLANG_TIDY ${RELUME_CLANG_TIDY} --quiet --extra-arg=-DRELUME_TIDY_HASH=${relume_tidy_hash})
  # clang-tidy gives clang's warnings too: what is left for the compiler is to tell which headers a source includes.
  # Nothing is linked, so that nothing can be run. That saves a third of the time.
  set(CMAKE_CXX_COMPILER_LAUNCHER env "CCC_OVERRIDE_OPTIONS=# +-E")
  set(CMAKE_CXX_COMPILE_OBJECT
      "<CMAKE_CXX_COMPILER> <DEFINES> <INCLUDES> <FLAGS> -o /dev/null -c <SOURCE>" "${CMAKE_COMMAND} -E touch <OBJECT>")
  foreach(rule IN ITEMS LINK_EXECUTABLE CREATE_SHARED_LIBRARY CREATE_SHARED_MODULE CREATE_STATIC_LIBRARY)
    set(CMAKE_CXX_${rule} "${CMAKE_COMMAND} -E touch <TARGET>")
  endforeach()
endif()

# g++ 12 warns of overlapping copies inside std::string's own operator+ (GCC bug 105651).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(relume_flags INTERFACE -Wno-restrict)
endif()

# What these say of a neighbour's names, Debug and lint say of a source's own.
add_library(relume_unity_flags INTERFACE)
target_compile_options(relume_unity_flags INTERFACE -Wno-shadow $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)

# relume_compile_together(TARGET [GROUP]): most of a source's compile time is its headers', which Release reads once for
# several sources, those of one UNITY_GROUP or any: a build from nothing takes a third. What is built to be changed and
# tested, Debug, the sanitizers and lint, compiles each source alone.
function(relume_compile_together target)
  if(NOT CMAKE_BUILD_TYPE STREQUAL "Release" OR RELUME_CLANG_TIDY)
    return()
  endif()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 10)
  if(ARGN)
    set_target_properties(${target} PROPERTIES UNITY_BUILD_MODE ${ARGN})
  endif()
  target_link_libraries(${target} PRIVATE relume_unity_flags)
endfunction()
