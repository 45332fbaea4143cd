// Injected faults (SIMT_FAIL_*), counted calls (SIMT_COUNT_CALLS), settings, and several devices.
#include <fstream>

#include "child.h"

__global__ void nothing() {}
__global__ void write_at(int* p, long i, int v) { p[i] = v; }
__managed__ int everywhere = 5;
__global__ void bump() { ++everywhere; }

const int kInvalidHandle = cudaErrorInvalidResourceHandle;

int* device_ints(int n) { int* p = nullptr; cudaMalloc(&p, n * 4); return p; }

// One call of every kind: what a sweep has to get through.  Returns the first error.
int every_kind() {
#define TRY(c) if (cudaError_t e_ = (c)) return int(e_) % 256
  int *p = nullptr, *h = nullptr, r = 0;
  cudaStream_t s;
  cudaEvent_t a, b;
  cudaDeviceProp prop;
  TRY(cudaSetDevice(0));
  TRY(cudaGetDeviceProperties(&prop, 0));
  TRY(cudaMalloc(&p, 256));
  TRY(cudaMallocHost(&h, 256));
  TRY(cudaStreamCreate(&s));
  TRY(cudaEventCreate(&a));
  TRY(cudaEventCreateWithFlags(&b, cudaEventDisableTiming));
  TRY(cudaMemsetAsync(p, 0, 256, s));
  TRY(cudaMemcpyAsync(p, h, 256, cudaMemcpyHostToDevice, s));
  TRY(cudaEventRecord(a, s));
  TRY(cudaStreamWaitEvent(s, a));
  write_at<<<1, 1, 0, s>>>(p, 3, 42);
  TRY(cudaGetLastError());
  TRY(cudaEventRecord(b, s));
  TRY(cudaEventSynchronize(b));
  TRY(cudaStreamSynchronize(s));
  TRY(cudaMemcpy(&r, p + 3, 4, cudaMemcpyDeviceToHost));
  TRY(cudaDeviceSynchronize());
  cudaFree(p); cudaFreeHost(h); cudaEventDestroy(a); cudaEventDestroy(b); cudaStreamDestroy(s);
  return r == 42 ? 0 : 100;
}
const int kCalls = 17;  // counted calls in every_kind

void late() { void* p; std::_Exit(cudaMalloc(&p, 16) == cudaErrorMemoryAllocation ? 50 : 51); }
// Registered before the runtime reads its settings, so it runs after everything of its own that exit() would end.
__attribute__((constructor(101))) void register_late() { if (std::getenv("TEST_LATE")) std::atexit(late); }

void injected() {
  expect("malloc", "SIMT_FAIL_MALLOC=2", cudaErrorMemoryAllocation, "injected one error 2 (cudaErrorMemoryAllocation) into call 2, cudaMalloc (malloc 2)", [] { void* p; if (cudaMalloc(&p, 16)) return 1; return int(cudaMalloc(&p, 16)); });
  expect("host malloc", "SIMT_FAIL_MALLOC=2", cudaErrorMemoryAllocation, nullptr, [] { void* p; if (cudaMalloc(&p, 16)) return 1; return int(cudaHostAlloc(&p, 16, 0)); });
  expect("launch", "SIMT_FAIL_LAUNCH=1:719", cudaErrorLaunchFailure, nullptr, [] { nothing<<<1, 1>>>(); int e = int(cudaGetLastError()); return cudaDeviceSynchronize() ? 1 : e % 256; });
  expect("copy", "SIMT_FAIL_MEMCPY=1:700", cudaErrorIllegalAddress, nullptr, [] { int h; return int(cudaMemcpy(&h, device_ints(1), 4, cudaMemcpyDeviceToHost)) % 256; });
  expect("async copy", "SIMT_FAIL_MEMCPY=2", cudaErrorUnknown, nullptr, [] { int h = 1, *p = device_ints(1); if (cudaMemcpy(p, &h, 4, cudaMemcpyHostToDevice)) return 1; return int(cudaMemcpyAsync(p, &h, 4, cudaMemcpyHostToDevice, 0)) % 256; });
  expect("set", "SIMT_FAIL_MEMSET=2", cudaErrorUnknown, "cudaMemsetAsync", [] { int* p = device_ints(4); if (cudaMemset(p, 0, 4)) return 1; return int(cudaMemsetAsync(p, 0, 4)) % 256; });
  expect("stream create", "SIMT_FAIL_STREAM=2:2", cudaErrorMemoryAllocation, nullptr, [] { cudaStream_t s; if (cudaStreamCreate(&s)) return 1; return int(cudaStreamCreateWithFlags(&s, cudaStreamNonBlocking)); });
  expect("stream wait", "SIMT_FAIL_STREAM=2", cudaErrorUnknown, "cudaStreamSynchronize", [] { cudaStream_t s; if (cudaStreamCreate(&s)) return 1; return int(cudaStreamSynchronize(s)) % 256; });
  expect("stream wait for event", "SIMT_FAIL_STREAM=1", cudaErrorUnknown, "cudaStreamWaitEvent", [] { cudaEvent_t e; if (cudaEventCreate(&e)) return 1; return int(cudaStreamWaitEvent(0, e)) % 256; });
  expect("event create", "SIMT_FAIL_EVENT=1", cudaErrorUnknown, "cudaEventCreate", [] { cudaEvent_t e; return int(cudaEventCreate(&e)) % 256; });
  expect("event record", "SIMT_FAIL_EVENT=2", cudaErrorUnknown, "cudaEventRecord", [] { cudaEvent_t e; if (cudaEventCreate(&e)) return 1; return int(cudaEventRecord(e)) % 256; });
  expect("event wait", "SIMT_FAIL_EVENT=3", cudaErrorUnknown, "cudaEventSynchronize", [] { cudaEvent_t e; if (cudaEventCreate(&e) || cudaEventRecord(e)) return 1; return int(cudaEventSynchronize(e)) % 256; });
  expect("device wait", "SIMT_FAIL_DEVICE=1:719", cudaErrorLaunchFailure, "cudaDeviceSynchronize", [] { return after(); });
  expect("several", "SIMT_FAIL_MALLOC=1,3:46", 0, nullptr, [] { void* p; return cudaMalloc(&p, 1) == 2 && cudaMalloc(&p, 1) == 0 && cudaMalloc(&p, 1) == 46 && cudaMalloc(&p, 1) == 0 ? 0 : 1; });
  expect("one error passes", "SIMT_FAIL_CALL=2:700", 0, nullptr, [] { void* p; return cudaMalloc(&p, 1) == 0 && cudaMalloc(&p, 1) == 700 && cudaMalloc(&p, 1) == 0 ? 0 : 1; });
  expect("a sticky error stays", "SIMT_FAIL_CALL=2:700!", 0, "injected sticky error 700", [] { void* p; return cudaMalloc(&p, 1) == 0 && cudaMalloc(&p, 1) == 700 && cudaMalloc(&p, 1) == 700 && cudaDeviceSynchronize() == 700 && cudaGetLastError() == 700 ? 0 : 1; });
  expect("in an exit handler", "SIMT_FAIL_MALLOC=1 TEST_LATE=1", 50, nullptr, [] { return 0; });
}

// Every counted call fails in turn, and each failure is seen.
void sweep() {
  std::string file = "cudasim_calls." + std::to_string(getpid());
  if (only) file = "";
  expect("all kinds", ("SIMT_COUNT_CALLS=" + file).c_str(), 0, nullptr, every_kind);
  if (only) return;
  std::string text;
  std::getline(std::ifstream(file), text);
  std::remove(file.c_str());
  CHECK(text == "{\"call\": 17, \"malloc\": 2, \"launch\": 1, \"memcpy\": 2, \"memset\": 1, \"stream\": 3, \"event\": 5, \"device\": 3}");
  if (failures) std::printf("counted %s\n", text.c_str());
  for (int n = 1; n <= kCalls + 1; ++n) {
    std::string said;
    int got = child("all kinds", "SIMT_FAIL_CALL=" + std::to_string(n) + ":46", &said);
    bool injected = said.find("into call " + std::to_string(n) + ",") != std::string::npos;
    if (got != (n <= kCalls ? 46 : 0) || injected != (n <= kCalls)) { std::printf("FAIL sweep, call %d: code %d; said: %s\n", n, got, said.c_str()); ++failures; }
  }
}

void settings() {
  auto nop = [] { return int(cudaDeviceSynchronize()); };
  expect("no number", "SIMT_FAIL_MALLOC=first", 2, "SIMT_FAIL_MALLOC=first is not understood", nop);
  expect("call 0", "SIMT_FAIL_CALL=0", 2, "counted from 1", nop);
  expect("rest", "SIMT_FAIL_CALL=1:2x", 2, "not understood", nop);
  expect("threads", "SIMT_THREADS=0", 2, "from 1 to 256", nop);
  expect("flag", "SIMT_RACECHECK=yes", 2, "0 or 1", nop);
  expect("streams", "SIMT_STREAMS=Lazy", 2, "lazy or eager", nop);
  expect("misspelt", "SIMT_FAIL_MALOC=1", 0, "there is no setting SIMT_FAIL_MALOC", nop);
  expect("no device", "SIMT_DEVICES=0", cudaErrorNoDevice, nullptr, [] {
    int n = -1;
    void* p;
    if (cudaGetDeviceCount(&n) != cudaErrorNoDevice || n != 0 || cudaGetLastError() != cudaErrorNoDevice || cudaGetLastError() != cudaSuccess) return 1;
    if (cudaSetDevice(0) != cudaErrorNoDevice) return 2;
    nothing<<<1, 1>>>();
    if (cudaGetLastError() != cudaErrorNoDevice) return 3;
    return int(cudaMalloc(&p, 16));
  });
}

void devices() {
  const char* two = "SIMT_DEVICES=2";
  expect("count", two, 2, nullptr, [] { int n = 0; cudaGetDeviceCount(&n); return n; });
  expect("ordinal", two, cudaErrorInvalidDevice, nullptr, [] { return int(cudaSetDevice(2)); });
  expect("no peer access", two, cudaErrorIllegalAddress, "without peer access", [] { int* p = device_ints(10); cudaSetDevice(1); write_at<<<1, 1>>>(p, 0, 1); return after(); });
  expect("peer access", two, 0, nullptr, [] { int* p = device_ints(10); cudaSetDevice(1); cudaDeviceEnablePeerAccess(0, 0); write_at<<<1, 1>>>(p, 0, 1); return after(); });
  expect("a fault stays on its device", two, 0, nullptr, [] {
    write_at<<<1, 1>>>(nullptr, 0, 1);
    if (cudaDeviceSynchronize() != cudaErrorIllegalAddress) return 1;
    CUDA(cudaSetDevice(1));
    int* p = device_ints(4);
    write_at<<<1, 1>>>(p, 0, 1);
    CUDA(cudaDeviceSynchronize());
    CUDA(cudaSetDevice(0));
    return cudaDeviceSynchronize() == cudaErrorIllegalAddress ? 0 : 2;
  });
  expect("stream of another device", two, kInvalidHandle, "the stream belongs to device 0", [] { cudaStream_t s; CUDA(cudaStreamCreate(&s)); CUDA(cudaSetDevice(1)); nothing<<<1, 1, 0, s>>>(); return int(cudaGetLastError()) % 256; });
  expect("event of another device", two, kInvalidHandle, "the event belongs to device 0", [] { cudaEvent_t e; cudaStream_t s; CUDA(cudaEventCreate(&e)); CUDA(cudaSetDevice(1)); CUDA(cudaStreamCreate(&s)); return int(cudaEventRecord(e, s)) % 256; });
  expect("async malloc on the stream's device", two, 0, nullptr, [] {
    cudaStream_t s;
    CUDA(cudaSetDevice(1));
    CUDA(cudaStreamCreate(&s));
    CUDA(cudaSetDevice(0));
    int* p;
    CUDA(cudaMallocAsync(&p, 64, s));
    CUDA(cudaSetDevice(1));
    write_at<<<1, 1, 0, s>>>(p, 0, 1);
    return after();
  });
  expect("memory per device", "SIMT_DEVICES=2 SIMT_MEMORY_MB=64", 0, nullptr, [] {
    void* p;
    if (cudaMalloc(&p, 48 << 20)) return 1;
    if (cudaMalloc(&p, 48 << 20) != cudaErrorMemoryAllocation) return 2;
    cudaSetDevice(1);
    return int(cudaMalloc(&p, 48 << 20));
  });
  expect("managed variable on both", two, 0, nullptr, [] {
    bump<<<1, 1>>>();
    CUDA(cudaDeviceSynchronize());
    CUDA(cudaSetDevice(1));
    bump<<<1, 1>>>();
    CUDA(cudaDeviceSynchronize());
    return everywhere == 7 ? 0 : 1;
  });
  expect("waiting for one device leaves the other's work undone", "SIMT_DEVICES=2 SIMT_STREAMS=lazy", 0, nullptr, [] {
    int *p, *h;
    cudaStream_t s;
    CUDA(cudaMallocHost(&h, 4));
    *h = 1;
    CUDA(cudaSetDevice(1));
    CUDA(cudaStreamCreate(&s));
    CUDA(cudaMalloc(&p, 4));
    CUDA(cudaMemsetAsync(p, 0, 4, s));
    CUDA(cudaMemcpyAsync(h, p, 4, cudaMemcpyDeviceToHost, s));
    CUDA(cudaSetDevice(0));
    CUDA(cudaDeviceSynchronize());
    if (*h != 1) return 1;  // the wrong device was waited for
    CUDA(cudaSetDevice(1));
    CUDA(cudaDeviceSynchronize());
    return *h;
  });
}

int main(int argc, char** argv) {
  if (argc > 1) only = argv[1];
  injected();
  sweep();
  settings();
  devices();
  if (only) return 99;  // no such case
  return report("faults");
}
