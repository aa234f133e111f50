# A toolchain for another machine: STRESS_TRIPLE's compiler, and the libraries of Debian's packages for it, which lie
# unpacked under STRESS_ROOT. Numbers and files must not depend on the size of a long or the order of its bytes.
set(CMAKE_SYSTEM_NAME Linux)
string(REGEX REPLACE "-.*" "" CMAKE_SYSTEM_PROCESSOR $ENV{STRESS_TRIPLE})
set(CMAKE_C_COMPILER $ENV{STRESS_TRIPLE}-gcc)
set(CMAKE_CXX_COMPILER $ENV{STRESS_TRIPLE}-g++)
string(REPLACE "i686" "i386" CMAKE_LIBRARY_ARCHITECTURE $ENV{STRESS_TRIPLE})
set(CMAKE_FIND_ROOT_PATH $ENV{STRESS_ROOT})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
