// .npz and .npy files as snapshots.
#include <filesystem>
#include <memory>
#include <set>
#include <utility>

#include "lamina/base/detail/text.h"
#include "lamina/base/error.h"
#include "lamina/formats/detail/npy_elements.h"
#include "lamina/formats/detail/npz_limits.h"
#include "lamina/formats/detail/zip_archive.h"
#include "lamina/formats/npy.h"
#include "lamina/formats/weight_format.h"

namespace lamina {
namespace {

constexpr std::string_view kSuffix = ".npy";
constexpr char kMetadata[] = "metadata.json";  // numpy.load gives it as bytes
constexpr size_t kMostNpyHeader = 1 << 16;

struct Archive {
  explicit Archive(const std::string& path) : Archive(detail::ByteSource::of_file(path), path) {}
  Archive(const detail::ByteSource& file, const std::string& path) : zip(file, path, detail::kAnySize) {
    detail::check_npz_size(zip, file.size(), path, detail::npz_limits());
  }
  detail::ZipReader zip;
};

SnapshotEntry entry_of(const detail::NpyHeader& header, std::string name, std::function<Tensor()> read) {
  return {.name = std::move(name),
          .type = header.type,
          .stored = header.descr,
          .stored_bytes = static_cast<uint64_t>(header.type.shape.size()) * header.element,
          .read = std::move(read)};
}

WeightSnapshot open_npz(const std::string& path) {
  const auto archive = std::make_shared<const Archive>(path);
  WeightSnapshot snapshot{.source = path, .format = {}, .entries = {}};
  for (const std::string& member : archive->zip.members()) {
    if (member == kMetadata) {
      Json metadata = Json::parse(archive->zip.read(member), path + "/" + member);
      if (metadata.is_object()) snapshot.metadata = std::move(metadata);
    }
    if (!member.ends_with(kSuffix)) continue;
    const std::string label = path + "/" + member, name = member.substr(0, member.size() - kSuffix.size());
    std::string start = archive->zip.start(member, kMostNpyHeader);
    if (start.empty()) start = archive->zip.read(member);  // packed as a whole
    try {
      const detail::NpyHeader header = detail::parse_npy_header(start, label, true);
      if (header.is_text()) {
        snapshot.skipped.push_back(name + ": text");
        continue;
      }
      snapshot.entries.push_back(entry_of(header, name, [archive, member, label] {
        return detail::read_npy_member(archive->zip, member, label);
      }));
    } catch (const FileError& error) {
      snapshot.skipped.push_back(name + ": " + detail::excerpt(error.what(), 300));
    }
  }
  return snapshot;
}

WeightSnapshot open_npy(const std::string& path) {
  const detail::ByteSource file = detail::ByteSource::of_file(path);
  const detail::NpyHeader header = detail::npy_header_of(file, path);
  WeightSnapshot snapshot{.source = path, .format = {}, .entries = {}};
  const std::string name = std::filesystem::path(path).stem().string();
  snapshot.entries.push_back(entry_of(header, name, [file, path] { return detail::parse_npy(file, path); }));
  if (file.size() - header.data_offset != snapshot.entries[0].stored_bytes) detail::parse_npy(file, path);  // which says what is wrong
  return snapshot;
}

std::vector<std::string> write_npz_weights(const std::string& path, const WeightSnapshot& snapshot,
                                           const std::string& /*packing*/) {
  detail::ZipWriter archive;
  std::set<std::string> seen;
  for (const SnapshotEntry& entry : snapshot.entries) {
    if (!seen.insert(entry.name).second)
      throw InvalidArgument("'" + path + "': two arrays are called '" + entry.name + "'");
    archive.add(entry.name + std::string(kSuffix), detail::npy_pieces(entry.type, entry.read));
  }
  if (snapshot.metadata.size() > 0) archive.add(kMetadata, snapshot.metadata.dump());
  detail::write_pieces(path, archive.take());
  return {};
}

// A zip archive whose first member is an array: a local header has the name's length at 26, the name at 30.
bool is_npz(std::string_view start) {
  if (start.size() < 30 || !start.starts_with("PK\x03\x04")) return false;
  const size_t length = static_cast<unsigned char>(start[26]) + 256u * static_cast<unsigned char>(start[27]);
  return start.substr(30).substr(0, length).ends_with(kSuffix);
}

bool is_npy(std::string_view start) { return start.starts_with(detail::kNpyMagic); }

[[maybe_unused]] const bool kNpz =
    register_weight_format({"npz", {".npz"}, is_npz, open_npz, write_npz_weights});
[[maybe_unused]] const bool kNpy = register_weight_format({"npy", {".npy"}, is_npy, open_npy});

}  // namespace
}  // namespace lamina
