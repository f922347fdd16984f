// .npz files: .npy members of a zip archive.
#include "lamina/formats/npz.h"

#include <algorithm>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/formats/detail/npy_header.h"
#include "lamina/formats/detail/npz_limits.h"
#include "lamina/formats/detail/reading.h"
#include "lamina/formats/detail/zip_archive.h"
#include "lamina/formats/npy.h"

namespace lamina {

namespace {

constexpr std::string_view kSuffix = ".npy";

}  // namespace

struct NpzReader::State {
  // The archive looks at bytes that must stay where they are: in `file`, or where the caller has them.
  State(std::string own, std::string_view bytes, const std::string& name)
      : path(name),
        file(std::move(own)),
        archive(bytes.data() ? bytes : std::string_view(file), name, detail::kAnySize) {
    detail::check_npz_size(archive, std::max(bytes.size(), file.size()), name, detail::npz_limits());
    for (const std::string& member : archive.members()) {
      if (member.ends_with(kSuffix)) names.push_back(member.substr(0, member.size() - kSuffix.size()));
    }
  }

  std::string path;
  std::string file;
  detail::ZipReader archive;
  std::vector<std::string> names = {};
  std::string read(const std::string& name) const { return archive.read(name + std::string(kSuffix)); }
  std::string label(const std::string& name) const { return path + "/" + name + std::string(kSuffix); }
};

NpzReader::NpzReader(const std::string& path) : NpzReader(read_file(path), {}, path) {}
NpzReader::NpzReader(std::string_view bytes, const std::string& name) : NpzReader({}, bytes, name) {}

NpzReader::NpzReader(std::string file, std::string_view bytes, const std::string& name)
    : state_(std::make_shared<const State>(std::move(file), bytes, name)) {}

const std::vector<std::string>& NpzReader::names() const { return state_->names; }

bool NpzReader::has(const std::string& name) const {
  return std::find(names().begin(), names().end(), name) != names().end();
}

Tensor NpzReader::read(const std::string& name) const {
  return parse_npy(state_->read(name), state_->label(name));
}

bool NpzReader::is_text(const std::string& name) const {
  return detail::parse_npy_header(state_->read(name), state_->label(name), true).is_text();
}

std::vector<std::string> NpzReader::read_text(const std::string& name) const {
  return detail::parse_npy_text(state_->read(name), state_->label(name));
}

std::map<std::string, Tensor> parse_npz(std::string_view bytes, const std::string& name) {
  const NpzReader file(bytes, name);
  std::map<std::string, Tensor> arrays;
  for (const std::string& array : file.names()) arrays.emplace(array, file.read(array));
  return arrays;
}

std::map<std::string, Tensor> read_npz(const std::string& path) {
  return detail::reading(path, [&] { return parse_npz(read_file(path), path); });
}

std::string npz_bytes(const std::map<std::string, Tensor>& arrays) {
  detail::ZipWriter archive;
  for (const auto& [name, tensor] : arrays) archive.add(name + ".npy", npy_bytes(tensor));
  return archive.finish();
}

void write_npz(const std::string& path, const std::map<std::string, Tensor>& arrays) {
  write_file(path, npz_bytes(arrays));
}

}  // namespace lamina
