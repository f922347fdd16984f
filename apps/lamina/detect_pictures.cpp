// Frames in their order, and files that nothing overwrites.
#include "detect_pictures.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "cli.h"
#include "data_arguments.h"
#include "lamina/base/files.h"
#include "lamina/zoo/image_folder.h"

namespace lamina::cli {
namespace {

namespace fs = std::filesystem;

// Whether one name comes before another, numbers in them by their values: frame2 before frame10.
bool frame_before(const std::string& one, const std::string& other) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto number_at = [&](const std::string& text, size_t& at) {
    size_t begin = at;
    while (at < text.size() && digit(text[at])) ++at;
    while (begin < at && text[begin] == '0') ++begin;
    return text.substr(begin, at - begin);
  };
  size_t i = 0, k = 0;
  while (i < one.size() && k < other.size()) {
    if (digit(one[i]) && digit(other[k])) {
      const std::string a = number_at(one, i), b = number_at(other, k);
      if (a != b) return a.size() != b.size() ? a.size() < b.size() : a < b;
    } else if (one[i] != other[k]) {
      return one[i] < other[k];
    } else {
      ++i;
      ++k;
    }
  }
  if (i < one.size() || k < other.size()) return k < other.size();
  return one < other;  // 01 and 1
}

// Where the drawn pictures go: two inputs of one name do not overwrite each other, and nothing that is drawn overwrites an
// input.
std::vector<std::string> outputs_for(const std::vector<std::string>& files, const std::string& folder) {
  std::error_code ignored;
  std::set<fs::path> inputs;
  for (const std::string& file : files) inputs.insert(fs::weakly_canonical(file, ignored));
  std::vector<std::string> outputs;
  std::set<std::string> taken;
  for (const std::string& file : files) {
    const std::string stem = fs::path(file).stem().string();
    std::string name = (fs::path(folder) / (stem + ".png")).string();
    for (int i = 2; !taken.insert(name).second; ++i)
      name = (fs::path(folder) / fmt::format("{}-{}.png", stem, i)).string();
    if (inputs.contains(fs::weakly_canonical(name, ignored)))
      throw UsageError("detect: --output '" + folder + "' would overwrite the picture '" + name +
                       "', which is to be looked at: name another folder");
    outputs.push_back(name);
  }
  return outputs;
}

}  // namespace

std::vector<std::string> pictures_of(const std::vector<std::string>& inputs) {
  std::vector<std::string> files;
  for (const std::string& input : inputs) {
    std::error_code ignored, error;
    if (!fs::is_directory(input, ignored)) {
      files.push_back(input);
      continue;
    }
    std::vector<std::string> inside;
    for (fs::directory_iterator entry(input, error), end; !error && entry != end; entry.increment(error)) {
      const std::string name = entry->path().filename().string();
      if (!name.starts_with('.') && is_image_name(name) && !entry->is_directory(ignored))
        inside.push_back(entry->path().string());
    }
    if (error) throw FileError("cannot read the folder '" + input + "': " + error.message());
    if (inside.empty()) throw FileError("the folder '" + input + "' holds no pictures");
    std::sort(inside.begin(), inside.end(), frame_before);
    files.insert(files.end(), inside.begin(), inside.end());
  }
  return files;
}

DrawnPictures::DrawnPictures(const std::string& output, const std::vector<std::string>& files) : output_(output) {
  if (output.empty()) return;
  if (!vision::is_video_name(output)) {
    make_folder(output);
    pictures_ = outputs_for(files, output);
    return;
  }
  if (const std::string problem = vision::why_no_video(); !problem.empty())
    throw FileError("'" + output + "' is a video, and " + problem);
  std::error_code ignored;
  for (const std::string& file : files) {
    if (fs::equivalent(file, output, ignored))
      throw UsageError("detect: --output '" + output + "' would overwrite what is to be looked at");
  }
}

std::string DrawnPictures::add(const vision::VideoFrame& frame, const Picture& drawn, double fps) {
  if (pictures_.empty()) {
    if (!video_) video_.emplace(output_, vision::VideoWriterOptions{.fps = fps});
    video_->add(drawn);
    return output_;
  }
  fs::path file = pictures_[static_cast<size_t>(frame.file)];
  if (frame.place >= 0) file.replace_filename(fmt::format("{}-{:06}.png", file.stem().string(), frame.place));
  write_file(file.string(), encode_png(drawn));
  return file.string();
}

void DrawnPictures::finish() {
  if (video_) video_->finish();
}

}  // namespace lamina::cli
