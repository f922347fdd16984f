// Taking .keras archives apart and putting them together.
#include "lamina/formats/keras/archive.h"

#include <ctime>

#include "lamina/base/error.h"
#include "lamina/base/file_date.h"

namespace lamina::detail {
namespace {

constexpr char kMetadata[] = "metadata.json";
constexpr char kConfig[] = "config.json";
constexpr char kWeights[] = "model.weights.h5";
constexpr std::string_view kOwn = "lamina/";

}  // namespace

KerasArchive parse_keras_archive(std::string_view bytes, const std::string& name, const ZipLimits& limits) {
  if (is_hdf5(bytes)) {
    throw FileError("'" + name +
                    "' is an HDF5 file of Keras 2, not a Keras 3 archive; load it in Keras 3 and save " +
                    "it again as .keras");
  }
  const ZipReader zip(bytes, name, limits);
  KerasArchive archive;
  archive.config = Json::parse(zip.read(kConfig), name + "/" + kConfig);
  if (!archive.config.is_object()) throw FileError("'" + name + "/" + kConfig + "': an object was expected");
  if (zip.has(kMetadata)) archive.metadata = Json::parse(zip.read(kMetadata), name + "/" + kMetadata);
  archive.weights = read_hdf5(zip.read(kWeights), name + "/" + kWeights);
  for (const std::string& member : zip.members()) {
    if (member.starts_with(kOwn)) archive.extra.emplace(member, zip.read(member));
  }
  return archive;
}

std::string keras_archive_bytes(const KerasArchive& archive) {
  ZipWriter zip;
  zip.add(kMetadata, archive.metadata.dump());
  zip.add(kConfig, archive.config.dump());
  zip.add(kWeights, write_hdf5(archive.weights));
  for (const auto& [member, content] : archive.extra) zip.add(member, content);
  return zip.finish();
}

Json keras_metadata() {
  const std::tm now = file_date();
  char date[32];
  std::strftime(date, sizeof date, "%Y-%m-%d@%H:%M:%S", &now);
  return Json::object({{"keras_version", kKerasVersion}, {"date_saved", date}});
}

}  // namespace lamina::detail
