// Runs the real command line, as a user would, and keeps what it said.
#pragma once

#include <sys/types.h>
#include <string>
#include <vector>

namespace lamina::test {

/// What a finished program left.
struct Outcome {
  int status = 0;   ///< exit status, or 128 + the signal that ended it
  std::string out;  ///< standard output
  std::string err;  ///< standard error

  /// The lines of `out`.
  std::vector<std::string> lines() const;
};

/// The program `lamina`, started and not yet waited for. Its working directory is `folder`.
class Running {
 public:
  /// `out_file`: where standard output goes instead ("/dev/full"); the outcome's `out` then stays empty.
  Running(const std::string& folder, const std::vector<std::string>& arguments,
          const std::vector<std::string>& environment = {}, const std::string& out_file = "");
  /// The same for any program, by its path.
  Running(const std::string& program, const std::string& folder, const std::vector<std::string>& arguments,
          const std::vector<std::string>& environment, const std::string& out_file);
  ~Running();
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  void send(int signal) const;
  pid_t process() const { return process_; }
  /// Waits until standard output or standard error hold `text`; false when the program ends or a minute
  /// passes without it.
  bool wait_for(const std::string& text);
  /// Waits for the end.
  Outcome wait();

 private:
  void read_some(int timeout_ms);

  pid_t process_ = -1;
  int out_ = -1, err_ = -1;
  Outcome outcome_;
};

/// Where the program is.
std::string program_path();

/// Starts `lamina ARGUMENTS` in `folder` and waits for its end. `environment`: further variables,
/// "NAME=VALUE". `out_file` as in Running.
Outcome run_lamina(const std::string& folder, const std::vector<std::string>& arguments,
                   const std::vector<std::string>& environment = {}, const std::string& out_file = "");

/// The same for a script of this tree, by its path from the root ("scripts/minutes").
Outcome run_script(const std::string& script, const std::string& folder,
                   const std::vector<std::string>& arguments,
                   const std::vector<std::string>& environment = {});

}  // namespace lamina::test
