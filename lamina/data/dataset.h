// Dataset: a pipeline of samples, described once and evaluated lazily, in the words of tf.data.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "lamina/graph/type.h"
#include "lamina/nn/batch_source.h"

namespace lamina {

/// What flows through a pipeline: one sample before batch(), a batch of them after. x is never empty; all
/// tensors are computed and on the CPU.
using Element = Batch;

/// As many threads as parallel loops have (num_threads), wherever a number of parallel calls is asked for.
inline constexpr int kAutotune = -1;

/// Makes one element of another.
using MapFunction = std::function<Element(Element)>;
/// Elements one after the other; nothing at the end.
using Generator = std::function<std::optional<Element>()>;

/// Types that the elements of a generator must have; an extent of -1 takes any.
struct ElementSpec {
  std::vector<TensorType> x = {}, y = {}, sample_weight = {};
};

struct MapOptions {
  /// Threads that call the function at once; kAutotune: one for each processor. 0 calls it where the elements
  /// are asked for, and more than 256 count as 256. The results and their order are the same for every
  /// number.
  int num_parallel_calls = 0;
};

struct FilesOptions {
  /// Reads the files in another order in each pass.
  bool shuffle = false;
  std::optional<uint64_t> seed = {};  ///< of that order; absent: that of the pass
  int num_parallel_calls = 0;         ///< files that are read at once, as in MapOptions
};

struct ShuffleOptions {
  std::optional<uint64_t> seed = {};     ///< of the order; absent: that of the pass
  bool reshuffle_each_iteration = true;  ///< false: every pass has the order of the first
};

struct RandomOptions {
  std::optional<uint64_t> seed = {};        ///< absent: that of the pass
  bool rerandomize_each_iteration = false;  ///< whether each pass draws other numbers
};

struct BatchOptions {
  bool drop_remainder = false;  ///< leaves out a last batch that is not full
};

/// Extents without the batch, for each tensor in order; -1: the longest of the batch. An empty list stands
/// for -1 everywhere.
struct PaddedShapes {
  std::vector<Shape> x = {}, y = {}, sample_weight = {};
};
/// What fills up, for each tensor in order; an empty list stands for 0 everywhere.
struct PaddingValues {
  std::vector<double> x = {}, y = {}, sample_weight = {};
};

struct PaddedBatchOptions {
  PaddedShapes padded_shapes = {};
  PaddingValues padding_values = {};
  bool drop_remainder = false;
};

struct BucketOptions {
  /// Ascending. Bucket i takes lengths from boundary i-1 (or 0) up to, but without, boundary i; one more
  /// bucket takes the rest.
  std::vector<int64_t> bucket_boundaries;
  /// Samples of a batch, for each bucket: one more than there are boundaries.
  std::vector<int64_t> bucket_batch_sizes;
  PaddedShapes padded_shapes = {};
  PaddingValues padding_values = {};
  /// Pads the -1 of padded_shapes, which must be given, to the longest that the bucket takes: its boundary
  /// - 1. Then there is one shape a bucket, and no element may be longer than the last boundary allows.
  bool pad_to_bucket_boundary = false;
  bool drop_remainder = false;
};

struct InterleaveOptions {
  int64_t cycle_length = 1;  ///< datasets that are open at once
  int64_t block_length = 1;  ///< elements taken from one before the next has its turn
  /// Other than 0: each open dataset is read ahead by a thread of its own. Changes no result.
  int num_parallel_calls = 0;
};

struct WindowOptions {
  int64_t shift = 0;   ///< elements from the start of one window to the next; 0: size
  int64_t stride = 1;  ///< elements from one of a window to its next
  bool drop_remainder = false;
};

namespace detail {
class DatasetNode;
class DatasetRun;
/// The one tensor; throws InvalidArgument when there is another number. `part` names the tensors.
const Tensor& only(const char* part, const Tensors& tensors);
}  // namespace detail

/// Walks over a Dataset in a range-based for loop.
class DatasetIterator {
 public:
  struct End {};
  explicit DatasetIterator(std::shared_ptr<detail::DatasetRun> run);
  const Element& operator*() const { return element_; }
  DatasetIterator& operator++();
  bool operator!=(End) const { return run_ != nullptr; }

 private:
  std::shared_ptr<detail::DatasetRun> run_;  // none at the end
  Element element_;
};

/// A description of a sequence of elements. Each method gives a new description and leaves this one as it is;
/// nothing runs before elements are asked for, and then no more than is needed. Copies are cheap and share
/// the description (and what cache() keeps), but no position.
///
///   Dataset train = Dataset::from_tensor_slices(images, labels)
///                       .shuffle(10'000)
///                       .map(augment, {.num_parallel_calls = 4})
///                       .batch(64)
///                       .prefetch(2);
///   model.fit(train, {.epochs = 5});
///   for (const Element& batch : train) show(batch.x[0]);   // the first pass for seed 0
///
/// The order of a pass depends on its seed and number alone, whatever the number of threads, and a pass can
/// start at any step: elements before it are passed over without calling the functions of map, as far as no
/// later stage (filter, bucket_by_sequence_length, unbatch, interleave, cache) has to look at them.
///
/// Functions given to a pipeline must depend on their argument alone and may be called from several threads.
/// They may use ops; tensors that they capture must be computed (Tensor::eval). A function that throws ends
/// the pass: the error comes out of the loop that asks for elements, with the stage and the number of the
/// element before the function's own message; its type stays InvalidArgument, Unsupported or FileError, and
/// is Error for all others, with the original nested in it (std::rethrow_if_nested). Abandoning a pass ends
/// its threads, as soon as the calls that they are in return.
///
/// A model takes x, y and sample_weight of the elements. Used by one thread at a time; copies are
/// independent.
class Dataset : public BatchSource {
 public:
  /// What cardinality() says of a dataset that never ends, and of one whose length only the end will tell.
  static constexpr int64_t kInfinite = -1;
  static constexpr int64_t kUnknown = -2;

  // Sources.

  /// One element: these tensors. Throws InvalidArgument when x is empty.
  static Dataset from_tensors(Tensors x, Tensors y = {}, Tensors sample_weight = {});
  /// One element for each index of the first axis. Throws InvalidArgument unless all have a first axis, of
  /// one length.
  static Dataset from_tensor_slices(Tensors x, Tensors y = {}, Tensors sample_weight = {});
  /// What a generator gives; `make` is called for each pass and gives one that starts anew. A generator is
  /// called by one thread at a time. With a spec, an element that does not fit it throws InvalidArgument.
  static Dataset from_generator(std::function<Generator()> make, std::optional<ElementSpec> spec = {});
  /// One element for each file: what `read` makes of its path. Follow with unbatch() when a file holds
  /// several. Throws InvalidArgument when there is no path.
  static Dataset from_files(std::vector<std::string> paths, std::function<Element(const std::string&)> read,
                            FilesOptions options = {});
  /// int64 scalars from `start` (included) to `stop` (excluded). Throws InvalidArgument for a step of 0.
  static Dataset range(int64_t start, int64_t stop, int64_t step = 1);
  static Dataset range(int64_t stop) { return range(0, stop); }
  /// int64 scalars, 0 or above, without end: with zip and random_key, random numbers for map that do not
  /// depend on the number of threads.
  static Dataset random(RandomOptions options = {});
  /// The elements of two or three datasets side by side: their x become x, y and sample_weight. Ends with the
  /// shortest. Throws InvalidArgument for another number, or (from the loop) for elements that have a y of
  /// their own.
  static Dataset zip(std::vector<Dataset> datasets);
  /// Any number of datasets, joined by a function of their elements.
  static Dataset zip(std::vector<Dataset> datasets, std::function<Element(std::vector<Element>)> combine);

  // One element of one.

  /// f of each element, in order.
  Dataset map(MapFunction f, MapOptions options = {}) const;
  /// The same for functions of x, or of x and y, where these are one tensor each; what they do not take stays
  /// as it is.
  ///
  ///   dataset.map([](Tensor x) { return x / 255.0f; })
  ///   dataset.map([](Tensor x, Tensor y) { return std::pair(x / 255.0f, one_hot(y, 10)); })
  template <class F>
  requires(std::is_invocable_v<const F&, Tensor>) Dataset map(F f, MapOptions options = {})
  const {
    return map(MapFunction([f = std::move(f)](Element e) {
                 e.x = f(detail::only("x", e.x));
                 return e;
               }),
               options);
  }
  template <class F>
  requires(std::is_invocable_v<const F&, Tensor, Tensor>) Dataset map(F f, MapOptions options = {})
  const {
    return map(MapFunction([f = std::move(f)](Element e) {
                 auto [x, y] = f(detail::only("x", e.x), detail::only("y", e.y));
                 e.x = std::move(x);
                 e.y = std::move(y);
                 return e;
               }),
               options);
  }
  /// The elements for which `predicate` is true.
  Dataset filter(std::function<bool(const Element&)> predicate) const;

  // Order and number.

  /// Draws each element from a buffer of the next `buffer_size`: element i of the result is one of the first
  /// i + buffer_size. A buffer as large as the dataset shuffles evenly. Over tensors, a range or files the
  /// buffer holds numbers only. Throws InvalidArgument when buffer_size < 1.
  Dataset shuffle(int64_t buffer_size, ShuffleOptions options = {}) const;
  /// The elements `count` times, or without end for -1. Shuffles before it give another order each time.
  Dataset repeat(int64_t count = -1) const;
  /// The first `count` elements. Throws InvalidArgument when count < 0.
  Dataset take(int64_t count) const;
  /// All but the first `count`. Throws InvalidArgument when count < 0.
  Dataset skip(int64_t count) const;
  /// Every num_shards-th element, from number `index` on. Throws InvalidArgument unless 0 <= index <
  /// num_shards.
  Dataset shard(int64_t num_shards, int64_t index) const;
  /// The number of each element, from `start` on, as an int64 scalar in front of its x (x["index"] where the
  /// x have names). The loop throws InvalidArgument where that name is taken.
  Dataset enumerate(int64_t start = 0) const;
  /// The elements of this and then those of `other`.
  Dataset concatenate(const Dataset& other) const;
  /// The elements of f(element) for each element, `cycle_length` of these datasets at a time in turn,
  /// `block_length` elements from each; one that ends makes room for the next.
  Dataset interleave(std::function<Dataset(Element)> f, InterleaveOptions options = {}) const;
  /// interleave with one dataset at a time.
  Dataset flat_map(std::function<Dataset(Element)> f) const;

  // Batches.

  /// `batch_size` elements stacked along a new first axis; the last batch holds what is left. Elements must
  /// have one structure, and their tensors one dtype and shape: InvalidArgument from the loop otherwise.
  Dataset batch(int64_t batch_size, BatchOptions options = {}) const;
  /// batch() of elements of different extents, filled up at the ends.
  Dataset padded_batch(int64_t batch_size, PaddedBatchOptions options = {}) const;
  /// Batches of elements of similar length, so that little is filled up: each goes to the bucket for
  /// length(element), and a bucket that has its batch_size becomes a padded batch. At the end come the
  /// buckets that are not full, the shortest first. Throws InvalidArgument for boundaries that do not ascend,
  /// or a wrong number of batch sizes.
  Dataset bucket_by_sequence_length(std::function<int64_t(const Element&)> length,
                                    BucketOptions options) const;
  /// Sliding windows: `size` elements stacked along a new first axis (tf.data's window followed by
  /// flat_map(w.batch(size))). Windows that reach the end hold less, unless drop_remainder.
  Dataset window(int64_t size, WindowOptions options = {}) const;
  /// The inverse of batch: one element for each index of the first axis.
  Dataset unbatch() const;

  // Speed.

  /// A thread computes up to `buffer_size` elements ahead; kAutotune: 2. Throws InvalidArgument for other
  /// numbers below 1.
  Dataset prefetch(int64_t buffer_size) const;
  /// Keeps the elements of the first complete pass for the later ones, also those of copies; random stages
  /// before it keep the order of that pass. In memory, or in the file `path`, where a later run finds them,
  /// too. The file appears when the pass has reached its end, all at once; a pass that is left earlier, or a
  /// crash, leaves nothing that would be taken for it. An order that depends on the seed of the pass is kept
  /// for one seed: another one writes the file anew. Functions are not compared: when one changes, delete the
  /// file. The loop throws FileError for a path that cannot be written, for a file there that is damaged or
  /// no cache, and for the cache of a pipeline of other stages.
  Dataset cache(const std::string& path = "") const;

  /// How many elements there are; kInfinite or kUnknown.
  int64_t cardinality() const;
  /// "range(100) > shuffle(10) > batch(32)"
  std::string str() const;

  /// The first pass for seed 0: `for (const Element& element : dataset)`.
  DatasetIterator begin() const;
  DatasetIterator::End end() const { return {}; }

  // As a source of batches. Each takes what it must from the description.
  void begin(int epoch, uint64_t seed, int64_t first_step = 0) override;
  bool next(Batch& batch) override;
  std::optional<int64_t> steps() const override;
  std::optional<int64_t> samples() const override;
  bool endless() const override { return cardinality() == kInfinite; }
  Json identity() const override;

  Dataset(const Dataset& other);
  Dataset(Dataset&& other) noexcept;
  Dataset& operator=(const Dataset& other);
  Dataset& operator=(Dataset&& other) noexcept;
  ~Dataset() override;

  // For the stages: the description behind this handle.
  explicit Dataset(std::shared_ptr<const detail::DatasetNode> node);
  const std::shared_ptr<const detail::DatasetNode>& node() const { return node_; }

 private:
  std::shared_ptr<const detail::DatasetNode> node_;
  std::shared_ptr<detail::DatasetRun> run_;  // of this handle alone
};

}  // namespace lamina
