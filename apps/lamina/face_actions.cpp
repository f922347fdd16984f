// The actions of lamina face.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "face.h"
#include "lamina/base/file_lock.h"
#include "lamina/base/log.h"
#include "lamina/base/terminal.h"
#include "lamina/image/load_img.h"
#include "lamina/zoo/verification.h"
#include "metrics.h"
#include "pages.h"
#include "passphrase.h"

namespace lamina::cli {
namespace {

void need(const FaceOptions& options, const std::string& value, const char* option) {
  if (value.empty()) throw UsageError(fmt::format("face {}: {} is missing", options.action, option));
}

face::Gallery open_gallery(const FaceOptions& options, const face::Embedder& embedder) {
  need(options, options.gallery, "--gallery");
  return face::Gallery::load(options.gallery, ask_passphrase(options.passphrase_file, false), embedder);
}

}  // namespace

int face_enrol(const FaceOptions& options) {
  need_images(options, 1, SIZE_MAX);
  need(options, options.gallery, "--gallery");
  need(options, options.name, "--name");
  const face::Embedder embedder = face_embedder(options);
  const FileLock lock(options.gallery);
  const bool there = exists(options.gallery);
  const std::string passphrase = ask_passphrase(options.passphrase_file, !there);
  face::Gallery gallery =
      there ? face::Gallery::load(options.gallery, passphrase, embedder) : face::Gallery(embedder);
  const std::optional<face::Detector> detector = detector_if_needed(options);
  for (const std::string& path : options.images)
    gallery.enrol(options.name, embedding_of(options, detector, embedder, path));
  gallery.save(options.gallery, passphrase);
  size_t images = 0;
  for (const face::Person& person : gallery.people()) {
    if (person.name == options.name) images = person.embeddings.size();
  }
  if (options.json) {
    print_json(Json::object({{"gallery", options.gallery},
                             {"name", options.name},
                             {"images", images},
                             {"people", gallery.people().size()}}));
  } else {
    tell(stdout,
         fmt::format(
             "{} is enrolled with {} image{}; {} in '{}'\n", printable(options.name), images,
             images == 1 ? "" : "s",
             gallery.people().size() == 1 ? "one person" : fmt::format("{} persons", gallery.people().size()),
             printable(options.gallery)));
  }
  return 0;
}

namespace {

// Error rates of all pairs of a folder.
int verify_folder(const FaceOptions& options, const face::Embedder& embedder) {
  if (!options.images.empty()) throw UsageError("face verify: --pairs names the images");
  const std::optional<face::Detector> detector = detector_if_needed(options);
  size_t unseen = 0;
  const VerificationResult result = verify_pairs(options.pairs, [&](const auto& files) {
    std::vector<std::vector<float>> embeddings;
    for (const auto& file : files) {
      const Picture picture = decode_image(file.second, file.first);
      std::vector<face::Face> faces;
      if (detector) faces = detector->detect(picture);
      if (detector && faces.empty()) ++unseen;  // the picture is taken for the face
      embeddings.push_back(faces.empty() ? embedder.embed_aligned(picture)
                                         : embedder.embed(picture, faces[0]));
    }
    return embeddings;
  });
  const size_t pairs = result.scores.same.size() + result.scores.different.size();
  if (options.json) {
    print_json(Json::object({{"metrics", metrics_json(result.metrics)},
                             {"pairs", pairs},
                             {"images", result.pictures},
                             {"without_face", unseen}}));
  } else {
    tell(stdout, fmt::format("{} - {} pairs of {} images, in {} of which no face was found\n",
                             metrics_line(result.metrics), pairs, result.pictures, unseen));
  }
  return 0;
}

}  // namespace

int face_verify(const FaceOptions& options) {
  const auto refuse = [&](const char* beside, bool given, const char* option) {
    if (given) throw UsageError(fmt::format("face verify: {} has no meaning {}", option, beside));
  };
  if (!options.pairs.empty()) {
    refuse("beside --pairs", !options.gallery.empty(), "--gallery");
    refuse("beside --pairs", options.threshold.has_value(), "--threshold");
    refuse("beside --pairs", options.largest, "--largest");
  }
  if (options.gallery.empty()) {
    refuse("without --gallery", !options.name.empty(), "--name");
    refuse("without --gallery", !options.passphrase_file.empty(), "--passphrase-file");
  }
  const face::Embedder embedder = face_embedder(options);
  if (!options.pairs.empty()) return verify_folder(options, embedder);
  const double threshold = options.threshold.value_or(embedder.threshold());
  double alike = 0;
  if (options.gallery.empty()) {
    need_images(options, 2, 2);
    const std::optional<face::Detector> detector = detector_if_needed(options);
    const face::Embedding first = embedding_of(options, detector, embedder, options.images[0]);
    alike = face::similarity(first, embedding_of(options, detector, embedder, options.images[1]));
  } else {
    need_images(options, 1, 1);
    need(options, options.name, "--name");
    const face::Gallery gallery = open_gallery(options, embedder);
    std::vector<std::string> known;
    for (const face::Person& person : gallery.people()) known.push_back(person.name);
    if (std::find(known.begin(), known.end(), options.name) == known.end())
      throw InvalidArgument("'" + options.name + "' is not enrolled in '" + options.gallery + "'" +
                            suggest(options.name, known));
    for (const face::Match& match :
         gallery.matches(embedding_of(options, detector_if_needed(options), embedder, options.images[0]))) {
      if (match.name == options.name) alike = match.similarity;
    }
  }
  const bool same = alike >= threshold;
  if (options.json) {
    print_json(Json::object({{"similarity", alike}, {"threshold", threshold}, {"same", same}}));
  } else {
    tell(stdout, fmt::format("{}: similarity {:.3f}, {} the threshold {:.3f}\n",
                             same ? "the same person" : "not the same person", alike,
                             same ? "not below" : "below", threshold));
  }
  return 0;
}

int face_identify(const FaceOptions& options) {
  need_images(options, 1, SIZE_MAX);
  if (!options.report.empty()) refuse_to_lose_page(options.report, options.overwrite);
  const face::Embedder embedder = face_embedder(options);
  const face::Gallery gallery = open_gallery(options, embedder);
  const double threshold = options.threshold.value_or(embedder.threshold());
  const std::optional<face::Detector> detector = detector_if_needed(options);
  std::vector<FaceOnPage> page;
  ImagesInTurn in_turn(options.images.size(), options.json);
  for (const std::string& path : options.images) {
    const std::optional<Picture> read = in_turn.read(path);
    if (!read) continue;
    const Picture& picture = *read;
    std::vector<face::Face> faces{
        {{0, 0, static_cast<double>(picture.width), static_cast<double>(picture.height)}, 1}};
    if (detector) faces = detector->detect(picture);
    Json list = Json::list();
    if (!options.json && faces.empty()) tell(stdout, printable(path) + ": no face\n");
    for (const face::Face& face : faces) {
      const face::Embedding embedding =
          options.aligned ? embedder.embed_aligned(picture)
                          : with_data_of(path, [&] { return embedder.embed(picture, face); });
      const std::vector<face::Match> matches = gallery.matches(embedding);
      const bool known = !matches.empty() && matches[0].similarity >= threshold;
      Json best = Json::list(), one = face_json(face);
      for (size_t i = 0; i < std::min<size_t>(3, matches.size()); ++i)
        best.push_back(Json::object({{"name", matches[i].name}, {"similarity", matches[i].similarity}}));
      one["name"] = known ? Json(matches[0].name) : Json();
      one["matches"] = std::move(best);
      list.push_back(std::move(one));
      const std::string nearest =
          matches.empty()
              ? "nobody is enrolled"
              : fmt::format("{}{} {:.3f}", known ? "" : "nearest: ", matches[0].name, matches[0].similarity);
      if (!options.report.empty())
        page.push_back({face_crop(picture, face.box), known ? matches[0].name : "unknown",
                        nearest + ", " + std::filesystem::path(path).filename().string(), known});
      if (!options.json)
        tell(stdout, fmt::format("{}: {} at {:.0f}, {:.0f} ({})\n", printable(path),
                                 printable(known ? matches[0].name : "unknown"), face.box.left, face.box.top,
                                 printable(nearest)));
    }
    if (options.json)
      print_json(Json::object({{"image", path}, {"threshold", threshold}, {"faces", std::move(list)}}));
  }
  if (!options.report.empty())
    write_page(options.report, faces_page("Whose faces these are", page), options.overwrite);
  in_turn.finish();
  return 0;
}

int face_list(const FaceOptions& options) {
  need_images(options, 0, 0);
  need(options, options.gallery, "--gallery");
  const face::Gallery gallery =
      face::Gallery::load(options.gallery, ask_passphrase(options.passphrase_file, false));
  Json people = Json::list();
  for (const face::Person& person : gallery.people()) {
    people.push_back(Json::object({{"name", person.name}, {"images", person.embeddings.size()}}));
    if (!options.json)
      tell(stdout, fmt::format("{:>4}  {}\n", person.embeddings.size(), printable(person.name)));
  }
  if (options.json) print_json(Json::object({{"gallery", options.gallery}, {"people", std::move(people)}}));
  return 0;
}

int face_remove(const FaceOptions& options) {
  need_images(options, 0, 0);
  need(options, options.gallery, "--gallery");
  need(options, options.name, "--name");
  const FileLock lock(options.gallery);
  const std::string passphrase = ask_passphrase(options.passphrase_file, false);
  face::Gallery gallery = face::Gallery::load(options.gallery, passphrase);
  std::vector<std::string> known;
  for (const face::Person& person : gallery.people()) known.push_back(person.name);
  if (!gallery.remove(options.name))
    throw InvalidArgument("'" + options.name + "' is not enrolled in '" + options.gallery + "'" +
                          suggest(options.name, known));
  gallery.save(options.gallery, passphrase);
  if (options.json)
    print_json(Json::object(
        {{"gallery", options.gallery}, {"removed", options.name}, {"people", gallery.people().size()}}));
  else
    tell(stdout, fmt::format("{} is forgotten; {} left\n", printable(options.name), gallery.people().size()));
  return 0;
}

}  // namespace lamina::cli
