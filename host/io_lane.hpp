// Work of one thread beside the caller's, one piece after another: reading what comes next and
// writing what is done while the caller computes. The HDF5 library is entered by one thread at a
// time if all that enter it go through the lane.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

namespace plimsoll {

class IoLane {
 public:
  IoLane() : thread_([this](std::stop_token stop) { serve(stop); }) {}
  // Waits for the piece that is being worked on; pieces that wait are dropped.
  ~IoLane() {
    thread_.request_stop();
    thread_.join();
  }
  IoLane(IoLane const&) = delete;
  IoLane& operator=(IoLane const&) = delete;

  // What `work` returns or throws comes out of the future.
  template <class Work>
  auto start(Work work) -> std::future<decltype(work())> {
    auto task = std::make_shared<std::packaged_task<decltype(work())()>>(std::move(work));
    auto result = task->get_future();
    {
      std::lock_guard const lock(mutex_);
      waiting_.push_back([task] { (*task)(); });
    }
    wake_.notify_one();
    return result;
  }

 private:
  void serve(std::stop_token stop) {
    std::unique_lock lock(mutex_);
    while (wake_.wait(lock, stop, [this] { return !waiting_.empty(); }) && !stop.stop_requested()) {
      std::function<void()> const work = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      work();
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<std::function<void()>> waiting_;
  std::jthread thread_;
};

}  // namespace plimsoll
