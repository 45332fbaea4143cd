#include "calls.h"

#include <unistd.h>

#include <cstdio>

extern "C" const char* cudaGetErrorName(cudaError_t e);

namespace simt {
namespace {

constexpr int kKinds = int(CallKind::Any);  // kinds a call can have
uint64_t counts[kKinds], total;

// What a call fails with when the setting names no error.
int default_error(CallKind kind) {
  switch (kind) {
    case CallKind::Malloc: return cudaErrorMemoryAllocation;
    case CallKind::Launch: return cudaErrorLaunchFailure;
    default: return cudaErrorUnknown;
  }
}

const Fault* chosen(const std::vector<Fault>& faults, uint64_t n) {
  for (auto& f : faults) if (f.nth == n) return &f;
  return nullptr;
}

std::string count_file() {
  std::string path = config().count_file;
  size_t at = path.find("%p");
  return at == std::string::npos ? path : path.replace(at, 2, std::to_string(getpid()));
}

// Runs after the program's own exit handlers and static destructors, whose calls count too.
__attribute__((destructor)) void write_counts() {
  if (config().count_file.empty()) return;
  std::string path = count_file();
  FILE* f = std::fopen(path.c_str(), "w");
  if (!f) { say("cannot write %s", path.c_str()); return; }
  std::fprintf(f, "{\"call\": %llu", (unsigned long long)total);
  for (int k = 0; k < kKinds; ++k) std::fprintf(f, ", \"%s\": %llu", call_kind_name(CallKind(k)), (unsigned long long)counts[k]);
  std::fprintf(f, "}\n");
  if (std::fclose(f)) say("cannot write %s", path.c_str());
}

}  // namespace

const char* call_kind_name(CallKind kind) {
  static const char* const names[] = {"malloc", "launch", "memcpy", "memset", "stream", "event", "device", "call"};
  return names[int(kind)];
}

cudaError_t count_call(CallKind kind, const char* name, bool* sticky) {
  uint64_t n = ++counts[int(kind)], all = ++total;
  if (config().trace) say("call %llu: %s (%s %llu)", (unsigned long long)all, name, call_kind_name(kind), (unsigned long long)n);
  const Fault* f = chosen(config().fail[int(kind)], n);
  if (!f) f = chosen(config().fail[int(CallKind::Any)], all);
  if (!f) return cudaSuccess;
  auto e = cudaError_t(f->error ? f->error : default_error(kind));
  *sticky = f->sticky;
  say("injected %s error %d (%s) into call %llu, %s (%s %llu)", f->sticky ? "sticky" : "one", int(e), cudaGetErrorName(e), (unsigned long long)all, name, call_kind_name(kind), (unsigned long long)n);
  return e;
}

}  // namespace simt
