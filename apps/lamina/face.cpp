// lamina face: what it takes, and what it hands on.
#include "face.h"

#include <fmt/format.h>

namespace lamina::cli {
namespace {

// An action with the options that mean something to it.
struct FaceAction {
  const char* name;
  std::vector<std::string> takes;
  int (*run)(const FaceOptions& options);
};

const std::vector<FaceAction>& face_actions() {
  static const std::vector<FaceAction> all{
      {"detect", {"--truth", "--detector", "--score", "--report"}, face_detect},
      {"enrol",
       {"--gallery", "--name", "--passphrase-file", "--detector", "--embedder", "--score", "--largest",
        "--aligned"},
       face_enrol},
      {"verify",
       {"--gallery", "--name", "--passphrase-file", "--pairs", "--detector", "--embedder", "--score",
        "--threshold", "--largest", "--aligned"},
       face_verify},
      {"identify",
       {"--gallery", "--passphrase-file", "--detector", "--embedder", "--score", "--threshold", "--aligned",
        "--report"},
       face_identify},
      {"list", {"--gallery", "--passphrase-file"}, face_list},
      {"remove", {"--gallery", "--passphrase-file", "--name"}, face_remove}};
  return all;
}

int run_face(const FaceOptions& options) {
  auto scope = enter(options.place);
  for (const FaceAction& action : face_actions()) {
    if (action.name != options.action) continue;
    std::vector<std::string> takes = action.takes;
    takes.insert(takes.end(),
                 {"ACTION", "IMAGE", "--device", "--threads", "--json", "--overwrite", "--help"});
    take_only("face " + options.action, options.given, takes);
    return action.run(options);
  }
  throw UsageError("face: unknown action '" + options.action + "'");
}

}  // namespace

void add_face(CLI::App& app, Action& action) {
  Command command(app, "face", "Find faces, and say whose they are: a gallery of persons, encrypted");
  auto options = std::make_shared<FaceOptions>();
  std::vector<std::string> names;
  for (const FaceAction& one : face_actions()) names.push_back(one.name);
  command.add(
      options->action,
      {.name = "ACTION",
       .help =
           "detect IMAGE...: boxes and landmarks. enrol IMAGE...: add the face of a person to a gallery. "
           "verify A B: whether two images show one person; verify IMAGE --gallery G --name N: whether it "
           "is that person. identify IMAGE...: who of the gallery each face is. list: who is enrolled. "
           "remove: forget a person",
       .required = true,
       .choices = names});
  command.add(options->images, {.name = "IMAGE", .help = "Files of photographs"});
  command.add(options->gallery, {.name = "--gallery", .help = "File of enrolled persons", .type = "FILE"});
  command.add(options->name, {.name = "--name", .help = "Of a person", .type = "NAME"});
  command.add(
      options->passphrase_file,
      {.name = "--passphrase-file",
       .help = "File whose first line opens the gallery (default: $LAMINA_PASSPHRASE, or asked for at the "
               "terminal)",
       .type = "FILE"});
  command.add(options->detector,
              {.name = "--detector",
               .help = "Network that finds faces: .onnx, or MTCNN's .safetensors (default: "
                       "face-slim-landmark5.onnx here or in $LAMINA_DATA)",
               .type = "FILE"});
  command.add(options->embedder,
              {.name = "--embedder",
               .help = "Network that embeds them: .onnx, or .keras of 'lamina train faces' (default: "
                       "face-reidentification-retail-0095.onnx here or in $LAMINA_DATA)",
               .type = "FILE"});
  command.add(options->score, {.name = "--score",
                               .help = "Least certainty of a face (default: 0.7)",
                               .type = "X",
                               .least = 0.01,
                               .most = 0.999});
  command.add(options->threshold,
              {.name = "--threshold",
               .help = "Least similarity of two faces of one person (default: the embedder's)",
               .type = "X",
               .least = -1,
               .most = 1});
  command.flag(options->largest, "--largest", "Of several faces in an image take the largest");
  command.flag(options->aligned, "--aligned", "Images are faces already, cropped as the embedder wants them");
  command.add(options->truth,
              {.name = "--truth",
               .help = "Of detect: boxes that are there, a table with columns file, xmin, ymin, xmax, "
                       "ymax beside the images; prints recall and precision at an overlap of 0.5",
               .type = "FILE.csv"});
  command.add(options->pairs,
              {.name = "--pairs",
               .help = "Of verify: a folder with test_pairs.csv (same,image1,image2); prints error rates",
               .type = "DIR"});
  command.add(options->report,
              {.name = "--report",
               .help = "Of detect and identify: write a page with every face and whose it is",
               .type = "FILE.html"});
  command.flag(options->overwrite, "--overwrite", "Replace what is at --report though it is no report");
  add_place(command, options->place);
  add_json(command, options->json, "what was found, an object for each image");
  command.footer(
      "Whether a living person stands before the camera is not looked at: a photograph of a photograph is "
      "the same "
      "face.\nA gallery holds no pictures, but its embeddings say who somebody is: ask those whom you "
      "enrol.");
  command.on_call([options, command, &action] {
    options->given = command.given();
    action = [options] { return run_face(*options); };
  });
}

}  // namespace lamina::cli
