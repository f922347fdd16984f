// .npz files: .npy members of a zip archive.
#include "lamina/formats/npz.h"

#include <algorithm>

#include "lamina/base/detail/file_kind.h"
#include "lamina/base/error.h"
#include "lamina/formats/detail/npy_elements.h"
#include "lamina/formats/detail/npz_limits.h"
#include "lamina/formats/detail/reading.h"
#include "lamina/formats/detail/zip_archive.h"

namespace lamina {

namespace {

constexpr std::string_view kSuffix = ".npy";

}  // namespace

struct NpzReader::State {
  State(const detail::ByteSource& bytes, const std::string& name)
      : path(name), archive(bytes, name, detail::kAnySize) {
    detail::check_npz_size(archive, bytes.size(), name, detail::npz_limits());
    for (const std::string& member : archive.members()) {
      if (member.ends_with(kSuffix)) names.push_back(member.substr(0, member.size() - kSuffix.size()));
    }
  }

  std::string path;
  detail::ZipReader archive;
  std::vector<std::string> names = {};
  std::string read(const std::string& name) const { return archive.read(name + std::string(kSuffix)); }
  std::string label(const std::string& name) const { return path + "/" + name + std::string(kSuffix); }
};

NpzReader::NpzReader(const std::string& path) : NpzReader(path, {}, path) {}
NpzReader::NpzReader(std::string_view bytes, const std::string& name) : NpzReader({}, bytes, name) {}

NpzReader::NpzReader(std::string file, std::string_view bytes, const std::string& name) {
  if (!bytes.data()) detail::refuse_pipe(file);
  state_ = std::make_shared<const State>(
      bytes.data() ? detail::ByteSource(bytes) : detail::ByteSource::of_file(file), name);
}

const std::vector<std::string>& NpzReader::names() const { return state_->names; }

bool NpzReader::has(const std::string& name) const {
  return std::find(names().begin(), names().end(), name) != names().end();
}

Tensor NpzReader::read(const std::string& name) const {
  return detail::read_npy_member(state_->archive, name + std::string(kSuffix), state_->label(name));
}

bool NpzReader::is_text(const std::string& name) const {
  return detail::npy_header_of(state_->archive.open(name + std::string(kSuffix)), state_->label(name), true).is_text();
}

std::vector<std::string> NpzReader::read_text(const std::string& name) const {
  return detail::parse_npy_text(state_->read(name), state_->label(name));
}

namespace {

std::map<std::string, Tensor> all_of(const NpzReader& file) {
  std::map<std::string, Tensor> arrays;
  for (const std::string& array : file.names()) arrays.emplace(array, file.read(array));
  return arrays;
}

detail::Pieces pieces_of(const std::map<std::string, Tensor>& arrays) {
  detail::ZipWriter archive;
  for (const auto& [name, tensor] : arrays)
    archive.add(name + std::string(kSuffix), detail::npy_pieces(tensor.type(), [tensor = tensor] { return tensor; }));
  return archive.take();
}

}  // namespace

std::map<std::string, Tensor> parse_npz(std::string_view bytes, const std::string& name) {
  return all_of(NpzReader(bytes, name));
}

std::map<std::string, Tensor> read_npz(const std::string& path) {
  return detail::reading(path, [&] { return all_of(NpzReader(path)); });
}

std::string npz_bytes(const std::map<std::string, Tensor>& arrays) { return pieces_of(arrays).str(); }

void write_npz(const std::string& path, const std::map<std::string, Tensor>& arrays) {
  detail::write_pieces(path, pieces_of(arrays));
}

}  // namespace lamina
