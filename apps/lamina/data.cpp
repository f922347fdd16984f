// lamina data: which data sets there are, those of the network, whether a folder of photographs or a table is
// fit to learn from, and the parts of a folder.
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <optional>

#include "catalogue.h"
#include "cli.h"
#include "data_get.h"
#include "lamina/base/terminal.h"
#include "lamina/data/check_table.h"
#include "lamina/data/labelled_data.h"
#include "lamina/zoo/check_folder.h"

namespace lamina::cli {
namespace {

struct Options {
  std::string action;
  std::vector<std::string> places;
  double test_size = 0.2;
  uint64_t seed = 0;
  std::string out, sha256, mirror;
  bool json = false;
};

int list(const Options& options) {
  Json sets = Json::list();
  for (const std::string& name : named_data_sets()) {
    const std::string place = find_data_set(name);
    if (options.json) {
      sets.push_back(Json::object({{"name", name}, {"folder", place.empty() ? Json() : Json(place)}}));
    } else {
      fmt::print("{:<18}  {}\n", name, place.empty() ? "not on this machine: " + how_to_get(name) : place);
    }
  }
  for (const CatalogueSet& set : catalogue()) {
    const std::string place = place_of(set);
    if (options.json) {
      sets.push_back(Json::object({{"name", set.name},
                                   {"folder", place.empty() ? Json() : Json(place)},
                                   {"title", set.title},
                                   {"licence", set.licence},
                                   {"source", set.source},
                                   {"bytes", static_cast<int64_t>(set.bytes())}}));
    } else {
      fmt::print("{:<18}  {}\n", set.name, place.empty() ? "lamina data get " + set.name : place);
      fmt::print("{:<18}  {}; {:.1f} MB; {}; {}\n", "", set.title, static_cast<double>(set.bytes()) / 1e6,
                 set.licence, set.source);
    }
  }
  if (options.json) print_json(Json::object({{"sets", sets}}));
  return 0;
}

Json paths_of(const std::vector<image::FolderReport::Sized>& images) {
  Json list = Json::list();
  for (const auto& image : images)
    list.push_back(Json::object({{"file", image.path}, {"height", image.height}, {"width", image.width}}));
  return list;
}

Json unreadable_of(const std::vector<image::FolderReport::Unreadable>& files) {
  Json list = Json::list();
  for (const auto& file : files) list.push_back(Json::object({{"file", file.path}, {"reason", file.reason}}));
  return list;
}

Json as_json(const image::FolderReport& report) {
  Json classes = Json::object(), copies = Json::list();
  for (size_t i = 0; i < report.class_names.size(); ++i)
    classes[report.class_names[i]] = report.class_counts[i];
  for (const auto& group : report.copies) {
    copies.push_back(Json::object({{"files", Json(Json::List(group.paths.begin(), group.paths.end()))},
                                   {"across_classes", group.across_classes},
                                   {"across_parts", group.across_parts}}));
  }
  const std::vector<std::string> notes = report.notes();
  return Json::object({{"good", report.good()},
                       {"notes", Json(Json::List(notes.begin(), notes.end()))},
                       {"images", report.images},
                       {"other_files", report.other_files},
                       {"classes", classes},
                       {"unbalanced", report.unbalanced},
                       {"empty", Json(Json::List(report.empty.begin(), report.empty.end()))},
                       {"loose", Json(Json::List(report.loose.begin(), report.loose.end()))},
                       {"lacking", Json(Json::List(report.lacking.begin(), report.lacking.end()))},
                       {"unreadable", unreadable_of(report.unreadable)},
                       {"copies", copies},
                       {"tiny", paths_of(report.tiny)},
                       {"huge", paths_of(report.huge)}});
}

Json as_json(const TableReport& report) {
  Json columns = Json::list();
  for (const TableReport::Column& column : report.columns) {
    columns.push_back(Json::object({{"name", column.name},
                                    {"kind", column.kind()},
                                    {"missing", column.missing},
                                    {"constant", column.constant}}));
  }
  const std::vector<std::string> notes = report.notes();
  return Json::object({{"good", report.good()},
                       {"notes", Json(Json::List(notes.begin(), notes.end()))},
                       {"rows", report.rows},
                       {"columns", columns}});
}

// What no folder is and no archive with one.
bool is_table(const std::string& path) {
  std::error_code ignored;
  return path == "-" || (!std::filesystem::is_directory(path, ignored) && exists(path) &&
                         !ends_with_any(path, {".tar", ".tar.gz", ".tgz"}));
}

// Status 1 where there is something to mend, so that scripts can ask.
int check(const Options& options) {
  const std::string& place = options.places.at(0);
  if (is_table(place)) {
    const TableReport report = check_table(place == "-" ? "/dev/stdin" : place);
    if (options.json)
      print_json(as_json(report));
    else
      fmt::print("{}\n", report.str());
    return report.good() ? 0 : 1;
  }
  const image::FolderReport report = image::check_folder(place);
  if (options.json)
    print_json(as_json(report));
  else
    fmt::print("{}\n", report.str());
  return report.good() ? 0 : 1;
}

int split(const Options& options) {
  const std::string& out = options.places.at(1);
  const image::FolderSplit parts = image::split_folder(
      options.places.at(0), out, {.test_size = options.test_size, .seed = options.seed, .stratify = true});
  if (options.json)
    print_json(Json::object({{"folder", out},
                             {"train", parts.train},
                             {"test", parts.test},
                             {"copies", parts.copies},
                             {"unreadable", unreadable_of(parts.unreadable)}}));
  else
    fmt::print("{} images in {}/train, {} in {}/test\n", parts.train, printable(out), parts.test,
               printable(out));
  return 0;
}

int act(const Options& options) {
  const bool get = options.action == "get";
  const size_t wanted = options.action == "list" ? 0 : options.action == "split" ? 2 : 1;
  if (options.places.size() != wanted)
    throw UsageError(fmt::format("data {}: expected {}, got {}; see 'lamina data --help'", options.action,
                                 get ? "one name or address" : fmt::format("{} folders", wanted),
                                 options.places.size()));
  if (get) return get_data({options.places[0], options.out, options.sha256, options.mirror, options.json});
  if (wanted == 0) return list(options);
  return wanted == 1 ? check(options) : split(options);
}

}  // namespace

void add_data(CLI::App& app, Action& action) {
  Command command(app, "data",
                  "List and fetch data sets; check a folder of photographs or a table, split a folder");
  auto options = std::make_shared<Options>();
  command.add(options->action,
              {.name = "ACTION",
               .help = "list: the named sets. get NAME: fetch one of these from the network, or an address "
                       "(http://..., https://...), going on where it broke off. check DIR: images that "
                       "cannot be read, copies, "
                       "classes out of balance; check FILE: a table's columns that are constant or "
                       "odd. split DIR OUT: copies of the images in OUT/train "
                       "and OUT/test",
               .required = true,
               .choices = {"list", "get", "check", "split"}});
  command.add(options->places,
              {.name = "DIR",
               .help = "A folder (or .tar) with one folder of images for each class; of check also a table"});
  command.add(options->test_size, {.name = "--test-size",
                                   .help = "Of split: the share for the test",
                                   .type = "X",
                                   .least = 0.001,
                                   .most = 0.999,
                                   .show_default = true});
  command.add(options->seed,
              {.name = "--seed", .help = "Of split", .type = "N", .least = 0, .show_default = true});
  command.add(options->out, {.name = "--out",
                             .help = "Of get: folder; a set gets one of its name in there (default: "
                                     "$LAMINA_DATA, else the current folder)",
                             .type = "DIR"});
  command.add(options->sha256, {.name = "--sha256",
                                .help = "Of get: the checksum that an address must have; a part is resumed "
                                        "only with one",
                                .type = "HEX"});
  command.add(options->mirror, {.name = "--mirror",
                                .help = "Of get: address of a folder that has NAME/FILE, in place of the "
                                        "set's source; checksums stay the same",
                                .type = "URL"});
  add_json(command, options->json, "what was found");
  command.on_call([options, &action] { action = [options] { return act(*options); }; });
}

}  // namespace lamina::cli
