// Time per kernel of a program, for whoever makes one faster. Internal header.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace lamina::detail {

/// Collected while LAMINA_DEBUG contains "profile"; printed to standard error, slowest first, when the
/// program ends.
class Profile {
 public:
  /// Whether the environment asks for profiles.
  static bool wanted();

  void add_kernel(std::string name) { entries_.push_back({std::move(name)}); }
  void begin() { last_ = Clock::now(); }
  void end(size_t kernel) {
    const Clock::time_point now = Clock::now();
    entries_[kernel].add(std::chrono::duration<double, std::micro>(now - last_).count());
    last_ = now;
  }
  ~Profile();

 private:
  using Clock = std::chrono::steady_clock;
  struct Entry {
    std::string name;
    int64_t runs = 0;
    double total_us = 0;
    double least_us = 1e30;
    void add(double us) {
      ++runs;
      total_us += us;
      least_us = us < least_us ? us : least_us;
    }
  };
  std::vector<Entry> entries_;
  Clock::time_point last_;
};

}  // namespace lamina::detail
