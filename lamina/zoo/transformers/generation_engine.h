// GenerationEngine: requests that come at any time, written in common steps of one model.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lamina/base/error.h"
#include "lamina/zoo/transformers/generation_config.h"
#include "lamina/zoo/transformers/pretrained_model.h"

namespace lamina {

/// How much a GenerationEngine takes on.
struct EngineOptions {
  int64_t places = 8;     ///< texts that are written at the same time, 1 to 1024
  int64_t waiting = 256;  ///< requests that may wait for a place, from 0 on
  /// Tokens that a text may have, the prompt and what follows; of encoder-decoders that the prompt may have,
  /// and what is written. At most the model's context, or 2^30 where that has no end. 0: the context, or
  /// 4,096.
  int64_t max_tokens = 0;
  std::string cache = {};  ///< of all requests, as GenerateOptions::cache
};

/// What an engine has done, and what it does.
struct EngineFigures {
  int64_t running = 0, waiting = 0;  ///< requests now
  int64_t finished = 0;              ///< requests that ended, in whatever way
  int64_t steps = 0;                 ///< of the model over several texts
  int64_t written = 0;               ///< tokens
  int programs = 0;                  ///< that the model was compiled to, for each size once
  uint64_t cache_bytes = 0;          ///< memory of what is kept of the running texts
};

/// Thrown where as many requests wait as may.
class EngineFull : public Error {
 public:
  using Error::Error;
};

/// A request that an engine was given. Copies are handles of the same one; they may outlive the engine.
class Generation {
 public:
  /// Waits for the end and gives the new tokens, as generate() does. Throws what went wrong with this
  /// request.
  std::vector<int32_t> get() const;
  /// Whether get() gives something without waiting.
  bool done() const;
  /// Ends it as soon as may be; what there is until then is its result.
  void cancel() const;

 private:
  friend class GenerationEngine;
  struct State;
  explicit Generation(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;
};

/// Requests share the steps of one model (continuous batching; Yu et al., 2022, Orca): a step reads the
/// weights once for all texts, and a text that ends gives its place to the next request, without a new
/// program. The tokens of a request are those that generate() gives for it alone, and do not depend on what
/// is written beside it.
///
/// Any number of threads may call at once. The engine computes in a thread of its own, on the device and with
/// the number of threads of the one that made it. The model must not change as long as the engine lives.
class GenerationEngine {
 public:
  /// Throws InvalidArgument for options out of range, and Unsupported for a model that does not write text.
  explicit GenerationEngine(std::shared_ptr<const PretrainedModel> model, const EngineOptions& options = {});
  /// Cancels what has not ended.
  ~GenerationEngine();
  GenerationEngine(const GenerationEngine&) = delete;
  GenerationEngine& operator=(const GenerationEngine&) = delete;

  /// Asks for the tokens that follow `prompt`. Returns at once. on_token, stops and on_end of the options are
  /// called in the engine's thread, `row` being 0: all texts wait for them, and they must neither wait for a
  /// request nor own the engine. They are let go before get() gives something. What they throw is what get()
  /// throws. Steps in on_end's figures are those that the request had part in.
  ///
  /// Throws EngineFull where no place is free and as many requests wait as may, and InvalidArgument for a
  /// prompt and options that generate() refuses, texts longer than max_tokens, another cache than the
  /// engine's, and what a request cannot have: beams, several sequences, a draft.
  Generation submit(const std::vector<int32_t>& prompt, const GenerateOptions& options = {});

  EngineFigures figures() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lamina
