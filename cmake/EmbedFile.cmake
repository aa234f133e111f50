# relume_embed(NAME FILE): puts a file, gzipped, into the library as relume::plot::NAME (relume/plot/embedded.h). Without
# FILE it is empty.
add_library(relume_embedded OBJECT)
target_include_directories(relume_embedded PRIVATE ${PROJECT_SOURCE_DIR})
set_target_properties(relume_embedded PROPERTIES CXX_CLANG_TIDY "")
target_sources(relume PRIVATE $<TARGET_OBJECTS:relume_embedded>)

file(MAKE_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/embedded)

function(relume_embed name file)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/embedded/${name}.cpp)
  target_sources(relume_embedded PRIVATE ${source})
  set(bytes "")
  if(file)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    set(packed ${CMAKE_CURRENT_BINARY_DIR}/embedded/${name}.gz)
    file(ARCHIVE_CREATE OUTPUT ${packed} PATHS ${file} FORMAT raw COMPRESSION GZip COMPRESSION_LEVEL 9)
    file(READ ${packed} bytes HEX)
    # Without the time of packing, so that the same file gives the same library.
    string(SUBSTRING ${bytes} 0 8 before)
    string(SUBSTRING ${bytes} 16 -1 after)
    string(REGEX REPLACE "(..)" "0x\\1," bytes "${before}00000000${after}")
  endif()
  file(CONFIGURE OUTPUT ${source} CONTENT [[#include "relume/plot/embedded.h"

namespace relume::plot {
static const unsigned char bytes[] = {@bytes@0};
extern const Embedded @name@{{bytes, sizeof bytes - 1}};
}  // namespace relume::plot
]] @ONLY)
endfunction()
