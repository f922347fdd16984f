// Taking .keras archives apart and putting them together.
#include "lamina/formats/keras/archive.h"

#include <ctime>

#include "lamina/base/detail/text.h"
#include "lamina/base/error.h"
#include "lamina/base/file_date.h"

namespace lamina::detail {
namespace {

constexpr char kMetadata[] = "metadata.json";
constexpr char kConfig[] = "config.json";
constexpr char kWeights[] = "model.weights.h5";
constexpr std::string_view kOwn = "lamina/";

// Names go into paths and messages, where a character of number 0 would end them.
void refuse_nul(const Json& json, const std::string& where) {
  const auto check = [&where](const std::string& text) {
    if (text.find('\0') == std::string::npos) return;
    throw FileError("'" + where + "': the text \"" + excerpt(text, 200) + "\" holds a character of number 0");
  };
  if (json.is_string()) check(json.as_string());
  if (json.is_list()) {
    for (const Json& element : json.as_list()) refuse_nul(element, where);
  }
  if (json.is_object()) {
    for (const auto& [key, value] : json.as_object()) {
      check(key);
      refuse_nul(value, where);
    }
  }
}

}  // namespace

KerasArchive parse_keras_archive(std::string_view bytes, const std::string& name, const ZipLimits& limits) {
  const ZipReader zip(bytes, name, limits);
  KerasArchive archive;
  archive.config = Json::parse(zip.read(kConfig), name + "/" + kConfig);
  if (!archive.config.is_object()) throw FileError("'" + name + "/" + kConfig + "': an object was expected");
  refuse_nul(archive.config, name + "/" + kConfig);
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
