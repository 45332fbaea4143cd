# Finds the CUDA toolkit without a compiler check, because headers alone are enough for the library.
# Sets CUDASIM_CUDA_INCLUDE, CUDASIM_NVCC (both cached) and CUDASIM_TOOLKIT_VERSION (13; 0: none).
# Order: CUDAToolkit_ROOT (variable, environment), CUDA_HOME, CUDA_PATH, nvcc on PATH, /usr/local/cuda.
macro(cudasim_find_toolkit)
  set(_cudasim_roots ${CUDAToolkit_ROOT} $ENV{CUDAToolkit_ROOT} $ENV{CUDA_HOME} $ENV{CUDA_PATH})
  find_program(CUDASIM_NVCC nvcc HINTS ${_cudasim_roots} PATHS /usr/local/cuda PATH_SUFFIXES bin
    DOC "nvcc for the test programs")
  if(CUDASIM_NVCC)  # a link on PATH may point into the toolkit
    get_filename_component(_cudasim_bin "${CUDASIM_NVCC}" REALPATH)
    get_filename_component(_cudasim_bin "${_cudasim_bin}" DIRECTORY)
    list(APPEND _cudasim_roots "${_cudasim_bin}/..")
  endif()
  find_path(CUDASIM_CUDA_INCLUDE cuda_runtime_api.h HINTS ${_cudasim_roots} PATHS /usr/local/cuda
    PATH_SUFFIXES include targets/x86_64-linux/include DOC "headers of the CUDA toolkit")
  set(CUDASIM_TOOLKIT_VERSION 0)
  if(CUDASIM_CUDA_INCLUDE)
    file(STRINGS "${CUDASIM_CUDA_INCLUDE}/cuda_runtime_api.h" _cudasim_line
      REGEX "^#define[ \t]+CUDART_VERSION[ \t]+[0-9]+")
    if("${_cudasim_line}" MATCHES "([0-9]+)[0-9][0-9][0-9]")
      set(CUDASIM_TOOLKIT_VERSION ${CMAKE_MATCH_1})
    endif()
  endif()
  mark_as_advanced(CUDASIM_NVCC CUDASIM_CUDA_INCLUDE)
endmacro()
