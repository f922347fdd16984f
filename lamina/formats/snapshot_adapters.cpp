// The steps between the names and shapes of a file and those of a model.
#include <algorithm>
#include <set>
#include <utility>

#include "lamina/base/error.h"
#include "lamina/formats/snapshot.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/rearrange.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/shape_ops.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/transpose.h"

namespace lamina {
namespace {

[[noreturn]] void refuse(const char* step, const std::string& name, const std::string& what) {
  throw InvalidArgument(std::string(step) + ": array '" + name + "' " + what);
}

// Where arrays of these names are, in their order.
std::vector<size_t> places_of(const WeightSnapshot& snapshot, const char* step,
                              const std::vector<std::string>& names) {
  if (names.empty()) throw InvalidArgument(std::string(step) + ": at least one array was expected");
  std::vector<size_t> places;
  for (const std::string& name : names) {
    const auto found = std::find_if(snapshot.entries.begin(), snapshot.entries.end(),
                                    [&](const SnapshotEntry& entry) { return entry.name == name; });
    if (found == snapshot.entries.end())
      throw InvalidArgument(std::string(step) + ": '" + snapshot.source + "' has no array '" + name + "'" +
                            suggest(name, snapshot.names()));
    places.push_back(static_cast<size_t>(found - snapshot.entries.begin()));
  }
  return places;
}

// Joins the arrays of those names with `together`.
SnapshotAdapter join(const char* step, std::vector<std::string> parts, std::string name, int axis,
                     bool new_axis) {
  return [step, parts = std::move(parts), name = std::move(name), axis, new_axis](WeightSnapshot& snapshot) {
    const std::vector<size_t> places = places_of(snapshot, step, parts);
    std::vector<SnapshotEntry> joined;
    for (const size_t place : places) joined.push_back(snapshot.entries[place]);
    Shape shape = joined[0].type.shape;
    const int rank = shape.rank() + (new_axis ? 1 : 0);
    if (axis < -rank || axis >= rank) refuse(step, parts[0], "has no axis " + std::to_string(axis));
    const int at = axis < 0 ? axis + rank : axis;
    int64_t extent = 0;
    for (const SnapshotEntry& entry : joined) {
      Shape same = entry.type.shape;
      if (!new_axis && same.rank() == shape.rank()) {
        extent += same[at];
        same.set(at, shape[at]);
      }
      if (same != shape || entry.type.dtype != joined[0].type.dtype)
        refuse(step, entry.name,
               "is " + entry.type.str() + ", and '" + parts[0] + "' is " + joined[0].type.str() +
                   ": they do not fit together");
    }
    Shape result;
    for (int i = 0; i < rank; ++i) {
      if (new_axis) {
        result.push_back(i == at ? static_cast<int64_t>(joined.size()) : shape[i < at ? i : i - 1]);
      } else {
        result.push_back(i == at ? extent : shape[i]);
      }
    }
    SnapshotEntry entry{.name = name,
                        .type = {joined[0].type.dtype, result},
                        .stored = joined[0].stored,
                        .stored_bytes = 0,
                        .read = [joined, at, new_axis] {
                          std::vector<Tensor> values;
                          for (const SnapshotEntry& one : joined) values.push_back(one.read());
                          return (new_axis ? stack(values, at) : concatenate(values, at)).eval();
                        }};
    for (const SnapshotEntry& one : joined) entry.stored_bytes += one.stored_bytes;
    snapshot.entries[places[0]] = std::move(entry);
    const std::set<size_t> gone(places.begin() + 1, places.end());
    std::vector<SnapshotEntry> left;
    for (size_t i = 0; i < snapshot.entries.size(); ++i) {
      if (!gone.contains(i)) left.push_back(std::move(snapshot.entries[i]));
    }
    snapshot.entries = std::move(left);
  };
}

}  // namespace

std::optional<std::vector<std::string>> match_pattern(const std::string& pattern, const std::string& text) {
  std::vector<std::string> pieces(1);
  for (const char c : pattern) {
    if (c == '*') {
      pieces.emplace_back();
    } else {
      pieces.back() += c;
    }
  }
  std::vector<std::string> found;
  if (pieces.size() == 1) return pattern == text ? std::optional(found) : std::nullopt;
  const std::string& last = pieces.back();
  if (!text.starts_with(pieces[0])) return std::nullopt;
  size_t at = pieces[0].size();
  if (text.size() < at + last.size() || !text.ends_with(last)) return std::nullopt;
  const size_t end = text.size() - last.size();
  for (size_t i = 1; i + 1 < pieces.size(); ++i) {
    const size_t next = text.find(pieces[i], at);
    if (next == std::string::npos || next + pieces[i].size() > end) return std::nullopt;
    found.push_back(text.substr(at, next - at));
    at = next + pieces[i].size();
  }
  found.push_back(text.substr(at, end - at));
  return found;
}

SnapshotEntry changed_entry(SnapshotEntry entry, TensorType type,
                            std::function<Tensor(const Tensor&)> change) {
  entry.type = type;
  entry.read = [read = std::move(entry.read), change = std::move(change)] { return change(read()).eval(); };
  return entry;
}

void adapt(WeightSnapshot& snapshot, const std::vector<SnapshotAdapter>& chain) {
  for (const SnapshotAdapter& adapter : chain) adapter(snapshot);
}

SnapshotAdapter rename_entries(std::map<std::string, std::string> names) {
  return [names = std::move(names)](WeightSnapshot& snapshot) {
    for (SnapshotEntry& entry : snapshot.entries) {
      if (const auto found = names.find(entry.name); found != names.end()) entry.name = found->second;
    }
  };
}

SnapshotAdapter rename_matching(std::string pattern, std::string name) {
  const auto stars = [](const std::string& text) { return std::count(text.begin(), text.end(), '*'); };
  if (stars(name) > stars(pattern))
    throw InvalidArgument("rename_matching: '" + name + "' has more '*' than '" + pattern + "'");
  return [pattern = std::move(pattern), name = std::move(name)](WeightSnapshot& snapshot) {
    for (SnapshotEntry& entry : snapshot.entries) {
      const auto found = match_pattern(pattern, entry.name);
      if (!found) continue;
      std::string result;
      size_t next = 0;
      for (const char c : name) {
        if (c == '*') {
          result += (*found)[next++];
        } else {
          result += c;
        }
      }
      entry.name = result;
    }
  };
}

SnapshotAdapter transpose_matching(std::string pattern, std::vector<int> permutation) {
  return [pattern = std::move(pattern), permutation = std::move(permutation)](WeightSnapshot& snapshot) {
    for (SnapshotEntry& entry : snapshot.entries) {
      if (!match_pattern(pattern, entry.name)) continue;
      const Shape& shape = entry.type.shape;
      std::vector<int> sorted = permutation;
      std::sort(sorted.begin(), sorted.end());
      bool fits = static_cast<int>(sorted.size()) == shape.rank();
      for (size_t i = 0; fits && i < sorted.size(); ++i) fits = sorted[i] == static_cast<int>(i);
      if (!fits)
        refuse("transpose_matching", entry.name,
               "of shape " + shape.str() + " cannot be permuted so: each axis once was expected");
      Shape moved;
      for (const int axis : permutation) moved.push_back(shape[axis]);
      const TensorType type{entry.type.dtype, moved};
      entry = changed_entry(std::move(entry), type,
                            [permutation](const Tensor& x) { return transpose(x, permutation); });
    }
  };
}

SnapshotAdapter reshape_matching(std::string pattern, Shape shape) {
  return [pattern = std::move(pattern), shape](WeightSnapshot& snapshot) {
    for (SnapshotEntry& entry : snapshot.entries) {
      if (!match_pattern(pattern, entry.name)) continue;
      if (entry.type.shape.size() != shape.size())
        refuse("reshape_matching", entry.name,
               "of shape " + entry.type.shape.str() + " has not as many elements as " + shape.str());
      const TensorType type{entry.type.dtype, shape};
      entry = changed_entry(std::move(entry), type, [shape](const Tensor& x) { return reshape(x, shape); });
    }
  };
}

SnapshotAdapter split_entry(std::string name, std::vector<std::string> parts, int axis) {
  return [name = std::move(name), parts = std::move(parts), axis](WeightSnapshot& snapshot) {
    const size_t place = places_of(snapshot, "split_entry", {name})[0];
    const SnapshotEntry whole = snapshot.entries[place];
    const Shape& shape = whole.type.shape;
    const auto count = static_cast<int64_t>(parts.size());
    if (axis < -shape.rank() || axis >= shape.rank())
      refuse("split_entry", name, "of shape " + shape.str() + " has no axis " + std::to_string(axis));
    const int at = shape.normalize(axis);
    if (count == 0 || shape[at] % count != 0)
      refuse("split_entry", name,
             "of shape " + shape.str() + " has no " + std::to_string(count) + " equal parts along axis " +
                 std::to_string(axis));
    const int64_t extent = shape[at] / count;
    Shape part = shape;
    part.set(at, extent);
    std::vector<SnapshotEntry> pieces;
    for (int64_t i = 0; i < count; ++i) {
      SnapshotEntry piece = changed_entry(whole, {whole.type.dtype, part}, [at, i, extent](const Tensor& x) {
        std::vector<int64_t> start(static_cast<size_t>(x.rank()), 0), size = x.shape().dims();
        start[static_cast<size_t>(at)] = i * extent;
        size[static_cast<size_t>(at)] = extent;
        std::vector<IndexItem> items;
        for (size_t axis_of = 0; axis_of < start.size(); ++axis_of)
          items.emplace_back(Slice{start[axis_of], start[axis_of] + size[axis_of]});
        return index(x, items);
      });
      piece.name = parts[static_cast<size_t>(i)];
      piece.stored_bytes /= static_cast<uint64_t>(count);
      pieces.push_back(std::move(piece));
    }
    const auto at_entry = snapshot.entries.begin() + static_cast<ptrdiff_t>(place);
    snapshot.entries.insert(snapshot.entries.erase(at_entry), pieces.begin(), pieces.end());
  };
}

SnapshotAdapter concatenate_entries(std::vector<std::string> parts, std::string name, int axis) {
  return join("concatenate_entries", std::move(parts), std::move(name), axis, false);
}

SnapshotAdapter stack_entries(std::vector<std::string> parts, std::string name, int axis) {
  return join("stack_entries", std::move(parts), std::move(name), axis, true);
}

SnapshotAdapter cast_floats(DType dtype, std::string pattern) {
  if (!is_floating(dtype))
    throw InvalidArgument(std::string("cast_floats: a floating point type was expected, received ") +
                          name(dtype));
  return [dtype, pattern = std::move(pattern)](WeightSnapshot& snapshot) {
    for (SnapshotEntry& entry : snapshot.entries) {
      if (!is_floating(entry.type.dtype) || entry.type.dtype == dtype) continue;
      if (!match_pattern(pattern, entry.name)) continue;
      const TensorType type{dtype, entry.type.shape};
      entry = changed_entry(std::move(entry), type, [dtype](const Tensor& x) { return cast(x, dtype); });
    }
  };
}

SnapshotAdapter drop_matching(std::string pattern, std::string reason) {
  return [pattern = std::move(pattern), reason = std::move(reason)](WeightSnapshot& snapshot) {
    std::vector<SnapshotEntry> left;
    for (SnapshotEntry& entry : snapshot.entries) {
      if (match_pattern(pattern, entry.name)) {
        snapshot.skipped.push_back(entry.name + ": " + reason);
      } else {
        left.push_back(std::move(entry));
      }
    }
    snapshot.entries = std::move(left);
  };
}

}  // namespace lamina
