// LengthGroups: which texts share a batch, so that little of it is padding. Internal header.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace lamina::detail {

/// A batch.
struct LengthGroup {
  int64_t length;             ///< that its texts are filled up to
  std::vector<size_t> texts;  ///< their numbers
};

/// Texts of about one length together; every batch of one length has the same number of rows: what is left
/// over goes with the next longer texts, and only the last batch of all has fewer texts than rows.
class LengthGroups {
 public:
  /// @param lengths   of the texts
  /// @param step      lengths are filled up to a multiple of it
  /// @param longest   but not beyond it, unless a text is longer; 0: no end
  /// @param rows_for  rows of a batch of that length
  /// @param shuffle   whether texts and batches come in another order in each pass
  LengthGroups(std::vector<int64_t> lengths, int64_t step, int64_t longest,
               std::function<int64_t(int64_t length)> rows_for, bool shuffle);

  /// Starts a pass, whose first batch is number `first_step`.
  void begin(int epoch, uint64_t seed, int64_t first_step);
  /// The next batch; null at the end of the pass.
  const LengthGroup* next() { return at_ < groups_.size() ? &groups_[at_++] : nullptr; }
  int64_t steps() const { return static_cast<int64_t>(groups_.size()); }
  int64_t rows_for(int64_t length) const { return rows_for_(length); }

 private:
  std::vector<LengthGroup> groups_of(const std::vector<size_t>& order) const;
  int64_t filled_up(int64_t length) const;

  std::vector<int64_t> lengths_;
  int64_t step_, longest_;
  std::function<int64_t(int64_t)> rows_for_;
  bool shuffle_;
  std::vector<LengthGroup> groups_;
  size_t at_ = 0;
};

}  // namespace lamina::detail
