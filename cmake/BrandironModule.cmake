# The one place that says how a Brandiron library is compiled.
#
# Bit-exactness (docs/adr/0002): no -ffast-math, no contraction, no -march: the same bits on every
# x86-64. Wide instructions come from target_clones on element-wise loops, which cannot change a sum.
include(CheckCXXCompilerFlag)

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

find_program(BRANDIRON_CCACHE ccache)
if(BRANDIRON_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      ${BRANDIRON_CCACHE})
endif()

add_library(brandiron_flags INTERFACE)
target_compile_options(brandiron_flags INTERFACE -ffp-contract=off -fno-math-errno -Wall -Wextra
                       -Wpedantic -Wshadow -Wconversion)
if(BRANDIRON_WERROR)
  target_compile_options(brandiron_flags INTERFACE -Werror)
endif()
if(BRANDIRON_SANITIZE)
  target_compile_options(brandiron_flags INTERFACE -fsanitize=${BRANDIRON_SANITIZE}
                         -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
  target_link_options(brandiron_flags INTERFACE -fsanitize=${BRANDIRON_SANITIZE})
endif()

# brandiron_library(<name> [PUBLIC deps...] [PRIVATE deps...])
#   Compiles src/**.cpp of the calling folder into libbrandiron_<name>.a, alias brandiron::<name>.
function(brandiron_library name)
  cmake_parse_arguments(ARG "" "SUBDIR" "PUBLIC;PRIVATE" ${ARGN})
  set(root ${CMAKE_CURRENT_SOURCE_DIR}/src)
  if(ARG_SUBDIR)
    set(root ${root}/${ARG_SUBDIR})
  endif()
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${root}/*.cpp)
  add_library(brandiron_${name} STATIC ${sources})
  add_library(brandiron::${name} ALIAS brandiron_${name})
  set_target_properties(brandiron_${name} PROPERTIES LINKER_LANGUAGE CXX)
  target_include_directories(brandiron_${name}
    PUBLIC ${CMAKE_CURRENT_SOURCE_DIR}/include PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/src)
  target_link_libraries(brandiron_${name} PUBLIC ${ARG_PUBLIC}
    PRIVATE $<BUILD_INTERFACE:brandiron_flags> ${ARG_PRIVATE})
endfunction()

# brandiron_wide_loops(<source>...)
#   Sources whose loops over samples are wanted in wide registers in every preset: g++ 12 leaves a
#   loop of unknown length scalar at -O2. Debuggers, sanitizers and coverage keep what they asked for.
function(brandiron_wide_loops)
  if(CMAKE_BUILD_TYPE MATCHES "^(Release|RelWithDebInfo)$" AND NOT BRANDIRON_SANITIZE)
    set_source_files_properties(${ARGN} PROPERTIES COMPILE_OPTIONS -O3)
  endif()
endfunction()
