// Any text as boxes of pictures, in each of the ways they come: boxes within their pictures, or a FileError.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/base/log.h"
#include "lamina/vision/annotations.h"

namespace {

// A folder with one picture, to which the fuzzer's bytes are the boxes.
const std::string& fuzzed_folder() {
  static const std::string path = [] {
    lamina::set_log_sink([](lamina::LogLevel, const std::string&) {});
    const auto folder = std::filesystem::temp_directory_path() / ("lamina-fuzz-boxes-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder);
    lamina::write_file((folder / "a.pgm").string(), "P5 4 3 255\n0123456789ab");
    return folder.string();
  }();
  return path;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  constexpr const char* kNames[] = {"annotations.csv", "annotations.json", "a.xml", "a.txt"};
  const std::string file = fuzzed_folder() + "/" + kNames[data[0] % 4];
  lamina::write_file(file, std::string_view(reinterpret_cast<const char*>(data) + 1, size - 1));
  try {
    const lamina::vision::AnnotatedImages boxes = lamina::vision::load_annotations(fuzzed_folder());
    for (const auto& image : boxes.images) {
      for (const auto& one : image.boxes) {
        if (!one.box.valid() || one.label < 0 || one.label >= static_cast<int64_t>(boxes.class_names.size())) std::abort();
      }
    }
  } catch (const lamina::FileError&) {
  }
  std::filesystem::remove(file);
  return 0;
}
