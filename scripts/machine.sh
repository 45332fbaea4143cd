# What this machine has to build and run with. To be sourced by the scripts beside it; afterwards the
# working directory is the project's root, and these are set:
#   nvcc     path of the CUDA compiler that is used, or empty
#   gpu      name of the GPU, or empty
#   preset   "cuda" or "release", as in CMakePresets.json
#   jobs     processors to build and test with
# PLIMSOLL_CUDA=OFF in the environment: as if there were no nvcc.
cd "$(dirname "${BASH_SOURCE[0]}")/.."

jobs=$(nproc)
oldest_nvcc=13 # older toolkits keep CCCL elsewhere and have no machine code for compute capability 10

find_nvcc() {
  nvcc=""
  nvcc_absent="none on PATH or in CUDA_HOME"
  if [[ ${PLIMSOLL_CUDA:-AUTO} == OFF ]]; then
    nvcc_absent="PLIMSOLL_CUDA=OFF"
    return
  fi
  local found version
  found=$(command -v nvcc || true)
  [[ -z $found && -x ${CUDA_HOME:-}/bin/nvcc ]] && found=$CUDA_HOME/bin/nvcc
  [[ -n $found ]] || return 0
  version=$("$found" --version | sed -n 's/.*release \([0-9]*\).*/\1/p')
  if ((${version:-0} < oldest_nvcc)); then
    nvcc_absent="$found is release ${version:-unknown}, $oldest_nvcc or later is needed"
    return 0
  fi
  nvcc=$found
}

find_gpu() {
  gpu=""
  if command -v nvidia-smi >/dev/null; then
    gpu=$(nvidia-smi --query-gpu=name --format=csv,noheader 2>/dev/null | head -n 1 || true)
  fi
}

find_nvcc
find_gpu
preset=release
[[ -n $nvcc ]] && preset=cuda

say_machine() {
  if [[ -n $nvcc ]]; then
    echo "nvcc: $nvcc, so the CUDA engine is built (preset cuda)"
  else
    echo "nvcc: not used ($nvcc_absent), so the CUDA engine is left out (preset release)"
  fi
  if [[ -n $gpu ]]; then
    echo "GPU: $gpu"
  else
    echo "GPU: none found"
  fi
}
