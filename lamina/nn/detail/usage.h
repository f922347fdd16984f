// Usage: who works with a model at the moment. Internal header.
#pragma once

#include <atomic>
#include <thread>

namespace lamina::detail {

/// Any number of threads may ask a model; what changes it has it alone. Nobody waits: who comes at the wrong
/// time gets an error, since waiting would hide a race in the caller's program. The thread that has the model
/// alone may ask it, too (callbacks do).
///
/// Readers count themselves in places of their own, so that threads that predict at once do not write one
/// cache line in turns. Who wants to change the model first claims it and then looks whether anybody reads:
/// of a reader and a claimer that come at once, each sees the other.
class Usage {
 public:
  /// Thrown to who comes at the wrong time; whoever knows the model's name turns it into an error for users.
  struct Busy {};

  /// While it lives, the model is asked.
  class Reading {
   public:
    /// Throws Busy while another thread changes the model.
    explicit Reading(Usage& usage);
    ~Reading();
    Reading(const Reading&) = delete;
    Reading& operator=(const Reading&) = delete;

   private:
    std::atomic<int>& readers_;
  };
  /// While it lives, the model is changed.
  class Changing {
   public:
    /// Throws Busy while another thread uses the model.
    explicit Changing(Usage& usage);
    ~Changing();
    Changing(const Changing&) = delete;
    Changing& operator=(const Changing&) = delete;

   private:
    Usage& usage_;
  };

 private:
  enum State { kFree, kClaimed, kChanging };
  static constexpr size_t kPlaces = 8;
  struct alignas(64) Place {
    std::atomic<int> readers{0};
  };

  std::atomic<int>& my_readers();
  bool mine() const;
  bool read() const;

  std::atomic<State> state_{kFree};
  std::atomic<std::thread::id> owner_{};  // while it is changed
  int changes_ = 0;                       // nested; the owner's
  Place places_[kPlaces];
};

}  // namespace lamina::detail
