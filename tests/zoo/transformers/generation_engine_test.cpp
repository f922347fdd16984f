// The engine: a request's tokens are those of generate(), whatever is written beside it.
#include "lamina/zoo/transformers/generation_engine.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <random>
#include <stdexcept>
#include <thread>

#include "lamina/base/threads.h"
#include "tests/support/temporary_folder.h"
#include "tests/zoo/transformers/small_models.h"

namespace lamina::test {
namespace {

using Ids = std::vector<int32_t>;

std::vector<std::shared_ptr<PretrainedModel>> writers() {
  return {small(small_gpt2()), small(small_llama()), small(small_marian()),
          small(small_t5()),   small(small_lstm()),  small(small_lstm_encoder_decoder())};
}

struct Request {
  Ids prompt;
  GenerateOptions options;
};

/// Prompts and options of all kinds.
std::vector<Request> requests(size_t count) {
  std::mt19937 numbers(5);
  std::vector<Request> all;
  for (size_t i = 0; i < count; ++i) {
    Request request;
    for (size_t n = 1 + numbers() % 9; n > 0; --n)
      request.prompt.push_back(static_cast<int32_t>(3 + numbers() % 15));
    request.options.max_new_tokens = 1 + numbers() % 14;
    request.options.seed = i;
    if (i % 3 == 1) {
      request.options.do_sample = true;
      request.options.temperature = 2;
    }
    if (i % 4 == 2) request.options.no_repeat_ngram_size = 2;
    all.push_back(request);
  }
  return all;
}

TEST(GenerationEngine, GivesWhatGenerateGives) {
  const std::vector<Request> asked = requests(40);
  for (const auto& model : writers()) {
    SCOPED_TRACE(model->class_name());
    std::vector<Ids> alone;
    for (const Request& request : asked) alone.push_back(model->generate(request.prompt, request.options));
    GenerationEngine engine(model, {.places = 4});
    std::vector<std::optional<Generation>> given(asked.size());
    const auto submit = [&](size_t first) {
      for (size_t i = first; i < asked.size(); i += 2) {
        given[i].emplace(engine.submit(asked[i].prompt, asked[i].options));
        if (i % 5 == 0) std::this_thread::sleep_for(std::chrono::microseconds(300));
      }
    };
    std::thread other(submit, 0);
    submit(1);
    other.join();
    for (size_t i = 0; i < asked.size(); ++i) EXPECT_EQ(given[i]->get(), alone[i]) << i;
    const EngineFigures figures = engine.figures();
    EXPECT_EQ(figures.finished, 40);
    EXPECT_EQ(figures.running, 0);
    size_t tokens = 0;
    for (const Ids& ids : alone) tokens += ids.size();
    EXPECT_EQ(figures.written, static_cast<int64_t>(tokens));
  }
}

TEST(GenerationEngine, GivesAPlaceOnWithoutANewProgram) {
  const auto model = small(small_llama());
  GenerationEngine engine(model, {.places = 2});
  const auto round = [&] {
    std::vector<Generation> all;
    for (const Request& request : requests(20)) all.push_back(engine.submit(request.prompt, request.options));
    for (const Generation& one : all) one.get();
    return engine.figures();
  };
  const EngineFigures first = round(), second = round();
  EXPECT_EQ(second.programs, first.programs);
  EXPECT_EQ(second.finished, 40);
  // Two at a time: fewer steps than tokens.
  EXPECT_LT(second.steps, second.written);
}

TEST(GenerationEngine, StreamsAndEndsWhereItIsTold) {
  const auto model = small(small_gpt2());
  const Ids whole = model->generate(Ids{5, 6}, {.max_new_tokens = 10});
  GenerationEngine engine(model);
  Ids seen;
  GenerateOptions options{.max_new_tokens = 10};
  options.on_token = [&](size_t row, int32_t id) {
    EXPECT_EQ(row, 0u);
    seen.push_back(id);
    return seen.size() < 4;
  };
  int64_t steps = 0;
  options.on_end = [&](const GenerationFigures& figures) { steps = figures.steps; };
  EXPECT_EQ(engine.submit({5, 6}, options).get(), Ids(whole.begin(), whole.begin() + 4));
  EXPECT_EQ(seen.size(), 4u);
  EXPECT_EQ(steps, 4);
  options.on_token = {};
  options.stops = [](std::span<const int32_t> tokens) { return tokens.size() == 3; };
  EXPECT_EQ(engine.submit({5, 6}, options).get(), Ids(whole.begin(), whole.begin() + 3));
}

TEST(GenerationEngine, SharesAPrefixAndKeepsIntegers) {
  for (const char* cache : {"", "int8"}) {
    const auto model = small(small_llama());
    GenerationEngine engine(model, {.places = 3, .cache = cache});
    GenerateOptions options{.max_new_tokens = 9, .cache = cache};
    const std::vector<Ids> prompts{{3, 4, 5, 6, 7}, {3, 4, 9}, {8, 9}, {3, 4, 5, 6}};
    std::vector<Ids> alone;
    for (const Ids& prompt : prompts) alone.push_back(model->generate(prompt, options));
    options.prefix = model->read_prefix({3, 4, 5, 6}, cache);
    std::vector<int64_t> read(prompts.size());
    std::vector<Generation> all;
    for (size_t i = 0; i < prompts.size(); ++i) {
      options.on_end = [&read, i](const GenerationFigures& figures) { read[i] = figures.read; };
      all.push_back(engine.submit(prompts[i], options));
    }
    for (size_t i = 0; i < prompts.size(); ++i) EXPECT_EQ(all[i].get(), alone[i]) << cache << i;
    EXPECT_EQ(read, (std::vector<int64_t>{1 + 8, 1 + 8, 2 + 8, 1 + 8}));
  }
}

TEST(GenerationEngine, CancelsOneAndGoesOnWithTheOthers) {
  const auto model = small(small_t5());
  GenerationConfig endless = model->generation_config();
  endless.eos_token_id = {};
  const Ids whole = model->generate(Ids{5, 6}, {.config = endless, .max_new_tokens = 40});
  GenerationEngine engine(model, {.places = 2});
  std::atomic<bool> begun = false;
  GenerateOptions options{.config = endless, .max_new_tokens = 4000};
  options.on_token = [&](size_t, int32_t) { return begun = true; };
  const Generation one = engine.submit({3}, options);
  while (!begun) std::this_thread::yield();
  const Generation other = engine.submit({5, 6}, {.config = endless, .max_new_tokens = 40});
  one.cancel();
  EXPECT_LT(one.get().size(), 4000u);
  EXPECT_EQ(other.get(), whole);
}

TEST(GenerationEngine, EndsWithItsRequests) {
  const auto model = small(small_t5());
  GenerationConfig endless = model->generation_config();
  endless.eos_token_id = {};
  std::vector<Generation> left;
  {
    GenerationEngine engine(model, {.places = 1});
    for (int i = 0; i < 3; ++i)
      left.push_back(engine.submit({3}, {.config = endless, .max_new_tokens = 4000}));
  }
  for (const Generation& one : left) {
    EXPECT_TRUE(one.done());
    EXPECT_LT(one.get().size(), 4000u);
  }
}

TEST(GenerationEngine, EndsTheWaitingInItsThreadToo) {
  const auto model = small(small_t5());
  GenerationConfig endless = model->generation_config();
  endless.eos_token_id = {};
  std::vector<std::thread::id> ended;
  GenerateOptions options{.config = endless, .max_new_tokens = 4000};
  options.on_end = [&](const GenerationFigures&) { ended.push_back(std::this_thread::get_id()); };
  {
    GenerationEngine engine(model, {.places = 1});
    for (int i = 0; i < 3; ++i) engine.submit({3}, options);
  }
  ASSERT_EQ(ended.size(), 3u);
  for (const std::thread::id id : ended) {
    EXPECT_EQ(id, ended[0]);
    EXPECT_NE(id, std::this_thread::get_id());
  }
}

TEST(GenerationEngine, LetsCallbacksGoWithTheirRequest) {
  const auto model = small(small_llama());
  GenerationEngine engine(model);
  const auto held = std::make_shared<int>(0);
  GenerateOptions options{.max_new_tokens = 5};
  options.on_token = [held](size_t, int32_t) { return ++*held > 0; };
  options.stops = [held](std::span<const int32_t>) { return false; };
  options.on_end = [held](const GenerationFigures&) {};
  const Generation one = engine.submit({5, 6}, options);
  options = {};
  EXPECT_EQ(one.get(), model->generate(Ids{5, 6}, {.max_new_tokens = 5}));
  EXPECT_EQ(held.use_count(), 1);
  EXPECT_EQ(*held, static_cast<int>(one.get().size()));
}

TEST(GenerationEngine, KeepsNothingWhenNobodyWrites) {
  const auto model = small(small_llama());
  GenerationEngine engine(model);
  std::atomic<uint64_t> bytes = 0;
  GenerateOptions options{.max_new_tokens = 5};
  options.on_token = [&](size_t, int32_t) {
    bytes = std::max<uint64_t>(bytes, engine.figures().cache_bytes);
    return true;
  };
  engine.submit({5, 6}, options).get();
  EXPECT_GT(bytes, 0u);
  // The place is given back after the request has ended.
  for (int i = 0; i < 2000 && engine.figures().cache_bytes > 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(engine.figures().cache_bytes, 0u);
}

TEST(GenerationEngine, TakesTheLargestQueue) {
  const auto model = small(small_t5());
  GenerationEngine engine(model, {.waiting = std::numeric_limits<int64_t>::max()});
  EXPECT_EQ(engine.submit({3}, {.max_new_tokens = 2}).get(), model->generate(Ids{3}, {.max_new_tokens = 2}));
  const std::string message = message_of<InvalidArgument>(
      [&] { GenerationEngine made(model, {.max_tokens = std::numeric_limits<int64_t>::max()}); });
  EXPECT_NE(message.find("0 to 1073741824 was expected"), std::string::npos) << message;
}

TEST(GenerationEngine, RefusesWhatItHasNoRoomFor) {
  const auto model = small(small_t5());
  GenerationConfig endless = model->generation_config();
  endless.eos_token_id = {};
  GenerationEngine engine(model, {.places = 1, .waiting = 1, .max_tokens = 500});
  std::atomic<bool> begun = false, end = false;
  GenerateOptions options{.config = endless, .max_new_tokens = 400};
  options.on_token = [&](size_t, int32_t) {
    begun = true;
    while (!end) std::this_thread::yield();
    return false;
  };
  const Generation running = engine.submit({3}, options);
  while (!begun) std::this_thread::yield();
  const Generation waits = engine.submit({3}, {.max_new_tokens = 2});
  const std::string message = message_of<EngineFull>([&] { engine.submit({3}, {.max_new_tokens = 2}); });
  EXPECT_NE(message.find("all 1 places are taken, and 1 requests wait"), std::string::npos) << message;
  end = true;
  EXPECT_EQ(running.get().size(), 1u);
  EXPECT_EQ(waits.get(), model->generate(Ids{3}, {.max_new_tokens = 2}));
  EXPECT_NO_THROW(engine.submit({3}, {.max_new_tokens = 2}).get());
}

TEST(GenerationEngine, SaysWhatARequestCannotHave) {
  const auto model = small(small_llama());
  GenerationEngine engine(model, {.max_tokens = 20});
  const auto refusal = [&](const Ids& prompt, const GenerateOptions& options) {
    return message_of<InvalidArgument>([&] { engine.submit(prompt, options); });
  };
  EXPECT_NE(refusal({}, {}).find("the prompt is empty"), std::string::npos);
  EXPECT_NE(refusal({77}, {}).find("token 77 of the prompt"), std::string::npos);
  EXPECT_NE(refusal({3}, {.num_beams = 2}).find("num_beams is 2"), std::string::npos);
  EXPECT_NE(refusal({3}, {.num_return_sequences = 2, .do_sample = true}).find("num_return_sequences is 2"),
            std::string::npos);
  EXPECT_NE(refusal({3}, {.draft = model}).find("no draft"), std::string::npos);
  EXPECT_NE(refusal({3}, {.cache = "int8"}).find("cache is 'int8', and the engine's is ''"),
            std::string::npos);
  EXPECT_NE(refusal({3}, {.max_new_tokens = 20}).find("up to 21, more than max_tokens, 20"),
            std::string::npos);
  EXPECT_NE(refusal({3}, {.temperature = -1.0}).find("temperature is -1"), std::string::npos);
  const auto wrong = [&](const EngineOptions& options) {
    return message_of<InvalidArgument>([&] { GenerationEngine made(model, options); });
  };
  EXPECT_NE(wrong({.places = 0}).find("places is 0; 1 to 1024"), std::string::npos);
  EXPECT_NE(wrong({.waiting = -1}).find("waiting is -1"), std::string::npos);
  EXPECT_NE(wrong({.max_tokens = 65}).find("at most the model's context, 64,"), std::string::npos);
  EXPECT_NE(wrong({.cache = "int3"}).find("cache is 'int3'"), std::string::npos);
  const auto foreign = AutoModel::from_config(small_llama(), {.seed = 9})->read_prefix({3});
  EXPECT_NE(refusal({3, 4}, {.prefix = foreign}).find("read by another model"), std::string::npos);
  const auto bert = small(small_bert());
  EXPECT_NE(message_of<Unsupported>([&] { GenerationEngine made(bert); }).find("does not write text"),
            std::string::npos);
}

TEST(GenerationEngine, AnErrorIsThatOfItsRequest) {
  const auto model = small(small_llama());
  GenerationConfig none = model->generation_config();
  for (int32_t id = 0; id < 20; ++id) none.suppress_tokens.push_back(id);
  GenerationEngine engine(model);
  GenerateOptions throws{.max_new_tokens = 5};
  throws.on_token = [](size_t, int32_t) -> bool { throw std::runtime_error("no more"); };
  const Generation good = engine.submit({5, 6}, {.max_new_tokens = 9});
  const Generation nothing = engine.submit({5, 6}, {.config = none});
  const Generation thrown = engine.submit({5, 6}, throws);
  EXPECT_EQ(good.get(), model->generate(Ids{5, 6}, {.max_new_tokens = 9}));
  EXPECT_NE(message_of<InvalidArgument>([&] { nothing.get(); }).find("no token is allowed"),
            std::string::npos);
  EXPECT_THROW(thrown.get(), std::runtime_error);
}

TEST(GenerationEngine, GivesTheSameWithAnyThreads) {
  const auto model = small(small_t5());
  const int before = num_threads();
  std::vector<Ids> first;
  for (const int threads : {1, 3}) {
    set_num_threads(threads);
    GenerationEngine engine(model, {.places = 3});
    std::vector<Generation> all;
    for (const Request& request : requests(12)) all.push_back(engine.submit(request.prompt, request.options));
    std::vector<Ids> ids;
    for (const Generation& one : all) ids.push_back(one.get());
    if (first.empty()) first = ids;
    EXPECT_EQ(ids, first);
  }
  set_num_threads(before);
}

}  // namespace
}  // namespace lamina::test
