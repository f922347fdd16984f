// lamina predict: what a model says about samples, drawn where they are pictures.
#include <fmt/format.h>

#include <algorithm>

#include "cli.h"
#include "lamina/base/error.h"
#include "lamina/base/terminal.h"
#include "lamina/explain/classification.h"
#include "lamina/formats/npy.h"
#include "lamina/image/load_img.h"
#include "lamina/ops/reshape.h"
#include "lamina/zoo/samples.h"

namespace lamina::cli {
namespace {

struct Options {
  std::string model, labels;
  std::vector<std::string> inputs;
  bool json = false, no_pictures = false;
  Place place;
};

// Samples of one argument, with what is known about them.
struct Input {
  std::vector<std::string> names;  // one per sample
  Tensor x;                        // as the model takes it
  std::vector<int> expected;       // true classes, where known
  std::vector<std::string> classes;
};

constexpr int64_t kMostDrawn = 64;

bool ends_with_any(const std::string& text, std::initializer_list<const char*> endings) {
  return std::any_of(endings.begin(), endings.end(),
                     [&](const char* ending) { return text.ends_with(ending); });
}

Input read_array(const Model& model, const std::string& path) {
  Tensor x = read_npy(path);
  if (x.rank() == 0) throw InvalidArgument("predict: '" + path + "' holds a single number, not samples");
  // One sample without its batch axis is welcome, too.
  const Shape& wanted = model.input_shape();
  const bool fits_one = x.rank() == wanted.rank() - 1 &&
                        std::equal(x.shape().begin(), x.shape().end(), wanted.begin() + 1,
                                   [](int64_t is, int64_t want) { return want < 0 || is == want; });
  const bool grey = wanted.rank() == 4 && wanted[-1] == 1 && x.rank() == 2 && x.shape()[0] == wanted[1] &&
                    x.shape()[1] == wanted[2];
  if (fits_one || grey) {
    std::vector<int64_t> dims = x.shape().dims();
    dims.insert(dims.begin(), 1);
    x = reshape(x, Shape(dims));
  }
  Input input;
  input.x = model_input(model, x);
  const int64_t count = x.shape()[0];
  for (int64_t i = 0; i < count; ++i)
    input.names.push_back(fits_one || grey ? path : fmt::format("{}[{}]", path, i));
  return input;
}

// An image file, in the size and the colours that the model takes.
Input read_image(const Model& model, const std::string& path) {
  const Shape& wanted = model.input_shape();
  const int64_t channels = wanted.rank() == 4 ? wanted[3] : 1;
  if (wanted.rank() < 3 || wanted.rank() > 4 || (channels != 1 && channels != 3 && channels != -1)) {
    throw InvalidArgument("predict: '" + path + "' is an image; model '" + model.name() + "' takes " +
                          wanted.str());
  }
  const Picture picture = load_img(path, {.color_mode = channels == 1 ? "grayscale" : "rgb",
                                          .height = static_cast<int>(std::max<int64_t>(0, wanted[1])),
                                          .width = static_cast<int>(std::max<int64_t>(0, wanted[2]))});
  Input input;
  input.x = model_input(model, expand_dims(img_to_tensor(picture), 0));
  input.names = {path};
  return input;
}

Input read_source(const Model& model, const std::string& text) {
  const SourceRange range = parse_source(text);
  LabelledData data = load_data(range.source, {.split = "test"});
  const int64_t samples = data.x.shape()[0];
  const int64_t end = range.end < 0 ? samples : range.end;
  if (end > samples) {
    throw InvalidArgument(fmt::format("predict: '{}' asks for samples up to {}; '{}' has {}", text, end,
                                      range.source, samples));
  }
  data = part_of(data, range.begin, end - range.begin);
  Input input;
  input.x = model_input(model, data.x);
  input.classes = data.class_names;
  for (int64_t i = range.begin; i < end; ++i) input.names.push_back(fmt::format("{}[{}]", range.source, i));
  if (!data.class_names.empty() && data.y.rank() == 1) input.expected = data.y.to_vector<int32_t>();
  return input;
}

Input read_input(const Model& model, const std::string& text) {
  if (text.ends_with(".npy")) return read_array(model, text);
  if (ends_with_any(text, {".png", ".jpg", ".jpeg"})) return read_image(model, text);
  if (ends_with_any(text, {".webp", ".gif", ".bmp", ".wav", ".flac", ".ogg", ".txt"})) {
    throw Unsupported("predict: '" + text +
                      "': audio, text and other images come with a later release; this one takes .png, .jpg, "
                      ".npy, .npz, .csv and named sets such as fashion-mnist:test[0:5]");
  }
  return read_source(model, text);
}

// "cat,dog" or the name of a set.
std::vector<std::string> labels_of(const std::string& text) {
  if (text.empty()) return {};
  std::vector<std::string> labels;
  if (text.find(',') == std::string::npos) return load_data(text, {.split = "test"}).class_names;
  for (size_t at = 0; at <= text.size();) {
    const size_t comma = std::min(text.find(',', at), text.size());
    labels.push_back(text.substr(at, comma - at));
    at = comma + 1;
  }
  return labels;
}

Json numbers(const std::vector<float>& values) {
  Json list = Json::list();
  for (float value : values) list.push_back(finite(value));
  return list;
}

class Speaker {
 public:
  Speaker(const Options& options, const Model& model)
      : options_(options),
        kind_(output_kind(model)),
        labels_(labels_of(options.labels)),
        terminal_(terminal_of(stdout)) {}

  void tell(const Input& input, const Tensor& outputs) {
    if (kind_ == OutputKind::kValues || outputs.rank() != 2) {
      tell_values(input, outputs);
      return;
    }
    const auto rows = class_probabilities(outputs, kind_);
    std::vector<CaptionedPicture> pictures;
    const bool draws = !options_.json && !options_.no_pictures && is_image(input.x.shape()) &&
                       input.x.shape()[0] <= kMostDrawn;
    for (size_t i = 0; i < rows.size(); ++i) {
      const auto best = std::max_element(rows[i].begin(), rows[i].end());
      const size_t label = static_cast<size_t>(best - rows[i].begin());
      if (options_.json) {
        Json line = Json::object({{"input", input.names[i]},
                                  {"class", static_cast<int64_t>(label)},
                                  {"label", class_name(input, label)},
                                  {"confidence", finite(*best)},
                                  {"probabilities", numbers(rows[i])}});
        if (!input.expected.empty()) line["expected"] = input.expected[i];
        print_json(line);
        continue;
      }
      const std::string said = fmt::format("{} {:.1f}%", class_name(input, label), *best * 100);
      std::string truth;
      if (!input.expected.empty()) {
        const size_t expected = static_cast<size_t>(input.expected[i]);
        truth = expected == label ? (terminal_.utf8 ? "✓" : "right") : "is: " + class_name(input, expected);
      }
      if (draws) {
        pictures.push_back({picture_of(input.x, static_cast<int64_t>(i)), {input.names[i], said, truth}});
      } else {
        fmt::print("{}  {}  {}\n", printable(input.names[i]), printable(said), printable(truth));
      }
    }
    if (draws) fmt::print("{}\n", draw(pictures, terminal_));
  }

 private:
  void tell_values(const Input& input, const Tensor& outputs) const {
    const std::vector<float> all = outputs.to_vector<float>();
    const size_t width = input.names.empty() ? 0 : all.size() / input.names.size();
    for (size_t i = 0; i < input.names.size(); ++i) {
      const std::vector<float> row(all.begin() + static_cast<std::ptrdiff_t>(i * width),
                                   all.begin() + static_cast<std::ptrdiff_t>((i + 1) * width));
      if (options_.json) {
        print_json(Json::object({{"input", input.names[i]}, {"output", numbers(row)}}));
      } else {
        fmt::print("{}  {}\n", printable(input.names[i]), fmt::join(row, " "));
      }
    }
  }

  std::string class_name(const Input& input, size_t label) const {
    const std::vector<std::string>& names = labels_.empty() ? input.classes : labels_;
    return label < names.size() ? names[label] : std::to_string(label);
  }

  const Options& options_;
  OutputKind kind_;
  std::vector<std::string> labels_;
  Terminal terminal_;
};

int predict(const Options& options) {
  auto scope = enter(options.place);
  Model model = load(options.model, {.compile = false});
  Speaker speaker(options, model);
  for (const std::string& text : options.inputs) {
    const Input input = read_input(model, text);
    if (input.names.empty()) continue;
    speaker.tell(input, model.predict(input.x, {.batch_size = 256}));
  }
  return 0;
}

}  // namespace

void add_predict(CLI::App& app, Action& action) {
  Command command(app, "predict", "Ask a model about samples; pictures are drawn in the terminal");
  auto options = std::make_shared<Options>();
  command.add(options->model, {.name = "MODEL", .help = "A .keras file", .required = true});
  command.add(options->inputs,
              {.name = "INPUT",
               .help = "An image (.png, .jpg); .npy; or samples of a named set, .npz or .csv: SET:test[0:5]. "
                       "Pictures are "
                       "brought to the model's size, and their bytes to 0..1 unless the model rescales them",
               .required = true});
  command.add(options->labels,
              {.name = "--labels", .help = "Names of the classes: a,b,c or a named set", .type = "NAMES"});
  command.flag(options->no_pictures, "--no-pictures", "Print one line for each sample instead of drawing it");
  add_place(command, options->place);
  add_json(command, options->json, "one object for each sample");
  command.on_call([options, &action] { action = [options] { return predict(*options); }; });
}

}  // namespace lamina::cli
