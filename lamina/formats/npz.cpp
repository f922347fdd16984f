// .npz files: .npy members of a zip archive.
#include "lamina/formats/npz.h"

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/formats/detail/reading.h"
#include "lamina/formats/detail/zip_archive.h"
#include "lamina/formats/npy.h"

namespace lamina {

std::map<std::string, Tensor> parse_npz(std::string_view bytes, const std::string& name) {
  const detail::ZipReader archive(bytes, name);
  constexpr std::string_view kSuffix = ".npy";
  std::map<std::string, Tensor> arrays;
  for (const std::string& member : archive.members()) {
    if (!member.ends_with(kSuffix)) continue;
    arrays.emplace(member.substr(0, member.size() - kSuffix.size()),
                   parse_npy(archive.read(member), name + "/" + member));
  }
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
