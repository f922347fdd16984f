// .classic files: JSON and .npy members of a zip archive.
#include "lamina/formats/classic.h"

#include <algorithm>

#include "lamina/base/detail/file_kind.h"
#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/formats/detail/reading.h"
#include "lamina/formats/detail/zip_archive.h"
#include "lamina/formats/npy.h"

namespace lamina {
namespace {

constexpr char kInfo[] = "estimator.json";
constexpr char kDataInfo[] = "lamina/data.json";  // as in .keras files
constexpr char kFormat[] = "lamina.classic";
constexpr int64_t kVersion = 1;
constexpr std::string_view kSuffix = ".npy";

// Members are read one by one and parameters may be many: bounds beyond any real estimator.
constexpr size_t kMostArrays = 10'000, kMostJson = size_t{16} << 20;

std::shared_ptr<classic::Predictor> predictor_of(std::shared_ptr<classic::Estimator> estimator,
                                                 const std::string& path) {
  auto predictor = std::dynamic_pointer_cast<classic::Predictor>(estimator);
  if (!predictor)
    throw FileError("'" + path + "' holds a " + estimator->class_name() + ", which predicts nothing");
  return predictor;
}

classic::EstimatorSnapshot snapshot_of(const detail::ZipReader& archive, const std::string& name) {
  const Json info = Json::parse(archive.read(kInfo), name + "/" + kInfo, kMostJson);
  if (info.at("format") != Json(kFormat))
    throw FileError("'" + name + "' is no .classic file: its format is " + info.at("format").dump());
  if (const int64_t version = info.at("version").as_int(); version != kVersion)
    throw FileError("'" + name + "' is of version " + std::to_string(version) +
                    " of the format; this program reads " + std::to_string(kVersion));
  classic::EstimatorSnapshot snapshot{
      info.at("class_name").as_string(), info.at("params"), info.at("values"), {}};
  if (archive.members().size() > kMostArrays)
    throw FileError("'" + name + "' has more than " + std::to_string(kMostArrays) + " members");
  for (const std::string& member : archive.members()) {
    if (!member.ends_with(kSuffix)) continue;
    snapshot.arrays[member.substr(0, member.size() - kSuffix.size())] =
        parse_npy(archive.read(member), name + "/" + member);
  }
  return snapshot;
}

}  // namespace

std::string classic_bytes(const classic::Estimator& estimator, const DataInfo& data) {
  const classic::EstimatorSnapshot snapshot = estimator.snapshot();
  detail::ZipWriter archive;
  archive.add(kInfo, Json::object({{"format", kFormat},
                                   {"version", kVersion},
                                   {"class_name", snapshot.class_name},
                                   {"params", snapshot.params},
                                   {"values", snapshot.values}})
                         .dump(2));
  for (const auto& [name, array] : snapshot.arrays)
    archive.add(name + std::string(kSuffix), npy_bytes(array));
  if (!data.empty()) {
    data.check();
    archive.add(kDataInfo, data.to_json().dump());
  }
  return archive.finish();
}

void save_classic(const classic::Estimator& estimator, const std::string& path, const DataInfo& info,
                  const WriteOptions& options) {
  write_file(path, classic_bytes(estimator, info), options);
}

std::shared_ptr<classic::Estimator> parse_classic(std::string_view bytes, const std::string& name) {
  return detail::reading(name, [&] {
    const detail::ZipReader archive(bytes, name);
    return classic::Estimator::from_snapshot(snapshot_of(archive, name));
  });
}

std::shared_ptr<classic::Estimator> load_classic(const std::string& path) {
  return parse_classic(read_file(path), path);
}

std::shared_ptr<classic::Predictor> load_predictor(const std::string& path) {
  return predictor_of(load_classic(path), path);
}

FittedEstimator load_fitted(const std::string& path) {
  const std::string bytes = read_file(path);
  FittedEstimator fitted{predictor_of(parse_classic(bytes, path), path)};
  return detail::reading(path, [&] {
    const detail::ZipReader archive(bytes, path);
    if (archive.has(kDataInfo)) {
      const std::string name = path + "/" + kDataInfo;
      fitted.info = DataInfo::from_json(Json::parse(archive.read(kDataInfo), name), name);
    }
    return std::move(fitted);
  });
}

bool is_classic_file(const std::string& path) {
  // The name of a zip archive's first member stands behind 30 bytes. Who has packed the archive anew, in
  // another order, is left with the file's name.
  constexpr size_t kName = 30;
  const std::string bytes = detail::first_bytes(path);
  const bool first = bytes.starts_with("PK\x03\x04") && bytes.size() > kName &&
                     std::string_view(bytes).substr(kName).starts_with(kInfo);
  return first || path.ends_with(".classic");
}

}  // namespace lamina
