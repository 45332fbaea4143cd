// Ranks over MPI.
#include <mpi.h>

#include <cstdlib>
#include <limits>
#include <memory>
#include <utility>

#include "host/error.hpp"
#include "host/ranks.hpp"

namespace plimsoll {
namespace {

void check(int status, char const* call) {
  if (status == MPI_SUCCESS) return;
  char text[MPI_MAX_ERROR_STRING];
  int length = 0;
  MPI_Error_string(status, text, &length);
  throw SystemError(
      fmt::format("{} failed: {}. Hint: see that all ranks run the same program and "
                  "that the network between their machines is up",
                  call, std::string(text, static_cast<std::size_t>(length))));
}

// MPI counts in int.
constexpr std::size_t most_at_once = std::size_t{1} << 30;

// 128-bit sums of ticks, added with their carries.
void add_tick_sums(void* given, void* into, int* count, MPI_Datatype*) {
  auto const* const from = static_cast<TickSum const*>(given);
  auto* const to = static_cast<TickSum*>(into);
  for (int i = 0; i < *count; ++i) to[i] = to[i] + from[i];
}

class MpiRanks : public Ranks {
 public:
  MpiRanks() {
    int given = MPI_THREAD_SINGLE;
    check(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &given), "MPI_Init_thread");
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    int value = 0;
    check(MPI_Comm_rank(MPI_COMM_WORLD, &value), "MPI_Comm_rank");
    rank_ = static_cast<unsigned>(value);
    check(MPI_Comm_size(MPI_COMM_WORLD, &value), "MPI_Comm_size");
    size_ = static_cast<unsigned>(value);
    MPI_Comm here = MPI_COMM_NULL;
    check(MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &here),
          "MPI_Comm_split_type");
    check(MPI_Comm_rank(here, &value), "MPI_Comm_rank");
    local_rank_ = static_cast<unsigned>(value);
    check(MPI_Comm_size(here, &value), "MPI_Comm_size");
    local_size_ = static_cast<unsigned>(value);
    MPI_Comm_free(&here);
    check(MPI_Type_contiguous(sizeof(TickSum), MPI_BYTE, &tick_sum_), "MPI_Type_contiguous");
    check(MPI_Type_commit(&tick_sum_), "MPI_Type_commit");
    check(MPI_Op_create(add_tick_sums, 1, &add_), "MPI_Op_create");
  }

  unsigned rank() const override { return rank_; }
  unsigned size() const override { return size_; }
  unsigned local_rank() const override { return local_rank_; }
  unsigned local_size() const override { return local_size_; }

  std::string broadcast(std::string text) override {
    std::uint64_t length = text.size();
    check(MPI_Bcast(&length, 1, MPI_UINT64_T, 0, MPI_COMM_WORLD), "MPI_Bcast");
    text.resize(length);
    for (std::uint64_t first = 0; first < length; first += most_at_once) {
      auto const count = static_cast<int>(std::min<std::uint64_t>(most_at_once, length - first));
      check(MPI_Bcast(text.data() + first, count, MPI_BYTE, 0, MPI_COMM_WORLD), "MPI_Bcast");
    }
    return text;
  }

  std::vector<std::string> gather(std::string const& text) override {
    std::vector<std::uint64_t> lengths(size_);
    std::uint64_t const length = text.size();
    check(MPI_Gather(&length, 1, MPI_UINT64_T, lengths.data(), 1, MPI_UINT64_T, 0, MPI_COMM_WORLD),
          "MPI_Gather");
    if (rank_ != 0) {
      for (std::uint64_t first = 0; first < length; first += most_at_once) {
        auto const count = static_cast<int>(std::min<std::uint64_t>(most_at_once, length - first));
        check(MPI_Send(text.data() + first, count, MPI_BYTE, 0, 0, MPI_COMM_WORLD), "MPI_Send");
      }
      return {};
    }
    std::vector<std::string> texts = {text};
    for (unsigned from = 1; from < size_; ++from) {
      std::string& each = texts.emplace_back(lengths[from], '\0');
      for (std::uint64_t first = 0; first < each.size(); first += most_at_once) {
        auto const count =
            static_cast<int>(std::min<std::uint64_t>(most_at_once, each.size() - first));
        check(MPI_Recv(each.data() + first, count, MPI_BYTE, static_cast<int>(from), 0,
                       MPI_COMM_WORLD, MPI_STATUS_IGNORE),
              "MPI_Recv");
      }
    }
    return texts;
  }

  void sum(std::vector<TickSum>& values) override { reduce(values, tick_sum_, add_); }
  void sum(std::vector<std::uint32_t>& values) override { reduce(values, MPI_UINT32_T, MPI_SUM); }

 private:
  template <class T>
  void reduce(std::vector<T>& values, MPI_Datatype type, MPI_Op operation) {
    constexpr std::size_t most = most_at_once / sizeof(T);
    for (std::size_t first = 0; first < values.size(); first += most) {
      auto const count = static_cast<int>(std::min(most, values.size() - first));
      T* const here = values.data() + first;
      check(MPI_Reduce(rank_ == 0 ? MPI_IN_PLACE : here, rank_ == 0 ? here : nullptr, count, type,
                       operation, 0, MPI_COMM_WORLD),
            "MPI_Reduce");
    }
  }

  unsigned rank_ = 0, size_ = 1, local_rank_ = 0, local_size_ = 1;
  MPI_Datatype tick_sum_ = MPI_DATATYPE_NULL;
  MPI_Op add_ = MPI_OP_NULL;
};

bool is_one_of_several() {
  for (char const* const variable : {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK"})
    if (std::getenv(variable) != nullptr) return true;
  return false;
}

bool is_started() {
  int started = 0, ended = 0;
  MPI_Initialized(&started);
  MPI_Finalized(&ended);
  return started != 0 && ended == 0;
}

}  // namespace

Ranks& all_ranks() {
  static std::unique_ptr<Ranks> const ranks =
      is_one_of_several() ? std::make_unique<MpiRanks>() : std::make_unique<Ranks>();
  return *ranks;
}

std::string rank_in_words() {
  if (!is_started()) return "";
  char host[MPI_MAX_PROCESSOR_NAME] = "";
  int length = 0;
  MPI_Get_processor_name(host, &length);
  Ranks const& ranks = all_ranks();
  return fmt::format("rank {} of {} on {}: ", ranks.rank(), ranks.size(), host);
}

int end_ranks(int code) {
  if (!is_started()) return code;
  bool const fine =
      code == static_cast<int>(ExitCode::success) || code == static_cast<int>(ExitCode::undefined);
  if (!fine && !ended_together()) MPI_Abort(MPI_COMM_WORLD, code);
  MPI_Finalize();
  return code;
}

bool with_mpi() {
  return true;
}

}  // namespace plimsoll
