// What the conformance suite needs beyond the command line: training steps on given batches, and models built
// here.
//
//   lamina_conformance train IN.keras DATA.npz STEPS OUT.keras    load, train STEPS times on (x, y), save
//   lamina_conformance create NAME DATA.npz STEPS OUT.keras       build model NAME, train, save
//   lamina_conformance graphs FOLDER STEPS                        train FOLDER/<name>.keras, and the .h5 file
//                                                                 beside it, for each <name>.npz
//   lamina_conformance text JOB.json OUT                          texts, as JOB says
//   lamina_conformance pretrained FOLDER                          language models, as pretrained.h says
//   lamina_conformance configs CASES.json OUT.json                what Keras's classes write, as configs.h says
//   lamina_conformance tokenize MODEL TEXTS OUT                   what a tokenizer makes of texts
//   lamina_conformance application NAME WEIGHTS X.npy Y.npy [OPTION=VALUE...]    what a network of Keras's
//                                                                 applications makes of X with WEIGHTS
//
// DATA.npz holds `x` and `y`, or x0, x1, ... and y0, y1, ... in the order of the model's inputs and outputs,
// or x:NAME and y:NAME for tensors by name. The first two write OUT.keras.npz with `predictions` for x (the
// first of them), each as `predictions0`, ..., those before training as `before0`, ..., and the loss of each
// step in `losses`. `graphs` writes FOLDER/<name>.trained.keras and .trained.h5, or what went wrong into such
// a name with .error behind it. `text` reads {"object": what is saved of a class of lamina/text, "train": [...],
// "test": [...]}, lets it learn, and writes OUT.json, what is saved then, and OUT.npz, what it makes of the
// texts; it prints how long both took, the fastest of "rounds". `tokenize` reads a JSON text a line and
// writes a line of JSON of each: ids, tokens, offsets (all in one list), decoded, and whether that came in a
// stream, too.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "configs.h"
#include "lamina/formats/npy.h"
#include "lamina/formats/npz.h"
#include "lamina/lamina.h"
#include "pretrained.h"

namespace {

using namespace lamina;

Sequential tutorial_dense() {
  Sequential model(
      {
          Input({100}),
          Dense(64, {.activation = "relu"}),
          Dense(64, {.activation = "relu"}),
          Dense(10, {.activation = "softmax"}),
      },
      {.seed = 2});
  model.compile({.optimizer = RMSprop(0.005, {.momentum = 0.5, .centered = true}),
                 .loss = "sparse_categorical_crossentropy",
                 .metrics = {"accuracy"}});
  return model;
}

Sequential every_layer() {
  Sequential model(
      {
          Input({16, 16, 3}),
          Rescaling(1 / 127.5, {.offset = -1}),
          Conv2D(8, {3, 3}, {.padding = "same", .use_bias = false}),
          BatchNormalization(),
          Activation("relu"),
          MaxPooling2D(),
          Dropout(0.0),
          Conv2D(8, {3, 3}, {.strides = {2, 2}, .padding = "same", .kernel_initializer = "he_normal"}),
          ReLU({.max_value = 6}),
          AveragePooling2D({2, 2}),
          Reshape({4, 8}),
          Flatten(),
          Dense(1),
      },
      {.seed = 3});
  model.compile({.optimizer = SGD(0.01, {.momentum = 0.9, .nesterov = true, .weight_decay = 0.001}),
                 .loss = BinaryCrossentropy({.from_logits = true, .label_smoothing = 0.1}),
                 .metrics = {metrics::BinaryAccuracy({.threshold = 0.25})}});
  return model;
}

/// Ranges of one number, so that training knows what is drawn.
Sequential augmented_here() {
  Sequential model(
      {
          Input({9, 8, 2}),
          Resizing(8, 8, {.crop_to_aspect_ratio = true}),
          RandomTranslation({-0.1, -0.1}, {0.3, 0.3}, {.fill_mode = "wrap"}),
          RandomRotation({-0.1, -0.1}, {.seed = 1}),
          RandomZoom({0.25, 0.25}, std::nullopt, {.interpolation = "nearest"}),
          RandomContrast({-0.2, 0.2}),
          RandomBrightness({0.003, 0.003}),
          CenterCrop(6, 6),
          RandomCrop(6, 6),
          Conv2D(3, 3),
          GlobalAveragePooling2D({.keepdims = true}),
          RandomFlip("horizontal"),
          Flatten(),
          Dense(3, {.activation = "softmax"}),
      },
      {.seed = 4});
  model.compile({.optimizer = "sgd", .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  return model;
}

/// What was learned from a table, and what was given.
Sequential normalized() {
  Normalization learned;
  learned.adapt(Tensor::from<float>({-3, 0, 100, 7, 1, 0, 300, 7, 5, 0, 200, 7}, {3, 4}));
  const Tensor mean = Tensor::from<float>({0.5, -0.25, 0, 1}, {4});
  Sequential model({Input({4}), learned, Normalization({.mean = mean, .variance = mean * mean + 1.0}),
                    Dense(3, {.activation = "softmax"})},
                   {.seed = 4});
  model.compile({.optimizer = "sgd", .loss = "sparse_categorical_crossentropy"});
  return model;
}

/// One layer in three models, each inside the next.
Model shared_at_levels() {
  const Dense shared(5, {.activation = "tanh", .name = "shared"});
  const Sequential one({Input({5}), shared, Dense(5, {.activation = "tanh"}), shared});
  const Sequential two({Input({5}), one, shared});
  const Tensor x = Input({5});
  Model model({x}, {Dense(3, {.activation = "softmax"})(shared(two(one(shared(x)))))}, {.seed = 4});
  model.compile({.optimizer = Adam(0.01), .loss = "sparse_categorical_crossentropy"});
  return model;
}

const std::map<std::string, Model (*)()> kModels = {
    {"tutorial_cnn28", []() -> Model { return tutorial_model("cnn28").build(1); }},
    {"tutorial_dense", []() -> Model { return tutorial_dense(); }},
    {"every_layer", []() -> Model { return every_layer(); }},
    {"normalized", []() -> Model { return normalized(); }},
    {"augmented_here", []() -> Model { return augmented_here(); }},
    {"shared_at_levels", shared_at_levels}};

/// The tensors of the data whose names start with `prefix`: alone, by position or by name.
Tensors given(const std::map<std::string, Tensor>& data, const std::string& prefix) {
  if (const auto one = data.find(prefix); one != data.end()) return one->second;
  std::vector<Tensor> by_position;
  for (auto at = data.find(prefix + "0"); at != data.end();
       at = data.find(prefix + std::to_string(by_position.size()))) {
    by_position.push_back(at->second);
  }
  if (!by_position.empty()) return by_position;
  std::vector<std::pair<std::string, Tensor>> by_name;
  for (const auto& [name, tensor] : data) {
    if (name.starts_with(prefix + ":")) by_name.emplace_back(name.substr(prefix.size() + 1), tensor);
  }
  return by_name;
}

void add(std::map<std::string, Tensor>& results, const std::string& prefix, const Tensors& tensors) {
  for (size_t i = 0; i < tensors.size(); ++i) results[prefix + std::to_string(i)] = tensors[i];
}

void train(Model& model, const std::string& data_path, int steps, const std::string& out) {
  const std::map<std::string, Tensor> data = read_npz(data_path);
  const Tensors x = given(data, "x"), y = given(data, "y");
  std::map<std::string, Tensor> results;
  add(results, "before", model.predict_outputs(x));
  std::vector<float> losses;
  for (int step = 0; step < steps; ++step) {
    losses.push_back(static_cast<float>(model.train_on_batch(x, y).at("loss")));
  }
  model.save(out);
  const Tensors after = model.predict_outputs(x);
  add(results, "predictions", after);
  results["predictions"] = after[0];
  results["losses"] = Tensor::from(losses, {steps});
  write_npz(out + ".npz", results);
}

/// Every model of the folder, whatever happens to the others.
void train_folder(const std::filesystem::path& folder, int steps) {
  std::vector<std::filesystem::path> all;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".npz") all.push_back(entry.path());
  }
  for (const auto& data : all) {
    const std::string base = (folder / data.stem()).string();
    for (const std::string end : {".keras", ".h5"}) {
      const std::string trained = base + ".trained" + end;
      try {
        Model model = load_model(base + end);
        train(model, data.string(), steps, trained);
      } catch (const std::exception& error) {
        std::ofstream(trained + ".error") << error.what();
      }
    }
  }
}

using Arrays = std::map<std::string, Tensor>;

std::vector<std::string> strings(const Json& list) {
  std::vector<std::string> result;
  for (const Json& value : list.as_list()) result.push_back(value.as_string());
  return result;
}

std::vector<std::string> few(std::vector<std::string> texts, const Json& job) {
  if (const Json* count = job.find("few")) texts.resize(static_cast<size_t>(count->as_int()));
  return texts;
}

/// Milliseconds of the fastest of the rounds that the job asks for; `work` is done at least once.
template <class Work>
double fastest(const Json& job, Work&& work) {
  const Json* rounds = job.find("rounds");
  double best = 0;
  for (int64_t round = 0; round < (rounds ? rounds->as_int() : 1); ++round) {
    const auto start = std::chrono::steady_clock::now();
    work();
    const double took =
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    best = round == 0 ? took : std::min(best, took);
  }
  return best;
}

struct Timed {
  double learn = 0, apply = 0;
  Json saved;
};

Timed tokenize(const Json& job, Arrays& arrays) {
  const std::vector<std::string> train = strings(job.at("train")), test = strings(job.at("test"));
  Tokenizer tokenizer;
  Timed timed;
  timed.learn = fastest(job, [&] {
    tokenizer = Tokenizer::from_json(job.at("object"));
    tokenizer.fit_on_texts(train);
  });
  timed.apply = fastest(job, [&] { arrays["padded"] = pad_sequences(tokenizer.texts_to_sequences(test)); });
  for (const std::string& mode : strings(job.at("modes")))
    arrays[mode] = tokenizer.texts_to_matrix(few(test, job), mode);
  timed.saved = tokenizer.to_json();
  return timed;
}

Timed vectorize(const Json& job, Arrays& arrays) {
  const std::vector<std::string> train = strings(job.at("train")), test = few(strings(job.at("test")), job);
  TextVectorization vectorization;
  Timed timed;
  timed.learn = fastest(job, [&] {
    vectorization = TextVectorization::from_json(job.at("object"));
    vectorization.adapt(train);
  });
  timed.apply = fastest(job, [&] { arrays["output"] = vectorization(test); });
  timed.saved = vectorization.to_json();
  return timed;
}

void add(Arrays& arrays, const std::string& prefix, const CsrMatrix& matrix) {
  const auto elements = matrix.nonzeros();
  arrays[prefix + "_indptr"] = Tensor::from(matrix.indptr, {matrix.rows + 1});
  arrays[prefix + "_indices"] = Tensor::from(matrix.indices, {elements});
  arrays[prefix + "_values"] = Tensor::from(matrix.values, {elements});
}

template <class Vectorizer>
Timed count_terms(const Json& job, Arrays& arrays) {
  const std::vector<std::string> train = strings(job.at("train")), test = strings(job.at("test"));
  Vectorizer vectorizer;
  CsrMatrix fitted, transformed;
  Timed timed;
  timed.learn = fastest(job, [&] {
    vectorizer = Vectorizer::from_json(job.at("object"));
    fitted = vectorizer.fit_transform(train);
  });
  timed.apply = fastest(job, [&] { transformed = vectorizer.transform(test); });
  add(arrays, "fitted", fitted);
  add(arrays, "transformed", transformed);
  timed.saved = vectorizer.to_json();
  return timed;
}

Timed segment(const Json& job, Arrays&) {
  const std::vector<std::string> train = strings(job.at("train")), test = strings(job.at("test"));
  std::optional<UnigramSegmenter> segmenter;
  Timed timed;
  timed.learn = fastest(job, [&] { segmenter = UnigramSegmenter::train(train); });
  std::vector<std::string> joined;
  timed.apply = fastest(job, [&] { joined = segmenter->join(test); });
  Json::List list(joined.begin(), joined.end());
  timed.saved = Json::object({{"segmenter", segmenter->to_json()}, {"joined", Json(std::move(list))}});
  return timed;
}

const std::map<std::string, Timed (*)(const Json&, Arrays&)> kTextClasses = {
    {"Tokenizer", tokenize},
    {"TextVectorization", vectorize},
    {"CountVectorizer", count_terms<CountVectorizer>},
    {"TfidfVectorizer", count_terms<TfidfVectorizer>},
    {"UnigramSegmenter", segment}};

void text(const std::string& path, const std::string& out) {
  const Json job = Json::parse(read_file(path), path);
  Arrays arrays;
  const Timed timed = kTextClasses.at(job.at("object").at("class_name").as_string())(job, arrays);
  write_file(out + ".json", timed.saved.dump());
  write_npz(out + ".npz", arrays);
  std::printf("{\"learn_ms\": %.3f, \"apply_ms\": %.3f}\n", timed.learn, timed.apply);
}

// What a language model's tokenizer makes of each line, which is a JSON text.
void tokenize_lines(const std::string& model, const std::string& lines, const std::string& out) {
  const PretrainedTokenizer tokenizer = AutoTokenizer::from_pretrained(model);
  std::vector<std::string> texts;
  std::ifstream file(lines);
  for (std::string line; std::getline(file, line);) texts.push_back(Json::parse(line, lines).as_string());
  const std::vector<Encoding> encodings = tokenizer.encode_batch(texts);
  std::ofstream written(out);
  for (const Encoding& encoding : encodings) {
    Json offsets = Json::list();
    for (const auto& [begin, end] : encoding.offsets) {
      offsets.push_back(begin);
      offsets.push_back(end);
    }
    StreamingDecoder stream(tokenizer);
    std::string streamed;
    for (const int32_t id : encoding.ids) streamed += stream.put(id);
    streamed += stream.finish();
    const std::string decoded = tokenizer.decode(encoding.ids);
    written << Json::object({{"ids", Json(Json::List(encoding.ids.begin(), encoding.ids.end()))},
                             {"tokens", Json(Json::List(encoding.tokens.begin(), encoding.tokens.end()))},
                             {"offsets", offsets},
                             {"decoded", decoded},
                             {"streamed", streamed == decoded}})
                   .dump()
            << "\n";
  }
}

void ask_application(const std::vector<std::string>& args) {
  ApplicationOptions options{.weights = args[2]};
  for (size_t i = 5; i < args.size(); ++i) {
    const size_t at = args[i].find('=');
    const std::string key = args[i].substr(0, at), value = args[i].substr(at + 1);
    if (key == "side") options.input_shape = {std::stoll(value), std::stoll(value), 3};
    if (key == "alpha") options.alpha = std::stod(value);
    if (key == "pooling") options.pooling = value;
    if (key == "include_top") options.include_top = value != "False";
  }
  write_npy(args[4], application(args[1]).make(options).predict(read_npy(args[3])));
}

int run(const std::vector<std::string>& args) {
  if (args.size() >= 5 && args[0] == "application") {
    ask_application(args);
    return 0;
  }
  if (args.size() == 4 && args[0] == "tokenize") {
    tokenize_lines(args[1], args[2], args[3]);
    return 0;
  }
  if (args.size() == 3 && args[0] == "text") {
    text(args[1], args[2]);
    return 0;
  }
  if (args.size() == 3 && args[0] == "configs") {
    read_configs(args[1], args[2]);
    return 0;
  }
  if (args.size() == 2 && args[0] == "pretrained") return ask_pretrained(args[1]);
  if (args.size() == 3 && args[0] == "graphs") {
    train_folder(args[1], std::stoi(args[2]));
    return 0;
  }
  if (args.size() != 5 || (args[0] != "train" && args[0] != "create")) {
    std::fprintf(stderr,
                 "usage: lamina_conformance train|create MODEL DATA.npz STEPS OUT.keras\n"
                 "       lamina_conformance graphs FOLDER STEPS\n"
                 "       lamina_conformance text JOB.json OUT\n"
                 "       lamina_conformance pretrained FOLDER\n"
                 "       lamina_conformance configs CASES.json OUT.json\n"
                 "       lamina_conformance tokenize MODEL TEXTS OUT\n"
                 "       lamina_conformance application NAME WEIGHTS X.npy Y.npy [OPTION=VALUE...]\n");
    return 2;
  }
  Model model = args[0] == "train" ? load_model(args[1]) : Model(kModels.at(args[1])());
  train(model, args[2], std::stoi(args[3]), args[4]);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "lamina_conformance: error: %s\n", error.what());
    return 1;
  }
}
