// Persons in memory, and as JSON inside of a sealed file.
#include "lamina/face/gallery.h"

#include <algorithm>
#include <cmath>

#include "lamina/base/error.h"
#include "lamina/base/json.h"
#include "lamina/base/sealed_file.h"
#include "lamina/base/utf8.h"

namespace lamina::face {
namespace {

constexpr char kGalleryKind[] = "lamina face gallery";
constexpr int64_t kGalleryVersion = 1;

void check_name(const std::string& name) {
  const bool control = std::any_of(name.begin(), name.end(),
                                   [](char c) { return static_cast<unsigned char>(c) < 32 || c == 127; });
  if (name.empty() || name.size() > 200 || control || !is_utf8(name)) {
    throw InvalidArgument("a person's name has 1 to 200 bytes of UTF-8 and no control characters; received " +
                          std::to_string(name.size()) + " bytes that are not so");
  }
}

void check_embedding(const Embedding& embedding, int64_t dimensions) {
  if (static_cast<int64_t>(embedding.size()) != dimensions) {
    throw InvalidArgument("the gallery holds embeddings of " + std::to_string(dimensions) +
                          " numbers; received " + std::to_string(embedding.size()));
  }
  if (!std::all_of(embedding.begin(), embedding.end(), [](float value) { return std::isfinite(value); }))
    throw InvalidArgument("an embedding with a number that is not finite cannot be enrolled");
}

}  // namespace

Gallery::Gallery(const Embedder& embedder) : Gallery(embedder.fingerprint(), embedder.dimensions()) {}

Gallery Gallery::load(const std::string& path, const std::string& passphrase, const Embedder& embedder) {
  Gallery gallery = load(path, passphrase);
  if (gallery.network_ != embedder.fingerprint() || gallery.dimensions_ != embedder.dimensions()) {
    throw FileError("'" + path + "' was made with another embedding network (" + gallery.network_ +
                    ", here " + embedder.fingerprint() + "): name that one, or enrol all persons anew");
  }
  return gallery;
}

Gallery Gallery::load(const std::string& path, const std::string& passphrase) {
  const Json json = Json::parse(read_sealed(path, kGalleryKind, passphrase), "'" + path + "'");
  try {
    const int64_t version = json.at("version").as_int();
    if (version != kGalleryVersion) {
      throw FileError("'" + path + "' is a gallery of version " + std::to_string(version) +
                      "; this program knows " + std::to_string(kGalleryVersion) +
                      ": open it with a newer one");
    }
    Gallery gallery(json.at("network").as_string(), json.at("dimensions").as_int());
    for (const Json& entry : json.at("people").as_list()) {
      const std::string name = entry.at("name").as_string();
      for (const Json& numbers : entry.at("embeddings").as_list()) {
        Embedding embedding;
        for (const Json& number : numbers.as_list())
          embedding.push_back(static_cast<float>(number.as_double()));
        gallery.enrol(name, std::move(embedding));
      }
    }
    return gallery;
  } catch (const InvalidArgument& error) {
    throw FileError("'" + path + "' is damaged: " + error.what());
  }
}

void Gallery::save(const std::string& path, const std::string& passphrase) const {
  Json people = Json::list();
  for (const Person& person : people_) {
    Json embeddings = Json::list();
    for (const Embedding& embedding : person.embeddings) {
      Json numbers = Json::list();
      for (const float value : embedding) numbers.push_back(static_cast<double>(value));
      embeddings.push_back(std::move(numbers));
    }
    people.push_back(Json::object({{"name", person.name}, {"embeddings", std::move(embeddings)}}));
  }
  const Json json = Json::object({{"version", kGalleryVersion},
                                  {"network", network_},
                                  {"dimensions", dimensions_},
                                  {"people", std::move(people)}});
  write_sealed(path, json.dump(), kGalleryKind, passphrase);
}

void Gallery::enrol(const std::string& name, Embedding embedding) {
  check_name(name);
  check_embedding(embedding, dimensions_);
  auto person =
      std::find_if(people_.begin(), people_.end(), [&](const Person& one) { return one.name == name; });
  if (person == people_.end()) person = people_.insert(person, {name, {}});
  person->embeddings.push_back(std::move(embedding));
}

bool Gallery::remove(const std::string& name) {
  return std::erase_if(people_, [&](const Person& person) { return person.name == name; }) > 0;
}

std::vector<Match> Gallery::matches(const Embedding& embedding) const {
  check_embedding(embedding, dimensions_);
  std::vector<Match> all;
  for (const Person& person : people_) {
    Match match{person.name, -1};
    for (const Embedding& enrolled : person.embeddings)
      match.similarity = std::max(match.similarity, face::similarity(enrolled, embedding));
    all.push_back(match);
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Match& a, const Match& b) { return a.similarity > b.similarity; });
  return all;
}

}  // namespace lamina::face
