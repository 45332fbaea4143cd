# Flags of every target of ours. The arithmetic stays exactly as written: no contraction, no
# fast-math; x86-64-v3 is the floor because without hardware fma every fused() is a library call.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1")

find_package(Threads REQUIRED)

find_program(PLIMSOLL_CCACHE ccache DOC "used when it is there")
mark_as_advanced(PLIMSOLL_CCACHE)
if(PLIMSOLL_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${PLIMSOLL_CCACHE})
  set(CMAKE_CUDA_COMPILER_LAUNCHER ${PLIMSOLL_CCACHE})
endif()

add_library(plimsoll_flags INTERFACE)
target_compile_options(plimsoll_flags INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-march=x86-64-v3;-ffp-contract=off;-fno-math-errno;-Wall;-Wextra;-Wpedantic;-Wconversion;-Wshadow;-Wnon-virtual-dtor;-Werror>)
target_link_libraries(plimsoll_flags INTERFACE Threads::Threads)
if(PLIMSOLL_SANITIZE OR PLIMSOLL_THREAD_SANITIZE)
  # Their code makes g++ 12 see uninitialised members in its own <regex>.
  target_compile_options(plimsoll_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-maybe-uninitialized>)
endif()
if(PLIMSOLL_SANITIZE)
  target_compile_options(plimsoll_flags INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:-fsanitize=address,undefined;-fno-sanitize-recover=all;-fno-omit-frame-pointer>)
  target_link_options(plimsoll_flags INTERFACE -fsanitize=address,undefined)
endif()
if(PLIMSOLL_THREAD_SANITIZE)
  target_compile_options(plimsoll_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-fsanitize=thread>)
  target_link_options(plimsoll_flags INTERFACE -fsanitize=thread)
endif()
