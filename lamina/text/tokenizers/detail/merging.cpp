// Short pieces are searched through for the lowest rank each time; long ones keep a heap, so that a megabyte
// without white space takes no quadratic time.
#include "lamina/text/tokenizers/detail/merging.h"

#include <algorithm>
#include <queue>

namespace lamina::detail::tokenizers {
namespace {

constexpr size_t kShort = 64;  // symbols

void merge_short(std::vector<Symbol>& symbols, const PairTable& merges) {
  PairTable::Merge found[kShort];
  size_t count = symbols.size();
  Symbol* const s = symbols.data();
  for (size_t i = 0; i + 1 < count; ++i) found[i] = merges.find(s[i].id, s[i + 1].id);
  while (count > 1) {
    size_t best = 0;
    for (size_t i = 1; i + 1 < count; ++i) {
      if (found[i].rank < found[best].rank) best = i;
    }
    if (found[best].rank == PairTable::kNone) break;
    s[best] = {found[best].id, s[best].size + s[best + 1].size};
    --count;
    for (size_t i = best + 1; i < count; ++i) {
      s[i] = s[i + 1];
      found[i] = found[i + 1];
    }
    if (best + 1 < count) found[best] = merges.find(s[best].id, s[best + 1].id);
    if (best > 0) found[best - 1] = merges.find(s[best - 1].id, s[best].id);
  }
  symbols.resize(count);
}

// A merge that waits: of the symbol at `place` with the one after it, into `id`.
struct Waiting {
  uint32_t rank;
  int32_t place;
  int32_t id;
  bool operator<(const Waiting& other) const {
    return rank != other.rank ? rank > other.rank : place > other.place;
  }
};

// 0 to 1, from a counter.
double draw(uint64_t& state) {
  state += 0x9E3779B97F4A7C15;
  uint64_t z = state;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1.0p-53;
}

void merge_long(std::vector<Symbol>& symbols, const PairTable& merges, double dropout, uint64_t seed) {
  struct Link {
    int32_t before, after;
  };
  const auto count = static_cast<int32_t>(symbols.size());
  std::vector<Link> links(symbols.size());
  std::vector<Waiting> initial, skipped;
  const auto at = [](int32_t i) { return static_cast<size_t>(i); };
  for (int32_t i = 0; i < count; ++i) {
    links[at(i)] = {i - 1, i + 1 < count ? i + 1 : -1};
    if (i + 1 == count) break;
    const PairTable::Merge merge = merges.find(symbols[at(i)].id, symbols[at(i + 1)].id);
    if (merge.rank != PairTable::kNone) initial.push_back({merge.rank, i, merge.id});
  }
  std::priority_queue<Waiting> queue(std::less<Waiting>(), std::move(initial));
  const auto push = [&](int32_t left, int32_t right) {
    const PairTable::Merge merge = merges.find(symbols[at(left)].id, symbols[at(right)].id);
    if (merge.rank != PairTable::kNone) queue.push({merge.rank, left, merge.id});
  };
  while (!queue.empty()) {
    const Waiting top = queue.top();
    queue.pop();
    if (dropout > 0 && draw(seed) < dropout) {
      skipped.push_back(top);
      continue;
    }
    for (const Waiting& one : skipped) queue.push(one);
    skipped.clear();
    Symbol& symbol = symbols[at(top.place)];
    const int32_t next = links[at(top.place)].after;
    if (symbol.size == 0 || next < 0) continue;
    const PairTable::Merge merge = merges.find(symbol.id, symbols[at(next)].id);
    if (merge.rank == PairTable::kNone || merge.id != top.id) continue;  // what waited is no more
    symbol = {top.id, symbol.size + symbols[at(next)].size};
    symbols[at(next)].size = 0;
    const int32_t after = links[at(next)].after;
    links[at(top.place)].after = after;
    if (after >= 0) links[at(after)].before = top.place;
    if (links[at(top.place)].before >= 0) push(links[at(top.place)].before, top.place);
    if (after >= 0) push(top.place, after);
  }
  std::erase_if(symbols, [](const Symbol& symbol) { return symbol.size == 0; });
}

}  // namespace

void merge_symbols(std::vector<Symbol>& symbols, const PairTable& merges, double dropout, uint64_t seed) {
  if (symbols.size() <= kShort && dropout == 0) {
    merge_short(symbols, merges);
  } else {
    merge_long(symbols, merges, dropout, seed);
  }
}

}  // namespace lamina::detail::tokenizers
