// lamina detect: what is where in pictures, as text, JSON and pictures with boxes.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <optional>

#include "data_arguments.h"
#include "detect.h"
#include "detect_pictures.h"
#include "frame_source.h"
#include "interrupt.h"
#include "lamina/base/log.h"
#include "lamina/base/terminal.h"
#include "lamina/vision/detector.h"
#include "lamina/vision/draw_boxes.h"
#include "lamina/vision/tracker.h"

namespace lamina::cli {
namespace {

struct Options {
  std::string model, classes, output;
  std::vector<std::string> inputs;
  double score = 0.3, iou = 0.6;
  int64_t most = 100;
  double fps = 0;
  std::string line;
  bool json = false, quiet = false, any_class = false, track = false;
  Place place;
};

Json box_json(const vision::Box& box) {
  return Json::list({finite(box.left), finite(box.top), finite(box.right), finite(box.bottom)});
}

// How a line of JSON begins. @param place  in a video, or -1.
Json line_of(const std::string& file, int64_t place) {
  Json line = Json::object({{"input", file}});
  if (place >= 0) line["frame"] = place;
  return line;
}

// What is known of a picture.
struct Seen {
  std::string file;
  int64_t place = -1;  // in a video
  const Picture& picture;
  std::vector<vision::Detection> found;
  std::vector<int64_t> ids;  // of tracks, one for each of `found`; empty without --track
  std::string drawn;
  double milliseconds = 0;
};

Json seen_json(const Seen& seen, const std::vector<std::string>& names) {
  Json list = Json::list();
  for (size_t i = 0; i < seen.found.size(); ++i) {
    const vision::Detection& one = seen.found[i];
    Json object = Json::object({{"class", one.label},
                                {"label", names[static_cast<size_t>(one.label)]},
                                {"score", one.score},
                                {"box", box_json(one.box)}});
    if (!seen.ids.empty()) object["track"] = seen.ids[i];
    list.push_back(std::move(object));
  }
  Json line = line_of(seen.file, seen.place);
  line["width"] = seen.picture.width;
  line["height"] = seen.picture.height;
  line["detections"] = list;
  line["ms"] = seen.milliseconds;
  if (!seen.drawn.empty()) line["output"] = seen.drawn;
  return line;
}

std::string seen_text(const Seen& seen, const std::vector<std::string>& names) {
  std::string text = fmt::format("{}{}  {} {}\n", printable(seen.file), seen.place < 0 ? "" : fmt::format(" frame {}", seen.place),
                                 seen.found.size(), seen.found.size() == 1 ? "thing" : "things");
  for (size_t i = 0; i < seen.found.size(); ++i) {
    const vision::Detection& one = seen.found[i];
    text += fmt::format("  {:<16} {:.2f}  {:.0f},{:.0f} to {:.0f},{:.0f}{}\n",
                        printable(names[static_cast<size_t>(one.label)]), one.score, one.box.left,
                        one.box.top, one.box.right, one.box.bottom,
                        seen.ids.empty() ? "" : fmt::format("  track {}", seen.ids[i]));
  }
  return text;
}

// "x1,y1,x2,y2" in pixels.
vision::LineCounter line_counter(const std::string& text) {
  std::vector<double> numbers;
  for (const std::string& part : names_between_commas(text)) {
    char* end = nullptr;
    numbers.push_back(std::strtod(part.c_str(), &end));
    if (end == part.c_str() || *end != '\0') numbers.clear();
  }
  if (numbers.size() != 4)
    throw UsageError("detect: --line takes four numbers, X1,Y1,X2,Y2, not '" + text + "'");
  return vision::LineCounter({numbers[0], numbers[1], numbers[2], numbers[3]});
}

// How long pictures took, and what else there is to say at the end.
std::string summary_of(std::vector<double> milliseconds, int64_t dropped,
                       const std::optional<vision::LineCounter>& counter) {
  std::string text;
  if (!milliseconds.empty()) {
    std::sort(milliseconds.begin(), milliseconds.end());
    const auto at = [&](double share) {
      return milliseconds[std::min(milliseconds.size() - 1,
                                   static_cast<size_t>(share * static_cast<double>(milliseconds.size())))];
    };
    double sum = 0;
    for (const double one : milliseconds) sum += one;
    text =
        fmt::format("{} pictures: {:.1f} ms p50, {:.1f} ms p99, {:.1f} a second", milliseconds.size(),
                    at(0.5), at(0.99), 1000 * static_cast<double>(milliseconds.size()) / std::max(sum, 1e-9));
    if (dropped > 0) text += fmt::format(", {} dropped", dropped);
    text += "\n";
  }
  if (counter)
    text += fmt::format("over the line: {} to the right, {} to the left\n", counter->to_right(),
                        counter->to_left());
  return text;
}

int detect(const Options& options) {
  const Undisturbed undisturbed;
  auto scope = enter(options.place);
  const std::vector<std::string> files = pictures_of(options.inputs);
  std::optional<vision::LineCounter> counter;
  if (!options.line.empty()) counter.emplace(line_counter(options.line));
  const vision::Detector detector = vision::Detector::load(options.model, options.classes);
  const auto& names = detector.class_names();
  DrawnPictures drawn(options.output, files);
  const bool follows = options.track || counter;
  // What is less sure may continue a track, and begins none.
  const double unsure = follows ? std::min(0.1, options.score) : options.score;
  const vision::SuppressionOptions how{.score_threshold = unsure,
                                       .iou_threshold = options.iou,
                                       .most = options.most,
                                       .by_class = !options.any_class};
  std::optional<vision::Tracker> tracker;
  if (follows) tracker.emplace(vision::TrackerOptions{.sure = options.score, .unsure = unsure});
  const Interrupt interrupt;
  std::vector<double> milliseconds;
  int64_t bad = 0, frames = 0;
  FrameSource source(files, options.fps, interrupt.flag());
  while (const auto frame = source.next()) {
    if (interrupt.flag()) break;
    ++frames;
    if (!frame->error.empty()) {
      ++bad;
      Json line = line_of(frame->name, frame->place);
      line["error"] = frame->error;
      if (options.json) print_json(line);
      warn(frame->error);
      continue;
    }
    const auto began = std::chrono::steady_clock::now();
    Seen seen{frame->name, frame->place, frame->picture, detector.detect(frame->picture, how), {}, {}};
    if (tracker) {
      const std::vector<vision::Tracked> tracks = tracker->next(seen.found);
      if (counter) counter->next(tracks);
      seen.found.clear();
      for (const vision::Tracked& one : tracks) {
        seen.found.push_back(one.detection);
        seen.ids.push_back(one.id);
      }
    }
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - began;
    milliseconds.push_back(seen.milliseconds = took.count());
    if (drawn.wanted()) {
      auto boxes = vision::labelled(seen.found, names);
      for (size_t i = 0; i < seen.ids.size(); ++i) {
        boxes[i].text = fmt::format("#{} {}", seen.ids[i], boxes[i].text);
        boxes[i].colour = seen.ids[i];
      }
      const double fps = options.fps > 0 ? options.fps : source.video_fps() > 0 ? std::min(source.video_fps(), 1000.0) : 25;
      seen.drawn = drawn.add(*frame, vision::draw_boxes(frame->picture, boxes), fps);
    }
    if (options.json) {
      print_json(seen_json(seen, names));
    } else if (!options.quiet) {
      tell(stdout, seen_text(seen, names));
    }
  }
  tell(options.json ? stderr : stdout, summary_of(std::move(milliseconds), source.dropped(), counter));
  drawn.finish();
  if (interrupt.flag()) throw Error("interrupted");
  if (bad > 0) throw Error(fmt::format("{} of {} pictures could not be read", bad, frames));
  return 0;
}

}  // namespace

void add_detect(CLI::App& app, Action& action) {
  Command command(app, "detect", "Find things in pictures: boxes, classes and scores");
  auto options = std::make_shared<Options>();
  command.add(options->model,
              {.name = "MODEL",
               .help = "A detector: a .keras file of a recipe of boxes, or NanoDet or FastestDet as .onnx",
               .required = true});
  command.add(options->inputs, {.name = "INPUT",
                                .help = "Pictures, folders of them, whose pictures are taken by name, frame2 before frame10, "
                                        "and videos (.mp4, .mkv, .avi, ...)",
                                .type = "FILE|FOLDER",
                                .required = true});
  command.add(options->score, {.name = "--score",
                               .help = "Leave out what is less sure",
                               .type = "X",
                               .least = 0,
                               .most = 1,
                               .show_default = true});
  command.add(options->iou, {.name = "--iou",
                             .help = "Of boxes of a class that overlap by more, keep the surest",
                             .type = "X",
                             .least = 0,
                             .most = 1,
                             .show_default = true});
  command.add(options->most, {.name = "--most",
                              .help = "Boxes of a picture, at most",
                              .type = "N",
                              .least = 1,
                              .most = 100000,
                              .show_default = true});
  command.flag(options->any_class, "--any-class", "Let boxes of different classes push each other out, too");
  command.add(options->classes,
              {.name = "--classes",
               .help = "Names of the classes, a line each (default: the model's, or the file beside it that "
                       "ends in .names)",
               .type = "FILE"});
  command.add(
      options->output,
      {.name = "--output",
       .help = "Write the pictures with their boxes there, as .png, or all of them into one video (.mp4, ...)",
       .type = "DIR|VIDEO"});
  command.flag(options->track, "--track",
               "Take the pictures for frames of a video, and follow things from one to the next");
  command.add(options->line, {.name = "--line",
                              .help = "Follow things, and count those that go over this line, in pixels",
                              .type = "X1,Y1,X2,Y2"});
  command.add(options->fps,
              {.name = "--fps",
               .help = "Give the pictures out as a camera does, so many a second; old ones are dropped "
                       "rather than waited for",
               .type = "N",
               .least = 0.1,
               .most = 1000});
  command.flag(options->quiet, "--quiet", "Print no list of what was found");
  add_place(command, options->place);
  add_json(command, options->json,
           "an object for each picture: input, width, height, detections (class, label, score, box) and ms");
  command.on_call([options, &action] { action = [options] { return detect(*options); }; });
}

}  // namespace lamina::cli
