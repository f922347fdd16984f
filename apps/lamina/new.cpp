// lamina new: a project to start from, with one program and one test.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include "cli.h"
#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "run_folder.h"

namespace lamina::cli {
namespace {

namespace fs = std::filesystem;

constexpr char kCMake[] = R"(cmake_minimum_required(VERSION 3.20)
project(@NAME@ LANGUAGES CXX)

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

find_package(lamina REQUIRED)

add_library(@NAME@_model STATIC src/model.cpp)
target_include_directories(@NAME@_model PUBLIC src)
target_link_libraries(@NAME@_model PUBLIC lamina::lamina)
# Read once, and not for every file.
target_precompile_headers(@NAME@_model PRIVATE <lamina/lamina.h>)

add_executable(@NAME@ src/main.cpp)
target_link_libraries(@NAME@ PRIVATE @NAME@_model)
target_precompile_headers(@NAME@ REUSE_FROM @NAME@_model)

enable_testing()
add_executable(model_test tests/model_test.cpp)
target_link_libraries(model_test PRIVATE @NAME@_model)
target_precompile_headers(model_test REUSE_FROM @NAME@_model)
add_test(NAME model COMMAND model_test)
)";

constexpr char kHeader[] = R"(// The network, and the data that it learns.
#pragma once

#include <lamina/lamina.h>

// Two numbers in, one probability out: whether a point lies within the unit circle.
lamina::Sequential build_model(uint64_t seed);

// `count` points, uniform in -1.5 ... 1.5, and whether each lies within. The same seed gives the same points.
lamina::Samples make_points(int64_t count, uint64_t seed);
)";

constexpr char kModel[] = R"(#include "model.h"

#include <random>
#include <vector>

using namespace lamina;

Sequential build_model(uint64_t seed) {
  Sequential model({Input({2}), Dense(16, {.activation = "relu"}), Dense(16, {.activation = "relu"}),
                    Dense(1, {.activation = "sigmoid"})},
                   {.seed = seed});
  model.compile({.optimizer = Adam(0.01), .loss = "binary_crossentropy", .metrics = {"accuracy"}});
  return model;
}

Samples make_points(int64_t count, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<float> coordinate(-1.5f, 1.5f);
  std::vector<float> points, within;
  for (int64_t i = 0; i < count; ++i) {
    const float x = coordinate(random), y = coordinate(random);
    points.insert(points.end(), {x, y});
    within.push_back(x * x + y * y < 1 ? 1.0f : 0.0f);
  }
  Samples samples;
  samples.x = Tensor::from(points, Shape{count, 2});
  samples.y = Tensor::from(within, Shape{count, 1});
  return samples;
}
)";

constexpr char kMain[] = R"(// Trains, saves, loads and asks: replace the data and the network by yours.
#include <cstdio>

#include "model.h"

int main() {
  const lamina::Samples training = make_points(2000, 1), test = make_points(500, 2);

  lamina::Sequential model = build_model(0);
  model.summary();
  model.fit(training.x, training.y, {.epochs = 10, .batch_size = 32});
  const lamina::Logs result = model.evaluate(test.x, test.y, {.verbose = 0});
  std::printf("test accuracy %.3f\n", result.at("accuracy"));

  model.save("@NAME@.keras");  // Keras reads it, too
  const lamina::Tensor asked = lamina::Tensor::from<float>({{0.1f, 0.2f}, {1.4f, 1.4f}});
  const auto said = lamina::load_model("@NAME@.keras").predict(asked).to_vector<float>();
  std::printf("(0.1, 0.2) lies within: %.2f; (1.4, 1.4): %.2f\n", said[0], said[1]);
}
)";

constexpr char kTest[] = R"(// The model learns what it is there for. Exit status 0: it does.
#include <cstdio>

#include "model.h"

int main() {
  const lamina::Samples training = make_points(2000, 1), test = make_points(500, 2);
  lamina::Sequential model = build_model(0);
  model.fit(training.x, training.y, {.epochs = 10, .batch_size = 32, .verbose = 0});
  const double accuracy = model.evaluate(test.x, test.y, {.verbose = 0}).at("accuracy");
  std::printf("accuracy %.3f\n", accuracy);
  return accuracy > 0.9 ? 0 : 1;
}
)";

constexpr char kReadme[] = R"(# @NAME@

    cmake -B build && cmake --build build
    build/@NAME@
    ctest --test-dir build

Lamina is found by `find_package(lamina)`. Where it is installed in a place of its own, say so:
`cmake -B build -DCMAKE_PREFIX_PATH=/path/to/lamina`.
)";

constexpr std::array<std::pair<const char*, const char*>, 7> kFiles = {{{"CMakeLists.txt", kCMake},
                                                                        {"src/model.h", kHeader},
                                                                        {"src/model.cpp", kModel},
                                                                        {"src/main.cpp", kMain},
                                                                        {"tests/model_test.cpp", kTest},
                                                                        {"README.md", kReadme},
                                                                        {".gitignore", "build/\n*.keras\n"}}};

// What CMake and the compiler take for a name.
std::string project_name(const std::string& folder) {
  std::string name;
  for (const char c : fs::path(folder).lexically_normal().filename().string()) {
    const bool usable =
        std::isalnum(static_cast<unsigned char>(c)) != 0 && static_cast<unsigned char>(c) < 0x80;
    name += usable ? c : '_';
  }
  const bool letters =
      std::any_of(name.begin(), name.end(), [](unsigned char c) { return std::isalpha(c) != 0; });
  if (!letters) name = "app" + (name.empty() || name[0] == '_' ? name : "_" + name);
  if (std::isdigit(static_cast<unsigned char>(name[0])) != 0) name = "app_" + name;
  // Names that targets of CMake and of the project have already.
  if (name == "test" || name == "lamina" || name == "model_test" || name == "all" || name == "clean" ||
      name == "install" || name == "help")
    name += "_app";
  return name;
}

std::string filled(std::string text, const std::string& name) {
  constexpr char kPlace[] = "@NAME@";
  for (size_t at = text.find(kPlace); at != std::string::npos; at = text.find(kPlace, at + name.size()))
    text.replace(at, sizeof kPlace - 1, name);
  return text;
}

int start_project(std::string folder) {
  while (folder.size() > 1 && folder.back() == '/') folder.pop_back();
  std::error_code error;
  if (fs::exists(folder, error) && (!fs::is_directory(folder, error) || !fs::is_empty(folder, error)))
    throw FileError("'" + folder + "' is there already and not an empty folder: name a new one");
  const std::string name = project_name(fs::absolute(folder, error).string());
  for (const auto& [file, text] : kFiles) {
    const fs::path path = fs::path(folder) / file;
    make_folder(path.parent_path().string());
    write_file(path.string(), filled(text, name));
  }
  fmt::print("Started {} in {}. Go on with:\n  cd {}\n  cmake -B build && cmake --build build && build/{}\n",
             name, folder, shell_line({folder}), name);
  return 0;
}

}  // namespace

void add_new(CLI::App& app, Action& action) {
  Command command(app, "new", "Start a C++ project: CMake, one program, one test");
  auto folder = std::make_shared<std::string>();
  command.add(*folder, {.name = "DIR", .help = "A folder that is not there yet, or empty", .required = true});
  command.on_call([folder, &action] { action = [folder] { return start_project(*folder); }; });
}

}  // namespace lamina::cli
