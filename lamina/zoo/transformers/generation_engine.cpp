// One thread computes. A new request is read alone, as a row of its own, which is then placed among the
// others.
#include "lamina/zoo/transformers/generation_engine.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "lamina/base/threads.h"
#include "lamina/zoo/transformers/detail/writing.h"

namespace lamina {

using namespace detail;

struct Generation::State {
  std::vector<int32_t> prompt;
  GenerateOptions options;
  GenerationConfig config;
  TextPlan plan;
  std::optional<TextWriter> writer;  // of the engine's thread, until it is done
  GenerationFigures figures;
  std::atomic<bool> cancelled = false;

  std::mutex mutex;
  std::condition_variable ended;
  bool done = false;
  std::vector<int32_t> result;
  std::exception_ptr error;

  /// Writes one token. False: the request is to end, with what `thrown` says.
  bool write(std::span<const float> logits, std::exception_ptr& thrown) {
    try {
      const int32_t token = writer->write(logits);
      const bool goes_on = !options.on_token || options.on_token(0, token);
      return goes_on && !cancelled && !writer->over();
    } catch (...) {
      thrown = std::current_exception();
      return false;
    }
  }
  void end(std::exception_ptr thrown = nullptr) {
    try {
      if (!thrown && options.on_end) options.on_end(figures);
    } catch (...) {
      thrown = std::current_exception();
    }
    std::vector<int32_t> text;
    if (writer) text.assign(writer->written().begin(), writer->written().end());
    // Before anybody goes on who may end what the callbacks hold; that may be a handle of this request.
    writer.reset();
    options = {};
    const std::lock_guard lock(mutex);
    result = std::move(text);
    error = std::move(thrown);
    done = true;
    ended.notify_all();
  }
};

std::vector<int32_t> Generation::get() const {
  std::unique_lock lock(state_->mutex);
  state_->ended.wait(lock, [&] { return state_->done; });
  if (state_->error) std::rethrow_exception(state_->error);
  return state_->result;
}

bool Generation::done() const {
  const std::lock_guard lock(state_->mutex);
  return state_->done;
}

void Generation::cancel() const { state_->cancelled = true; }

struct GenerationEngine::State {
  using Request = std::shared_ptr<Generation::State>;

  std::shared_ptr<const PretrainedModel> model;
  EngineOptions options;
  Decoder& decoder;

  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Request> waiting;
  bool stopping = false;
  EngineFigures figures;

  // Of the engine's thread alone.
  std::vector<Request> rows;  // of the texts; null where a place is free
  DecoderState texts;
  std::thread thread;

  State(std::shared_ptr<const PretrainedModel> asked, const EngineOptions& how)
      : model(std::move(asked)), options(how), decoder(Writing::decoder(*model, how.cache)) {}

  size_t running() const {
    return static_cast<size_t>(std::count_if(rows.begin(), rows.end(), [](const Request& r) { return !!r; }));
  }

  void run() {
    std::vector<Request> next;
    while (wait_for_work(next)) {
      for (Request& request : next) begin(request);
      next.clear();
      try {
        step();
      } catch (...) {
        for (const Request& request : rows) {
          if (request) finish(request, std::current_exception());
        }
        clear();
      }
    }
    for (const Request& request : rows) {
      if (request) request->end();
    }
    std::deque<Request> left;
    {
      const std::lock_guard lock(mutex);
      left.swap(waiting);
    }
    for (const Request& request : left) request->end();
  }

  void clear() {
    rows.clear();
    texts = {};
    const std::lock_guard lock(mutex);
    figures.cache_bytes = 0;
  }

  /// Takes what finds a place. False: the engine is to end.
  bool wait_for_work(std::vector<Request>& next) {
    std::unique_lock lock(mutex);
    const size_t now = running();
    if (now == 0) changed.wait(lock, [&] { return stopping || !waiting.empty(); });
    if (stopping) return false;
    while (!waiting.empty() && now + next.size() < static_cast<size_t>(options.places)) {
      next.push_back(std::move(waiting.front()));
      waiting.pop_front();
    }
    figures.waiting = static_cast<int64_t>(waiting.size());
    figures.running = static_cast<int64_t>(now + next.size());
    return true;
  }

  /// Reads the prompt, writes the first token and gives the text a row.
  void begin(const Request& request) {
    try {
      if (request->cancelled) return finish(request);
      NewTokens unread;
      DecoderState one = Writing::begin(*model, decoder, request->config, {request->prompt}, {request->plan},
                                        request->options.prefix.get(), unread);
      one.most = options.max_tokens;
      const std::span<const float> logits = decoder.step(*model, one, unread);
      request->figures.steps = one.steps;
      request->figures.read = one.read;
      request->figures.cache_bytes = one.cache_bytes();
      {
        const std::lock_guard lock(mutex);
        ++figures.written;
      }
      std::exception_ptr thrown;
      if (!request->write(logits, thrown)) return finish(request, thrown);
      place(request, std::move(one));
    } catch (...) {
      finish(request, std::current_exception());
    }
  }

  void place(const Request& request, DecoderState one) {
    if (rows.empty()) {
      rows.push_back(request);
      texts = std::move(one);
      return;
    }
    auto free = std::find(rows.begin(), rows.end(), nullptr);
    if (free == rows.end()) {
      const size_t more = std::min(2 * rows.size(), static_cast<size_t>(options.places));
      move_rows(more);
      free = std::find(rows.begin(), rows.end(), nullptr);
    }
    decoder.place(*model, texts, free - rows.begin(), std::move(one));
    *free = request;
  }

  /// So many rows from now on, the running ones first.
  void move_rows(size_t count) {
    std::vector<int32_t> order;
    std::vector<Request> moved;
    for (size_t row = 0; row < rows.size(); ++row) {
      if (!rows[row]) continue;
      order.push_back(static_cast<int32_t>(row));
      moved.push_back(rows[row]);
    }
    order.resize(count, -1);
    moved.resize(count);
    decoder.select(*model, texts, order);
    rows = std::move(moved);
  }

  /// One token for each running text.
  void step() {
    const size_t now = running();
    if (now == 0) return;
    // Few texts on many rows: half of them do.
    if (4 * now <= rows.size()) move_rows(rows.size() / 2);
    NewTokens next(rows.size());
    for (size_t row = 0; row < rows.size(); ++row) {
      if (rows[row]) next[row].push_back(rows[row]->writer->text().back());
    }
    const std::span<const float> logits = decoder.step(*model, texts, next);
    const size_t vocabulary = logits.size() / rows.size();
    const uint64_t bytes = texts.cache_bytes();
    {
      const std::lock_guard lock(mutex);
      ++figures.steps;
      figures.cache_bytes = bytes;
      figures.written += static_cast<int64_t>(now);
    }
    for (size_t row = 0; row < rows.size(); ++row) {
      Request& request = rows[row];
      if (!request) continue;
      ++request->figures.steps;
      ++request->figures.read;
      request->figures.cache_bytes = bytes / rows.size();
      std::exception_ptr thrown;
      if (request->write(logits.subspan(row * vocabulary, vocabulary), thrown)) continue;
      finish(std::exchange(request, nullptr), thrown);
      texts.lengths[row] = 0;
    }
    if (running() == 0) clear();
  }

  /// Counts before anybody who waits goes on.
  void finish(const Request& request, std::exception_ptr thrown = nullptr) {
    {
      const std::lock_guard lock(mutex);
      ++figures.finished;
      --figures.running;
    }
    request->end(std::move(thrown));
  }
};

namespace {

[[noreturn]] void refuse(const std::string& what) { throw InvalidArgument("engine: " + what); }

EngineOptions checked(const PretrainedModel* model, EngineOptions options) {
  if (!model) refuse("there is no model");
  if (options.places < 1 || options.places > 1024)
    refuse("places is " + std::to_string(options.places) + "; 1 to 1024 was expected");
  if (options.waiting < 0)
    refuse("waiting is " + std::to_string(options.waiting) + "; a number from 0 on was expected");
  const int64_t context = model->context_length();
  constexpr int64_t kMost = int64_t{1} << 30;  // of generate(), too
  if (options.max_tokens < 0 || options.max_tokens > (context > 0 ? context : kMost))
    refuse("max_tokens is " + std::to_string(options.max_tokens) + "; " +
           (context > 0 ? "at most the model's context, " + std::to_string(context) + ","
                        : "0 to " + std::to_string(kMost)) +
           " was expected");
  constexpr int64_t kUsual = 4096;
  if (options.max_tokens == 0) options.max_tokens = context > 0 ? context : kUsual;
  return options;
}

}  // namespace

GenerationEngine::GenerationEngine(std::shared_ptr<const PretrainedModel> model, const EngineOptions& options)
    : state_(std::make_unique<State>(model, checked(model.get(), options))) {
  state_->thread = std::thread([state = state_.get(), threads = num_threads(), where = current_device()] {
    set_num_threads(threads);
    const DeviceScope scope(where);
    state->run();
  });
}

GenerationEngine::~GenerationEngine() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
    state_->changed.notify_all();
  }
  state_->thread.join();
}

Generation GenerationEngine::submit(const std::vector<int32_t>& prompt, const GenerateOptions& options) {
  const PretrainedModel& model = *state_->model;
  auto request = std::make_shared<Generation::State>();
  request->prompt = prompt;
  request->options = options;
  request->config = effective(model.generation_config(), options);
  const GenerationConfig& config = request->config;
  Writing::check_prompt(model, prompt, "the prompt");
  config.check(model.vocab_size());
  if (config.num_beams > 1)
    refuse("num_beams is " + std::to_string(config.num_beams) +
           ", and a request has one text; set it to 1, or ask generate()");
  if (config.num_return_sequences > 1)
    refuse("num_return_sequences is " + std::to_string(config.num_return_sequences) +
           ", and a request has one text; submit it so often, with other seeds");
  if (options.draft) refuse("requests have no draft; leave it out, or ask generate()");
  if (!options.cache.empty() && options.cache != state_->options.cache)
    refuse("cache is '" + options.cache + "', and the engine's is '" + state_->options.cache +
           "'; it is the same for all requests");
  if (options.prefix) {
    if (model.is_encoder_decoder()) refuse("a prefix is of no use to an encoder-decoder; leave it out");
    options.prefix->check(state_->decoder);
  }
  request->plan = Writing::plan(model, config, prompt, prompt.size());
  const int64_t most = state_->options.max_tokens,
                asked = std::max(request->plan.end, static_cast<int64_t>(prompt.size()));
  if (asked > most)
    refuse("the prompt has " + std::to_string(prompt.size()) + " tokens, and the text up to " +
           std::to_string(request->plan.end) + ", more than max_tokens, " + std::to_string(most) +
           "; shorten it, or lower max_new_tokens");
  request->writer.emplace(config, model.vocab_size(), request->plan, request->options.stops,
                          request->options.seed, 0);
  const std::lock_guard lock(state_->mutex);
  EngineFigures& figures = state_->figures;
  const int64_t free = std::max<int64_t>(state_->options.places - figures.running, 0);
  if (static_cast<int64_t>(state_->waiting.size()) - free >= state_->options.waiting)
    throw EngineFull("engine: all " + std::to_string(state_->options.places) + " places are taken, and " +
                     std::to_string(state_->waiting.size()) + " requests wait; try it later");
  state_->waiting.push_back(request);
  figures.waiting = static_cast<int64_t>(state_->waiting.size());
  state_->changed.notify_all();
  return Generation(std::move(request));
}

EngineFigures GenerationEngine::figures() const {
  const std::lock_guard lock(state_->mutex);
  EngineFigures figures = state_->figures;
  figures.programs = state_->decoder.programs();
  return figures;
}

}  // namespace lamina
