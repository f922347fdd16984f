// What reading a file of weights costs beside reading its bytes, as one JSON line, for bench/figures:
//   lamina_loading keras|h5|safetensors|tensors  "load_of_read": seconds of the first load of a process over
//                                                those of reading the bytes once, the least of 7; "peak":
//                                                bytes of memory that loading takes at most, over those of
//                                                the weights
// Of a model of 105 MB; `tensors` are those of its .safetensors file alone. Each part runs in a process of
// its own.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "lamina/formats/weight_format.h"
#include "lamina/lamina.h"

using namespace lamina;

namespace {

constexpr int64_t kWidth = 2560, kLayers = 4;
constexpr double kWeights = 4.0 * kLayers * kWidth * (kWidth + 1);

void make(const std::string& path, int64_t width) {
  Sequential model({Input({width})});
  for (int64_t i = 0; i < kLayers; ++i) model.add(Dense(width));
  if (path.ends_with(".safetensors")) {
    write_weights(path, snapshot_of(model));
  } else {
    model.save(path);
  }
}

std::vector<Tensor> load(const std::string& what, const std::string& path) {
  std::vector<Tensor> tensors;
  if (what == "tensors") {
    const WeightSnapshot file = open_weights(path);
    for (const SnapshotEntry& entry : file.entries) tensors.push_back(entry.read());
    return tensors;
  }
  const Model model = what == "safetensors" ? model_of(open_weights(path), {.compile = false})
                                            : load_model(path, {.compile = false});
  for (const WeightPtr& weight : model.weights()) tensors.push_back(weight->value);
  return tensors;
}

void read_bytes(const std::string& path) {
  const auto size = static_cast<size_t>(std::filesystem::file_size(path));
  const std::unique_ptr<char[]> bytes(new char[size]);
  const int file = ::open(path.c_str(), O_RDONLY);
  for (size_t at = 0; at < size;) {
    const ssize_t got = ::read(file, bytes.get() + at, size - at);
    if (got <= 0) break;
    at += static_cast<size_t>(got);
  }
  ::close(file);
}

template <class F>
double seconds(F f) {
  const auto start = std::chrono::steady_clock::now();
  f();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// This program again, with these words; the peak of its memory in bytes.
double peak_of(const std::vector<std::string>& words) {
  const pid_t child = ::fork();
  if (child == 0) {
    std::vector<char*> arguments = {const_cast<char*>("lamina_loading")};
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    ::execv("/proc/self/exe", arguments.data());
    ::_exit(127);
  }
  int status = 0;
  rusage usage{};
  ::wait4(child, &status, 0, &usage);
  return status == 0 ? 1024.0 * static_cast<double>(usage.ru_maxrss) : 0;
}

// Both in memory that is fresh from the system: what a program has freed before would be faster.
void time_first(const std::string& what, const std::string& path) {
  const double read_s = seconds([&] { read_bytes(path); });
  const double load_s = seconds([&] { load(what, path); });
  write_file("seconds.json", Json::list({read_s, load_s}).dump());
}

int time_both(const std::string& what, const std::string& path, double peak) {
  double read_s = 1e9, load_s = 1e9;
  for (int round = 0; round < 7; ++round) {
    peak_of({"first", what, path});
    const Json took = Json::parse(read_file("seconds.json"));
    read_s = std::min(read_s, took.at(size_t{0}).as_double());
    load_s = std::min(load_s, took.at(1).as_double());
  }
  std::printf("%s\n", Json::object({{"read_s", read_s},
                                    {"load_s", load_s},
                                    {"load_of_read", load_s / read_s},
                                    {"peak", peak / kWeights}})
                          .dump()
                          .c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() == 3 && words[0] == "make") return make(words[1], std::stoll(words[2])), 0;
  if (words.size() == 3 && words[0] == "load") return load(words[1], words[2]), 0;
  if (words.size() == 3 && words[0] == "first") return time_first(words[1], words[2]), 0;
  if (words.size() != 1)
    return std::fprintf(stderr, "usage: lamina_loading keras|h5|safetensors|tensors\n"), 2;
  const std::string path = "weights." + (words[0] == "tensors" ? "safetensors" : words[0]);
  peak_of({"make", path, std::to_string(kWidth)});
  peak_of({"make", "small" + path, "8"});
  // From here, where this process is small: a child begins with the peak of its parent.
  const double peak = peak_of({"load", words[0], path}) - peak_of({"load", words[0], "small" + path});
  return time_both(words[0], path, peak);
}
