// The runtime calls that can fail on a real machine: counted, and failed when SIMT_FAIL_* asks for it.
// Frees, destroys, cudaDeviceReset, and the questions that only read the caller's own state
// (cudaGetDeviceCount, cudaGetDevice, cudaGetLastError, names and versions) are not among them.
#pragma once
#include <driver_types.h>

#include "config.h"

namespace simt {

// Counts one call (under the runtime's lock).  Returns cudaSuccess, or the error it shall fail with;
// *sticky tells whether the error shall stay on the device.
cudaError_t count_call(CallKind kind, const char* name, bool* sticky);

const char* call_kind_name(CallKind kind);  // "malloc", as in SIMT_FAIL_MALLOC and in SIMT_COUNT_CALLS

}  // namespace simt
