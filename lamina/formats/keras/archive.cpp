// Taking .keras archives apart and putting them together.
#include "lamina/formats/keras/archive.h"

#include <algorithm>
#include <ctime>
#include <set>

#include "lamina/base/detail/text.h"
#include "lamina/base/error.h"
#include "lamina/base/file_date.h"
#include "lamina/formats/keras/npz_weights.h"

namespace lamina::detail {
namespace {

constexpr char kMetadata[] = "metadata.json";
constexpr char kConfig[] = "config.json";
constexpr char kWeights[] = "model.weights.h5";
constexpr char kShards[] = "model.weights.json";
constexpr char kNpz[] = "model.weights.npz";
constexpr std::string_view kOwn = "lamina/", kAssets = "assets/", kVocabulary = "/vocabulary.txt";

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

// Members by the names that they should have: archives of other systems write "lamina\\data.json", or
// "./config.json".
std::map<std::string, std::string> canonical_members(const ZipReader& zip, const std::string& name) {
  std::map<std::string, std::string> members;
  for (const std::string& member : zip.members()) {
    std::string canonical = member;
    std::replace(canonical.begin(), canonical.end(), '\\', '/');
    while (canonical.starts_with("./")) canonical.erase(0, 2);
    if (canonical.empty() || canonical.ends_with('/')) continue;  // a folder
    if (!members.emplace(canonical, member).second)
      throw FileError("'" + name + "' is a damaged zip archive: it holds '" + excerpt(canonical, 200) +
                      "' twice");
  }
  return members;
}

// A member that is not what was written is called that, whatever else is wrong with it.
Hdf5Tree read_weights_of(const ZipReader& zip, const std::string& member, const std::string& label) {
  const ByteSource bytes = zip.open(member);
  try {
    Hdf5Tree tree = read_hdf5(bytes, label);
    zip.check(member, bytes);
    return tree;
  } catch (const FileError&) {
    zip.check(member, bytes);
    throw;
  }
}

bool is_file_name(const std::string& name) {
  return !name.empty() && name.find_first_of("/\\:") == std::string::npos &&
         name.find('\0') == std::string::npos && name != "..";
}

}  // namespace

Hdf5Tree read_weight_shards(const std::string& list, const std::string& name,
                            const std::function<Hdf5Tree(const std::string&, const std::string&)>& read) {
  const Json json = Json::parse(list, name);
  const Json* map = json.find("weight_map");
  if (!map || !map->is_object()) throw FileError("'" + name + "' has no weight_map");
  std::set<std::string> files;
  const auto add = [&](const Json& file) {
    if (!file.is_string() || !is_file_name(file.as_string()))
      throw FileError("'" + name + "' names the shard " + excerpt(file.dump(), 200) +
                      ", which is no file beside it");
    files.insert(file.as_string());
  };
  for (const auto& [path, value] : map->as_object()) {
    if (!value.is_list()) add(value);
    if (value.is_list()) {
      for (const Json& file : value.as_list()) add(file);
    }
  }
  Hdf5Tree all;
  for (const std::string& file : files) {
    Hdf5Tree one = read(file, name + ": " + file);
    for (auto& [path, array] : one.arrays) {
      if (!all.arrays.emplace(path, std::move(array)).second)
        throw FileError("'" + name + "': '" + path + "' is in two shards");
    }
    all.groups.merge(one.groups);
    all.skipped.merge(one.skipped);
  }
  return all;
}

KerasArchive parse_keras_archive(const ByteSource& bytes, const std::string& name, const ZipLimits& limits) {
  const ZipReader zip(bytes, name, limits);
  const std::map<std::string, std::string> members = canonical_members(zip, name);
  const auto has = [&](const std::string& member) { return members.contains(member); };
  const auto stored_name = [&](const std::string& member) {
    const auto found = members.find(member);
    return found == members.end() ? member : found->second;  // reading it then says what there is
  };
  const auto read = [&](const std::string& member) { return zip.read(stored_name(member)); };
  const auto read_tree = [&](const std::string& member, const std::string& label) {
    return read_weights_of(zip, stored_name(member), label);
  };
  KerasArchive archive;
  archive.config = Json::parse(read(kConfig), name + "/" + kConfig);
  if (!archive.config.is_object()) throw FileError("'" + name + "/" + kConfig + "': an object was expected");
  refuse_nul(archive.config, name + "/" + kConfig);
  if (has(kMetadata)) archive.metadata = Json::parse(read(kMetadata), name + "/" + kMetadata);
  if (!has(kWeights) && has(kShards)) {
    archive.weights = read_weight_shards(read(kShards), name + "/" + kShards, read_tree);
  } else if (!has(kWeights) && has(kNpz)) {
    archive.weights = read_keras_npz(read(kNpz), name + "/" + kNpz);
  } else {
    archive.weights = read_tree(kWeights, name + "/" + kWeights);
  }
  for (const auto& [canonical, member] : members) {
    if (canonical.starts_with(kOwn)) archive.extra.emplace(canonical, zip.read(member));
    if (canonical.starts_with(kAssets) && canonical.ends_with(kVocabulary))
      archive.assets.emplace(canonical, zip.read(member));
  }
  return archive;
}

Pieces keras_archive_pieces(const KerasArchive& archive) {
  ZipWriter zip;
  zip.add(kMetadata, archive.metadata.dump());
  zip.add(kConfig, archive.config.dump());
  zip.add(kWeights, hdf5_pieces(archive.weights));
  for (const auto& [member, content] : archive.extra) zip.add(member, content);
  return zip.take();
}

Json keras_metadata() {
  const std::tm now = file_date();
  char date[32];
  std::strftime(date, sizeof date, "%Y-%m-%d@%H:%M:%S", &now);
  return Json::object({{"keras_version", kKerasVersion}, {"date_saved", date}});
}

}  // namespace lamina::detail
