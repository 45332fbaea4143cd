// One throwing check around every call of the CUDA runtime.
// Errors: OutOfMemory where less memory would do, MachineError otherwise; both name the call, the
//   device and the remedy.
#pragma once

#include <cuda_runtime_api.h>

#include "kernels/engine.hpp"

namespace plimsoll::cuda {

class OutOfMemory : public MachineError {
 public:
  using MachineError::MachineError;
};

// What to do about `status`, as a sentence without its full stop.
char const* remedy(cudaError_t status);

// Throws unless status is cudaSuccess. `call` is the source text of the call.
void check(cudaError_t status, char const* call);

}  // namespace plimsoll::cuda

#define PLIMSOLL_CUDA_CHECK(call) ::plimsoll::cuda::check((call), #call)
