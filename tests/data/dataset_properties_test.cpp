// Random pipelines: against an interpreter that works on plain lists, with any number of threads
// (std::thread, inside of map, prefetch and interleave), and begun at any step.
#include <gtest/gtest.h>

#include <numeric>
#include <ostream>
#include <random>

#include "tests/data/dataset_support.h"

namespace lamina {
namespace {

using test::number;

// An element as the interpreter sees it.
struct Modelled {
  std::vector<int64_t> dims, data;
  bool operator==(const Modelled&) const = default;
};
using Values = std::vector<Modelled>;

std::ostream& operator<<(std::ostream& out, const Modelled& value) {
  out << Shape(value.dims).str() << "{";
  for (const int64_t v : value.data) out << " " << v;
  return out << " }";
}

Modelled read(const Element& element) {
  return {element.x[0].shape().dims(), element.x[0].to_vector<int64_t>()};
}

int64_t total(const Modelled& value) {
  return std::accumulate(value.data.begin(), value.data.end(), int64_t{0});
}

// An error ends a pass with an element that no pipeline makes: shuffled elements may not fit into one batch.
const Modelled kError = {{-1}, {}};

Values pass(Dataset dataset, int epoch, uint64_t seed, int64_t first) {
  Values found;
  Batch batch;
  try {
    for (dataset.begin(epoch, seed, first); dataset.next(batch);) found.push_back(read(batch));
  } catch (const InvalidArgument&) {
    found.push_back(kError);
  }
  return found;
}

// f of each number; plain C++, since it is the pipelines that are tested here.
template <class F>
Element each(const Element& element, F f) {
  Modelled value = read(element);
  std::transform(value.data.begin(), value.data.end(), value.data.begin(), f);
  return {.x = Tensor::from(value.data, Shape(value.dims))};
}

// A pipeline twice: as a Dataset whose stages may have threads, and as the list of its elements.
struct Pipeline {
  Dataset dataset;
  Values values;

  bool same_dims() const {
    return std::all_of(values.begin(), values.end(),
                       [&](const Modelled& v) { return v.dims == values[0].dims; });
  }
  // Of all elements; -1 when it is not the same.
  int rank() const {
    const auto rank_of = [](const Modelled& v) { return static_cast<int>(v.dims.size()); };
    const int rank = values.empty() ? 0 : rank_of(values[0]);
    return std::all_of(values.begin(), values.end(), [&](const Modelled& v) { return rank_of(v) == rank; })
               ? rank
               : -1;
  }
};

Modelled stack(const Values& values) {
  Modelled result{values[0].dims, {}};
  result.dims.insert(result.dims.begin(), static_cast<int64_t>(values.size()));
  for (const Modelled& value : values)
    result.data.insert(result.data.end(), value.data.begin(), value.data.end());
  return result;
}

// Vectors filled up with -1.
Modelled stack_padded(Values values) {
  size_t longest = 0;
  for (const Modelled& value : values) longest = std::max(longest, value.data.size());
  for (Modelled& value : values) {
    value.data.resize(longest, -1);
    value.dims = {static_cast<int64_t>(longest)};
  }
  return stack(values);
}

template <class Stack>
Values batches(const Values& values, size_t size, bool drop, Stack stack_up) {
  Values result;
  for (size_t i = 0; i < values.size(); i += size) {
    const size_t end = std::min(values.size(), i + size);
    if (end - i < size && drop) break;
    result.push_back(
        stack_up(Values(values.begin() + static_cast<long>(i), values.begin() + static_cast<long>(end))));
  }
  return result;
}

Values rows(const Modelled& value) {
  Values result;
  const auto count = static_cast<size_t>(value.dims[0]);
  const size_t size = count ? value.data.size() / count : 0;
  for (size_t i = 0; i < count; ++i) {
    const auto begin = value.data.begin() + static_cast<long>(i * size);
    result.push_back({{value.dims.begin() + 1, value.dims.end()}, {begin, begin + static_cast<long>(size)}});
  }
  return result;
}

// How many copies of itself an element becomes.
int64_t copies(int64_t sum) { return (sum % 3 + 3) % 3; }

Values interleaved(const Values& values, size_t cycle, size_t block) {
  struct Place {
    int64_t left = 0;
    Modelled value = {};
    bool open = false;
  };
  std::vector<Place> places(cycle);
  Values result;
  size_t next = 0, at = 0, taken = 0;
  for (size_t idle = 0; idle < cycle;) {
    Place& place = places[at];
    if (!place.open && next < values.size()) {
      place = {copies(total(values[next])), values[next], true};
      ++next;
    }
    if (place.open && place.left > 0) {
      result.push_back(place.value);
      --place.left;
      idle = 0;
      if (++taken < block) continue;
    } else if (place.open) {
      place.open = false;
      idle = 0;
    } else {
      ++idle;
    }
    taken = 0;
    at = (at + 1) % cycle;
  }
  return result;
}

// Stages drawn at random. With `own_seeds` every shuffle has one order for all passes, which the interpreter
// can know.
class Builder {
 public:
  Builder(uint64_t seed, int threads, bool own_seeds)
      : random_(seed), threads_(threads), own_seeds_(own_seeds) {}

  Pipeline build() {
    Pipeline p = source();
    for (int64_t stages = draw(1, 6); stages > 0; --stages) extend(p);
    return p;
  }

 private:
  int64_t draw(int64_t from, int64_t to) {
    return from + static_cast<int64_t>(random_() % static_cast<uint64_t>(to - from + 1));
  }

  Pipeline source() {
    const int64_t n = draw(0, 30);
    Values values;
    for (int64_t i = 0; i < n; ++i) values.push_back({{}, {i}});
    switch (draw(0, 3)) {
      case 0: {
        std::vector<int64_t> data(static_cast<size_t>(2 * n));
        std::iota(data.begin(), data.end(), 0);
        Modelled all{{n, 2}, data};
        return {Dataset::from_tensor_slices(Tensor::from(data, {n, 2})), rows(all)};
      }
      case 1: {
        const auto generator = [n] {
          return [n, i = int64_t{0}]() mutable -> std::optional<Element> {
            if (i == n) return std::nullopt;
            const auto size = static_cast<size_t>(i % 4);
            return test::ints(std::vector<int64_t>(size, i++));
          };
        };
        for (Modelled& v : values)
          v = {{v.data[0] % 4}, std::vector<int64_t>(static_cast<size_t>(v.data[0] % 4), v.data[0])};
        return {Dataset::from_generator(generator), values};
      }
      default:
        return {Dataset::range(n), values};
    }
  }

  void extend(Pipeline& p) {
    Dataset& d = p.dataset;
    Values& v = p.values;
    const bool drop = draw(0, 1);
    const int64_t a = draw(1, 5), b = draw(1, 5), c = draw(1, 3);
    const auto size = static_cast<int64_t>(v.size());
    switch (draw(0, 16)) {
      case 0:
      case 1:
        d = d.map([a](Element e) { return each(e, [a](int64_t x) { return x * 3 + a; }); },
                  {.num_parallel_calls = threads_});
        for (Modelled& value : v) {
          for (int64_t& x : value.data) x = x * 3 + a;
        }
        break;
      case 2:
        d = d.filter([a](const Element& e) { return (total(read(e)) + 100) % (a + 1) != 0; });
        std::erase_if(v, [a](const Modelled& value) { return (total(value) + 100) % (a + 1) == 0; });
        break;
      case 3: {
        const int64_t count = draw(0, size + 2);
        d = d.take(count);
        if (count < size) v.resize(static_cast<size_t>(count));
        break;
      }
      case 4: {
        const int64_t count = draw(0, std::min<int64_t>(size + 2, 6));
        d = d.skip(count);
        v.erase(v.begin(), v.begin() + std::min(count, size));
        break;
      }
      case 5: {
        d = d.shard(a, a - 1);
        Values kept;
        for (int64_t i = a - 1; i < size; i += a) kept.push_back(v[static_cast<size_t>(i)]);
        v = kept;
        break;
      }
      case 6: {
        if (size > 60) break;
        d = d.repeat(c);
        const Values once = v;
        for (int64_t i = 1; i < c; ++i) v.insert(v.end(), once.begin(), once.end());
        break;
      }
      case 7: {
        if (size > 60) break;
        d = d.concatenate(d.take(a));
        const Values more(v.begin(), v.begin() + std::min(a, size));
        v.insert(v.end(), more.begin(), more.end());
        break;
      }
      case 8:
        if (!p.same_dims()) break;
        d = d.batch(a, {.drop_remainder = drop});
        v = batches(v, static_cast<size_t>(a), drop, stack);
        break;
      case 9:
        if (p.rank() != 1) break;
        d = d.padded_batch(a, {.padding_values = {.x = {-1}}, .drop_remainder = drop});
        v = batches(v, static_cast<size_t>(a), drop, stack_padded);
        break;
      case 10: {
        if (p.rank() < 1) break;
        d = d.unbatch();
        Values all;
        for (const Modelled& value : v) {
          for (Modelled& row : rows(value)) all.push_back(std::move(row));
        }
        v = all;
        break;
      }
      case 11: {
        if (!p.same_dims()) break;
        d = d.window(a, {.shift = b, .stride = c, .drop_remainder = drop});
        Values all;
        for (int64_t start = 0; start < size; start += b) {
          Values window;
          for (int64_t i = start; i < size && i <= start + (a - 1) * c; i += c)
            window.push_back(v[static_cast<size_t>(i)]);
          if (drop && start + (a - 1) * c >= size) break;
          all.push_back(stack(window));
        }
        v = all;
        break;
      }
      case 12: {
        if (size > 60) break;
        const auto open = [](Element e) { return Dataset::from_tensors(e.x).repeat(copies(total(read(e)))); };
        d = d.interleave(open, {.cycle_length = a, .block_length = b, .num_parallel_calls = threads_});
        v = interleaved(v, static_cast<size_t>(a), static_cast<size_t>(b));
        break;
      }
      case 13:
        d = Dataset::zip({d, Dataset::range(20)}, [](std::vector<Element> e) {
          return each(e[0], [i = number(e[1])](int64_t x) { return x + i; });
        });
        if (size > 20) v.resize(20);
        for (size_t i = 0; i < v.size(); ++i) {
          for (int64_t& x : v[i].data) x += static_cast<int64_t>(i);
        }
        break;
      case 14: {
        ShuffleOptions options;
        const int64_t buffer = draw(1, 12);
        if (own_seeds_) options = {.seed = static_cast<uint64_t>(a), .reshuffle_each_iteration = false};
        d = d.shuffle(buffer, options);
        if (!own_seeds_) break;
        const Values before = v;
        const std::vector<int64_t> order = test::numbers(Dataset::range(size).shuffle(buffer, options));
        for (size_t i = 0; i < v.size(); ++i) v[i] = before[static_cast<size_t>(order[i])];
        break;
      }
      case 15: {
        if (p.rank() != 1) break;
        const auto length = [](const Element& e) { return e.x[0].size(); };
        const std::vector<int64_t> sizes = {a, b};
        d = d.bucket_by_sequence_length(length, {.bucket_boundaries = {c},
                                                 .bucket_batch_sizes = sizes,
                                                 .padding_values = {.x = {-1}},
                                                 .drop_remainder = drop});
        std::vector<Values> buckets(2);
        Values all;
        for (const Modelled& value : v) {
          Values& bucket = buckets[value.dims[0] >= c];
          bucket.push_back(value);
          if (static_cast<int64_t>(bucket.size()) < sizes[value.dims[0] >= c]) continue;
          all.push_back(stack_padded(bucket));
          bucket.clear();
        }
        for (const Values& bucket : buckets) {
          if (!bucket.empty() && !drop) all.push_back(stack_padded(bucket));
        }
        v = all;
        break;
      }
      default:
        d = d.cache();
        break;
    }
    if (threads_ > 0 && size % 3 == 0) d = d.prefetch(a);
  }

  std::mt19937_64 random_;
  int threads_;
  bool own_seeds_;
};

Values from(const Values& values, size_t first) {
  return {values.begin() + static_cast<long>(std::min(first, values.size())), values.end()};
}

TEST(DatasetProperties, PipelinesDoWhatTheInterpreterDoes) {
  int64_t elements = 0;
  for (uint64_t seed = 0; seed < 400; ++seed) {
    const Pipeline p = Builder(seed, 0, true).build();
    const Values found = pass(p.dataset, 0, 0, 0);
    ASSERT_EQ(found, p.values) << seed << ": " << p.dataset.str();
    if (const int64_t count = p.dataset.cardinality(); count != Dataset::kUnknown) {
      EXPECT_EQ(count, static_cast<int64_t>(found.size())) << p.dataset.str();
    }
    for (size_t first :
         {size_t{1}, size_t{2}, found.size() / 2, found.size() - 1, found.size(), found.size() + 3}) {
      if (found.empty()) continue;
      const Dataset fresh = Builder(seed, 0, true).build().dataset;
      for (int time = 0; time < 2; ++time) {  // the second time from caches
        ASSERT_EQ(pass(fresh, time, 0, static_cast<int64_t>(first)), from(found, first))
            << seed << ": " << p.dataset.str() << " from " << first;
      }
    }
    elements += static_cast<int64_t>(found.size());
  }
  EXPECT_GT(elements, 2000);
}

TEST(DatasetProperties, ThreadsAndPositionsChangeNothing) {
  int64_t elements = 0;
  for (uint64_t seed = 1000; seed < 1060; ++seed) {
    for (int epoch = 0; epoch < 2; ++epoch) {
      const Pipeline serial = Builder(seed, 0, false).build();
      const Values expected = pass(serial.dataset, epoch, 5, 0);
      for (const int threads : {1, 2, 7}) {
        const Dataset parallel = Builder(seed, threads, false).build().dataset;
        ASSERT_EQ(pass(parallel, epoch, 5, 0), expected) << seed << ": " << parallel.str();
        EXPECT_EQ(parallel.identity(), serial.dataset.identity());
        if (!expected.empty() && expected.back() == kError) continue;
        const size_t first = (seed * 7 + static_cast<size_t>(threads)) % (expected.size() + 1);
        const Dataset resumed = Builder(seed, threads, false).build().dataset;
        ASSERT_EQ(pass(resumed, epoch, 5, static_cast<int64_t>(first)), from(expected, first))
            << seed << ": " << resumed.str() << " from " << first;
      }
      elements += static_cast<int64_t>(expected.size());
    }
  }
  EXPECT_GT(elements, 500);
}

}  // namespace
}  // namespace lamina
