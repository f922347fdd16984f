// Usage: who works with a model at the moment. Internal header.
#pragma once

#include <mutex>
#include <string>
#include <thread>

namespace lamina::detail {

/// Any number of threads may ask a model; what changes it has it alone. Nobody waits: who comes at the wrong
/// time gets an error, since waiting would hide a race in the caller's program. The thread that has the model
/// alone may ask it, too (callbacks do).
class Usage {
 public:
  /// While it lives, the model is asked.
  class Reading {
   public:
    /// Throws InvalidArgument "MODEL: ACTION ..." while another thread changes the model.
    Reading(Usage& usage, const std::string& model, const char* action);
    ~Reading();
    Reading(const Reading&) = delete;
    Reading& operator=(const Reading&) = delete;

   private:
    Usage& usage_;
  };
  /// While it lives, the model is changed.
  class Changing {
   public:
    /// Throws InvalidArgument while another thread uses the model.
    Changing(Usage& usage, const std::string& model, const char* action);
    ~Changing();
    Changing(const Changing&) = delete;
    Changing& operator=(const Changing&) = delete;

   private:
    Usage& usage_;
  };

 private:
  std::mutex mutex_;
  int readers_ = 0;
  int changes_ = 0;  // nested, of one thread
  std::thread::id owner_;
};

}  // namespace lamina::detail
