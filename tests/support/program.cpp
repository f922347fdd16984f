// fork, exec, and two pipes that are read in turns.
#include "tests/support/program.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <sstream>
#include <stdexcept>

#include "tests/support/sanitized.h"

namespace lamina::test {

std::vector<std::string> Outcome::lines() const {
  std::vector<std::string> all;
  std::istringstream stream(out);
  for (std::string line; std::getline(stream, line);) all.push_back(line);
  return all;
}

Running::Running(const std::string& folder, const std::vector<std::string>& arguments,
                 const std::vector<std::string>& environment, const std::string& out_file)
    : Running(LAMINA_PROGRAM, folder, arguments, environment, out_file) {}

Running::Running(const std::string& program, const std::string& folder,
                 const std::vector<std::string>& arguments, const std::vector<std::string>& environment,
                 const std::string& out_file) {
  int out[2], err[2];
  if (pipe(out) != 0 || pipe(err) != 0) throw std::runtime_error("pipe failed");
  process_ = fork();
  if (process_ < 0) throw std::runtime_error("fork failed");
  if (process_ == 0) {
    dup2(out_file.empty() ? out[1] : open(out_file.c_str(), O_WRONLY), STDOUT_FILENO);
    dup2(err[1], STDERR_FILENO);
    for (int end : {out[0], out[1], err[0], err[1]}) close(end);
    // As a terminal starts it: a script in the background has its programs ignore SIGINT.
    for (const int signal : {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE}) std::signal(signal, SIG_DFL);
    for (const std::string& variable : environment) putenv(const_cast<char*>(variable.c_str()));
    const std::string name = program.substr(program.rfind('/') + 1);
    std::vector<char*> words{const_cast<char*>(name.c_str())};
    for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
    words.push_back(nullptr);
    if (chdir(folder.c_str()) == 0) execv(program.c_str(), words.data());
    _exit(127);
  }
  close(out[1]);
  close(err[1]);
  out_ = out[0];
  err_ = err[0];
}

Running::~Running() {
  if (process_ > 0) {
    kill(process_, SIGKILL);
    wait();
  }
}

// A program runs more than ten times as long under a sanitizer, and beside other work.
constexpr std::chrono::minutes kLongest{kSanitized ? 16 : 4};

void Running::send(int signal) const { kill(process_, signal); }

void Running::read_some(int timeout_ms) {
  pollfd ends[2] = {{out_, POLLIN, 0}, {err_, POLLIN, 0}};
  if (poll(ends, 2, timeout_ms) <= 0) return;
  char buffer[4096];
  for (int i = 0; i < 2; ++i) {
    if (ends[i].revents == 0) continue;
    const ssize_t count = read(ends[i].fd, buffer, sizeof buffer);
    int& end = i == 0 ? out_ : err_;
    if (count > 0) {
      (i == 0 ? outcome_.out : outcome_.err).append(buffer, static_cast<size_t>(count));
    } else {
      close(end);
      end = -1;  // poll passes over it
    }
  }
}

bool Running::wait_for(const std::string& text) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (outcome_.out.find(text) == std::string::npos && outcome_.err.find(text) == std::string::npos) {
    if ((out_ < 0 && err_ < 0) || std::chrono::steady_clock::now() > end) return false;
    read_some(100);
  }
  return true;
}

Outcome Running::wait() {
  const auto end = std::chrono::steady_clock::now() + kLongest;
  while (out_ >= 0 || err_ >= 0) {
    read_some(1000);
    // A program that does not end fails its test, and not the whole run.
    if (process_ > 0 && std::chrono::steady_clock::now() > end) kill(process_, SIGKILL);
  }
  int status = 0;
  if (process_ > 0) waitpid(process_, &status, 0);
  process_ = -1;
  outcome_.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return outcome_;
}

std::string program_path() { return LAMINA_PROGRAM; }

Outcome run_lamina(const std::string& folder, const std::vector<std::string>& arguments,
                   const std::vector<std::string>& environment, const std::string& out_file) {
  return Running(folder, arguments, environment, out_file).wait();
}

Outcome run_script(const std::string& script, const std::string& folder,
                   const std::vector<std::string>& arguments, const std::vector<std::string>& environment) {
  return Running(std::string(LAMINA_SOURCE_DIR "/") + script, folder, arguments, environment, "").wait();
}

}  // namespace lamina::test
